"""Addresses that only a button may send to. Others are told, and offered the button.

After signing in again a browser asks for the address with GET: nothing happens without a click.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from integrations.portal_request import PortalRequest

View = Callable[..., HttpResponse]


def post_only(label: str | Promise) -> Callable[[View], View]:
    """405 with a page for every other method; the page holds the button that was meant."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            context = {"label": label, "action": request.path}
            page = render(request, "integrations/press_again.html", context, status=405)
            page["Allow"] = "POST"
            return page

        return answer

    return decorate
