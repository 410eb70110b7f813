"""A line of the log is one line, as text or as JSON, with the facts of its request."""

import json
import logging
import sys

import pytest

from config.log import (
    JSONFormatter,
    RedactingFormatter,
)
from integrations import actor

SECRET = "MDEyMzQ1Njc4"


@pytest.mark.parametrize("hidden", ["\n", "\r", "\x1b[31m", "\u202e", "\x9b", "\x00", "\u2028"])
def test_what_somebody_typed_ends_no_line(hidden):
    record = logging.LogRecord("x", logging.INFO, "", 0, "name=%s", (f"a{hidden}b",), None)

    line = RedactingFormatter().format(record)

    assert line.isprintable()
    assert line.startswith("name=a\\")


def in_json(message, *values, **record):
    made = logging.LogRecord(
        "x", logging.INFO, "", 0, message, values, record.pop("exc_info", None)
    )
    made.__dict__.update(record)
    line = JSONFormatter().format(made)
    assert line.isprintable()
    return json.loads(line), line


def test_json_has_time_level_logger_message_and_the_facts_of_a_request():
    with actor.acting(actor.current, request_id="r-1"):
        found, _line = in_json("seen %s", "once", user_id=7, seconds=0.25, request=object())

    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "INFO",
        "logger": "x",
        "message": "seen once",
        "user_id": 7,
        "seconds": 0.25,
        "request_id": "r-1",
    }


def test_json_hides_secrets_whose_quotes_it_escapes():
    try:
        raise ValueError(f'{{"access_token": "{SECRET}"}}')
    except ValueError:
        found, line = in_json('{"refresh_token": "%s"}\n', SECRET, exc_info=sys.exc_info())

    assert "ValueError" in found["exc_info"]
    assert SECRET not in line


def test_a_request_is_one_line_with_its_id_its_user_and_its_brand(
    alice_browser, alice, acme, caplog
):
    caplog.set_level(logging.INFO, "config.access_log")

    answer = alice_browser.get("/webex/?secret=1", headers={"X-Request-ID": "from-the-proxy"})

    (record,) = [each for each in caplog.records if each.name == "config.access_log"][-1:]
    assert answer["X-Request-ID"] == "from-the-proxy"
    assert (record.user_id, record.brand_id) == (alice.pk, acme.branded_urls.first().pk)
    assert (record.method, record.path, record.status) == ("GET", "/webex/", 200)
    assert "secret" not in record.getMessage()


def test_what_happens_every_few_seconds_fills_no_log(caplog):
    caplog.set_level(logging.INFO)
    beat, tasks = logging.getLogger("celery.beat"), logging.getLogger("celery.app.trace")

    beat.info("Scheduler: Sending due task %s (%s)", "tasks.sweep", "integrations.tasks.sweep")
    logging.getLogger("celery.worker.strategy").info("Task a received")
    tasks.info("Task a succeeded")
    tasks.error("Task b raised")
    beat.info("beat: Starting...")

    assert caplog.messages == ["Task b raised", "beat: Starting..."]
