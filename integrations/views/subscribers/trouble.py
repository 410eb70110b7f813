"""Whatever keeps Webex from answering, as a sentence with a next step."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.errors import (
    AmbiguousOutcome,
    InsufficientScope,
    IntegrationError,
    NotLinked,
    Rejected,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.linking import link_status
from integrations.portal_request import PortalRequest
from integrations.provisioning import words
from integrations.provisioning.words import Explanation
from integrations.views.access import SeeOther, View, is_fragment

logger = logging.getLogger(__name__)

SEARCHED = ("webex_enterprises", "webex_reports", "webex_subscribers")
TROUBLE = (NotLinked, UndecryptableValue, WebexError)


def explains_trouble(scope: str) -> Callable[[View], View]:
    """`scope` is what the view's call needs."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except TROUBLE as error:
                if isinstance(error, NotLinked) and not is_fragment(request):
                    messages.info(request, _("Link your Webex account first."))
                    return SeeOther(reverse("webex"))
                is_unclear = isinstance(error, AmbiguousOutcome)
                context = {
                    "explanations": explained(request, error, scope),
                    "is_temporary": isinstance(error, WebexUnavailable) and not is_unclear,
                    "search_page": _search_page(request) if _status(error) == 404 else "",
                }
                name = "_trouble" if is_fragment(request) else "trouble"
                page = f"integrations/subscribers/{name}.html"
                return render(request, page, context, status=_status(error))

        return answer

    return decorate


def explained(request: PortalRequest, error: IntegrationError, scope: str) -> Sequence[Explanation]:
    logger.warning(
        "Webex did not do it: user=%s error=%s %s", request.user.pk, type(error).__name__, error
    )
    grant = link_status.for_user(request.user, request.brand).grant
    return words.explain(error, grant, scope)


def _search_page(request: PortalRequest) -> str:
    """Where what is gone could be looked for anew."""
    pages = [reverse(name) for name in SEARCHED]
    return next((page for page in pages if request.path.startswith(page)), pages[-1])


def _status(error: IntegrationError) -> int:
    if isinstance(error, NotLinked | InsufficientScope):
        return 403
    if isinstance(error, Rejected):
        return 404 if error.status in (404, 410) else 409
    return 503
