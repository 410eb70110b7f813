"""Logs, tracebacks and error mails say what happened, and no secret."""

import io
import logging
import secrets
import sys
import traceback
from contextlib import contextmanager

import pytest
from django.core import mail
from django.db import connection
from django.views.debug import ExceptionReporter

from config.log import (
    JSONFormatter,
    OperatorMailHandler,
    QuietExceptionReporter,
    RedactingFormatter,
    redact,
)
from integrations import clock
from integrations.errors import WebexError
from integrations.models import Grant
from integrations.renewal import on_demand
from integrations.webex import oauth
from integrations.webex.http import Deadline
from tests import threads
from tests.browsing import query
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations import sweeping
from tests.integrations.canaries import found_in

TOKENS, ME = "/v1/access_token", "/v1/people/me"
FAULTS = [
    {"status": 503},
    {"status": 400},
    {"status": 200, "body": b"null"},
    {"status": 307, "headers": {"Location": "https://evil.example/"}},
    {"cut": "mid_body", "after": True},
    {"status": 400, "body": b'{"error": "invalid_grant"}'},
]


def everything_that_can_happen(browser, sandbox, alice):
    for path in (TOKENS, ME):
        for fault in FAULTS:
            sandbox.fault(path, **fault)
            browser.link(ALICE_AT_WEBEX)
    browser.decline(ALICE_AT_WEBEX)
    browser.link(ALICE_AT_WEBEX)
    grant = Grant.objects.get(user=alice)
    for fault in ({}, *FAULTS):
        if fault:
            sandbox.fault(TOKENS, **fault)
        on_demand.make_due([grant], now=clock.now())
        sweeping.sweep(seconds=2)
    browser.get("/webex/profile/")
    browser.post("/webex/disconnect/")


@pytest.mark.parametrize(
    ("loud", "formatter"),
    [
        (False, JSONFormatter()),
        pytest.param(True, JSONFormatter(), marks=pytest.mark.slow),
        (True, RedactingFormatter("{levelname} {name} {message}", style="{")),
    ],
)
def test_no_log_record_holds_a_secret(alice_browser, alice, sandbox, caplog, loud, formatter):
    caplog.set_level(logging.DEBUG)
    if loud:  # an operator who undoes the pinning meets the filter
        for name in ("requests_oauthlib", "requests_oauthlib.oauth2_session", "oauthlib"):
            caplog.set_level(logging.DEBUG, name)
    stream = io.StringIO()
    console = logging.StreamHandler(stream)
    console.setFormatter(formatter)
    logging.getLogger().addHandler(console)

    try:
        everything_that_can_happen(alice_browser, sandbox, alice)
    finally:
        logging.getLogger().removeHandler(console)

    assert "Webex linked: grant=" in stream.getvalue()
    assert '"GET /webex/callback/" 303' in stream.getvalue().replace("\\", "")
    assert found_in(stream.getvalue(), sandbox) == set()
    if loud:
        assert "requests_oauthlib" in stream.getvalue()
    else:
        assert found_in(caplog.text, sandbox) == set()
        ours = [each for each in caplog.records if each.name.startswith("integrations")]
        assert found_in(repr([vars(record) for record in ours]), sandbox) == set()


def test_the_root_logger_is_at_debug_in_these_tests(settings):
    assert settings.LOG_LEVEL == "DEBUG"


@pytest.fixture
def failing_call(sandbox, alice_browser, acme):
    """The exchange or the on_demand, broken in the middle of the library."""
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    client = oauth.Client(acme.client_id, acme.client_secret)
    code = oauth.AuthorizationCode(query(redirect)["code"], "https://x.example/", "v" * 43)
    token = oauth.RefreshToken(sandbox.grant(ALICE_AT_WEBEX, acme.client_id)["refresh_token"])
    calls = {"exchange_code": code, "refresh": token}

    def call(verb):
        now, deadline = clock.now(), Deadline(2)
        getattr(oauth, verb)(client, calls[verb], sent_at=now, deadline=deadline)

    return call


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", ["exchange_code", "refresh"])
def test_no_report_of_a_failed_token_call_shows_a_secret(failing_call, sandbox, verb, fault):
    sandbox.fault(TOKENS, **fault)
    try:
        failing_call(verb)
    except WebexError as error:
        below_this_test = error.__traceback__.tb_next.tb_next
        kind, reported = type(error), error
    walked = repr([frame.f_locals for frame, _ in traceback.walk_tb(below_this_test)])
    reports = [
        reporter(None, kind, reported, below_this_test)
        for reporter in (ExceptionReporter, QuietExceptionReporter)
    ]

    texts = [walked, *(r.get_traceback_html() + r.get_traceback_text() for r in reports)]

    for text in texts:
        assert found_in(text, sandbox) == set()


def letters():
    """What was mailed, once the threads that mail are done."""
    threads.finish(OperatorMailHandler.THREAD)
    return mail.outbox


@contextmanager
def one_event_for_each_grant():
    """So that the second one is an error that nobody foresees."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX one_event ON integrations_grantevent (grant_id)")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_event")


@pytest.mark.django_db(transaction=True)
def test_a_crash_in_the_callback_mails_the_operator_no_secret(
    alice_browser, sandbox, settings, mailoutbox
):
    settings.ADMINS = [("Operator", "operator@example.com")]
    settings.DEBUG = False
    alice_browser.link(ALICE_AT_WEBEX)
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    alice_browser.raise_request_exception = False

    with one_event_for_each_grant():
        response = alice_browser.come_back(redirect)

    assert response.status_code == 500
    (letter,) = letters()
    text = f"{letter.subject} {letter.body} {letter.alternatives}"
    assert "IntegrityError" in text
    assert found_in(text + response.text, sandbox) == set()
    assert query(redirect)["state"] not in text + response.text
    assert "SECRET_KEY" not in text


def test_our_reporter_shows_neither_request_nor_local_variables(rf):
    in_query, in_cookie, in_message = (secrets.token_hex(9) for _ in range(3))
    request = rf.get(f"/webex/callback/?code={in_query}", HTTP_COOKIE=f"a={in_cookie}")
    try:
        raise ValueError(f"refresh_token={in_message}")
    except ValueError:
        reporter = QuietExceptionReporter(request, *sys.exc_info())

    text = reporter.get_traceback_html() + reporter.get_traceback_text()

    assert "test_our_reporter_shows_neither_request_nor_local_variables" in text
    assert [canary for canary in (in_query, in_cookie, in_message) if canary in text] == []


SECRET = "MDEyMzQ1Njc4"


@pytest.mark.parametrize(
    "line",
    [
        f"grant_type=refresh_token&refresh_token={SECRET}&client_id=C1",
        f"GET /webex/callback/?code={SECRET}&state={SECRET}",
        f'{{"access_token": "{SECRET}", "expires_in": 5}}',
        f"{{'access_token': '{SECRET}'}}",
        f"{{'refresh_token':'{SECRET}','scope':'a b'}}",
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"{{'Authorization': b'Basic {SECRET}'}}",
        f"client_secret = {SECRET}",
        f"CODE_VERIFIER={SECRET}",
        f"password={SECRET}",
        f"device_code={SECRET}",
        f"a token {SECRET * 6} in a sentence",
        f"{SECRET * 6}_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f",
    ],
)
def test_the_filter_takes_secrets_out_of_any_line(line):
    assert SECRET not in redact(line)


@pytest.mark.parametrize(
    "line",
    [
        "Webex consent lost: grant=5 reason=invalid_grant (status 400, ROUTER_62E0-01BB)",
        "Sweep: {'renewed': 3}",
        "Consent refused: reason=unknown_host user=7",
    ],
)
def test_the_filter_leaves_what_an_operator_needs(line):
    assert redact(line) == line


def test_the_filter_reaches_into_tracebacks():
    try:
        raise ValueError(f"refresh_token={SECRET}")
    except ValueError:
        record = logging.LogRecord("x", 40, __file__, 1, "broken", (), sys.exc_info())

    assert SECRET not in RedactingFormatter("{message}", style="{").format(record)


def test_no_exception_that_led_to_another_shows_a_secret():
    texts = [secrets.token_hex(9) for _ in range(3)]
    try:
        try:
            try:
                raise ValueError(f"refresh_token={texts[0]}")
            except ValueError as error:
                raise KeyError(f"client_secret={texts[1]}") from error
        except KeyError as error:
            error.add_note(f"code={texts[2]}")
            raise RuntimeError("outermost") from error
    except RuntimeError:
        reporter = QuietExceptionReporter(None, *sys.exc_info())

    for report in (reporter.get_traceback_html(), reporter.get_traceback_text()):
        assert "outermost" in report
        assert [text for text in texts if text in report] == []
