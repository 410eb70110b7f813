"""Signing in with a password: limited, whichever page asks for it."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts import sign_in_limits
from accounts.models import User
from accounts.rights import RightsBackend

logger = logging.getLogger(__name__)

# A check takes some tenths of a second of a processor; the other threads stay free for the rest.
CHECKS = threading.BoundedSemaphore(2)  # at once in one process

TOO_MANY, BUSY = ("accounts/locked_out.html", 429), ("accounts/sign_in_busy.html", 503)


class SignInRequest(HttpRequest):
    """What the backend leaves for the middleware."""

    signed_in_as: str
    sign_in_refusal: tuple[str, int]


class LimitedBackend(RightsBackend):
    """Checks passwords of requests; ModelBackend comes after it for everything else."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Raises PermissionDenied where it does not let anybody in, so that nobody else does."""
        if request is None or username is None:
            return None
        if not CHECKS.acquire(blocking=False):
            raise _refusal(request, BUSY)
        try:
            return self._check(request, username, password)
        finally:
            CHECKS.release()

    def _check(self, request: SignInRequest, username: str, password: str | None) -> User:
        now = timezone.now()
        attempt = sign_in_limits.Attempt.of(request, username)
        if attempt.is_refused(now):
            logger.warning("Sign-in refused: reason=too_many_failures network=%s", attempt.network)
            raise _refusal(request, TOO_MANY)
        user = super().authenticate(request, username, password)
        if user is None:
            logger.info("Sign-in failed: network=%s", attempt.network)
            attempt.failed(now)
            raise PermissionDenied
        request.signed_in_as = username
        return user


def _refusal(request: SignInRequest, page: tuple[str, int]) -> PermissionDenied:
    request.sign_in_refusal = page
    return PermissionDenied()


class SignInMiddleware:
    """Shows what the backend had to say, and remembers the browser of who signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if refusal := getattr(request, "sign_in_refusal", None):
            template, status = refusal
            return render(request, template, status=status)
        if username := getattr(request, "signed_in_as", None):
            sign_in_limits.remember_browser(request, response, username)
        return response
