"""Errors reach the operators: once for each kind, and never inside a request."""

import logging
import time

import pytest
from django.core import mail
from django.db import OperationalError

from config.log import TASKS, DeservesMail, OperatorMailHandler, RedactingFormatter
from integrations import tasks
from integrations.models import Lease
from tests import threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def process(settings):
    """Each is one process with a handler of its own."""
    settings.ADMINS = [("Operator", "operator@example.com")]

    def start():
        handler = OperatorMailHandler()
        handler.addFilter(DeservesMail())
        handler.setFormatter(RedactingFormatter())
        return handler

    return start


def log(handler, text, *arguments, name="django.request", level=logging.ERROR, **extra):
    logger = logging.Logger(name)
    logger.addHandler(handler)
    logger.log(level, text, *arguments, extra=extra)


def letters():
    threads.finish(OperatorMailHandler.THREAD)
    return [letter.subject for letter in mail.outbox]


def test_an_error_is_mailed_once_whatever_page_it_was(process):
    handler = process()
    for page in ("/one/", "/two/", "/three/"):
        log(handler, "Internal Server Error: %s", page)

    assert letters() == ["[Webex portal] ERROR: Internal Server Error: /one/"]
    assert "further errors of this kind are in the log only" in mail.outbox[0].body


def test_two_processes_mail_once(process):
    for handler in (process(), process()):
        log(handler, "Internal Server Error: %s", "/")

    assert len(letters()) == 1


def test_another_error_is_another_mail(process):
    handler = process()

    def fail(error):
        try:
            raise error
        except ValueError:
            logger = logging.Logger("django.request")
            logger.addHandler(handler)
            logger.exception("Internal Server Error: %s", "/")

    fail(ValueError("access_token=MDEyMzQ1Njc4"))
    fail(UnicodeError("another"))

    assert len(letters()) == 2
    bodies = "".join(letter.body for letter in mail.outbox)
    assert "ValueError: access_token=[redacted]" in bodies
    assert "UnicodeError: another" in bodies


def test_it_is_mailed_again_after_ten_minutes(process, monkeypatch):
    handler = process()
    log(handler, "Internal Server Error: %s", "/")
    letters()

    later = time.monotonic() + 601
    monkeypatch.setattr(time, "monotonic", lambda: later)
    Lease.objects.all().delete()
    log(handler, "Internal Server Error: %s", "/")

    assert len(letters()) == 2


def test_no_more_than_ten_kinds_are_mailed_at_once(process):
    handler = process()
    for number in range(30):
        log(handler, f"Error {number}")

    assert len(letters()) == 10


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("django.security.TooManyFieldsSent", 400),
        ("django.security.csrf", 403),
        ("django.request", 503),
    ],
)
def test_what_a_scanner_can_cause_is_not_mailed(process, name, status):
    log(process(), "Bad Request: %s", "/", name=name, status_code=status)

    assert letters() == []


def test_what_the_portal_says_itself_is_mailed_where_it_is_critical(process):
    log(process(), "Not ready: %s", "it is away", name="integrations", level=logging.CRITICAL)
    log(process(), "Webex integration paused", name="integrations")

    assert letters() == ["[Webex portal] CRITICAL: Not ready: it is away"]


def test_a_task_that_raises_is_mailed_once_whichever_message_it_was(process, monkeypatch):
    monkeypatch.setattr(logging.getLogger(TASKS), "handlers", [process()])

    for app_id in ("one", "two"):  # which are no numbers
        tasks.drain_app.apply([app_id])

    (subject,) = letters()
    assert subject.startswith("[Webex portal] ERROR: Task integrations.tasks.drain_app[")
    assert "Traceback" in mail.outbox[0].body


def test_a_database_that_is_away_is_mailed_too(process, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(Lease.objects, "take", away)
    log(process(), "Not ready: %s", "it is away", name="integrations", level=logging.CRITICAL)

    assert len(letters()) == 1


def test_a_mail_server_that_is_away_is_a_line_in_the_log(process, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    log(process(), "Internal Server Error: %s", "/")

    letters()
    assert "The operators could not be mailed: ConnectionRefusedError" in caplog.text
