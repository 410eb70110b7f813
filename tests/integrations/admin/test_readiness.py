"""What an integration still needs: on its page, in the list, and in the terminal."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import clock
from integrations.models import (
    AuthorizationRequest,
    BrandedURL,
    DeviceAuthorization,
    WebexApp,
)
from integrations.operations import integrations, readiness
from tests.conftest import ALICE_AT_WEBEX, H1, H3
from tests.integrations.renewal.racing import together

APPS = "/admin/integrations/webexapp/"


def readiness_of(app) -> readiness.Readiness:
    fresh = WebexApp.objects.get(pk=app.pk)
    return readiness.check_all([fresh], now=clock.now())[app.pk]


def codes(app) -> list[str]:
    return [check.code for check in readiness_of(app).open]


def test_a_complete_integration_is_ready(acme):
    assert (codes(acme), readiness_of(acme).summary) == ([], "Ready")


def test_an_empty_integration_says_every_step_with_the_next_one(db):
    app = WebexApp.objects.create(name="Empty")

    readiness = readiness_of(app)

    assert [check.code for check in readiness.blocking] == [
        "authorization_url", "client_secret", "hostnames",
    ]  # fmt: skip
    assert all(check.next_step for check in readiness.blocking)
    assert readiness.summary == "3 steps to do"
    assert "spark-admin:people_read" in readiness.blocking[0].to_copy


def test_a_hostname_added_after_the_paste_is_a_drift_until_the_url_is_pasted_again(acme):
    brand = BrandedURL.objects.create(hostname="late.example.com")
    chosen = integrations.Hostnames(added=frozenset([brand.hostname]))

    integrations.save(acme, secret="", changed=set(), hostnames=chosen, now=clock.now())
    drifted = readiness_of(acme).asking
    integrations.save(acme, secret="", changed={"authorization_url"}, now=clock.now())

    assert [(check.code, check.to_copy) for check in drifted] == [
        ("added_later", brand.redirect_uri)
    ]
    assert codes(acme) == []


def test_a_successful_return_proves_a_hostname_as_well(acme, alice, browser):
    BrandedURL.objects.filter(hostname=H1).update(assigned_at=clock.now() + timedelta(seconds=1))
    assert codes(acme) == ["added_later"]

    browser(alice, H1).link(ALICE_AT_WEBEX)

    assert codes(acme) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("portal-a.example.com", "www.example.com", "placeholder"),
        ("portal-a.example.com", "portal-x.example.com", "foreign_redirect_uri"),
        ("people_write", "people_wriet", "scope_typo"),
        ("spark%3Aorganizations_read", "spark%3Akms", "scopes"),
        ("client_id=", "client_id=X", "client_id"),
        ("http://", "ftp://", "authorization_url"),
    ],
)
def test_what_is_odd_about_the_pasted_url_is_found(acme, old, new, code):
    assert old in acme.authorization_url
    changed = acme.authorization_url.replace(old, new)
    WebexApp.objects.filter(pk=acme.pk).update(authorization_url=changed)

    assert code in codes(acme)


def test_nothing_else_is_said_about_a_pasted_url_that_is_unusable(acme):
    WebexApp.objects.update(authorization_url=acme.authorization_url.replace("http://", "ftp://"))

    assert codes(acme) == ["authorization_url"]
    assert [check.code for check in readiness_of(acme).fine] == ["client_secret", "hostnames"]


def test_a_typo_names_the_scope_that_was_probably_meant(acme):
    changed = acme.authorization_url.replace("people_write", "people_wriet")
    WebexApp.objects.filter(pk=acme.pk).update(authorization_url=changed)

    typos = {check.to_copy for check in readiness_of(acme).asking if check.code == "scope_typo"}

    assert typos == {"spark:people_write", "spark-admin:people_write"}


def test_the_client_id_of_another_integration_is_noticed(acme, globex):
    WebexApp.objects.filter(pk=globex.pk).update(
        client_id=acme.client_id, authorization_url=acme.authorization_url
    )

    assert "twin" in codes(acme)
    assert "twin" in codes(globex)


def test_many_starts_without_a_return_are_noticed(acme, alice, alice_browser):
    for _ in range(3):
        alice_browser.start()

    problem = next(check for check in readiness_of(acme).asking if check.code == "no_return")

    assert problem.sentence == f"{H1}: 3 started, 0 returned."
    assert problem.to_copy == BrandedURL.objects.get(hostname=H1).redirect_uri


def test_a_return_ends_that_suspicion(acme, alice_browser):
    for _ in range(3):
        alice_browser.start()
    alice_browser.link(ALICE_AT_WEBEX)

    assert "no_return" not in codes(acme)


def test_old_starts_do_not_count(acme, alice_browser, travel):
    for _ in range(3):
        alice_browser.start()
    AuthorizationRequest.objects.update(created_at=clock.now() - timedelta(days=8))

    assert "no_return" not in codes(acme)


def test_judging_more_integrations_takes_no_more_queries(acme, globex):
    def queries(apps: list[WebexApp]) -> int:
        with CaptureQueriesContext(connection) as captured:
            readiness.check_all(apps, now=clock.now())
        return len(captured)

    assert queries([acme, globex]) == queries([acme])


# --- Two admins at once -------------------------------------------------------------------------


def test_of_two_integrations_that_want_a_hostname_one_gets_it_and_the_other_hears_so(acme, globex):
    brand = BrandedURL.objects.create(hostname="wanted.example.com")
    chosen = integrations.Hostnames(added=frozenset([brand.hostname]))
    seen_free = BrandedURL.objects.get(pk=brand.pk)

    first = integrations.save(acme, secret="", changed=set(), hostnames=chosen, now=clock.now())
    second = integrations.save(globex, secret="", changed=set(), hostnames=chosen, now=clock.now())

    assert seen_free.app is None
    assert (first, second) == ([], ["wanted.example.com"])
    assert BrandedURL.objects.get(pk=brand.pk).app == acme


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_too_one_gets_it_and_all_others_hear_so(make_app):
    apps = [make_app(f"App {number}") for number in range(4)]
    brand = BrandedURL.objects.create(hostname="wanted.example.com")
    chosen, waiting = integrations.Hostnames(added=frozenset([brand.hostname])), list(apps)

    def save() -> list[str]:
        now = clock.now()
        return integrations.save(waiting.pop(), secret="", changed=set(), hostnames=chosen, now=now)

    lost = [future.result() for future in together(len(apps), save)]

    assert sorted(lost) == [[], *[["wanted.example.com"]] * 3]
    assert BrandedURL.objects.get(pk=brand.pk).app in apps


def test_nobody_releases_the_hostname_of_somebody_else(acme, globex):
    brand = BrandedURL.objects.get(hostname=H3)

    BrandedURL.objects.release([brand.pk], app=globex)

    assert BrandedURL.objects.get(hostname=H3).app == acme


# --- The terminal -------------------------------------------------------------------------------


def test_the_command_says_what_the_page_says(acme, capsys):
    call_command("check_registration", "Acme")

    assert capsys.readouterr().out.startswith("Acme (enabled): Ready\n  ok")


def test_the_command_says_act_now_if_something_blocks_an_enabled_integration(acme, capsys):
    BrandedURL.objects.update(app=None)

    with pytest.raises(CommandError, match="Act now") as ended:
        call_command("check_registration")

    assert ended.value.returncode == 2
    assert "TODO  No hostname uses this integration" in capsys.readouterr().out


def test_the_command_says_look_soon_for_one_that_is_still_being_set_up(acme, capsys):
    WebexApp.objects.create(name="Empty")

    with pytest.raises(CommandError, match="Look soon") as ended:
        call_command("check_registration")

    assert ended.value.returncode == 1
    assert "TODO  The client secret is missing." in capsys.readouterr().out


def test_the_command_says_look_soon_for_what_only_asks(acme, globex, capsys):
    WebexApp.objects.filter(pk=globex.pk).update(
        client_id=acme.client_id, authorization_url=acme.authorization_url
    )

    with pytest.raises(CommandError, match="Look soon") as ended:
        call_command("check_registration")

    assert ended.value.returncode == 1
    assert "ask   Its client ID is also used by Globex." in capsys.readouterr().out


def test_the_command_knows_when_there_is_no_such_integration(acme):
    with pytest.raises(CommandError, match="no such integration"):
        call_command("check_registration", "Hooli")


# --- From another device ------------------------------------------------------------------------


@pytest.fixture
def device_logins(acme, make_user):
    acme.device_linking_enabled = True
    acme.save()

    def make(*statuses):
        now = clock.now()
        for number, status in enumerate(statuses):
            user = make_user(f"user{number}")
            DeviceAuthorization.objects.create(
                user=user, app=acme, status=status, created_at=now, expires_at=now
            )

    return make


@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        (["EXPIRED"] * 2, []),
        (["EXPIRED"] * 3, ["no_device_return"]),
        (["EXPIRED", "CANCELLED", "CANCELLED"], ["no_device_return"]),
        (["EXPIRED", "EXPIRED", "EXPIRED", "LINKED"], []),
        (["EXPIRED", "EXPIRED", "EXPIRED", "DENIED"], []),
        (["FAILED"] * 3, []),  # Webex said why
    ],
)
def test_device_logins_that_nobody_can_end_are_a_clue(acme, device_logins, statuses, found):
    device_logins(*statuses)

    assert codes(acme) == found


def test_the_clue_says_what_to_register(acme, device_logins, browser, root):
    device_logins(*["EXPIRED"] * 4)

    (check,) = readiness_of(acme).asking
    page = browser(root, "admin.example.com").get(f"{APPS}{acme.pk}/change/").text

    assert check.sentence == "Link with another device: 4 started, 0 finished."
    assert check.to_copy.count("oauth-helper-") == 4
    assert check.sentence in page
    assert "helper URIs of Webex are probably not registered" in page


def test_without_device_linking_nobody_is_told_about_its_uris(acme, device_logins):
    device_logins(*["EXPIRED"] * 4)
    WebexApp.objects.update(device_linking_enabled=False)

    assert codes(acme) == []
