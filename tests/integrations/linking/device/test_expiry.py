"""When a device login is over, to the second."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import User
from integrations import clock
from integrations.models import DeviceAuthorization, device_authorization
from integrations.models.device_authorization import LAST_MOMENT
from integrations.sandbox import Sandbox
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.linking.device.conftest import TOKEN, Login


def test_it_expires_after_its_time_and_webex_is_not_asked_again(
    login: Login, sandbox: Sandbox
) -> None:
    login.poll(after=290)
    asked = sandbox.ledger.count(TOKEN)

    login.poll(after=12)

    assert login.state == "expired"
    assert "The time is over" in login.page()
    assert sandbox.ledger.count(TOKEN) == asked == 1
    assert login.row.device_code is None


def test_it_expires_on_the_page_even_if_no_worker_runs(
    login: Login, pass_time: Callable[[float], None]
) -> None:
    pass_time(301)

    assert login.state == "expired"


def test_webex_saying_expired_first_is_an_expiry(login: Login, sandbox: Sandbox) -> None:
    sandbox.advance(300)
    login.poll()

    assert login.state == "failed"

    again = login.browser.post("/webex/device/")["Location"]
    login.path = again
    sandbox.fault(TOKEN, status=400, body=b'{"error": "expired_token"}')
    login.poll()

    assert login.state == "expired"


def test_the_last_poll_comes_at_the_last_moment(login: Login) -> None:
    login.poll(after=296.5)

    assert login.row.expires_at - login.row.next_poll_at == LAST_MOMENT
    assert timedelta(seconds=0.5) > LAST_MOMENT


def test_an_acceptance_after_the_last_but_one_poll_still_counts(
    start: Callable[[User], Login],
    alice: User,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In slow motion: an interval of 10 s, the last moment 4 s before the end."""
    monkeypatch.setattr(device_authorization, "LAST_MOMENT", timedelta(seconds=4))
    sandbox.scenario.device_interval = 10
    login = start(alice)
    login.poll(after=283)
    login.poll(after=11)
    assert sandbox.ledger.count(TOKEN) == 1  # would be the last but one; the last one waits

    login.accept(ALICE_AT_WEBEX)
    login.poll(after=2.5)

    assert login.state == "linked"


def test_an_answer_that_arrives_after_the_end_counts_too(login: Login, sandbox: Sandbox) -> None:
    row = login.row
    DeviceAuthorization.objects.filter(pk=row.pk).update(
        expires_at=clock.now() + timedelta(seconds=4)
    )
    login.accept(ALICE_AT_WEBEX)
    sandbox.fault(TOKEN, delay=2.2)
    login.poll()

    assert login.state == "linked"
