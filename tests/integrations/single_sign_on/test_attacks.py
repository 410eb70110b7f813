"""Mallory's ways: answers of others, and providers that misbehave."""

import base64
import json
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db.models import QuerySet

from accounts.models import User
from integrations.models import AuditEvent, BrandedURL, IdentityProvider
from integrations.single_sign_on import words
from tests.conftest import H2, H3
from tests.identity_provider import SECRET
from tests.integrations.single_sign_on.conftest import leave, refused, serve, sign_in, who

NOT_BEGUN_HERE = "not begun in this browser"


# --- The browser's way ----------------------------------------------------------------------------


def test_a_return_works_in_the_browser_it_was_begun_in_only(visitor, browser, acme_idp):
    """Or Mallory would sign Alice in as Mallory (CSRF), or use a code that was stolen."""
    url = acme_idp.accept(leave(visitor))

    alices = browser(None)
    leave(alices)
    assert refused(alices.come_back(url), NOT_BEGUN_HERE)
    assert visitor.come_back(url).status_code == 303


def test_a_return_is_good_once_and_the_back_button_does_no_harm(visitor, browser, acme_idp):
    cookie = "__Host-sign-in"
    url = acme_idp.accept(leave(visitor))
    kept = visitor.cookies[cookie].value
    visitor.come_back(url)

    assert visitor.come_back(url)["Location"] == "/"
    thief = browser(None)
    thief.cookies[cookie] = kept
    assert thief.come_back(url).status_code == 400  # the code was spent
    assert who(thief) == ""


def test_two_tabs_do_not_disturb_each_other(visitor, acme_idp):
    first, second = leave(visitor, next="/webex/"), leave(visitor)

    assert visitor.come_back(acme_idp.accept(second))["Location"] == "/"
    assert visitor.come_back(acme_idp.accept(first))["Location"] == "/webex/"


@pytest.mark.parametrize("other", [H2, H3, "admin.example.com"])
def test_a_return_of_one_hostname_is_none_at_another(
    visitor, browser, acme_idp, globex_provider, other
):
    serve(H3, IdentityProvider.objects.get(name="Acme"))
    url = acme_idp.accept(leave(visitor))
    elsewhere = browser(None, other)
    if other != "admin.example.com":
        leave(elsewhere)
    elsewhere.cookies["__Host-sign-in"] = visitor.cookies["__Host-sign-in"].value

    assert elsewhere.come_back(url).status_code in (400, 403)
    assert not User.objects.exists()


def test_an_answer_of_another_provider_is_refused(visitor, acme_idp):
    """Mix-up (RFC 9207)."""
    url = acme_idp.accept(leave(visitor))
    assert refused(visitor.come_back(url.split("&iss=")[0] + "&iss=https%3A%2F%2Fevil.example"),
                   NOT_BEGUN_HERE)  # fmt: skip
    url = acme_idp.accept(leave(visitor))
    assert refused(visitor.come_back(url.split("&iss=")[0]), NOT_BEGUN_HERE)
    assert acme_idp.calls.count("/token") == 0


RETURNS = [
    "", "state=x&code=y", "code=y", "state=%00&code=y", "state=a&state=b&code=y", "state=ä&code=y",
    "state=x&error=access_denied", "state=" + "x" * 5000,
]  # fmt: skip


def test_a_return_that_nobody_began_is_refused(visitor):
    leave(visitor)

    for query in RETURNS:
        assert refused(visitor.get(f"/sign-in/callback/?{query}"), NOT_BEGUN_HERE), query


def test_a_cookie_that_was_made_up_is_none(visitor, acme_idp):
    url = acme_idp.accept(leave(visitor))
    visitor.cookies["__Host-sign-in"] = base64.b64encode(json.dumps([{"state": "x"}]).encode())

    assert refused(visitor.come_back(url), NOT_BEGUN_HERE)


@pytest.mark.parametrize("seconds", [-120, 660])
def test_a_return_too_late_or_too_early_is_refused(visitor, acme_idp, travel, seconds):
    url = acme_idp.accept(leave(visitor))
    travel(timedelta(seconds=seconds))

    assert refused(visitor.come_back(url), NOT_BEGUN_HERE)


@pytest.mark.parametrize(
    "change",
    [
        (IdentityProvider, {"is_enabled": False}),
        (IdentityProvider, {"client_id": "another"}),
        (BrandedURL, {"sign_in_rule": "password"}),
        (BrandedURL, {"identity_provider": None, "sign_in_rule": "password"}),
    ],
)
def test_a_provider_that_another_process_changed_meanwhile_lets_nobody_in(
    visitor, acme_idp, change
):
    url = acme_idp.accept(leave(visitor))
    visitor.get("/")  # pages know the hostname as it was for some seconds

    model, columns = change
    QuerySet.update(model.objects.all(), **columns)

    assert visitor.come_back(url).status_code in (400, 403)
    assert not User.objects.exists()


@pytest.mark.parametrize("error", ["access_denied", "login_required", "<script>"])
def test_who_declines_there_reads_so_and_can_begin_again(visitor, acme_idp, error):
    page = visitor.come_back(acme_idp.refuse(leave(visitor), error) + f"&iss={acme_idp.url}")

    assert page.status_code == 400
    assert "Sign in with Acme" in page.text
    assert "<script>" not in page.text


# --- Providers that misbehave -----------------------------------------------------------------

DISCOVERY = "/.well-known/openid-configuration"


BAD = [500, 429, 302, 404, b"{", b"[]", b"[" * 100_000, b"x" * 300_000]


@pytest.mark.parametrize("path", [DISCOVERY, "/token", "/keys"])
def test_a_provider_that_answers_badly_lets_nobody_in_and_is_said_so(visitor, acme_idp, path):
    for answer in BAD:
        cache.clear()
        acme_idp.answers.clear()
        url = leave(visitor)
        acme_idp.answers[path] = answer
        if path == DISCOVERY:
            cache.clear()
        page = visitor.come_back(acme_idp.accept(url))

        assert refused(page, "Acme"), answer
        assert page.status_code == 503
        assert "Sign in with Acme" in page.text
    assert "/elsewhere" not in acme_idp.calls


def test_a_slow_provider_costs_no_more_than_the_time_it_is_given(visitor, acme_idp, settings):
    settings.SSO_TIMEOUT = 0.3
    url = leave(visitor)
    acme_idp.answers["/token"] = 3.0
    began = time.monotonic()

    page = visitor.come_back(acme_idp.accept(url))

    assert page.status_code == 503
    assert "does not answer" in page.text
    assert time.monotonic() - began < 2


def test_a_client_that_the_provider_refuses_is_on_record_once_a_minute(visitor, acme_idp):
    for _attempt in range(2):
        url = leave(visitor)
        acme_idp.answers["/token"] = 401, {"error": "invalid_client"}
        assert refused(visitor.come_back(acme_idp.accept(url)))

    assert AuditEvent.objects.get(action="sign_in.failed").reason == "invalid_client"


def test_what_is_on_record_says_whose_turn_it_is():
    for reason, who_acts in {
        "status_429": "no usable answer", "status_302": "no usable answer",
        "status_404": "registered here", "libcurl_56": "no usable answer",
        "expired_token exp": "clock", "invalid_claim iat": "clock", "auth_time": "Let it send",
    }.items():  # fmt: skip
        assert who_acts in words.failed(reason), reason


def test_a_dead_provider_is_said_so(visitor, acme_provider):
    IdentityProvider.objects.update(issuer="http://127.0.0.1:1")

    page = visitor.post("/sign-in/through/")

    assert page.status_code == 503
    assert "Please try again in a minute." in page.text


UNUSABLE = [
    {"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"},
    {"jwks_uri": None}, {"authorization_endpoint": "javascript:alert(1)"},
    {"code_challenge_methods_supported": ["plain"]}, {"token_endpoint": 42},
    {"userinfo_endpoint": "file:///etc/passwd"}, {"jwks_uri": "https://u:p@acme.example/"},
]  # fmt: skip


def test_a_discovery_document_that_does_not_fit_is_refused(visitor, acme_idp):
    for acme_idp.metadata in UNUSABLE:
        assert refused(visitor.post("/sign-in/through/")), acme_idp.metadata


UNSAID = ["token_endpoint_auth_methods_supported", "code_challenge_methods_supported",
          "userinfo_endpoint", "end_session_endpoint"]  # fmt: skip


def test_what_a_provider_writes_null_for_is_just_not_said(visitor, acme_idp):
    acme_idp.metadata = dict.fromkeys(UNSAID)

    assert sign_in(visitor, acme_idp).status_code == 303
    for odd in (5, "plain", {"S256": 1}):
        cache.clear()
        acme_idp.metadata = dict.fromkeys(UNSAID[:2], odd)
        assert visitor.post("/sign-in/through/").status_code == 503, odd


def test_addresses_within_are_not_called_unless_the_operator_named_them(
    visitor, acme_provider, settings
):
    settings.SSO_PRIVATE_HOSTS = []
    for issuer in ("https://127.0.0.1:1", "https://localhost", "https://[::1]"):
        IdentityProvider.objects.update(issuer=issuer)

        assert refused(visitor.post("/sign-in/through/")), issuer


def test_no_secret_reaches_the_log_or_the_audit_trail(visitor, acme_idp, caplog):
    url = acme_idp.accept(leave(visitor))
    cookie = visitor.cookies["__Host-sign-in"].value
    visitor.come_back(url)
    acme_idp.claims = {"nonce": "wrong"}
    sign_in(visitor, acme_idp)

    code = url.split("code=")[1].split("&")[0]
    kept = json.dumps(list(AuditEvent.objects.values_list("reason", "object_label")))
    for secret in (SECRET, code, cookie, acme_idp.forms[0]["code_verifier"]):
        assert secret not in caplog.text + kept
