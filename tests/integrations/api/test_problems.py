"""Every error under /api/ is a problem with a code, a sentence and the request's ID."""

import json
from pathlib import Path

import pytest
from django.db.models import JSONField, Value

from integrations.api import v1
from integrations.models import ApiKey, ConnectLink, KeyCanary
from integrations.models.api_key import KeyScope
from tests.conftest import H1
from tests.integrations.api.conftest import Program, code

PROBLEM = "application/problem+json"


def problem(answer, status: int, code: str) -> dict:
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert answer["Content-Type"] == PROBLEM
    assert told["request_id"] == answer["X-Request-ID"]
    assert told["detail"].endswith(".") or told["detail"].endswith("”.")
    return told


@pytest.mark.parametrize("path", ["/", "/nothing", "/standing/", "/integrations/abc/def"])
def test_an_address_that_is_none(db, path):
    problem(Program().ask("GET", path), 404, "not_found")


def test_a_method_that_an_address_does_not_know(db):
    answer = Program().ask("DELETE", "/standing")

    problem(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET"


def test_what_django_answers_keeps_the_headers_of_every_answer(db):
    answer = Program().ask("GET", "/nothing")

    assert answer["Cache-Control"] == "no-store, private"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" in answer
    assert answer.json()["code"] == "not_found"


def test_more_than_the_portal_takes(db):
    answer = Program(CONTENT_LENGTH="4000000").get("/api/v1/standing", secure=True)

    problem(answer, 413, "too_large")


def test_more_than_django_takes_is_too_large_as_well(program):
    client = program(KeyScope.LINKS_WRITE, KeyScope.CONFIGURATION)

    for method, path in (("POST", "/connect-links"), ("PUT", "/configuration?plan=true")):
        problem(client.ask(method, path, "x" * 2_700_000), 413, "too_large")


def test_a_parameter_that_is_wrong_is_named_and_not_repeated(program):
    answer = program(KeyScope.INTEGRATIONS_READ).ask("GET", "/integrations?limit=sesame")

    told = problem(answer, 422, "invalid_request")
    assert [each["where"] for each in told["errors"]] == ["query.limit"]
    assert "sesame" not in answer.text


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "YmVmb3JlIDA",
        "YmVmb3JlIC0x",
        "%00",
        "YmVmb3JlIMKy",
        "Nw",
        "YmVmb3JlIDA3",
        "YmVmb3JlIDc=",
    ],
)
def test_a_cursor_that_is_none_of_ours(program, cursor):
    answer = program(KeyScope.INTEGRATIONS_READ).ask("GET", f"/integrations?cursor={cursor}")

    problem(answer, 404, "unknown_cursor")


def test_a_crash_has_the_id_under_which_it_is_in_the_log(program, caplog):
    client = program(KeyScope.INTEGRATIONS_READ)
    ApiKey.objects.update(scopes=Value(None, JSONField()))  # as no code of ours writes it
    client.raise_request_exception = False

    answer = client.ask("GET", "/integrations")

    problem(answer, 500, "internal_error")
    assert "TypeError" in caplog.text


def test_a_portal_that_is_not_ready_says_so(program):
    client = program(KeyScope.INTEGRATIONS_READ)
    KeyCanary.objects.all().delete()

    answer = client.ask("GET", "/integrations")
    problem(answer, 503, "not_ready")
    assert answer["Retry-After"] == "60"


def test_the_document_is_what_the_code_says():
    written = Path(v1.DOCUMENT).read_text()

    assert json.loads(written) == v1.document(), "Make it anew: manage.py write_openapi"


@pytest.mark.parametrize(
    "body", ["{", '{"user": "bob", "user": "alice", "hostname": "x.example.com"}', "[" * 100_000]
)
def test_a_body_that_can_be_read_in_no_or_in_two_ways_is_refused(program, alice, acme, body):
    desk = program(KeyScope.LINKS_WRITE)

    answer = desk.ask("POST", "/connect-links", body)

    assert code(answer) == (400, "malformed_body")
    assert not ConnectLink.objects.exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_does_not_say_that_it_is_json_is_refused(program, alice, acme, kind):
    client = program(KeyScope.LINKS_WRITE, KeyScope.CONFIGURATION)
    body = json.dumps({"user": "alice", "hostname": H1})

    for method, path in (("POST", "/connect-links"), ("PUT", "/configuration?plan=true")):
        answer = client.generic(method, f"/api/v1{path}", body, kind, secure=True)
        problem(answer, 415, "unsupported_media_type")
    assert not ConnectLink.objects.exists()
    utf_8 = "Application/JSON; charset=utf-8"
    answer = client.generic("POST", "/api/v1/connect-links", body, utf_8, secure=True)
    assert answer.status_code == 201
