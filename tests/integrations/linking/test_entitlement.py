"""Who loses the right to use Webex: nothing is renewed, they can still leave, tokens end later."""

from datetime import timedelta

import pytest
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from integrations import clock
from integrations.errors import NotLinked
from integrations.linking import completion, entitlement
from integrations.models import Grant, GrantEvent
from integrations.operations import housekeeping, notices
from integrations.renewal import on_demand
from integrations.scopes import MINIMUM
from tests.conftest import ALICE_AT_WEBEX, H1
from tests.integrations import sweeping
from tests.integrations.conftest import reread
from tests.integrations.refusals import raw
from tests.integrations.renewal.draining import calls

REVOCABLE = ("identity:tokens_read", "identity:tokens_write")


def right():
    return Permission.objects.get(codename="use_webex")


def leave_group(user):
    user.groups.clear()


def group_loses_right(user):
    Group.objects.get(name="Webex users").permissions.clear()


def lose_own(user):
    user.groups.clear()
    user.user_permissions.add(right())
    user.user_permissions.clear()


def never_superuser(user):
    user.groups.clear()
    user.user_permissions.set(Permission.objects.exclude(codename="use_webex"))


def tidy():
    housekeeping.tidy(now=clock.now())


def kinds(grant):
    return list(grant.events.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def withdrawn(linked_alice, alice):
    leave_group(alice)
    tidy()
    return reread(linked_alice)


@pytest.mark.parametrize("withdraw", [leave_group, group_loses_right, lose_own, never_superuser])
def test_nothing_is_renewed_for_who_lost_the_right(linked_alice, alice, sandbox, withdraw):
    on_demand.make_due([linked_alice], now=clock.now())
    before = len(calls(sandbox))
    withdraw(alice)
    tidy()

    sweeping.sweep(seconds=1)

    assert len(calls(sandbox)) == before
    assert reread(linked_alice).right_lost_at
    assert kinds(linked_alice) == ["LINKED", "RIGHT_LOST"]


def keep_by_group(user):
    pass


def keep_by_another_group(user):
    user.groups.set([Group.objects.create(name="Sales")])
    user.groups.get().permissions.add(right())


def keep_own(user):
    user.groups.clear()
    user.user_permissions.add(right())


def be_superuser(user):
    user.groups.clear()
    User.objects.filter(pk=user.pk).update(is_superuser=True)


@pytest.mark.parametrize("keep", [keep_by_group, keep_by_another_group, keep_own, be_superuser])
def test_whoever_has_the_right_in_any_way_is_left_alone(linked_alice, alice, keep):
    keep(alice)
    assert User.objects.get(pk=alice.pk).has_perm("integrations.use_webex")

    tidy()

    assert reread(linked_alice).right_lost_at is None
    assert kinds(linked_alice) == ["LINKED"]


@pytest.mark.parametrize("give_back", [keep_by_another_group, keep_own, be_superuser])
def test_with_the_right_given_back_renewals_go_on(withdrawn, alice, sandbox, give_back):
    give_back(alice)
    tidy()
    tidy()

    sweeping.sweep(seconds=1)

    grant = reread(withdrawn)
    assert (grant.status, grant.right_lost_at) == ("ACTIVE", None)
    assert kinds(grant) == ["LINKED", "RIGHT_LOST", "RIGHT_RETURNED"]
    assert len(calls(sandbox)) == 1


def test_two_users_of_whom_one_lost_the_right(acme, fill):
    bob, carol = fill(acme, 2)
    leave_group(bob.user)

    tidy()

    assert [bool(reread(grant).right_lost_at) for grant in (bob, carol)] == [True, False]


def test_more_than_fit_into_one_statement_are_all_marked(acme, fill, monkeypatch):
    monkeypatch.setattr(entitlement, "MARKED_AT_ONCE", 2)
    fill(acme, 5)
    Group.objects.get(name="Webex users").permissions.clear()

    tidy()

    assert Grant.objects.renewable().count() == 0
    assert GrantEvent.objects.filter(kind="RIGHT_LOST").count() == 5


def test_a_renewal_under_way_is_left_to_the_next_pass(linked_alice, alice):
    grant = reread(linked_alice)
    assert grant.claim(now=clock.now(), seconds=30)
    leave_group(alice)

    tidy()
    assert reread(grant).right_lost_at is None

    grant._write_fenced()
    tidy()
    assert reread(grant).right_lost_at


class SingleSignOn(BaseBackend):
    """Grants by what a directory says."""

    def has_perm(self, user_obj, perm, obj=None):
        return user_obj.username == "alice"


def test_rights_that_another_backend_grants_are_not_judged_by_tables(linked_alice, alice, settings):
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS,
        f"{__name__}.SingleSignOn",
    ]
    leave_group(alice)

    entitlement.note_changes(now=clock.now())

    assert reread(linked_alice).right_lost_at is None


# --- The end ------------------------------------------------------------------------------------


def test_tokens_end_after_the_days_of_the_setting_and_not_before(withdrawn, travel, settings):
    settings.WEBEX_RIGHT_LOST_DAYS = 7
    travel(timedelta(days=6, hours=23))
    tidy()
    assert reread(withdrawn).status == "ACTIVE"

    travel(timedelta(hours=2))
    tidy()

    grant = reread(withdrawn)
    assert (grant.status, grant.right_lost_at) == ("DISCONNECTED", None)
    assert raw(grant, "refresh_token") is None
    event = grant.events.latest("pk")
    assert (event.kind, event.actor, event.reason) == ("DISCONNECTED", None, "right withdrawn")


def test_a_lost_consent_without_the_right_ends_as_well(linked_alice, alice, travel):
    Grant.objects.update(status="CONSENT_LOST")
    leave_group(alice)
    tidy()
    travel(timedelta(days=31))

    tidy()

    assert reread(linked_alice).status == "DISCONNECTED"


def test_the_days_count_anew_after_the_right_was_given_back(withdrawn, alice, travel):
    travel(timedelta(days=29))
    keep_own(alice)
    tidy()
    leave_group(alice)
    alice.user_permissions.clear()
    tidy()
    travel(timedelta(days=2))

    tidy()

    assert reread(withdrawn).status == "ACTIVE"


def test_who_may_again_by_now_is_not_ended(withdrawn, alice, travel):
    travel(timedelta(days=31))
    keep_own(alice)

    assert entitlement.end_long_lost(now=clock.now()) == 0

    assert reread(withdrawn).status == "ACTIVE"


# --- What still works ---------------------------------------------------------------------------


def test_the_user_is_told_and_can_still_disconnect(alice_browser, withdrawn):
    page = alice_browser.get("/my-account/").text
    assert "You may no longer use Webex here" in page
    assert 'action="/webex/disconnect/"' in page
    assert alice_browser.badge() == ""

    answer = alice_browser.post("/webex/disconnect/", follow=True)

    assert answer.redirect_chain == [("/my-account/", 303)]
    assert "Disconnected" in answer.text
    assert "You may no longer use Webex here" not in answer.text
    assert reread(withdrawn).status == "DISCONNECTED"
    assert withdrawn.events.latest("pk").actor.username == "alice"


def test_before_the_pass_too(alice_browser, linked_alice, alice):
    leave_group(alice)

    assert "You may no longer use Webex here" in alice_browser.get("/my-account/").text
    alice_browser.post("/webex/disconnect/")

    assert reread(linked_alice).status == "DISCONNECTED"


def test_who_has_nothing_to_disconnect_and_no_right_is_refused(browser, nina, acme):
    assert browser(nina).post("/webex/disconnect/").status_code == 403
    assert "ebex" not in browser(nina).get("/my-account/").text


def test_no_token_is_handed_out(withdrawn):
    with pytest.raises(NotLinked):
        on_demand.access_token(withdrawn, now=clock.now())


def test_whoever_has_the_right_again_need_not_wait_for_the_pass(alice_browser, withdrawn, alice):
    keep_own(alice)

    assert ALICE_AT_WEBEX in alice_browser.get("/webex/profile/").text


def test_nobody_without_the_right_gets_a_mail_to_link_again(withdrawn, mailoutbox):
    soon = clock.now() + timedelta(days=3)
    Grant.objects.update(refresh_token_expires_at=soon)
    withdrawn.events.create(kind="EXPIRING", at=clock.now(), notice_due=True)

    notices.send_all(now=clock.now())

    assert mailoutbox == []
    assert not GrantEvent.objects.untold().exists()


def test_the_right_withdrawn_while_webex_answers_links_nobody(
    browser, alice, make_app, sandbox, monkeypatch
):
    make_app("Revocable", H1, scopes=[*MINIMUM, *REVOCABLE])
    client = browser(alice)
    identify = completion.identify

    def and_meanwhile(*args):
        leave_group(User.objects.get(pk=alice.pk))
        return identify(*args)

    monkeypatch.setattr(completion, "identify", and_meanwhile)

    answer = client.link(ALICE_AT_WEBEX)

    assert answer.status_code == 400
    assert not Grant.objects.exists()
    assert all(grant.revoked_at for grant in sandbox.state.grants.values())
