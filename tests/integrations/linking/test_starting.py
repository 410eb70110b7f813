"""Starting a consent: by a deliberate click only, with fresh secrets, to a safe place."""

import base64
import hashlib
import re
from urllib.parse import urlsplit

import pytest

from integrations.models import AuthorizationRequest, BrandedURL, Grant, WebexApp
from tests.accounts.elsewhere import ELSEWHERE
from tests.browsing import PortalClient, query
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX, H1, H2

START = "/webex/connect/"


@pytest.fixture
def strict_browser(alice, acme, sandbox):
    """Checks CSRF as production does."""
    client = PortalClient(host=H1, sandbox=sandbox, enforce_csrf_checks=True)
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    return client


def csrf_token(client):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/webex/").text)[1]


# --- By a click only ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_only_a_post_starts_a_consent(alice_browser, method):
    response = alice_browser.generic(method, START)

    assert response.status_code == 405
    assert not AuthorizationRequest.objects.exists()


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({}, {}),
        ({"csrfmiddlewaretoken": "a" * 64}, {}),
        ({}, {"HTTP_ORIGIN": f"https://{H1}"}),
    ],
    ids=["no token", "wrong token", "own origin without token"],
)
def test_a_start_without_the_csrf_token_is_refused(strict_browser, fields, headers):
    response = strict_browser.post(START, fields, **headers)

    assert response.status_code == 403
    assert not AuthorizationRequest.objects.exists()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"https://{H2}", f"http://{H1}", "null"]
)
def test_a_start_from_another_origin_is_refused(strict_browser, origin):
    fields = {"csrfmiddlewaretoken": csrf_token(strict_browser)}

    response = strict_browser.post(START, fields, HTTP_ORIGIN=origin)

    assert response.status_code == 403
    assert not AuthorizationRequest.objects.exists()


def test_a_start_with_the_csrf_token_works(strict_browser):
    fields = {"csrfmiddlewaretoken": csrf_token(strict_browser)}

    response = strict_browser.post(START, fields, HTTP_ORIGIN=f"https://{H1}")

    assert response.status_code == 200
    assert AuthorizationRequest.objects.count() == 1


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "PUT", "DELETE"])
def test_only_a_get_ends_a_consent(alice_browser, method):
    url = urlsplit(alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX))

    response = alice_browser.generic(method, f"{url.path}?{url.query}")

    assert response.status_code == 405
    assert AuthorizationRequest.objects.get().consumed_at is None


@pytest.mark.parametrize(
    "header",
    [
        {"HTTP_SEC_PURPOSE": "prefetch"},
        {"HTTP_SEC_PURPOSE": "prefetch;prerender"},
        {"HTTP_PURPOSE": "prefetch"},
    ],
    ids=str,
)
def test_a_prefetch_does_not_spend_the_code(alice_browser, header):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)

    response = alice_browser.get(redirect, **header)

    assert response.status_code == 503
    assert alice_browser.come_back(redirect).status_code == 303
    assert alice_browser.badge() == "linked"


# --- With fresh secrets -------------------------------------------------------------------------


@pytest.mark.slow
def test_ten_thousand_states_and_verifiers_differ_and_say_nothing():
    requests = [AuthorizationRequest(user_id=1, app_id=1) for _ in range(10_000)]

    for values in ({r.state for r in requests}, {r.code_verifier for r in requests}):
        assert len(values) == 10_000
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", value) for value in values)
        assert len({value[:4] for value in values}) > 9_000


def test_webex_is_asked_with_pkce_and_nothing_of_the_paste_but_client_and_scopes(
    alice_browser, acme
):
    acme.authorization_url += (
        "&code_challenge=x&code_challenge_method=plain&prompt=none&nonce=n&login_hint=eve"
    )
    acme.save()

    url = alice_browser.start()

    assert url.partition("?")[0] == f"{alice_browser.sandbox.api_url}/authorize"
    asked, remembered = query(url), AuthorizationRequest.objects.get()
    digest = hashlib.sha256(remembered.code_verifier.encode()).digest()
    assert asked == {
        "response_type": "code",
        "client_id": acme.client_id,
        "redirect_uri": f"https://{H1}/webex/callback/",
        "scope": " ".join(acme.scopes),
        "state": remembered.state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert [len(values) for values in _repeated(url)] == [1] * 7


def _repeated(url):
    names = [pair.partition("=")[0] for pair in urlsplit(url).query.split("&")]
    return [[name for name in names if name == one] for one in dict.fromkeys(names)]


def test_the_verifier_goes_to_the_token_endpoint_and_nowhere_else(alice_browser, caplog):
    page = alice_browser.post(START)
    verifier = AuthorizationRequest.objects.get().code_verifier

    alice_browser.link(ALICE_AT_WEBEX)

    assert verifier not in page.text + str(page.headers) + str(alice_browser.cookies) + caplog.text
    sent = alice_browser.sandbox.ledger.find("/v1/access_token")[0].form["code_verifier"]
    assert sent in {request.code_verifier for request in AuthorizationRequest.objects.all()}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_tabs_finish_in_either_order(alice_browser, order):
    tabs = [alice_browser.start(), alice_browser.start()]
    returns = [alice_browser.sandbox.accept(tab, ALICE_AT_WEBEX) for tab in tabs]

    answers = [alice_browser.come_back(returns[tab]) for tab in order]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert alice_browser.badge() == "linked"


def test_a_flood_of_starts_keeps_the_ten_newest_per_person(alice_browser, browser, bob):
    browser(bob).start()
    first = alice_browser.start()

    newest = [alice_browser.start() for _ in range(30)][-1]

    assert AuthorizationRequest.objects.filter(user__username="alice").count() == 10
    assert AuthorizationRequest.objects.filter(user=bob).count() == 1
    late = alice_browser.sandbox.accept(first, ALICE_AT_WEBEX)
    assert alice_browser.come_back(late).status_code == 400
    in_time = alice_browser.sandbox.accept(newest, ALICE_AT_WEBEX)
    assert alice_browser.come_back(in_time).status_code == 303


def test_fields_that_nobody_asked_for_are_ignored(alice_browser, alice, bob, acme, globex):
    url = alice_browser.start(
        user=str(bob.pk),
        app=str(globex.pk),
        hostname=H2,
        redirect_uri="https://evil.example/",
        client_id=globex.client_id,
        scope="spark:all",
        state="chosen-by-mallory",
    )

    request = AuthorizationRequest.objects.get()
    assert (request.user, request.app) == (alice, acme)
    assert query(url)["redirect_uri"] == f"https://{H1}/webex/callback/"
    assert query(url)["scope"] == " ".join(acme.scopes)
    assert query(url)["state"] != "chosen-by-mallory"


def test_disconnecting_ends_ones_own_grant_whatever_the_form_says(
    alice_browser, linked_alice, browser, bob, globex
):
    browser(bob, H2).link(BOB_AT_WEBEX)
    bobs = Grant.objects.get(user=bob)

    alice_browser.post(
        "/webex/disconnect/", {"user": bob.pk, "app": globex.pk, "grant": bobs.pk, "hostname": H2}
    )

    assert Grant.objects.get(pk=bobs.pk).status == "ACTIVE"
    assert Grant.objects.get(pk=linked_alice.pk).status == "DISCONNECTED"


def test_without_an_integration_the_portal_says_so(browser, alice, sandbox):
    BrandedURL.objects.create(hostname=H1)
    client = browser(alice)

    response = client.post(START)

    assert (response.status_code, response["Location"]) == (303, "/my-account/")
    assert "Webex is not set up for this address yet." in client.get("/my-account/").text


def test_an_integration_whose_pasted_url_is_unusable_starts_nothing(alice_browser, acme):
    WebexApp.objects.update(authorization_url=acme.authorization_url.replace("http://", "ftp://"))

    alice_browser.post(START)

    assert "Webex is not set up for this address yet." in alice_browser.get("/my-account/").text
    assert not AuthorizationRequest.objects.exists()


# --- To a safe place ----------------------------------------------------------------------------


def test_a_place_elsewhere_is_not_even_remembered(alice_browser):
    for elsewhere in ELSEWHERE:
        alice_browser.start(next=elsewhere)

        assert AuthorizationRequest.objects.latest("pk").next_path == "", elsewhere


@pytest.mark.parametrize("elsewhere", ["//evil.com", f"https://{H2}/", "/..//evil.com"])
def test_linking_never_leads_elsewhere(alice_browser, elsewhere):
    response = alice_browser.link(ALICE_AT_WEBEX, next=elsewhere)

    assert (response.status_code, response["Location"]) == (303, "/my-account/")
    assert "evil" not in str(response.headers)


@pytest.mark.parametrize("path", ["/webex/", "/?a=b", "/%2f%2fevil.com"])
def test_linking_leads_back_to_a_path_of_this_portal(alice_browser, path):
    response = alice_browser.link(ALICE_AT_WEBEX, next=path)

    assert response["Location"] == path


def test_a_next_in_the_callback_is_ignored(alice_browser):
    redirect = alice_browser.sandbox.accept(alice_browser.start(next="/webex/"), ALICE_AT_WEBEX)

    response = alice_browser.come_back(redirect + "&next=/sign-out/")

    assert response["Location"] == "/webex/"
