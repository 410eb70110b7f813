"""How long a session lasts that began at a provider, and what the rule of a hostname lets in."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from integrations.models import BrandedURL, IdentityProvider, SignInRule
from tests.conftest import H1, H2, H3
from tests.integrations.single_sign_on.conftest import serve, sign_in, who

# --- The session ------------------------------------------------------------------------------


def test_a_session_is_good_at_its_own_hostname_only(visitor, acme_idp, browser, globex):
    serve(H3, IdentityProvider.objects.get())
    sign_in(visitor, acme_idp)
    for host in (H2, H3, "admin.example.com"):
        copied = browser(None, host)
        sign_in(fresh := browser(None), acme_idp)
        copied.cookies["__Host-sessionid"] = fresh.cookies["__Host-sessionid"].value

        assert copied.get("/my-account/").status_code == 302, host
    assert who(visitor)


def test_a_session_ends_after_its_life_however_busy(visitor, acme_idp, settings, travel):
    settings.SSO_SESSION_AGE = 600
    sign_in(visitor, acme_idp)

    session = Session.objects.get(pk=visitor.cookies["__Host-sessionid"].value)
    left = session.get_decoded()["_session_expiry"]
    visitor.get("/my-account/")
    session.refresh_from_db()

    assert session.get_decoded()["_session_expiry"] == left
    Session.objects.update(expire_date=session.expire_date - timedelta(seconds=601))
    assert who(visitor) == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda: IdentityProvider.objects.update(is_enabled=False),
        lambda: BrandedURL.objects.update(sign_in_rule=SignInRule.PASSWORD),
        lambda: BrandedURL.objects.update(identity_provider=None, sign_in_rule=SignInRule.PASSWORD),
    ],
)
def test_sessions_end_with_the_provider_that_they_came_through(visitor, acme_idp, change):
    sign_in(visitor, acme_idp)
    assert who(visitor)

    change()

    assert who(visitor) == ""


def test_signing_out_says_what_it_ends_and_offers_the_rest(visitor, acme_idp):
    sign_in(visitor, acme_idp)

    page = visitor.post("/sign-out/").text

    assert "perhaps not of Acme" in page
    assert f"{acme_idp.url}/logout?client_id=portal+of+Acme" in page
    assert f"post_logout_redirect_uri=https%3A%2F%2F{H1}%2Fsign-in%2F" in page
    assert who(visitor) == ""
    assert visitor.post("/sign-out/").status_code == 302  # loaded again


# --- The rule of a hostname -----------------------------------------------------------------------


def test_passwords_are_neither_asked_for_nor_taken_where_the_rule_says_so(
    visitor, acme_provider, alice, browser
):
    signed_in_before = browser(alice)
    assert who(signed_in_before) == "alice"
    serve(H1, acme_provider, SignInRule.SINGLE)

    page = visitor.get("/sign-in/")
    posted = visitor.post("/sign-in/", {"username": "alice", "password": "correct horse"})

    assert 'name="password"' not in page.text
    assert "Sign in with Acme" in page.text
    assert (posted.status_code, who(visitor)) == (403, "")
    assert "single sign-on only" in posted.text
    assert who(signed_in_before) == ""
    assert browser(alice).get("/api/v1/session").status_code == 401


def test_a_hostname_without_passwords_and_provider_lets_nobody_in_and_says_so(
    visitor, acme_provider, alice
):
    serve(H1, acme_provider, SignInRule.SINGLE)
    IdentityProvider.objects.update(is_enabled=False)

    assert "switched off" in visitor.get("/sign-in/").text
    posted = visitor.post("/sign-in/", {"username": "alice", "password": "correct horse"})
    assert posted.status_code == 403
    assert visitor.post("/sign-in/through/").status_code == 403


def test_other_hostnames_know_nothing_of_it(visitor, browser, globex, alice):
    elsewhere = browser(None, H2)

    assert "Acme" not in elsewhere.get("/sign-in/").text
    elsewhere.post("/sign-in/", {"username": "alice", "password": "correct horse"})
    assert who(elsewhere) == "alice"
