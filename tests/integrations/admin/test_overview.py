"""The start page, and what of it somebody sees who may do less."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import clock
from integrations.models import Grant, WebexApp
from integrations.operations import dashboard, health
from integrations.webex.answers import TOKEN_LIMIT
from tests.conftest import ALICE_AT_WEBEX


def test_the_cards_count_who_is_linked_and_who_is_not(linked_alice, acme, make_user):
    for number, changes in enumerate([{"status": "CONSENT_LOST"}, {"status": "DISCONNECTED"}]):
        Grant.objects.create(user=make_user(f"u{number}"), app=acme, **changes)
    Grant.objects.filter(pk=linked_alice.pk).update(failing_since=clock.now())
    WebexApp.objects.update(refresh_paused_until=clock.now() + timedelta(hours=1))

    figures = dashboard.overall_figures(now=clock.now())

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

    figures = dashboard.overall_figures(now=now)

    assert [number for number, each in enumerate(figures.weeks) if each.grants] == [week]
    assert figures.first_red_at == now + ends_in
    assert figures.linked == 1


def test_a_grant_without_a_known_end_is_linked_all_the_same(linked_alice):
    Grant.objects.update(refresh_token_expires_at=None)

    figures = dashboard.overall_figures(now=clock.now())

    assert (figures.linked, figures.first_red_at) == (1, None)


def test_the_start_page_says_when_the_first_user_would_turn_red(sam, linked_alice):
    Grant.objects.update(refresh_token_expires_at=clock.now().replace(year=2099, month=3, day=4))

    assert "4 March 2099" in sam.get("/admin/").text


def test_the_start_page_takes_few_queries(sam, linked_alice, globex):
    sam.get("/admin/")
    with CaptureQueriesContext(connection) as captured:
        sam.get("/admin/")

    assert len(captured) <= 24


def test_before_the_first_sweep_the_start_page_says_never_and_counts_from_zero(sam, globex):
    page = sam.get("/admin/").text

    assert re.search(r"<dt>Last look for what is due</dt>\s*<dd[^>]*>\s*never\s*</dd>", page)
    assert re.search(r"<dt>Renewed in 5 min</dt>\s*<dd[^>]*>0</dd>", page)


def test_what_is_in_trouble_stands_above_everything_else(sam, linked_alice):
    WebexApp.objects.update(client_answer="refused", client_asked_at=clock.now())
    Grant.objects.update(refreshed_at=clock.now() - timedelta(days=8))

    page = sam.get("/admin/").text

    assert page.index("In trouble") < page.index("Need the user")
    assert page.count("Webex refuses the client ID and secret.") == 1
    assert "Every integration is ready" not in page


def test_tokens_are_not_called_fresh_while_those_of_somebody_fail(sam, linked_alice):
    health.beat("sweep", now=clock.now())
    Grant.objects.update(failing_since=clock.now(), last_error=TOKEN_LIMIT)

    page = sam.get("/admin/").text

    assert "Renewals are made; that of one user fails" in page
    assert "In trouble" not in page
    assert "kept fresh" not in page


def test_when_all_must_link_again_nobody_is_told_to_begin(sam, linked_alice):
    Grant.objects.update(status=Grant.Status.CONSENT_LOST)

    page = sam.get("/admin/").text

    assert "Nobody is linked any more" in page
    assert "Nobody is linked yet" not in page
    assert "Connect this portal to Webex" not in page


def test_the_list_of_integrations_takes_few_queries(sam, linked_alice, globex):
    sam.get("/admin/integrations/webexapp/")
    with CaptureQueriesContext(connection) as captured:
        page = sam.get("/admin/integrations/webexapp/").text

    assert len(captured) <= 16
    assert "Ready" in page


def test_staff_without_any_right_is_told_whom_to_ask(staff):
    assert "Ask an administrator" in staff("newbie").get("/admin/").text


def test_support_sees_no_form_for_an_integration(sam, acme):
    page = sam.get(f"/admin/integrations/webexapp/{acme.pk}/change/").text

    assert "new_client_secret" not in page
    assert 'name="_save"' not in page
    assert sam.post(f"/admin/integrations/webexapp/{acme.pk}/change/", {}).status_code == 403


def test_the_sidebar_offers_only_what_may_be_opened(ed, sam):
    assert "/admin/integrations/grant/" not in ed.get("/admin/").text
    assert "/admin/accounts/user/" not in sam.get("/admin/").text


def test_the_checklist_of_a_new_installation_fills_itself(paula, sam, acme, browser, alice):
    WebexApp.objects.update(is_enabled=False)
    page = paula.get("/admin/").text
    assert page.count('class="done"') == 3  # registered, added, with hostnames
    assert "To the integration" in page

    WebexApp.objects.update(is_enabled=True)
    browser(alice).link(ALICE_AT_WEBEX)
    cache.clear()  # a slow count is kept for a minute

    assert "Connect this portal to Webex" not in paula.get("/admin/").text


def test_an_empty_installation_begins_with_the_first_integration(paula, db):
    page = paula.get("/admin/").text

    assert "Create your first integration" in page
    assert 'class="done"' not in page


def test_of_few_linked_users_a_sentence_says_it_all(sam, linked_alice):
    page = sam.get("/admin/").text

    assert "The one linked user would turn red on" in page
    assert 'class="chart"' not in page
