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
    headers = {"Retry-After": "60"} if status == 503 else {}  # a minute, as the page says
    if "text/html" not in request.headers.get("Accept", ""):
        text = f"{heading} {next_step}"
        return HttpResponse(text, status=status, content_type="text/plain", headers=headers)
    style, policy = _style_and_policy()
    context = {"heading": heading, "next_step": next_step, "style": mark_safe(style)}  # noqa: S308  ours
    page = render_to_string("refused.html", context)
    response = HttpResponse(page, status=status, headers=headers)
    response["Content-Security-Policy"] = policy
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@cache
def _style_and_policy() -> tuple[str, str]:
    style = render_to_string("refused.css")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return style, f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"
