"""A second factor for administrators: nothing of the admin opens with the password alone."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models.signals import post_save
from django.urls import get_resolver

from integrations import clock, totp
from integrations.models import AuditEvent, SecondFactor
from integrations.operations import second_factors
from tests.integrations.admin.conftest import ADMIN_HOST
from tests.integrations.refusals import raw, spoil

SET_UP, ASK = "/admin/second-factor-set-up/", "/admin/second-factor/"
APPS = "/admin/integrations/webexapp/"


@pytest.fixture
def sign_in(browser, root):
    """A browser after name and password, which is all that a thief has."""

    def new_session():
        client = browser(None, ADMIN_HOST)
        client.post("/admin/login/", {"username": "root", "password": "correct horse"})
        return client

    return new_session


def code(steps=0):
    return totp.code_at(SecondFactor.objects.get().secret, totp.step_of(clock.now()) + steps)


def begin(client):
    page = client.post(SET_UP, {"action": "begin"}, follow=True)
    return page.text


def set_up(client):
    begin(client)
    page = client.post(SET_UP, {"code": code(0)})
    return re.findall(r"<code>([A-Z2-7-]{19})</code>", page.text)


@pytest.fixture
def recovery_codes(sign_in):
    return set_up(sign_in())


def show(client, text):
    return client.post(f"{ASK}?next={APPS}", {"code": text})


def test_who_has_none_needs_none(sign_in):
    assert sign_in().get(APPS).status_code == 200


def test_setting_it_up_shows_a_code_to_scan_and_recovery_codes_once(sign_in):
    client = sign_in()
    assert "QR code" not in client.get(SET_UP).text
    assert not SecondFactor.objects.exists()
    page = begin(client)
    assert "<svg" in page
    assert "QR code" in client.get(SET_UP).text
    assert SecondFactor.objects.get().secret in page

    codes = set_up(client)

    assert len(set(codes)) == 10
    page = client.get(SET_UP).text
    assert "It is set up" in page
    assert SecondFactor.objects.get().secret not in page
    assert not any(each in page for each in codes)
    assert client.get(APPS).status_code == 200
    assert AuditEvent.objects.filter(action="second_factor.set").count() == 1


def test_a_wrong_first_code_switches_nothing_on(sign_in):
    client = sign_in()
    begin(client)

    page = client.post(SET_UP, {"code": "000000"})

    assert "That code is not right" in page.text
    assert sign_in().get(APPS).status_code == 200


def test_a_secret_that_a_thief_saw_before_is_not_the_one_that_is_set_up(sign_in):
    begin(sign_in())
    seen = SecondFactor.objects.get().secret

    client = sign_in()
    page = begin(client)

    assert seen not in page
    assert SecondFactor.objects.get().secret in page
    client.post(SET_UP, {"code": totp.code_at(seen, totp.step_of(clock.now()))})
    assert SecondFactor.objects.get().confirmed_at is None


def test_the_password_alone_opens_nothing_any_more(recovery_codes, sign_in, acme, linked_alice):
    thief = sign_in()
    admin = dict(get_resolver().namespace_dict)["admin"][1]
    simple = [name for name in admin.reverse_dict if isinstance(name, str)]
    paths = {f"/{admin_path}" for admin_path in map(path_of(admin), simple) if admin_path}
    paths -= {"/admin/login/", "/admin/logout/", ASK}
    paths |= {f"{APPS}{acme.pk}/change/", f"/admin/integrations/grant/{linked_alice.pk}/change/"}
    assert len(paths) > 15

    for path in paths:
        for answer in (thief.get(path), thief.post(path)):
            assert answer.status_code == 302, path
            assert answer["Location"].startswith(ASK), path


def path_of(admin):
    def path(name):
        for pattern, arguments in admin.reverse_dict.getlist(name)[0][0]:
            return None if arguments else f"admin/{pattern}"

    return path


def test_a_code_of_the_app_opens_the_page_that_was_asked_for(recovery_codes, sign_in):
    client = sign_in()
    asked = client.get(APPS)["Location"]
    assert "Type the code" in client.get(asked).text

    assert client.post(asked, {"code": f" {code(1)[:3]} {code(1)[3:]} "})["Location"] == APPS

    assert client.get(APPS).status_code == 200


def test_a_code_that_was_seen_is_of_no_use_to_anybody_else(recovery_codes, sign_in):
    seen = code(1)
    show(sign_in(), seen)

    assert "was used before" in show(sign_in(), seen).text


def test_a_recovery_code_lets_in_once(recovery_codes, sign_in):
    typed = recovery_codes[3].lower().replace("-", " ")

    assert show(sign_in(), typed)["Location"] == APPS
    assert show(sign_in(), typed).status_code == 200

    assert len(SecondFactor.objects.get().recovery_codes) == 9
    assert AuditEvent.objects.filter(action="second_factor.recovery_code_used").count() == 1


def test_new_recovery_codes_end_the_old_ones(recovery_codes, sign_in):
    client = sign_in()
    show(client, code(1))

    page = client.post(SET_UP, {"action": "new_codes"}).text

    assert "Your recovery codes" in page
    assert show(sign_in(), recovery_codes[0]).status_code == 200
    assert show(sign_in(), re.search(r"<code>([A-Z2-7-]{19})</code>", page)[1]).status_code == 302


def test_guessing_waits_longer_each_time_and_the_right_code_waits_too(
    recovery_codes, sign_in, travel
):
    client = sign_in()
    for _ in range(5):
        assert "That code is not right" in show(client, "000000").text

    page = show(client, code(1)).text
    assert "Too many wrong codes. Please wait until" in page
    travel(timedelta(seconds=61))
    show(client, "000000")
    travel(timedelta(seconds=61))
    assert "Too many wrong codes" in show(client, code(1)).text
    travel(timedelta(seconds=61))

    assert show(client, code(1)).status_code == 302


def test_nobody_goes_on_to_another_site_afterwards(recovery_codes, sign_in):
    answer = sign_in().post(f"{ASK}?next=https://evil.example/", {"code": code(1)})

    assert answer["Location"] == "/admin/"


def test_who_may_not_go_on_can_sign_out(recovery_codes, sign_in):
    client = sign_in()

    client.post("/admin/logout/")

    assert client.get(APPS)["Location"].startswith("/admin/login/")


def test_removing_it_asks_for_no_code_any_more(recovery_codes, sign_in):
    client = sign_in()
    show(client, code(1))

    client.post(SET_UP, {"action": "remove"})

    assert sign_in().get(APPS).status_code == 200
    assert AuditEvent.objects.filter(action="second_factor.removed").exists()


def test_a_session_from_before_shows_the_new_one_too(recovery_codes, sign_in, root):
    client = sign_in()
    show(client, code(1))
    second_factors.remove(root, now=clock.now())
    set_up(sign_in())

    assert client.get(APPS)["Location"].startswith(ASK)


# --- Where every administrator must have one -----------------------------------------------------


def test_where_it_is_required_it_is_set_up_before_anything_else(sign_in, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client = sign_in()
    asked = client.get(APPS)["Location"]
    assert asked.startswith(f"{SET_UP}?next=")
    assert "Every administrator of this portal needs one" in client.get(asked).text

    set_up(client)

    assert client.get(APPS).status_code == 200
    client.post(SET_UP, {"action": "remove"})
    assert SecondFactor.objects.exists()
    assert "Remove it" not in client.get(SET_UP).text


def test_an_old_password_is_asked_for_again_before_the_set_up(sign_in, settings, travel):
    settings.SECOND_FACTOR_REQUIRED = True
    client = sign_in()
    for _ in range(7):
        travel(timedelta(minutes=10))
        client.get("/admin/")

    page = client.get(APPS, follow=True)

    assert "Your password, please" in page.text


def test_users_of_the_portal_are_not_asked(alice_browser, settings):
    settings.SECOND_FACTOR_REQUIRED = True

    assert alice_browser.get("/my-account/").status_code == 200


# --- What breaks, and what was lost --------------------------------------------------------------


def test_a_secret_that_no_key_reads_leaves_the_recovery_codes(recovery_codes, sign_in):
    spoil(SecondFactor.objects.get(), "secret")

    assert "That code is not right" in show(sign_in(), "123456").text
    assert show(sign_in(), recovery_codes[0]).status_code == 302


def test_neither_secret_nor_codes_stand_in_the_database(recovery_codes):
    factor = SecondFactor.objects.get()
    stored = f"{raw(factor, 'secret')} {raw(factor, 'recovery_codes')}"

    assert factor.secret not in stored
    assert not any(each in stored for each in recovery_codes)


def test_an_operator_removes_it_for_who_lost_it(recovery_codes, sign_in, capsys):
    call_command("remove_second_factor", "root")

    assert sign_in().get(APPS).status_code == 200
    with pytest.raises(CommandError, match="They have no second factor"):
        call_command("remove_second_factor", "root")
    with pytest.raises(CommandError, match="no user of that name"):
        call_command("remove_second_factor", "nobody")


@pytest.mark.django_db(transaction=True)
def test_it_is_set_up_in_one_step_whoever_begins_anew_at_that_moment(root):
    """In between it was deleted (a 500), or the codes of another tab took the place of these."""
    begun, now = second_factors.begin(root), clock.now()

    def begin_anew(**_about):
        post_save.disconnect(begin_anew, SecondFactor)
        transaction.on_commit(lambda: second_factors.begin(root))

    post_save.connect(begin_anew, SecondFactor)
    first = totp.code_at(begun.secret, totp.step_of(now))
    _factor, codes = second_factors.confirm(root, first, now=now)

    assert second_factors.check(root, codes[0], now=now).pk == begun.pk
