"""The start page, the roles, "who gets what", and what an installation is warned about."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import checks
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import clock
from integrations.flows import dashboard
from integrations.models import BrandedURL, Grant, WebexApp
from tests.conftest import H1, H2

TOOL = "/admin/who-gets-what/"


def test_the_cards_count_who_is_linked_and_who_is_not(linked_alice, acme, make_user):
    for number, changes in enumerate([{"status": "CONSENT_LOST"}, {"status": "DISCONNECTED"}]):
        Grant.objects.create(user=make_user(f"u{number}"), app=acme, **changes)
    Grant.objects.filter(pk=linked_alice.pk).update(failing_since=clock.now())
    WebexApp.objects.update(refresh_paused_until=clock.now() + timedelta(hours=1))

    figures = dashboard.of(now=clock.now())

    assert (figures.linked, figures.need_the_user, figures.failing) == (1, 1, 1)
    assert figures.paused == [acme]


@pytest.mark.parametrize(
    ("ends_in", "week"),
    [
        (timedelta(days=-1), 0),
        (timedelta(days=6), 0),
        (timedelta(days=8), 1),
        (timedelta(days=89), 12),
        (timedelta(days=92), 13),
    ],
)
def test_the_chart_shows_the_week_of_the_end(linked_alice, ends_in, week):
    now = clock.now()
    Grant.objects.update(refresh_token_expires_at=now + ends_in)

    figures = dashboard.of(now=now)

    assert [number for number, each in enumerate(figures.weeks) if each.grants] == [week]
    assert figures.first_red_at == now + ends_in
    assert figures.linked == 1


def test_a_grant_without_a_known_end_is_linked_all_the_same(linked_alice):
    Grant.objects.update(refresh_token_expires_at=None)

    figures = dashboard.of(now=clock.now())

    assert (figures.linked, figures.first_red_at) == (1, None)


def test_the_start_page_says_when_the_first_user_would_turn_red(sam, linked_alice):
    Grant.objects.update(refresh_token_expires_at=clock.now().replace(year=2099, month=3, day=4))

    assert "4 March 2099" in sam.get("/admin/").text


def test_the_start_page_takes_few_queries(sam, linked_alice, globex):
    sam.get("/admin/")
    with CaptureQueriesContext(connection) as captured:
        sam.get("/admin/")

    assert len(captured) <= 12


def test_before_the_first_sweep_the_start_page_says_never_and_counts_from_zero(sam, globex):
    page = sam.get("/admin/").text

    assert re.search(r"<dt>Last sweep</dt>\s*<dd>\s*never\s*</dd>", page)
    assert re.search(r"<dt>Renewed in 5 min</dt>\s*<dd>0</dd>", page)


def test_the_list_of_integrations_takes_few_queries(sam, linked_alice, globex):
    sam.get("/admin/integrations/webexapp/")
    with CaptureQueriesContext(connection) as captured:
        page = sam.get("/admin/integrations/webexapp/").text

    assert len(captured) <= 12
    assert "Ready" in page


def test_staff_without_any_right_is_told_whom_to_ask(staff):
    assert "Ask an administrator" in staff("newbie").get("/admin/").text


# --- Roles --------------------------------------------------------------------------------------


def permissions(group: str) -> set[str]:
    return set(Group.objects.get(name=group).permissions.values_list("codename", flat=True))


def test_support_acts_on_grants_and_changes_nothing_else(db):
    assert permissions("Webex support") == {
        "view_webexapp", "view_grant", "view_grantevent", "view_brandedurl",
        "refresh_grant", "disconnect_grant",
    }  # fmt: skip


def test_provisioning_administrators_run_the_integrations(db):
    added = permissions("Provisioning administrators") - permissions("Webex support")

    assert added == {"view_user"} | {
        f"{verb}_{model}"
        for verb in ("add", "change", "delete")
        for model in ("webexapp", "brandedurl")
    }


def test_neither_of_them_uses_webex_by_that(db):
    both = permissions("Webex support") | permissions("Provisioning administrators")

    assert "use_webex" not in both


def test_support_sees_no_form_for_an_integration(sam, acme):
    page = sam.get(f"/admin/integrations/webexapp/{acme.pk}/change/").text

    assert "new_client_secret" not in page
    assert 'name="_save"' not in page
    assert sam.post(f"/admin/integrations/webexapp/{acme.pk}/change/", {}).status_code == 403


def test_the_sidebar_offers_only_what_may_be_opened(ed, sam):
    assert "/admin/integrations/grant/" not in ed.get("/admin/").text
    assert "/admin/accounts/user/" not in sam.get("/admin/").text


# --- Who gets what ------------------------------------------------------------------------------


def explained(client, username: str, hostname: str) -> str:
    return client.get(TOOL, {"username": username, "hostname": hostname}).text


def test_who_gets_what_follows_the_way_of_a_request(sam, linked_alice):
    page = explained(sam, "alice", f" {H1.upper()}. ")

    assert "They get “Acme”" in page
    assert "Their mark is green." in page


@pytest.mark.parametrize(
    ("username", "hostname", "reason"),
    [
        ("alice", "unknown.example.com", "is not a branded URL"),
        ("alice", "https://portal-a.example.com", "is not a branded URL"),
        ("nobody", H1, "There is no portal user “nobody”"),
        ("nina", H1, "They may not use Webex"),
        ("gone", H1, "The account is deactivated"),
        ("alice", H2, "“Globex” is not enabled"),
        ("alice", "free.example.com", "It uses no integration"),
        ("<script>", "<b>", "is not a branded URL"),
    ],
)
def test_who_gets_nothing_is_told_why(
    sam, alice, nina, acme, globex, make_user, username, hostname, reason
):
    make_user("gone", is_active=False)
    BrandedURL.objects.create(hostname="free.example.com")
    WebexApp.objects.filter(pk=globex.pk).update(is_enabled=False)

    page = explained(sam, username, hostname)

    assert "They get no integration" in page
    assert reason in page
    assert "<script>" not in page.replace('<script src="', "")


def test_the_tool_is_not_for_everybody(staff):
    assert staff("newbie").get(TOOL).status_code == 403


# --- Warnings (S67) -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("redis://127.0.0.1:6379/0", False),
        ("redis://localhost/0", False),
        ("redis+socket:///run/broker.sock", False),
        ("rediss://:secret@redis.example.com:6379/0", False),
        ("redis://redis.example.com:6379/0", True),
        ("redis://:secret@redis.example.com:6379/0", True),
        ("rediss://redis.example.com:6379/0", True),
        ("redis://:secret@localhost.example.com/0", True),
    ],
)
def test_a_broker_without_password_or_tls_is_warned_about(settings, url, warns):
    settings.CELERY_BROKER_URL = url

    found = [
        each.id for each in checks.run_checks(tags=["security"], include_deployment_checks=True)
    ]

    assert ("integrations.W005" in found) == warns
