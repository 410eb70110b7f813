"""Who may start a device login, how often, and what becomes of the one before."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import User
from integrations import clock
from integrations.models import DeviceAuthorization, WebexApp
from integrations.models.device_authorization import LIVE_PER_APP, STARTS_PER_USER
from integrations.sandbox import Sandbox
from tests.browsing import PortalClient
from tests.conftest import ALICE_AT_WEBEX, H1, H2
from tests.integrations.linking.device.conftest import AUTHORIZE, TOKEN, Login

START = "/webex/device/"


def test_it_is_off_until_somebody_switches_it_on(
    alice_browser: PortalClient, sandbox: Sandbox
) -> None:
    assert "another device" not in alice_browser.get("/webex/").text
    assert "not offered" in alice_browser.post(START, follow=True).text
    assert sandbox.ledger.count(AUTHORIZE) == 0


def test_where_it_is_on_every_place_to_link_offers_it(
    device_acme: WebexApp, alice: User, browser: Callable[..., PortalClient]
) -> None:
    for path in ("/", "/webex/", "/my-account/"):
        assert "Link with another device" in browser(alice).get(path).text


def test_another_integration_does_not_offer_it(
    device_acme: WebexApp, globex: WebexApp, alice: User, browser: Callable[..., PortalClient]
) -> None:
    theirs = browser(alice, H2)

    assert "another device" not in theirs.get("/webex/").text
    assert "not offered" in theirs.post(START, follow=True).text


def test_it_starts_by_post_with_a_csrf_token_only(device_acme: WebexApp, alice: User) -> None:
    strict = Client(enforce_csrf_checks=True, HTTP_HOST=H1)
    strict.force_login(alice, "django.contrib.auth.backends.ModelBackend")

    assert strict.get(START, secure=True).status_code == 405
    assert strict.head(START, secure=True).status_code == 405
    assert strict.post(START, secure=True).status_code == 403
    assert not DeviceAuthorization.objects.exists()


def test_nina_without_permission_is_refused_everywhere(
    login: Login, nina: User, browser: Callable[..., PortalClient], sandbox: Sandbox
) -> None:
    hers = browser(nina)
    before = sandbox.ledger.count()

    assert hers.post(START).status_code == 403
    for path in (login.path, f"{login.path}status/", f"{login.path}replace/"):
        assert hers.get(path).status_code == 403
    assert hers.post(f"{login.path}cancel/").status_code == 403
    assert sandbox.ledger.count() == before


def test_what_a_form_adds_is_ignored(
    device_acme: WebexApp, alice: User, bob: User, browser: Callable[..., PortalClient]
) -> None:
    extra = {"user": bob.pk, "app": 99, "scope": "spark:all", "redirect_uri": "https://evil"}

    browser(alice).post(START, extra)

    row = DeviceAuthorization.objects.get()
    assert (row.user, row.app) == (alice, device_acme)


def test_starting_again_ends_the_first_one_and_wipes_its_code(
    start: Callable[[User], Login], alice: User
) -> None:
    first = start(alice)
    second = start(alice)

    assert (first.state, second.state) == ("cancelled", "waiting")
    assert first.row.device_code is None
    assert first.row.user_code == ""


def test_the_database_itself_allows_one_live_login_per_user(login: Login, alice: User) -> None:
    now = clock.now()
    again = DeviceAuthorization(
        user=alice, app=login.row.app, created_at=now, expires_at=now + timedelta(minutes=5)
    )

    with pytest.raises(IntegrityError):
        again.save()


def test_bobs_login_leaves_alices_alone(
    start: Callable[[User], Login], alice: User, bob: User
) -> None:
    hers, his = start(alice), start(bob)

    assert (hers.state, his.state) == ("waiting", "waiting")
    assert hers.row.user_code != his.row.user_code
    assert his.row.user_code not in hers.page().replace("</span><span>", "")


def test_a_user_who_starts_too_often_waits_and_webex_is_not_asked(
    start: Callable[[User], Login], alice: User, bob: User, sandbox: Sandbox
) -> None:
    for _ in range(STARTS_PER_USER):
        last = start(alice)

    for _ in range(5):
        refused = last.browser.post(START)
        assert refused.status_code == 429
        assert 1 <= int(refused["Retry-After"]) <= 600
        assert "Please wait" in refused.text
    assert sandbox.ledger.count(AUTHORIZE) == STARTS_PER_USER
    assert last.state == "waiting"
    assert start(bob).state == "waiting"


def test_after_the_wait_it_works_again(
    start: Callable[[User], Login], alice: User, pass_time: Callable[[float], None]
) -> None:
    for _ in range(STARTS_PER_USER):
        last = start(alice)
    wait = int(last.browser.post(START)["Retry-After"])

    pass_time(wait)

    assert start(alice).state == "waiting"


def test_an_integration_has_only_so_many_at_once(
    login: Login, bob: User, browser: Callable[..., PortalClient], sandbox: Sandbox
) -> None:
    now, app = clock.now(), login.row.app
    crowd = User.objects.bulk_create(User(username=f"u{n}") for n in range(LIVE_PER_APP - 1))
    expires_at = now + timedelta(minutes=5)
    DeviceAuthorization.objects.bulk_create(
        DeviceAuthorization(user=user, app=app, created_at=now, expires_at=expires_at)
        for user in crowd
    )
    his = browser(bob)

    assert his.post(START).status_code == 429
    assert sandbox.ledger.count(AUTHORIZE) == 1
    login.browser.post(f"{login.path}cancel/")
    assert his.post(START).status_code == 303


@pytest.mark.parametrize("status", [400, 429, 503])
def test_trouble_at_webex_is_said_and_leaves_nothing_live(
    device_acme: WebexApp,
    alice: User,
    browser: Callable[..., PortalClient],
    sandbox: Sandbox,
    status: int,
) -> None:
    sandbox.fault(AUTHORIZE, status=status)

    page = browser(alice).post(START, follow=True)

    assert "Nothing was changed; please try again." in page.text
    assert not DeviceAuthorization.objects.live().exists()


def test_a_code_that_leads_elsewhere_is_not_shown(
    device_acme: WebexApp, alice: User, browser: Callable[..., PortalClient], sandbox: Sandbox
) -> None:
    sandbox.scenario.device_override = {"verification_uri_complete": "https://evil.example/verify"}

    page = browser(alice).post(START, follow=True)

    assert "evil" not in page.text
    assert "Nothing was changed" in page.text


def test_a_start_that_a_newer_one_overtook_shows_the_end_of_it(login: Login) -> None:
    row = login.row
    row.finish(DeviceAuthorization.Status.CANCELLED)
    code = {"device_code": "x", "user_code": "y", "expires_at": row.expires_at}

    assert not row.offer(now=clock.now(), interval=2, **code)
    assert login.state == "cancelled"


def test_the_device_grant_does_not_disturb_a_consent_in_the_browser(
    login: Login, alice: User
) -> None:
    login.browser.link(ALICE_AT_WEBEX)

    assert login.browser.badge() == "linked"
    assert login.browser.sandbox.ledger.count(TOKEN) == 0
