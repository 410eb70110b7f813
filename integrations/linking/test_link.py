"""Test link: an admin's own consent round trip over one hostname. Nothing of it is kept.

1. `begin`, on the admin's host, remembers the request and makes a one-time ticket.
2. `depart`, on the branded host, trades the ticket for a binding that this browser keeps there,
   because the admin's session is another host's, and says where to send the browser.
3. `arrive` accepts the return of exactly that request in that browser, asks Webex for tokens and
   for the person, and drops the tokens.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from integrations import authorization_url, scopes
from integrations.actions import Action
from integrations.errors import (
    AccessDenied,
    AuthorizationFailed,
    ConsentRefused,
    IntegrationError,
    InvalidClient,
    NotReady,
    Refused,
    UndecryptableValue,
    WebexUnavailable,
)
from integrations.linking import consent
from integrations.models import AuditEvent, AuthorizationRequest, BrandedURL, WebexApp
from integrations.models.authorization_request import LIFETIME, binding_digest
from integrations.tokens import Person

logger = logging.getLogger(__name__)

ONE_CALL = timedelta(seconds=20)  # in which a callback has its answer


@dataclass(frozen=True)
class Result:
    sentence: str
    person: Person | None = None
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.person is not None and not self.missing


@dataclass(frozen=True)
class Departure:
    url: str = field(repr=False)
    state: str = field(repr=False)
    browser_binding: str = field(repr=False)


def begin(app: WebexApp, hostname_id: int, *, user: User, now: datetime) -> str:
    """The URL on the branded host that starts the test. Raises NotReady."""
    brand = app.branded_urls.defer("logo").filter(pk=hostname_id).select_related("app").first()
    if not (brand and app.client_id and app.pasted and app.client_secret_set_at):
        raise NotReady
    ticket = consent.new_browser_binding()
    with transaction.atomic():
        AuthorizationRequest.objects.begin(
            user=user, brand=brand, browser_binding=ticket, next_path="", now=now, is_test=True
        )
    return brand.test_url(ticket)


class Progress(StrEnum):
    WAITING = "waiting"
    WORKED = "worked"
    FAILED = "failed"  # the window it was tried in says why


def progress(app: WebexApp, hostname_id: int, *, user: User, now: datetime) -> Progress:
    """Of the last test that this user began at this hostname."""
    brand = app.branded_urls.defer("logo").filter(pk=hostname_id).first()
    tests = AuthorizationRequest.objects.filter(user=user, app=app, is_test=True)
    last = tests.filter(redirect_uri=brand.redirect_uri if brand else "").order_by("-pk").first()
    if last is None:
        return Progress.FAILED
    if last.returned_at:
        return Progress.WORKED
    began, limit = (last.consumed_at, ONE_CALL) if last.consumed_at else (last.created_at, LIFETIME)
    return Progress.WAITING if now - began < limit else Progress.FAILED


def depart(ticket: str, *, brand: BrandedURL | None, now: datetime) -> Departure:
    """Raises NotReady for a ticket that is unknown, used, too old, or another hostname's."""
    binding = consent.new_browser_binding()
    tests = AuthorizationRequest.objects.open(now).filter(is_test=True)
    ours = tests.filter(redirect_uri=brand.redirect_uri if brand else "")
    waiting = ours.filter(browser_binding=binding_digest(ticket))
    if waiting.update(browser_binding=binding_digest(binding)) != 1:
        raise NotReady
    request = tests.select_related("app").get(browser_binding=binding_digest(binding))
    url = authorization_url.build(
        client_id=request.client_id,
        scopes=request.app.scopes,
        redirect_uri=request.redirect_uri,
        state=request.state,
        code_verifier=request.code_verifier,
    )
    return Departure(url, request.state, binding)


def arrive(
    callback: consent.Callback, *, brand: BrandedURL | None, browser_binding: str, now: datetime
) -> Result:
    """Raises ConsentRefused for a state that is not this test's, used already, or too old."""
    tests = AuthorizationRequest.objects.open(now).filter(is_test=True, state=callback.state)
    ours = tests.filter(redirect_uri=brand.redirect_uri if brand else "")
    if ours.filter(browser_binding=binding_digest(browser_binding)).update(consumed_at=now) != 1:
        raise ConsentRefused("state")
    request = AuthorizationRequest.objects.select_related("app", "user").get(state=callback.state)
    try:
        consent.check_shape(callback)
        result = _redeem(request, callback, now=now)
    except IntegrationError as error:
        logger.warning("Webex test link failed: app=%s error=%s", request.app_id, error)
        _record(request, error, now=now)
        return Result(_sentence(error))
    with transaction.atomic():
        BrandedURL.objects.returned(request.redirect_uri, brand=brand, now=now)
        AuthorizationRequest.objects.note_return(callback.state, now=now)
        _record(request, None, now=now)
    return result


def _record(
    request: AuthorizationRequest, error: IntegrationError | None, *, now: datetime
) -> None:
    AuditEvent.objects.record(
        Action.LINK_TESTED,
        request.app,
        by=request.user,
        result=AuditEvent.Result.FAILED if error else AuditEvent.Result.DONE,
        reason=type(error).__name__ if error else "",
        tracking_id=getattr(error, "tracking_id", ""),
        now=now,
    )


def _redeem(request: AuthorizationRequest, callback: consent.Callback, *, now: datetime) -> Result:
    """The tokens live in these lines only."""
    tokens, person = consent.redeem(request, callback, now=now)
    granted = tuple(sorted(tokens.scope or ()))
    missing = tuple(scopes.missing(request.app.scopes, granted))
    good = _("It works: Webex sent the browser back and issued tokens, which were dropped at once.")
    less = _("Webex sent the browser back, but granted less than was asked for.")
    return Result(less if missing else good, person, granted, missing)


def _sentence(error: IntegrationError) -> str:
    sentences: dict[type[IntegrationError], str] = {
        AccessDenied: _(
            "You declined at Webex. That the browser came back shows that the redirect URI is "
            "registered."
        ),
        AuthorizationFailed: _("Webex ended the sign-in. Are all scopes registered there?"),
        ConsentRefused: _(
            "What came back is incomplete, or comes from an issuer that the portal does not know. "
            "Please try again; if it stays so, check the setting WEBEX_ISSUERS."
        ),
        InvalidClient: _("Webex does not accept the client ID or the client secret. Set it again."),
        Refused: _("Webex refused the code. Check client ID, client secret and redirect URI."),
        UndecryptableValue: _("The client secret cannot be read. Set it again under General."),
        WebexUnavailable: _("Webex did not answer properly. Please try again in a minute."),
    }
    found = (text for kind, text in sentences.items() if isinstance(error, kind))
    return next(found, _("Webex did not accept the sign-in. Check scopes and client secret."))
