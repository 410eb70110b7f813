"""The Content-Security-Policy of every page: one, so it is put into words once."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse

STYLED_INLINE = (404, 500)  # Django's own pages, where DEBUG is on


class ContentPolicyMiddleware:
    """In place of the library's, which works it out twice for each answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response, self.policy = get_response, build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in STYLED_INLINE):
            response.headers.setdefault(HEADER, self.policy)
        return response
