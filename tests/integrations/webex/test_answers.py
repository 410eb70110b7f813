"""What each kind of answer of the token endpoint and of the REST API means."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import (
    AmbiguousOutcome,
    InsufficientScope,
    InvalidClient,
    InvalidGrant,
    Locked,
    Problem,
    Refused,
    Rejected,
    WebexUnavailable,
)
from integrations.webex import answers
from integrations.webex.http import Answer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
JSON = "application/json"
GOOD = {
    "access_token": "ZDI3MGEyYzQtNmFlNS00",
    "expires_in": 1209599,
    "refresh_token": "MDEyMzQ1Njc4OTAxMjM0",
    "refresh_token_expires_in": 7775999,
    "token_type": "Bearer",
    "scope": "spark:people_read spark:kms",
}


def answer(body, status=200, content_type=JSON, **headers):
    if not isinstance(body, bytes | str):
        body = json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"Content-Type": content_type} | named
    lines = [f"{name}: {value}".encode("latin-1") for name, value in fields.items()]
    return Answer(status, lines, body.encode() if isinstance(body, str) else body)


def parse(body, status=200, **headers):
    return answers.token_set(answer(body, status, **headers), sent_at=NOW)


def error_of(*args, **kwargs):
    with pytest.raises(Exception) as caught:
        parse(*args, **kwargs)
    return type(caught.value)


def test_a_good_answer_becomes_a_token_set():
    tokens = parse(GOOD)

    assert (tokens.access_token, tokens.refresh_token) == (
        GOOD["access_token"],
        GOOD["refresh_token"],
    )
    assert tokens.access_token_expires_at == NOW + timedelta(days=14, seconds=-1)
    assert tokens.refresh_token_expires_at == NOW + timedelta(days=90, seconds=-1)
    assert tokens.scope == {"spark:people_read", "spark:kms"}


def test_no_token_shows_in_the_repr_of_a_token_set():
    assert GOOD["access_token"] not in repr(parse(GOOD))
    assert GOOD["refresh_token"] not in repr(parse(GOOD))


def test_a_content_type_may_carry_a_charset_and_any_case():
    assert parse(GOOD, content_type="Application/JSON; charset=utf-8").access_token


@pytest.mark.parametrize("missing", ["token_type", "scope", "refresh_token_expires_in"])
def test_optional_members_may_be_absent(missing):
    tokens = parse({name: value for name, value in GOOD.items() if name != missing})

    assert tokens.access_token == GOOD["access_token"]


@pytest.mark.parametrize("value", [None, "", [], {}, 5, "with\nnewline", "with blank", "é", False])
def test_a_refresh_token_that_is_none_leaves_the_old_one(value):
    assert parse(GOOD | {"refresh_token": value}).refresh_token is None


@pytest.mark.parametrize(
    "body",
    [
        "<html><h1>Welcome to the hotel Wi-Fi</h1></html>",
        "",
        "null",
        "[]",
        "5",
        '"x"',
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 5_000,
        '{"access_token":"one","access_token":"two"}',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        "access_token=EVIL&token_type=bearer",
        "{}",
        [GOOD],
    ],
)
def test_nonsense_is_an_outage(body):
    with pytest.raises(WebexUnavailable):
        parse(body)


@pytest.mark.parametrize(
    "changes",
    [
        *({"access_token": value} for value in (None, "", [], {}, 5, True, "a\nb", "a b", "é")),
        {"access_token": "x" * 8193},
        {"token_type": "mac"},
        {"token_type": 5},
        {"token_type": ["Bearer"]},
    ],
)
def test_an_unusable_access_token_is_an_outage(changes):
    assert error_of(GOOD | changes) is WebexUnavailable


@pytest.mark.parametrize(
    "content_type", ["text/html", "text/plain", "application/x-www-form-urlencoded", ""]
)
@pytest.mark.parametrize("body", [GOOD, "access_token=EVIL&token_type=bearer"])
def test_a_token_in_anything_but_json_is_not_accepted(content_type, body):
    assert error_of(body, content_type=content_type) is WebexUnavailable


@pytest.mark.parametrize("cut", [1, 20, 60, -1])
def test_json_cut_short_is_an_answer_lost_on_the_way(cut):
    assert error_of(json.dumps(GOOD)[:cut]) is AmbiguousOutcome


@pytest.mark.parametrize("status", [201, 202, 204, 206, 302, 403, 404, 409, 500, 502, 503, 504])
def test_a_token_under_a_wrong_status_is_not_accepted(status):
    assert error_of(GOOD, status) is WebexUnavailable


@pytest.mark.parametrize("status", [400, 401])
def test_a_token_under_a_refusal_is_a_refusal(status):
    assert error_of(GOOD, status) is Refused


GATEWAY = {
    "message": "The request could not be understood by the server due to malformed syntax.",
    "errors": [{"description": "Invalid refresh token: expired, revoked or unknown"}],
    "trackingId": "ROUTER_62E0-01BB",
}


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("invalid_grant", InvalidGrant),
        ("invalid_client", InvalidClient),
        ("unauthorized_client", InvalidClient),
        ("invalid_request", Refused),
        ("invalid_scope", Refused),
        ("Invalid_Grant", Refused),
        ("", Refused),
        (None, Refused),
        (["invalid_grant"], Refused),
        ({"invalid_grant": 1}, Refused),
        (5, Refused),
    ],
)
def test_only_a_standard_error_code_is_definite(status, code, meaning):
    assert error_of({"error": code, "error_description": "invalid_grant"}, status) is meaning


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize(
    "body",
    [
        GATEWAY,
        {"message": "invalid_grant", "errors": []},
        {"errors": [{"description": "invalid_client"}]},
        "<html>Bad Request</html>",
        "",
    ],
)
def test_a_description_never_decides(status, body):
    assert error_of(body, status) is Refused


def test_invalid_grant_under_a_500_is_an_outage():
    assert error_of({"error": "invalid_grant"}, 500) is WebexUnavailable


@pytest.mark.parametrize("content_type", [JSON, "text/html"])
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_trouble_carries_status_and_waiting_time(status, content_type):
    with pytest.raises(WebexUnavailable) as caught:
        parse(GATEWAY, status, content_type=content_type, Retry_After="7")

    assert (caught.value.status, caught.value.retry_after) == (status, timedelta(seconds=7))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, GATEWAY, Refused),
        (403, {"message": "missing roles"}, InsufficientScope),
        (200, "<html>", WebexUnavailable),
        (200, "[]", WebexUnavailable),
        (200, "", WebexUnavailable),
        (302, {}, WebexUnavailable),
        *((status, GATEWAY, Rejected) for status in (400, 404, 405, 409, 410, 415, 422)),
        (404, "<html>", Rejected),
        (423, GATEWAY, Locked),
        (428, GATEWAY, WebexUnavailable),
        (429, "", WebexUnavailable),
        (503, GATEWAY, WebexUnavailable),
    ],
)
def test_a_rest_answer_says_what_the_caller_can_do(status, body, error):
    with pytest.raises(error) as caught:
        answers.resource(answer(body, status))

    assert caught.value.status == status


def test_a_deletion_answers_with_nothing():
    assert answers.resource(answer("", 204, content_type="")) == {}


@pytest.mark.parametrize("status", [200, 202, 206])
def test_what_was_done_now_later_or_in_part_is_a_success(status):
    assert answers.resource(answer({"id": "Y2lz"}, status)) == {"id": "Y2lz"}


def test_what_is_accepted_may_say_nothing_more():
    assert answers.resource(answer("", 202, content_type="")) == {}


def test_a_rejection_brings_what_webex_says_about_each_field():
    entries = [
        {"errorCode": 1001, "description": "Missing.", "fieldName": "email"},
        {"errorCode": "10022", "description": "Associated."},
        {"code": 2024, "description": "No report."},
        {"description": "Just a sentence."},
        {"errorCode": True, "description": 5},
        "nonsense",
    ]

    with pytest.raises(Rejected) as caught:
        answers.resource(answer({"errors": entries, "trackingId": "T_1"}, 400))

    assert caught.value.problems == (
        Problem(1001, "Missing.", "email"),
        Problem(10022, "Associated."),
        Problem(2024, "No report."),
        Problem(None, "Just a sentence."),
    )
    assert (caught.value.status, caught.value.tracking_id) == (400, "T_1")


def test_without_entries_the_message_is_the_problem():
    assert answers.problems({"message": "Gone."}) == (Problem(None, "Gone."),)
    assert answers.problems({"errors": "odd"}) == ()


def test_what_is_locked_says_how_long():
    with pytest.raises(Locked) as caught:
        answers.resource(answer(GATEWAY, 423, Retry_After="7"))

    assert caught.value.retry_after == timedelta(seconds=7)
