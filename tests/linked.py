"""Links as they are after a consent, without the walk through portal and Webex."""

from datetime import datetime, timedelta

from accounts.models import User
from integrations import clock
from integrations.linking import completion
from integrations.models import AuthorizationRequest, BrandedURL, Grant, WebexApp
from integrations.sandbox import Sandbox
from integrations.tokens import TokenSet
from integrations.webex.http import Deadline


def issue(sandbox: Sandbox, email: str, app: WebexApp, *, now: datetime) -> TokenSet:
    granted = sandbox.grant(email, app.client_id)
    return TokenSet(
        access_token=granted["access_token"],
        access_token_expires_at=now + timedelta(seconds=granted["expires_in"]),
        refresh_token=granted["refresh_token"],
        refresh_token_expires_at=now + timedelta(seconds=granted["refresh_token_expires_in"]),
        scope=frozenset(granted["scope"].split()),
    )


def link(user: User, brand: BrandedURL, sandbox: Sandbox, *, email: str) -> Grant:
    """As the callback does it once it has the tokens."""
    now, requests = clock.now(), AuthorizationRequest.objects
    request = requests.begin(user=user, brand=brand, browser_binding="", next_path="", now=now)
    requests.filter(pk=request.pk).update(consumed_at=now)
    tokens = issue(sandbox, email, request.app, now=now)
    BrandedURL.objects.returned(request.redirect_uri, brand=brand, now=now)
    person = completion.identify(tokens, Deadline(5))
    assert completion.link_or_ask(request, tokens, person, now=now)
    return Grant.objects.get(user=user, app=request.app)
