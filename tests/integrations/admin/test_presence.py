"""An administrator's session ends when nothing happens, and power asks for the password again."""

from datetime import timedelta

import pytest

from tests.integrations.admin.conftest import ADMIN_HOST

APPS, USERS = "/admin/integrations/webexapp/", "/admin/accounts/user/"


@pytest.fixture
def admin(browser, root):
    return browser(root, ADMIN_HOST)


def stay(client, travel, minutes):
    """Looks at a page every ten of these."""
    for _ in range(minutes // 10):
        travel(timedelta(minutes=10))
        assert client.get("/admin/auth/group/").status_code == 200


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 302)])
def test_a_session_ends_after_half_an_hour_without_a_click(admin, travel, minutes, status):
    admin.get("/admin/")
    travel(timedelta(minutes=minutes))

    assert admin.get(APPS).status_code == status


def test_who_was_signed_out_reads_why_and_comes_back_to_the_page(admin, travel):
    travel(timedelta(minutes=31))

    page = admin.get(APPS, follow=True)

    assert "You were signed out, because nothing happened here for half an hour." in page.text
    assert f'name="next" value="{APPS}"' in page.text
    page = admin.post(
        "/admin/login/", {"username": "root", "password": "correct horse", "next": APPS}
    )
    assert page["Location"] == APPS


def test_who_works_stays_signed_in(admin, travel):
    stay(admin, travel, 240)


@pytest.mark.parametrize("minutes", [50, 70])
def test_pages_that_give_power_away_ask_for_the_password_after_an_hour(
    admin, travel, acme, alice, minutes
):
    stay(admin, travel, minutes)

    pages = [
        f"{APPS}{acme.pk}/change/", f"{APPS}add/", f"{USERS}add/", f"{USERS}{alice.pk}/change/",
        f"{USERS}{alice.pk}/password/", f"{USERS}{alice.pk}/delete/", "/admin/auth/group/add/",
    ]  # fmt: skip

    answers = {page: admin.get(page) for page in pages}
    asked = [page for page, answer in answers.items() if answer.status_code == 302]
    assert asked == (pages if minutes > 60 else [])
    for page in asked:
        assert answers[page]["Location"].startswith("/admin/password-again/?next=")
    assert admin.get(APPS).status_code == 200


def show_password(client, password, path=f"{APPS}add/"):
    return client.post(f"/admin/password-again/?next={path}", {"password": password})


def test_the_password_opens_the_page(admin, travel):
    stay(admin, travel, 70)
    asked = admin.get(f"{APPS}add/", follow=True)
    assert "Who changes secrets, people or roles shows once more that it is them." in asked.text

    assert show_password(admin, "correct horse")["Location"] == f"{APPS}add/"
    assert admin.get(f"{APPS}add/").status_code == 200


def test_another_password_does_not(admin, travel, settings):
    settings.SIGN_IN_FAILURE_LIMIT = 3
    stay(admin, travel, 70)

    for _ in range(3):
        assert "That is not your password." in show_password(admin, "guess").text

    assert show_password(admin, "correct horse").status_code == 429
    assert admin.get(f"{APPS}add/").status_code == 302


def test_the_password_of_somebody_else_does_not(admin, travel, make_user):
    make_user("otto").set_password("another horse")
    stay(admin, travel, 70)

    assert "That is not your password." in show_password(admin, "another horse").text


def test_a_form_that_was_open_for_long_can_still_be_sent(admin, travel, alice):
    stay(admin, travel, 50)
    assert admin.get(f"{USERS}{alice.pk}/delete/").status_code == 200
    stay(admin, travel, 40)

    assert admin.post(f"{USERS}{alice.pk}/delete/", {"post": "yes"})["Location"] == USERS


def test_an_old_session_changes_nothing(admin, travel, alice):
    stay(admin, travel, 130)

    response = admin.post(f"{USERS}{alice.pk}/delete/", {"post": "yes"})

    assert response["Location"].startswith("/admin/password-again/")
    alice.refresh_from_db()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_the_password_leads_nowhere_else(admin, elsewhere):
    assert show_password(admin, "correct horse", elsewhere)["Location"] == "/admin/"


def test_a_clock_that_was_ahead_keeps_no_session_alive(admin, travel):
    travel(timedelta(days=1))
    admin.get("/admin/")
    admin.post("/admin/login/", {"username": "root", "password": "correct horse"})
    travel(timedelta(days=-1))

    assert admin.get(APPS).status_code == 302


def test_portal_users_are_not_signed_out(alice_browser, travel):
    travel(timedelta(hours=5))

    assert alice_browser.get("/my-account/").status_code == 200
