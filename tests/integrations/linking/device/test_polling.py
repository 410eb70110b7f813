"""What a worker makes of Webex's answers."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from integrations import clock
from integrations.linking import device_polling
from integrations.models import DeviceAuthorization, Grant, GrantEvent, WebexApp
from integrations.operations import housekeeping
from integrations.sandbox import Sandbox
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX
from tests.integrations.linking.device.conftest import TOKEN, Login
from tests.integrations.refusals import spoil


def test_accepting_on_the_phone_turns_the_badge_green(login: Login, alice: User) -> None:
    login.poll()
    assert login.state == "waiting"

    login.accept(ALICE_AT_WEBEX)
    login.poll()

    assert login.state == "linked"
    assert login.browser.badge() == "linked"
    assert "Your Webex account is linked" in login.page()
    assert ALICE_AT_WEBEX in login.page()


def test_the_end_is_the_same_as_that_of_a_consent(login: Login, alice: User) -> None:
    login.accept(ALICE_AT_WEBEX)
    login.poll()

    grant = Grant.objects.get(user=alice)
    event = grant.events.get()
    life = grant.refresh_due_at - grant.refreshed_at
    assert (grant.person_email, grant.person_name) == (ALICE_AT_WEBEX, "Alice Adams")
    assert grant.org_name == "Acme Corporation"
    assert grant.scopes == frozenset(login.row.app.scopes)
    assert (event.kind, event.actor, event.reason) == (
        GrantEvent.Kind.LINKED, alice, "from another device",
    )  # fmt: skip
    assert timedelta(hours=8) < life <= timedelta(hours=9)  # half of eighteen, not of a fortnight
    assert "from another device" in login.browser.get("/webex/").text


def test_a_mistyped_new_secret_costs_one_poll_more_and_nothing_else(
    start: Callable[[User], Login], device_acme: WebexApp, alice: User, sandbox: Sandbox
) -> None:
    device_acme.replace_secret("mistyped", now=clock.now())
    device_acme.save()
    login = start(alice)

    for _ in range(2):
        login.poll()
    assert login.state == "waiting"
    login.accept(ALICE_AT_WEBEX)
    login.poll()

    assert login.state == "linked"
    assert [call.status for call in sandbox.ledger.find(TOKEN)].count(401) == 1
    assert WebexApp.objects.get(pk=device_acme.pk).relies_on_previous_secret


def test_without_a_scope_in_the_answer_it_is_as_requested(
    login: Login, alice: User, sandbox: Sandbox
) -> None:
    sandbox.scenario.omit = ("scope",)
    login.accept(ALICE_AT_WEBEX)
    login.poll()

    assert Grant.objects.get(user=alice).scopes == frozenset(login.row.app.scopes)


def test_narrower_scopes_are_stored_and_said(login: Login, sandbox: Sandbox) -> None:
    sandbox.scenario.granted_scopes = ("spark:people_read",)
    login.accept(ALICE_AT_WEBEX)
    login.poll()

    assert "Linked, but permissions are missing" in login.page()
    assert login.browser.badge() == "not-linked"


@pytest.mark.parametrize("shape", ["gateway", "oauth"])
def test_declining_ends_it_and_keeps_what_was(
    linked_alice: Grant, start: Callable[[User], Login], alice: User, sandbox: Sandbox, shape: str
) -> None:
    sandbox.scenario.error_shape = shape
    login = start(alice)
    login.decline(ALICE_AT_WEBEX)
    login.poll()

    assert login.state == "denied"
    assert "You declined" in login.page()
    assert "Start again" in login.page()
    assert login.browser.badge() == "linked"


def test_each_pending_answer_costs_one_interval(login: Login, sandbox: Sandbox) -> None:
    for _ in range(3):
        login.poll(after=1.9)
        login.poll(after=0.2)

    assert sandbox.ledger.count(TOKEN) == 3


def test_slow_down_costs_five_seconds_for_good(login: Login, sandbox: Sandbox) -> None:
    body = b'{"error": "slow_down"}'
    sandbox.fault(TOKEN, status=400, body=body)
    login.poll()
    assert login.row.interval == 7

    login.poll(after=4.5)
    assert sandbox.ledger.count(TOKEN) == 1
    login.poll(after=2.6)
    assert sandbox.ledger.count(TOKEN) == 2
    login.poll(after=4.5)
    assert sandbox.ledger.count(TOKEN) == 2

    sandbox.fault(TOKEN, status=400, body=body)
    login.poll(after=2.6)
    assert login.row.interval == 12


def test_too_many_requests_hold_the_whole_integration_as_long_as_webex_asks(
    start: Callable[[User], Login], alice: User, bob: User, sandbox: Sandbox
) -> None:
    hers, his = start(alice), start(bob)
    his.row.wait(now=clock.now() + timedelta(seconds=1))
    sandbox.fault(TOKEN, status=429, headers={"Retry-After": "20"})
    hers.poll()
    assert sandbox.ledger.count(TOKEN) == 1

    hers.poll(after=16)
    assert sandbox.ledger.count(TOKEN) == 1
    hers.poll(after=4.5)
    assert sandbox.ledger.count(TOKEN) == 3
    assert (hers.row.interval, his.row.interval) == (7, 2)


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 503}, {"status": 200, "body": b"<html>"}, {"cut": "mid_headers"}],
)
def test_an_outage_ends_nothing(login: Login, sandbox: Sandbox, fault: dict[str, Any]) -> None:
    sandbox.fault(TOKEN, **fault)
    login.poll()
    assert login.state == "waiting"

    login.accept(ALICE_AT_WEBEX)
    login.poll(after=2.5)
    assert sandbox.ledger.count(TOKEN) == 1  # backs off
    login.poll(after=2)
    assert login.state == "linked"


def test_a_lost_answer_after_the_acceptance_leads_to_start_again_and_no_grant(
    login: Login, sandbox: Sandbox
) -> None:
    login.accept(ALICE_AT_WEBEX)
    sandbox.fault(TOKEN, cut="mid_body", after=True)
    login.poll()
    login.poll(after=5)

    assert login.state == "failed"
    assert "its answer got lost" in login.page()
    assert "Start again" in login.page()
    assert login.browser.badge() == "not-linked"
    assert not Grant.objects.not_disconnected().exists()


@pytest.mark.parametrize("status", [401, 403, 503])
def test_without_knowing_the_person_nothing_is_stored(
    login: Login, sandbox: Sandbox, status: int
) -> None:
    login.accept(ALICE_AT_WEBEX)
    sandbox.fault("/v1/people/me", status=status)
    login.poll()

    assert login.state == "failed"
    assert not Grant.objects.not_disconnected().exists()


def test_a_wrong_secret_ends_it_and_tells_the_operator(
    login: Login, caplog: pytest.LogCaptureFixture
) -> None:
    app = login.row.app
    app.client_secret = "wrong"
    app.save(update_fields=["client_secret"])
    login.browser.sandbox.scenario.error_shape = "oauth"
    login.poll()

    assert login.state == "failed"
    assert [r.levelname for r in caplog.records if "Device linking ended" in r.message] == ["ERROR"]


def test_of_two_pollers_one_asks(login: Login) -> None:
    login.pass_time(2)

    first, second = device_polling._claim(10), device_polling._claim(10)

    assert ([row.pk for row in first], second) == ([login.row.pk], [])


def test_what_a_killed_poller_held_is_free_again_when_its_claim_ends(
    login: Login, sandbox: Sandbox
) -> None:
    login.pass_time(2)
    device_polling._claim(10)
    login.accept(ALICE_AT_WEBEX)

    login.poll(after=20)
    assert sandbox.ledger.count(TOKEN) == 0
    login.poll(after=10)
    assert login.state == "linked"


def test_a_poller_that_lost_its_claim_records_nothing(login: Login) -> None:
    login.pass_time(2)
    (slow,) = device_polling._claim(10)
    login.pass_time(60)
    device_polling._claim(10)

    assert not slow.wait(now=clock.now())
    assert not slow.finish(DeviceAuthorization.Status.DENIED)
    assert login.row.status == "PENDING"


@pytest.mark.parametrize(
    ("column", "state"), [("device_code", "failed"), ("session_key", "cancelled")]
)
def test_an_undecryptable_row_fails_alone(
    start: Callable[[User], Login], alice: User, bob: User, column: str, state: str
) -> None:
    hers, his = start(alice), start(bob)
    spoil(hers.row, column)
    hers.accept(ALICE_AT_WEBEX)
    his.accept(BOB_AT_WEBEX)

    his.poll()

    assert (hers.state, his.state) == (state, "linked")


def test_rows_are_forgotten_after_a_week(login: Login, pass_time: Callable[[float], None]) -> None:
    pass_time(8 * 86400)
    housekeeping.tidy(now=clock.now())

    assert not DeviceAuthorization.objects.exists()


def test_no_secret_reaches_the_log(
    login: Login, alice: User, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    row = login.row
    secrets = {row.device_code, row.user_code, row.session_key, row.app.client_secret}
    login.poll()
    sandbox.fault(TOKEN, cut="mid_headers")
    login.poll()
    login.accept(ALICE_AT_WEBEX)
    login.poll(after=5)

    grant = Grant.objects.get(user=alice)
    secrets |= {grant.access_token, grant.refresh_token}
    assert "Webex linked" in caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]


def test_the_raw_row_shows_neither_device_code_nor_session(login: Login) -> None:
    row = login.row
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {DeviceAuthorization._meta.db_table}")
        raw = str(cursor.fetchall())

    assert row.device_code not in raw
    assert row.session_key not in raw
