"""Codes of authenticator apps, against the test vectors of RFC 6238, appendix B."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from integrations import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 11, 26, 12, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
        (2000000000, "279037"), (20000000000, "353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_the_standard(seconds, code):
    assert totp.code_at(SECRET, seconds // totp.SECONDS) == code


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_phone_may_be_half_a_minute_off(steps, is_good):
    step = totp.step_of(NOW) + steps

    found = totp.find_step(SECRET, totp.code_at(SECRET, step), now=NOW, after=0)

    assert found == (step if is_good else None)


def test_a_code_is_good_once_and_so_is_an_earlier_one():
    step = totp.step_of(NOW)

    assert totp.find_step(SECRET, totp.code_at(SECRET, step), now=NOW, after=step) is None
    assert totp.find_step(SECRET, totp.code_at(SECRET, step - 1), now=NOW, after=step) is None


def test_a_clock_that_was_ahead_locks_nobody_out():
    ahead = totp.step_of(NOW + timedelta(days=1))
    step = totp.step_of(NOW)

    assert totp.find_step(SECRET, totp.code_at(SECRET, step), now=NOW, after=ahead) == step


@pytest.mark.parametrize("typed", ["", "é" * 6, "١٢٣٤٥٦", "1" * 40])
def test_what_is_no_code_is_just_wrong(typed):
    assert totp.find_step(SECRET, typed, now=NOW, after=0) is None


def test_an_app_reads_whose_code_it_is():
    uri = totp.uri(SECRET, issuer="admin.example.com:8443", account="Jörg & Co")

    assert uri.startswith("otpauth://totp/admin.example.com%3A8443:J%C3%B6rg%20%26%20Co?secret=")
    assert uri.endswith("&issuer=admin.example.com%3A8443")
