"""Answers given before anything is known: no brand, no session, no file of this host.

A browser gets a page that brings its style along; monitors and scripts get the same as text.
"""

from base64 import b64encode
from functools import cache
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe


def refused(request: HttpRequest, status: int, heading: str, next_step: str) -> HttpResponse:
    if "text/html" not in request.headers.get("Accept", ""):
        return HttpResponse(f"{heading} {next_step}", status=status, content_type="text/plain")
    style, policy = _style_and_policy()
    context = {"heading": heading, "next_step": next_step, "style": mark_safe(style)}  # noqa: S308  ours
    response = HttpResponse(render_to_string("refused.html", context), status=status)
    response["Content-Security-Policy"] = policy
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@cache
def _style_and_policy() -> tuple[str, str]:
    style = render_to_string("refused.css")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return style, f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"
