"""What we send for the device grant, and what we make of every answer."""

from datetime import timedelta
from typing import Any

import pytest

from integrations import clock
from integrations.errors import (
    AccessDenied,
    AmbiguousOutcome,
    AuthorizationPending,
    ExpiredDeviceCode,
    InvalidClient,
    InvalidGrant,
    NoRefreshToken,
    Refused,
    SlowDown,
    TokenLimit,
    WebexError,
    WebexUnavailable,
)
from integrations.models import WebexApp
from integrations.sandbox import Sandbox
from integrations.sandbox.webex.device import decide
from integrations.tokens import TokenSet
from integrations.webex import device
from integrations.webex.http import Deadline
from integrations.webex.oauth import Client
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.linking.device.conftest import AUTHORIZE, TOKEN

pytestmark = pytest.mark.django_db


def authorize(app: WebexApp) -> device.DeviceCode:
    scopes = [*app.scopes, "openid"]
    return device.authorize(app.client_id, scopes, sent_at=clock.now(), deadline=Deadline(5))


def poll(client: Client, code: str) -> TokenSet:
    return device.poll(client, code, sent_at=clock.now(), deadline=Deadline(5))


def test_a_start_names_client_and_scopes_without_those_of_openid(
    device_acme: WebexApp, sandbox: Sandbox
) -> None:
    authorize(device_acme)

    (call,) = sandbox.ledger.find(AUTHORIZE)
    assert call.form["client_id"] == device_acme.client_id
    assert call.form["scope"].split() == device_acme.scopes
    assert "client_secret" not in call.form
    assert "authorization" not in call.headers


def test_a_device_code_never_shows_in_repr(device_acme: WebexApp) -> None:
    code = authorize(device_acme)

    for secret in (code.device_code, code.user_code, code.verification_uri_complete):
        assert secret not in repr(code)


@pytest.mark.parametrize(
    ("sent", "understood"),
    [(None, 5), (0, 5), (-3, 5), ("abc", 5), (True, 5), ("7", 7), (3, 3), (2.5, 3), (9999, 60)],
)
def test_an_odd_interval_becomes_a_sane_one(
    device_acme: WebexApp, sandbox: Sandbox, sent: Any, understood: int
) -> None:
    sandbox.scenario.device_override = {"interval": sent}

    assert authorize(device_acme).interval == understood


@pytest.mark.parametrize(("sent", "seconds"), [(None, 300), (0, 300), (60, 60), (10**12, 1800)])
def test_an_odd_life_becomes_a_sane_one(
    device_acme: WebexApp, sandbox: Sandbox, sent: Any, seconds: int
) -> None:
    sandbox.scenario.device_override = {"expires_in": sent}
    now = clock.now()

    code = device.authorize(
        device_acme.client_id, device_acme.scopes, sent_at=now, deadline=Deadline(5)
    )

    assert code.expires_at - now == timedelta(seconds=seconds)


EVIL = [
    "javascript:alert(1)", "https://evil/verify", 'https://login-k.webex.com/"><script>', 5, "/",
    "https://login-k.webex.com.evil.com/", "https://evil.com/login-k.webex.com", "data:text/html,x",
    "https://login-k.webex.com@evil.com/", "https://login-a.b.webex.com/", "//login-k.webex.com/",
    "http://login-k.webex.com/verify", "https://login-k.webex.com:8443/", "https://[::1/", [5],
    "https://LOGIN-.webex.com./", "https://login-k.webex.com/\u202e", " https://login-k.webex.com/",
    "https://login-k.webex.com/" + "a" * 500, "https://login-.webex.com:99999/",
]  # fmt: skip


@pytest.mark.parametrize("uri", EVIL)
@pytest.mark.parametrize("name", ["verification_uri", "verification_uri_complete"])
def test_a_verification_uri_from_elsewhere_is_refused(
    device_acme: WebexApp, sandbox: Sandbox, name: str, uri: Any
) -> None:
    sandbox.scenario.device_override = {name: uri}

    with pytest.raises(WebexUnavailable, match="no usable device code"):
        authorize(device_acme)


@pytest.mark.parametrize(
    "uri",
    [
        "https://oauth-helper-r.wbx2.com/verify",
        "https://login-k.webex.com/verify?userCode=ab12",
        "https://login-k.wbx2.com/verify",
        "https://LOGIN-k.webex.com/verify",
    ],
)
def test_webex_hosts_are_allowed(device_acme: WebexApp, sandbox: Sandbox, uri: str) -> None:
    sandbox.scenario.device_override = {"verification_uri": uri}

    assert authorize(device_acme).verification_uri == uri


def test_the_allowed_hosts_are_a_setting(
    device_acme: WebexApp, sandbox: Sandbox, settings: Any
) -> None:
    settings.WEBEX_VERIFICATION_HOSTS = ["verify.example.com"]
    sandbox.scenario.device_override = {"verification_uri": "https://verify.example.com/"}
    assert authorize(device_acme).verification_uri == "https://verify.example.com/"

    sandbox.scenario.device_override = {"verification_uri": "https://login-k.webex.com/"}
    with pytest.raises(WebexUnavailable):
        authorize(device_acme)


def test_without_a_complete_uri_the_plain_one_stands_in(
    device_acme: WebexApp, sandbox: Sandbox
) -> None:
    sandbox.scenario.device_override = {"verification_uri_complete": None}

    code = authorize(device_acme)

    assert code.verification_uri_complete == code.verification_uri


@pytest.mark.parametrize(
    "override",
    [{"device_code": None}, {"device_code": ""}, {"device_code": "a b"}, {"user_code": "<b>"}],
)
def test_an_unusable_code_is_refused(
    device_acme: WebexApp, sandbox: Sandbox, override: dict[str, Any]
) -> None:
    sandbox.scenario.device_override = override

    with pytest.raises(WebexUnavailable):
        authorize(device_acme)


def test_an_unknown_client_is_refused_at_the_start(device_acme: WebexApp) -> None:
    device_acme.client_id = "Cnobody"

    with pytest.raises(Refused):
        authorize(device_acme)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_at_the_start_is_trouble_that_passes(
    device_acme: WebexApp, sandbox: Sandbox, status: int
) -> None:
    sandbox.fault(AUTHORIZE, status=status, headers={"Retry-After": "7"})

    with pytest.raises(WebexUnavailable) as caught:
        authorize(device_acme)

    assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("shape", ["gateway", "oauth"])
def test_pending_slow_down_denial_and_invalid_grant_are_told_apart(
    device_acme: WebexApp, acme_client: Client, sandbox: Sandbox, shape: str
) -> None:
    sandbox.scenario.error_shape = shape
    code = authorize(device_acme)

    with pytest.raises(AuthorizationPending) as pending:
        poll(acme_client, code.device_code)
    assert not isinstance(pending.value, SlowDown)
    assert pending.value.status == 428
    with pytest.raises(SlowDown):
        poll(acme_client, code.device_code)
    decide(sandbox.state, code.user_code, ALICE_AT_WEBEX, accept=False)
    sandbox.advance(30)
    with pytest.raises(AccessDenied):
        poll(acme_client, code.device_code)
    with pytest.raises(InvalidGrant):
        poll(acme_client, "unknown")


GATEWAY = b'{"message": "%s", "errors": [{"description": "%s"}], "trackingId": "ROUTER_1"}'
ANSWERS: list[tuple[int, bytes, type[WebexError]]] = [
    (428, b"", AuthorizationPending),
    (428, b"<html>", AuthorizationPending),
    (428, GATEWAY % (b"x", b"slow_down"), SlowDown),
    (400, GATEWAY % (b"slow_down", b"x"), SlowDown),
    (400, b'{"message": "authorization_pending"}', AuthorizationPending),
    (400, b'{"error": "expired_token"}', ExpiredDeviceCode),
    (401, b'{"error": "invalid_client"}', InvalidClient),
    (400, GATEWAY % (b"tokenlimit_reached", b"x"), TokenLimit),
    (400, GATEWAY % (b"please slow_down", b"not access_denied at all"), Refused),
    (400, b'{"errors": "authorization_pending", "message": 5}', Refused),
    (400, b'{"errors": [5], "message": null}', Refused),
    (200, b'{"error": "authorization_pending"}', AuthorizationPending),
    (429, GATEWAY % (b"slow_down", b"slow_down"), WebexUnavailable),
    (503, b'{"error": "access_denied"}', WebexUnavailable),
    (200, b"<html>", WebexUnavailable),
    (200, b'{"access_token": null}', WebexUnavailable),
    (200, b'{"access_token": "a", "expires_in": 5}', NoRefreshToken),
]


@pytest.mark.parametrize(("status", "body", "error"), ANSWERS)
def test_every_answer_means_one_thing(
    acme_client: Client, sandbox: Sandbox, status: int, body: bytes, error: type[WebexError]
) -> None:
    sandbox.fault(TOKEN, status=status, body=body)

    with pytest.raises(WebexError) as caught:
        poll(acme_client, "code")

    assert type(caught.value) is error


def test_a_tracking_id_is_kept_for_support(acme_client: Client, sandbox: Sandbox) -> None:
    sandbox.fault(TOKEN, status=400, body=GATEWAY % (b"invalid_grant", b"x"))

    with pytest.raises(InvalidGrant) as caught:
        poll(acme_client, "code")

    assert caught.value.tracking_id == "ROUTER_1"


@pytest.mark.parametrize("cut", ["before_status", "mid_headers", "mid_body"])
def test_a_lost_answer_is_ambiguous(
    device_acme: WebexApp, acme_client: Client, sandbox: Sandbox, cut: str
) -> None:
    code = authorize(device_acme)
    decide(sandbox.state, code.user_code, ALICE_AT_WEBEX)
    sandbox.fault(TOKEN, cut=cut, after=True)

    with pytest.raises(AmbiguousOutcome):
        poll(acme_client, code.device_code)


def test_tokens_come_with_their_eighteen_hours(
    device_acme: WebexApp, acme_client: Client, sandbox: Sandbox
) -> None:
    code = authorize(device_acme)
    decide(sandbox.state, code.user_code, ALICE_AT_WEBEX)
    now = clock.now()

    tokens = device.poll(acme_client, code.device_code, sent_at=now, deadline=Deadline(5))

    assert tokens.access_token_expires_at - now == timedelta(seconds=64799)
    assert tokens.scope == frozenset(device_acme.scopes)
    (call,) = sandbox.ledger.find(TOKEN)
    assert call.headers["authorization"].startswith("Basic ")
    assert "client_secret" not in call.form
