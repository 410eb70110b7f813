"""Which hosts the portal answers on, however they are spelt."""

import base64
import hashlib
import io
import re

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import AuthorizationRequest, BrandedURL
from integrations.models.branded_url import CALLBACK_PATH
from tests.browsing import query
from tests.conftest import ALICE_AT_WEBEX, H1, H2

PORTAL_HOST = "admin.example.com"


UNKNOWN = [
    "unmapped.example.com", "evil.com", f"{H1}@evil.com", f"{H1}:80@evil.com", f"{H1},evil.com",
    f"{H1}, {H1}", f"{H1}:8443", f"{H1}:99999", f"{H1}:x", f"x.{H1}", "127.0.0.1", "[::1]",
    "pоrtal-a.example.com", f"{H1}\t", f"{H1}/x", "", "localhost",
]  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/", "/sign-in/", "/webex/callback/", "/static/portal/portal.css"]
)
def test_an_unknown_host_is_refused_before_any_view(acme, path):
    client = Client()

    answers = {host: client.get(path, secure=True, HTTP_HOST=host) for host in UNKNOWN}

    for host, answer in answers.items():
        assert answer.status_code == 400, host
        assert not answer.cookies
        assert "evil" not in answer.text


@pytest.mark.parametrize("spelling", [H1.upper(), f"{H1}.", f"{H1}:443", f"{H1.title()}.:443"])
def test_other_spellings_of_a_hostname_start_the_same_consent(alice_browser, spelling):
    alice_browser.post("/webex/connect/", HTTP_HOST=spelling)

    assert AuthorizationRequest.objects.get().redirect_uri == f"https://{H1}/webex/callback/"


@pytest.mark.parametrize("spelling", [H1, H1.upper(), f"{H1}.", f"{H1}:443", f"{H1.title()}.:443"])
@pytest.mark.parametrize("origin", [H1, f"{H1}.", f"{H1}:443"])
def test_a_form_may_be_sent_under_each_spelling_of_a_hostname(alice, acme, spelling, origin):
    headers = {"HTTP_HOST": spelling, "HTTP_ORIGIN": f"https://{origin}"}
    client = Client(enforce_csrf_checks=True)
    page = client.get("/sign-in/", secure=True, **headers)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    fields = {"username": "alice", "password": "correct horse", "csrfmiddlewaretoken": token}

    assert client.post("/sign-in/", fields, secure=True, **headers).status_code == 302


@pytest.mark.parametrize(
    "origin",
    [f"https://{H2}", f"http://{H1}", f"https://{H1}:8443", f"https://x.{H1}", "null", "https://["],
)
def test_a_form_of_another_origin_is_refused(alice, acme, globex, origin):
    client = Client(enforce_csrf_checks=True, HTTP_HOST=H1, HTTP_ORIGIN=origin)
    page = client.get("/sign-in/", secure=True)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    fields = {"username": "alice", "password": "correct horse", "csrfmiddlewaretoken": token}

    assert client.post("/sign-in/", fields, secure=True).status_code == 403


@pytest.mark.parametrize("spelling", ["INTRANET", "intranet.", "[2001:DB8::1]", "192.0.2.7:443"])
def test_a_portal_host_may_be_an_address_or_a_single_label(db, settings, spelling):
    settings.PORTAL_HOSTS = ["intranet", "[2001:db8::1]", "192.0.2.7"]

    assert Client(HTTP_HOST=spelling).get("/sign-in/", secure=True).status_code == 200


@pytest.mark.parametrize("length", [3_000_001, 400_000_000, 10**30])
@pytest.mark.parametrize("path", ["/sign-in/", "/admin/login/", "/healthz/"])
def test_an_endless_upload_is_refused_before_it_is_read(db, length, path):
    untouched = io.BytesIO(b"x" * 100)
    upload = {"CONTENT_LENGTH": str(length), "wsgi.input": untouched}
    upload["CONTENT_TYPE"] = "multipart/form-data; boundary=x"

    page = Client(HTTP_HOST=PORTAL_HOST).post(path, secure=True, **upload)

    assert page.status_code == 413
    assert page.text == (
        "That is more than the portal accepts at once (3 MB). Please go back and send less."
    )
    assert untouched.tell() == 0


def test_a_body_whose_length_nobody_says_is_refused_in_words(db):
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}

    page = Client(HTTP_HOST=PORTAL_HOST).post("/sign-in/", secure=True, **chunked)

    assert page.status_code == 411
    assert "Send it with a Content-Length" in page.text


@pytest.mark.parametrize(
    ("host", "path", "status", "said"),
    [
        ("nobodys.example.com", "/", 400, "No portal answers at this address."),
        (H1, "/admin/", 404, "This page does not exist."),
    ],
)
def test_a_browser_that_is_refused_early_gets_a_page_with_a_next_step_and_no_brand(
    acme, host, path, status, said
):
    page = Client(HTTP_HOST=host).get(path, secure=True, headers={"Accept": "text/html"})

    assert page.status_code == status
    assert said in page.text
    assert "ask your administrator" in page.text
    assert "Acme" not in page.text
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page["Content-Security-Policy"]


def test_a_wrong_method_gets_a_page_with_a_next_step(alice_browser):
    page = alice_browser.post("/webex/callback/")

    assert (page.status_code, page["Allow"]) == (405, "GET")
    assert "Nothing was changed. Go back" in page.text
    assert "Acme" in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_X_FORWARDED_HOST": H2},
        {"HTTP_FORWARDED": f"host={H2};proto=http"},
        {"HTTP_X_ORIGINAL_URL": "/admin/"},
        {"HTTP_X_REWRITE_URL": "/admin/"},
        {"HTTP_X_FORWARDED_PORT": "8443"},
    ],
    ids=str,
)
def test_a_proxys_headers_do_not_move_the_request(alice_browser, globex, headers):
    alice_browser.post("/webex/connect/", **headers)

    assert AuthorizationRequest.objects.get().redirect_uri == f"https://{H1}/webex/callback/"


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/"])
def test_a_script_name_does_not_bring_the_admin_to_a_branded_host(browser, root, acme, path):
    assert browser(root, H1).get(path, SCRIPT_NAME="/x").status_code == 404


def test_a_script_name_does_not_let_an_unknown_host_in(db):
    client = Client(HTTP_HOST="evil.example")

    assert client.get("/", SCRIPT_NAME="/healthz", secure=True).status_code == 400


def test_a_script_name_changes_no_address(alice_browser):
    alice_browser.post("/webex/connect/", SCRIPT_NAME="/x")

    assert AuthorizationRequest.objects.get().redirect_uri == f"https://{H1}/webex/callback/"
    assert alice_browser.get("/my-account/", SCRIPT_NAME="/x").text.count("/x/") == 0


def test_redirect_uris_lead_to_the_callback():
    assert reverse("webex_callback") == CALLBACK_PATH


def test_plain_http_is_not_taken_for_https(alice, acme):
    client = Client(HTTP_HOST=H1, HTTP_X_FORWARDED_PROTO="https")
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")

    response = client.post("/webex/connect/")

    assert (response.status_code, response["Location"]) == (301, f"https://{H1}/webex/connect/")
    assert not AuthorizationRequest.objects.exists()


def test_each_hostname_has_its_own_redirect_uri_and_integration(browser, alice, acme, globex):
    asked = [query(browser(alice, host).start()) for host in (H1, H2)]

    assert [(each["client_id"], each["redirect_uri"]) for each in asked] == [
        (acme.client_id, f"https://{H1}/webex/callback/"),
        (globex.client_id, f"https://{H2}/webex/callback/"),
    ]


def test_a_grant_counts_on_every_hostname_of_its_integration_and_on_no_other(
    browser, alice, acme, globex
):
    browser(alice, H1).link(ALICE_AT_WEBEX)

    badges = [browser(alice, host).badge() for host in (H1, "portal-a2.example.com", H2)]

    assert badges == ["linked", "linked", "not-linked"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/integrations/grant/"])
def test_the_admin_answers_on_portal_hosts_only(browser, root, acme, path):
    assert browser(root, PORTAL_HOST).get(path).status_code in (200, 302)

    response = browser(root, H1).get(path)

    assert response.status_code == 404


def test_a_portal_host_offers_no_webex(browser, alice, acme):
    client = browser(alice, PORTAL_HOST)

    pages = [client.get(path) for path in ("/", "/my-account/", "/webex/", "/webex/profile/")]

    assert [page.status_code for page in pages] == [200] * 4
    assert client.badge() == ""
    assert client.get("/webex/status/").json()["status"] == "not_offered"
    assert client.post("/webex/connect/")["Location"] == "/my-account/"
    assert client.get("/webex/callback/?code=a&state=b").status_code == 400


def test_a_portal_host_is_known_without_the_database():
    response = Client(HTTP_HOST=PORTAL_HOST).get("/static/portal/portal.css", secure=True)

    assert b"--accent" in response.getvalue()


PROBED = ("/healthz/", "/readyz/", "/readyz/background/")


@pytest.mark.parametrize("host", ["10.0.0.7:8000", "", "web_1", "web_1:8000", "[::1", "évil", None])
def test_probes_are_answered_whatever_host_they_ask(db, host):
    headers = {"SERVER_NAME": ""} if host is None else {"HTTP_HOST": host}

    answers = [Client().get(path, **headers).status_code for path in PROBED]

    assert answers == [200, 200, 503]  # nothing renews here


@pytest.mark.parametrize("host", [H1, f"{H1}:8440", f"{H1.upper()}.:8440"])
@pytest.mark.parametrize("header", ["HTTP_ORIGIN", "HTTP_REFERER"])
def test_a_form_arrives_whichever_port_the_proxy_passes_on(alice, acme, settings, host, header):
    settings.BRANDED_URL_TEMPLATE = "https://{hostname}:8440"
    client = Client(enforce_csrf_checks=True, HTTP_HOST=host)
    token = client.get("/sign-in/", secure=True).context["csrf_token"]
    fields = {"username": "alice", "password": "correct horse", "csrfmiddlewaretoken": str(token)}
    sent_from = {header: f"https://{H1}:8440" + ("/sign-in/" if header == "HTTP_REFERER" else "")}

    assert client.post("/sign-in/", fields, secure=True, **sent_from).status_code == 302
    assert client.post("/sign-in/", fields, secure=True, **{header: "https://x.evil.com"}
                       ).status_code == 403  # fmt: skip


def test_an_upper_case_hostname_is_stored_in_lower_case(sandbox, db):
    brand = BrandedURL(hostname="Portal-C.Example.COM.")

    brand.full_clean()

    assert brand.hostname == "portal-c.example.com"
