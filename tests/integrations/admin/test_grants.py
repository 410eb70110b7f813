"""Grants and events: found quickly, shown in words, acted on after a question."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import clock
from integrations.admin.lists import CAP
from integrations.models import Grant, GrantEvent, WebexApp
from integrations.webex.answers import BARE_REFUSAL, TOKEN_LIMIT
from tests.conftest import ALICE_AT_WEBEX, H1

GRANTS, EVENTS = "/admin/integrations/grant/", "/admin/integrations/grantevent/"


def listed(client, **parameters) -> int:
    return client.get(GRANTS, parameters).context["cl"].result_count


@pytest.mark.parametrize("typed", ["ali", "ALICE@acme", "alice@acme.example", " alice ", "alice"])
def test_a_grant_is_found_by_the_start_of_its_names(sam, linked_alice, typed):
    assert listed(sam, q=typed) == 1


@pytest.mark.parametrize("typed", ["lice", "acme.example", "%", "_", "a%", "' OR 1=1 --"])
def test_nothing_else_finds_it(sam, linked_alice, typed):
    assert listed(sam, q=typed) == 0


def test_a_grant_is_found_by_its_whole_person_id(sam, linked_alice):
    assert listed(sam, q=linked_alice.person_id) == 1
    assert listed(sam, q=linked_alice.person_id[:-1]) == 0


@pytest.mark.parametrize(
    ("changes", "found_by"),
    [
        ({}, []),
        ({"status": "CONSENT_LOST"}, []),
        ({"failing_since": "now"}, ["failing"]),
        ({"refresh_token_expires_at": "now"}, ["7", "30"]),
        ({"right_lost_at": "now"}, ["right"]),
    ],
)
def test_the_horizon_finds_what_needs_attention(sam, linked_alice, changes, found_by):
    changes = {name: clock.now() if value == "now" else value for name, value in changes.items()}
    Grant.objects.update(**changes)

    assert [
        each for each in ("failing", "right", "7", "30") if listed(sam, horizon=each)
    ] == found_by


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Linked, and renewed by itself"),
        ({"status": "CONSENT_LOST"}, "The user must link again"),
        ({"failing_since": "now"}, "Still linked. Renewals fail since"),
        ({"right_lost_at": "now"}, "The user may not use Webex any more"),
    ],
)
def test_a_grants_page_says_in_words_who_must_act(sam, linked_alice, changes, words):
    changes = {name: clock.now() if value == "now" else value for name, value in changes.items()}
    Grant.objects.update(**changes)

    assert words in sam.get(f"{GRANTS}{linked_alice.pk}/change/").text


@pytest.mark.parametrize(
    ("changes", "app_changes", "words"),
    [
        ({"status": "CONSENT_LOST", "last_error": BARE_REFUSAL}, {}, "without saying why."),
        ({"last_error": "token endpoint answered 503", "failing_since": "now"}, {}, "(503)"),
        ({"last_error": TOKEN_LIMIT, "failing_since": "now"}, {}, "The user is told where to end"),
        ({}, {"is_enabled": False}, "the integration is off: nothing is renewed"),
        ({"refresh_due_at": "now"}, {"pause_reason": "x (status 429)"}, "Webex asks us to wait."),
        ({"refresh_due_at": "now"}, {}, "The renewal is due since"),
    ],
)
def test_a_grants_page_claims_no_renewals_where_none_are_made(
    sam, linked_alice, changes, app_changes, words
):
    changes = {name: clock.now() if value == "now" else value for name, value in changes.items()}
    Grant.objects.update(**changes)
    WebexApp.objects.update(**app_changes)

    page = sam.get(f"{GRANTS}{linked_alice.pk}/change/").text

    assert words in page
    assert "renewed by itself" not in page
    shown, _diagnostics, _rest = page.partition('id="diagnostics"')
    assert "token endpoint" not in shown
    assert BARE_REFUSAL not in shown


def test_a_grants_page_has_its_timeline_with_tracking_ids(sam, linked_alice):
    GrantEvent.objects.create(
        grant=linked_alice, kind="CONSENT_LOST", tracking_id="ROUTERGW_42", at=clock.now()
    )

    page = sam.get(f"{GRANTS}{linked_alice.pk}/change/").text

    assert page.index("Webex ended the connection") < page.rindex("Linked")
    assert "ROUTERGW_42" in page


def test_diagnostics_have_what_support_asks_for_and_no_secret(sam, linked_alice, acme):
    page = sam.get(f"{GRANTS}{linked_alice.pk}/change/")

    text = page.context["diagnostics"]
    assert acme.client_id in text
    assert linked_alice.person_id in text
    secrets = (linked_alice.access_token, linked_alice.refresh_token, acme.client_secret)
    assert not any(secret in page.text for secret in secrets)


@pytest.mark.parametrize(
    ("action", "question"), [("refresh_now", "Renew 1 grant now?"), ("disconnect", "Disconnect 1")]
)
def test_an_action_asks_first_and_says_how_many(sam, linked_alice, action, question):
    before = Grant.objects.values().get()

    page = sam.post(GRANTS, {"action": action, "_selected_action": [linked_alice.pk]})

    assert question in page.text
    assert ALICE_AT_WEBEX in page.text
    assert Grant.objects.values().get() == before


def test_after_the_question_it_is_done(sam, linked_alice):
    confirmed = {"_selected_action": [linked_alice.pk], "confirmed": "yes"}

    sam.post(GRANTS, {"action": "refresh_now", **confirmed})
    due_at = Grant.objects.get().refresh_due_at
    sam.post(GRANTS, {"action": "disconnect", **confirmed})

    assert due_at <= clock.now()
    assert Grant.objects.get().status == "DISCONNECTED"
    assert linked_alice.events.latest("pk").actor.username == "sam"


def test_what_is_disconnected_is_not_counted(sam, linked_alice, alice_browser):
    alice_browser.post("/webex/disconnect/")

    page = sam.post(GRANTS, {"action": "disconnect", "_selected_action": [linked_alice.pk]})

    assert "there is nothing to do" in page.text


def test_a_list_does_not_ask_more_for_more_rows(sam, linked_alice, acme, make_user):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert sam.get(GRANTS).status_code == 200
        return len(captured)

    queries()  # content types and permissions are remembered after the first
    few = queries()
    for number in range(10):
        grant = Grant.objects.create(user=make_user(f"user{number}"), app=acme)
        GrantEvent.objects.create(grant=grant, kind="LINKED", at=clock.now())

    assert queries() == few <= 12


def test_a_long_list_is_counted_to_its_cap_only(sam, alice, acme, monkeypatch):
    from integrations.admin import lists

    monkeypatch.setattr(lists, "CAP", 0)
    Grant.objects.create(user=alice, app=acme)

    paginator = sam.get(GRANTS).context["cl"].paginator

    assert (paginator.is_capped, paginator.count, CAP) == (True, 0, 2_000)


def test_events_are_found_by_tracking_id_and_by_user(sam, linked_alice):
    GrantEvent.objects.create(
        grant=linked_alice, kind="CONSENT_LOST", tracking_id="ROUTERGW_42", at=clock.now()
    )

    counts = [
        sam.get(EVENTS, {"q": typed}).context["cl"].result_count
        for typed in ("ROUTERGW_42", "ROUTERGW", "alice", "bob", "")
    ]

    assert counts == [1, 0, 2, 0, 2]


@pytest.mark.parametrize(
    "trick",
    ["grant__refresh_token__startswith=g", "actor__password__startswith=p",
     "grant__app__client_secret__isnull=0", "grant__user__password__contains=a"],
)  # fmt: skip
def test_events_cannot_be_filtered_through_secrets(sam, linked_alice, trick):
    assert sam.get(f"{EVENTS}?{trick}").status_code == 400


def test_nobody_makes_or_deletes_events_by_hand(paula, linked_alice):
    event = linked_alice.events.get()

    answers = [paula.get(f"{EVENTS}{path}") for path in ("add/", f"{event.pk}/delete/")]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_admins_see_that_two_users_share_a_webex_account(
    the_root, alice_browser, linked_alice, browser, bob
):
    browser(bob, H1).link(linked_alice.person_email)

    page = the_root.get(GRANTS, {"q": linked_alice.person_email})

    assert page.context["cl"].result_count == 2
    assert (
        Grant.objects.of_person(
            linked_alice.person_id, client_id=linked_alice.app.client_id
        ).count()
        == 2
    )
