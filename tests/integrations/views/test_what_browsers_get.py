"""Headers, caching, reflected input, and side effects of looking around."""

import html
import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client

from integrations.actions import Action
from integrations.models import AuditEvent, Grant, SecondFactor
from tests.browsing import query
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX, H1
from tests.integrations.refusals import rows
from tests.sharing_out import slow

SIGNED_IN = ["/", "/my-account/", "/webex/", "/webex/profile/", "/webex/status/"]
ADMIN = ["/admin/", "/admin/integrations/grant/", "/admin/integrations/webexapp/add/"]
MISSING = ["/nowhere/", "/webex/replace/1/", "/webex/callback/?code=a&state=b"]


@pytest.fixture
def answers(alice_browser, linked_alice, browser, root):
    admin = browser(root, "admin.example.com")
    found = {path: alice_browser.get(path) for path in SIGNED_IN + MISSING}
    found |= {path: admin.get(path) for path in ADMIN}
    found["sign in"] = browser(None).get("/sign-in/")
    found["start"] = alice_browser.post("/webex/connect/")
    found["replace"] = alice_browser.get(alice_browser.link(CAROL_AT_WEBEX)["Location"])
    return found


# --- Headers ------------------------------------------------------------------------------------


def test_every_page_carries_the_security_headers(answers):
    for path, answer in answers.items():
        policy = dict(rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; "))
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == policy["script-src"] == policy["style-src"] == "'self'"
        assert answer["X-Frame-Options"] == "DENY", path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert int(answer["Strict-Transport-Security"].removeprefix("max-age=")) >= 31_536_000
        assert answer["Referrer-Policy"] in ("same-origin", "origin"), path
        assert "Access-Control-Allow-Origin" not in answer, path


def test_no_page_may_be_kept(answers):
    for path, answer in answers.items():
        control = answer["Cache-Control"]
        assert "no-store" in control, path
        assert "private" in control, path


def test_no_page_has_inline_scripts_or_styles_or_foreign_resources(answers):
    for path, answer in answers.items():
        page = answer.text
        assert not re.search(
            r"<script(?![^>]*\s(?:src=|type=.application/json.))|<style|\sstyle=|\son\w+=|javascript:",
            page,
        ), path
        sources = re.findall(r'<(?:script|img|iframe)[^>]*\ssrc="([^"]+)"', page)
        sources += re.findall(r'<link[^>]*\shref="([^"]+)"', page)
        assert all(re.match(r"/(?!/)", source) for source in sources), path


def test_static_files_are_not_offered_to_other_origins(browser, acme):
    response = browser(None).get("/static/portal/portal.css")

    assert response.getvalue()
    assert "Access-Control-Allow-Origin" not in response
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/my-account/webex/x.css", "/my-account/webex/;a.js", "/my-account/x.css", "/my-account/;a.js",
     "/my-account/%2e.png", "/my-account.css", "/webex/x.css", "/webex/status/x.js", "/webex/;.png",
     "/webex/status/%0a.css", "/webex/profile/avatar.png", "/static/../my-account/"],
)  # fmt: skip
def test_a_page_answers_under_its_own_address_only(alice_browser, linked_alice, path):
    response = alice_browser.get(path)

    assert response.status_code == 404
    assert ALICE_AT_WEBEX not in response.text


# --- The callback's address ---------------------------------------------------------------------


def test_the_callback_leads_to_a_clean_address(alice_browser):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)

    response = alice_browser.come_back(redirect)

    assert (response.status_code, response["Location"]) == (303, "/my-account/")
    brought = query(redirect)
    landing = alice_browser.get(response["Location"])
    for value in (brought["code"], brought["state"]):
        assert value not in landing.text + str(landing.headers) + str(alice_browser.cookies)


@pytest.mark.parametrize("outcome", ["linked", "refused", "forbidden", "signed out", "too many"])
def test_the_callbacks_address_is_in_no_referer(alice_browser, alice, outcome):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    if outcome == "refused":
        redirect += "x"
    elif outcome == "forbidden":
        alice.groups.remove(Group.objects.get(name="Webex users"))
    elif outcome == "signed out":
        alice_browser.logout()
    elif outcome == "too many":
        redirect += "&p=1" * 1000

    response = alice_browser.come_back(redirect)

    assert response["Referrer-Policy"] == "origin"


def test_the_log_has_neither_code_nor_state(alice_browser, caplog):
    brought = [query(alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX))]
    alice_browser.get("/webex/callback/?" + urlencode(brought[0]))
    alice_browser.get("/webex/callback/?" + urlencode(brought[0]))

    for secret in (brought[0]["code"], brought[0]["state"]):
        assert secret not in caplog.text


# --- Reflected input ----------------------------------------------------------------------------

HOSTILE = {
    "error": "<script>alert(1)</script>",
    "error_description": '"><img src=x onerror=alert(2)>',
    "error_uri": "https://evil.example/",
    "state": "<svg/onload=alert(3)>",
}


def is_clean(text):
    return not re.search(r"alert\(|onerror|onload|evil\.example", html.unescape(text))


@pytest.mark.parametrize("with_state", [True, False], ids=["valid state", "hostile state"])
def test_nothing_of_the_address_is_shown(alice_browser, caplog, with_state):
    state = {"state": query(alice_browser.start())["state"]} if with_state else {}

    response = alice_browser.get("/webex/callback/?" + urlencode({**HOSTILE, **state}))

    assert response.status_code == (303 if with_state else 400)
    assert is_clean(response.text)
    assert is_clean(alice_browser.get("/my-account/").text)
    assert is_clean(caplog.text)


def test_an_error_cannot_forge_a_log_line(alice_browser, caplog):
    state = query(alice_browser.start())["state"]
    error = "x\n2026-01-01 CRITICAL all tokens stolen " + "y" * 5000

    alice_browser.get("/webex/callback/?" + urlencode({"state": state, "error": error}))

    assert "stolen" not in caplog.text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("invalid_scope", "asks for permissions it was not registered with"),
        ("server_error", "Webex had a problem of its own"),
        ("temporarily_unavailable", "Webex is busy"),
        ("access_denied", "You declined"),
        ("invalid_request", "Webex ended the sign-in"),
        ("something_new", "Webex ended the sign-in"),
    ],
)
def test_each_error_has_a_sentence_of_our_own(alice_browser, error, sentence):
    state = query(alice_browser.start())["state"]

    alice_browser.get("/webex/callback/?" + urlencode({"state": state, "error": error}))

    assert sentence in alice_browser.get("/my-account/").text
    assert not Grant.objects.exists()


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_nothing_of_webexs_error_text_is_shown(alice_browser, sandbox, status, caplog):
    body = b'{"message":"<b>alert(1)</b>","errors":[{"description":"<img onerror=alert(2)>"}]}'
    sandbox.fault("/v1/access_token", status=status, body=body)

    response = alice_browser.link(ALICE_AT_WEBEX)

    assert response.status_code == 303
    assert is_clean(alice_browser.get("/my-account/").text)
    assert is_clean(caplog.text)


def test_names_from_webex_are_escaped(alice_browser, sandbox):
    hostile = "<script>alert(1)</script>{{7*7}}"
    body = f'{{"id": "a", "emails": ["\\"onload=alert(1)"], "displayName": "{hostile}"}}'
    sandbox.fault("/v1/people/me", body=body.encode())

    alice_browser.link(ALICE_AT_WEBEX)

    for path in ("/", "/my-account/", "/webex/"):
        page = alice_browser.get(path).text
        assert "<script>alert" not in page
        assert '"onload' not in page
        assert "{{7*7}}" in page or path == "/"


# --- Looking around -----------------------------------------------------------------------------


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        address = dict(attrs).get("href" if tag in ("a", "link") else "action", "") or ""
        self.found.add(address.partition("#")[0])


def crawl(client, starts):
    waiting, seen = list(starts), set()
    while waiting:
        path = waiting.pop()
        if path in seen or not re.match(r"/(?!/)", path) or path.startswith("/static/"):
            continue
        seen.add(path)
        response = client.get(path)
        assert response.status_code < 500, path
        if response.get("Content-Type", "").startswith("text/html"):
            links = Links()
            links.feed(response.text)
            waiting += links.found
        client.head(path)
    return seen


@pytest.mark.parametrize("who", ["alice", *slow("root")])
def test_looking_around_changes_nothing(request, browser, alice_browser, linked_alice, who):
    alice_browser.link(CAROL_AT_WEBEX)
    alice_browser.start()
    host = H1 if who == "alice" else "admin.example.com"
    client = browser(request.getfixturevalue(who), host)
    client.get("/")
    # A second factor that is begun has no effect until it is confirmed.
    unwatched = (Session, AuditEvent, SecondFactor)
    watched = [model for model in apps.get_models() if model not in unwatched]
    recorded = AuditEvent.objects.count()
    before = {model: rows(model) for model in watched}

    seen = crawl(client, ["/", "/admin/"] if who == "root" else ["/", "/webex/"])

    assert len(seen) > 8
    assert {model: rows(model) for model in watched} == before
    # What was handed out in a file is on record; nothing else is.
    new = AuditEvent.objects.order_by("pk")[recorded:]
    assert {event.action for event in new} <= {Action.EXPORT_MADE}


def test_back_after_signing_out_shows_nothing(alice_browser, linked_alice):
    alice_browser.post("/sign-out/")

    answers = [alice_browser.get(path) for path in SIGNED_IN]

    assert {answer.status_code for answer in answers} == {302, 401}
    assert not any(ALICE_AT_WEBEX in answer.text for answer in answers)


def test_plain_http_is_sent_to_https(acme):
    response = Client(HTTP_HOST=H1).get("/my-account/?a=b")

    assert (response.status_code, response["Location"]) == (301, f"https://{H1}/my-account/?a=b")
