"""Single values of an answer: waiting times, tracking ids, lifetimes, scopes."""

import json
from datetime import timedelta

import pytest

from integrations.errors import Refused
from integrations.webex import answers
from tests.integrations.webex.test_answers import GOOD, NOW, parse

DAY = 86_400


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7),
        ("0", 0),
        ("3600", 3600),
        ("86400", 3600),
        ("9" * 400, 3600),
        ("9" * 5000, 3600),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30),
        ("Sat, 21 Nov 2026 13:01:00 GMT", 3600),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("Sat, 21 Nov 2026 12:00:30 -0000", 30),
        ("Saturday, 21-Nov-26 12:00:30 GMT", 30),
        ("Sat Nov 21 12:00:30 2026", 30),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, wait):
    expected = None if wait is None else timedelta(seconds=wait)

    assert answers.retry_after(header, now=NOW) == expected


@pytest.mark.parametrize(
    ("in_body", "in_header", "kept"),
    [
        ("ROUTER_62E0", None, "ROUTER_62E0"),
        (None, "NA_1234-5", "NA_1234-5"),
        ("<script>alert(1)</script>", "ROUTERGW_9", "ROUTERGW_9"),
        ("A\nB", "C\r\nD", ""),
        ("x" * 101, None, ""),
        (["ROUTER_1"], None, ""),
        (5, None, ""),
        ("", "", ""),
    ],
)
def test_a_tracking_id_is_kept_only_if_it_looks_like_one(in_body, in_header, kept):
    with pytest.raises(Refused) as caught:
        parse({"trackingId": in_body}, 400, **({"TrackingID": in_header} if in_header else {}))

    assert caught.value.tracking_id == kept


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (59.5, 60),
        (0, 0),
        ("0", 0),
        ("3600.0", 3600),
        (None, DAY),
        ("abc", DAY),
        ("", DAY),
        ("٣٦٠٠", DAY),
        ([], DAY),
        (True, DAY),
        (float("nan"), DAY),
        (-5, 60),
        ("-5", DAY),
        (1, 60),
        (float("inf"), 365 * DAY),
        (float("-inf"), 60),
        (99_999_999_999_999_999_999, 365 * DAY),
        ("9" * 4_000, 365 * DAY),
        (10**400, 365 * DAY),
    ],
)
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_an_odd_lifetime_becomes_a_bearable_one(kind, expires_in, seconds):
    name = {"access_token": "expires_in", "refresh_token": "refresh_token_expires_in"}[kind]

    moment = getattr(parse(GOOD | {name: expires_in}), f"{kind}_expires_at")

    if kind == "refresh_token" and seconds in (0, DAY):
        assert moment is None  # unknown: what is in the row stays
    else:
        assert moment == NOW + timedelta(seconds=seconds)


def test_a_number_beyond_every_float_is_clamped():
    body = json.dumps(GOOD).replace("1209599", "1e400")

    assert parse(body).access_token_expires_at == NOW + timedelta(days=365)


def test_a_hostile_expires_at_is_ignored():
    tokens = parse(GOOD | {"expires_at": 99_999_999_999})

    assert tokens.access_token_expires_at == NOW + timedelta(seconds=1209599)


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        ("spark:people_read  spark:kms", {"spark:people_read", "spark:kms"}),
        ("", None),
        (" ", None),
        (None, None),
        (["spark:people_read"], None),
        (5, None),
        ("a\x00b spark:kms \ud800 é", {"spark:kms"}),
    ],
)
def test_only_scopes_that_can_be_stored_are_kept(scope, kept):
    assert parse(GOOD | {"scope": scope}).scope == kept
