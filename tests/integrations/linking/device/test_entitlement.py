"""What becomes of a result that nobody is entitled to any more."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from integrations import clock
from integrations.linking import device_polling
from integrations.models import DeviceAuthorization, Grant, WebexApp
from integrations.renewal.client_secrets import Clients
from integrations.sandbox import Sandbox
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX
from tests.integrations.linking.device.conftest import Login

REVOKING = ("identity:tokens_read", "identity:tokens_write")


def drop_right(login: Login) -> None:
    login.row.user.groups.remove(Group.objects.get(name="Webex users"))


def sign_out(login: Login) -> None:
    login.browser.post("/sign-out/")


def deactivate(login: Login) -> None:
    User.objects.filter(pk=login.row.user_id).update(is_active=False)


def delete_user(login: Login) -> None:
    login.row.user.delete()


def cancel(login: Login) -> None:
    login.browser.post(f"{login.path}cancel/")


def switch_off(login: Login) -> None:
    WebexApp.objects.update(device_linking_enabled=False)


def disable(login: Login) -> None:
    WebexApp.objects.update(is_enabled=False)


def change_the_secret(login: Login) -> None:
    WebexApp.objects.update(client_secret_fingerprint="01234567")


def change_the_client(login: Login) -> None:
    WebexApp.objects.update(client_id="Canother")


def link_and_disconnect(login: Login) -> None:
    login.browser.link(BOB_AT_WEBEX)
    login.browser.post("/webex/disconnect/")


LOSSES = [
    drop_right, sign_out, deactivate, delete_user, cancel, switch_off, disable, change_the_secret,
    change_the_client, link_and_disconnect,
]  # fmt: skip


@pytest.mark.parametrize("lose", LOSSES)
def test_who_is_no_longer_entitled_gets_no_grant(
    login: Login, lose: Callable[[Login], None]
) -> None:
    row = login.row
    login.accept(ALICE_AT_WEBEX)

    lose(login)
    login.pass_time(2)
    device_polling.poll_due(seconds=0.15)

    assert not Grant.objects.not_disconnected().exists()
    left = DeviceAuthorization.objects.filter(pk=row.pk).first()
    assert left is None or (left.status == "CANCELLED" and left.device_code is None)


@pytest.mark.parametrize("lose", LOSSES)
def test_losing_the_right_while_webex_answers_is_as_late_as_it_gets(
    login: Login, lose: Callable[[Login], None]
) -> None:
    """The answer is there already when it happens: between asking and recording."""
    login.accept(ALICE_AT_WEBEX)
    login.pass_time(2)
    (claimed,) = device_polling._claim(5)
    accepted = device_polling._ask(
        Clients(claimed.app, now=clock.now()), claimed.device_code, clock.now()
    )

    lose(login)
    device_polling._link_if_entitled(claimed, accepted, now=clock.now())

    assert not Grant.objects.not_disconnected().exists()


def test_tokens_thrown_away_are_revoked_where_the_scopes_allow_it(
    device_acme: WebexApp, start: Callable[[User], Login], alice: User, sandbox: Sandbox
) -> None:
    integration = sandbox.state.integrations[device_acme.client_id]
    integration.scopes += REVOKING
    WebexApp.objects.update(authorization_url=integration.authorization_url)
    login = start(alice)
    login.accept(ALICE_AT_WEBEX)
    sign_out(login)
    login.pass_time(2)
    device_polling.poll_due(seconds=0.15)

    assert sandbox.ledger.count(method="DELETE") == 1
    assert all(grant.revoked_at for grant in sandbox.state.grants.values())


def test_but_not_where_another_user_works_with_the_same_person(
    device_acme: WebexApp, start: Callable[[User], Login], alice: User, bob: User, sandbox: Sandbox
) -> None:
    integration = sandbox.state.integrations[device_acme.client_id]
    integration.scopes += REVOKING
    WebexApp.objects.update(authorization_url=integration.authorization_url)
    start(bob).browser.link(ALICE_AT_WEBEX)
    login = start(alice)
    login.accept(ALICE_AT_WEBEX)
    sign_out(login)
    login.pass_time(2)
    device_polling.poll_due(seconds=0.15)

    assert sandbox.ledger.count(method="DELETE") == 0
