"""Programs see how grants stand, renew and end them, and get access tokens; nothing else."""

from datetime import datetime, timedelta

import pytest

from integrations import clock
from integrations.actions import Action
from integrations.models import AuditEvent, Grant
from integrations.models.api_key import KeyScope
from tests.conftest import BOB_AT_WEBEX, H1, H2, H3
from tests.integrations.api.conftest import Program, code
from tests.integrations.canaries import canaries, found_in
from tests.integrations.refusals import TOKEN_ENDPOINT

LONG_AGO = datetime.fromisoformat("2026-11-20T00:00+00:00")
ALL = [KeyScope.GRANTS_READ, KeyScope.GRANTS_WRITE, KeyScope.TOKENS_READ]


@pytest.fixture
def support(program) -> Program:
    return program(*ALL)


@pytest.fixture
def linked_bob(bob, globex, browser) -> Grant:
    browser(bob, H2).link(BOB_AT_WEBEX)
    return Grant.objects.get(user=bob)


def listed(client: Program, query: str = "") -> list[str]:
    answer = client.ask("GET", f"/grants{query}")
    assert answer.status_code == 200, answer.text
    return [each["user"] for each in answer.json()["items"]]


def test_grants_are_listed_newest_first_and_found(support, linked_alice, linked_bob, globex):
    assert listed(support) == ["bob", "alice"]
    assert listed(support, "?user=alice") == ["alice"]
    assert listed(support, f"?integration={globex.pk}") == ["bob"]
    assert listed(support, f"?hostname={H1}") == ["alice"]
    assert listed(support, f"?hostname={H1.upper()}.") == ["alice"]
    assert listed(support, "?hostname=no%20hostname") == []
    assert listed(support, "?user=nobody") == []


def test_head_is_answered_as_get_without_a_body(support, linked_alice):
    for path, status in {
        "/grants": 200,
        "/grants/0": 422,
        f"/grants/{linked_alice.pk}": 200,
    }.items():
        told, asked = support.ask("HEAD", path), support.ask("GET", path)

        assert (told.status_code, told.content) == (asked.status_code, b"") == (status, b"")
        assert told["Content-Type"] == asked["Content-Type"]
        assert told["Content-Length"] == str(len(asked.content))
    assert support.ask("HEAD", f"/grants/{linked_alice.pk}/renew").status_code == 405


@pytest.mark.parametrize(
    ("columns", "health"),
    [
        ({}, "healthy"),
        ({"failing_since": datetime.fromisoformat("2026-11-20T00:00+00:00")}, "failing"),
        ({"right_lost_at": datetime.fromisoformat("2026-11-20T00:00+00:00")}, "right_lost"),
        ({"status": "CONSENT_LOST"}, "needs_user"),
        ({"status": "DISCONNECTED", "access_token": None, "refresh_token": None}, "disconnected"),
    ],
)
def test_each_is_in_one_list_by_health(support, linked_alice, columns, health):
    Grant.objects.update(**columns)

    told = support.ask("GET", f"/grants/{linked_alice.pk}").json()

    assert told["health"] == health
    names = ("healthy", "failing", "right_lost", "needs_user", "disconnected")
    assert {name for name in names if listed(support, f"?health={name}")} == {health}


def test_pages_hold_every_grant_once(support, acme, link):
    users = [link(f"user{number}", acme).user.username for number in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = support.ask("GET", f"/grants?limit=2&cursor={cursor}").json()
        seen += [each["user"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert seen == users[::-1]


def test_nothing_of_another_brand_is_seen(program, linked_alice, linked_bob, acme):
    for limits in ({"hostnames": [H1]}, {"apps": [acme]}):
        limited = program(*ALL, **limits)
        assert listed(limited) == ["alice"]
        for method, path in (("GET", ""), ("POST", "/renew"), ("POST", "/disconnect")):
            answer = limited.ask(method, f"/grants/{linked_bob.pk}{path}")
            assert code(answer) == (404, "unknown_grant")
        answer = limited.ask("POST", f"/grants/{linked_bob.pk}/access-token", {})
        assert code(answer) == (404, "unknown_grant")
    assert listed(program(*ALL, hostnames=[H3])) == []
    linked_bob.refresh_from_db()
    assert linked_bob.status == "ACTIVE"


def test_grants_from_before_hostnames_were_remembered_are_their_brands(
    program, linked_alice, acme, globex
):
    Grant.objects.update(hostname=None)
    limited = program(*ALL, hostnames=[H1])
    assert listed(limited) == []

    type(acme).objects.filter(pk=acme.pk).update(hostname_of_older_grants=H1)

    assert listed(limited) == listed(limited, f"?hostname={H1}") == ["alice"]
    assert listed(limited, f"?hostname={H3}") == []


def test_renewing_makes_it_due_and_is_on_record(support, linked_alice):
    answer = support.ask("POST", f"/grants/{linked_alice.pk}/renew")

    assert answer.status_code == 202
    assert datetime.fromisoformat(answer.json()["refresh_due_at"]) <= clock.now()
    event = AuditEvent.objects.get(action=Action.GRANT_RENEWAL_ASKED)
    assert (event.actor_kind, event.actor_id) == ("api key", None)
    assert event.actor_name.startswith("billing (wim_")
    assert event.request_id == answer["X-Request-ID"]


def test_disconnecting_ends_it_once(support, linked_alice, alice_browser):
    path = f"/grants/{linked_alice.pk}/disconnect"

    assert support.ask("POST", path).json()["health"] == "disconnected"
    assert code(support.ask("POST", path)) == (409, "not_linked")
    assert alice_browser.badge() == "not-linked"
    assert "by a program of your operator" in alice_browser.get("/webex/").text
    for step in ("renew", "access-token"):
        body = {} if step == "access-token" else None
        answer = support.ask("POST", f"/grants/{linked_alice.pk}/{step}", body)
        assert code(answer) == (409, "not_linked")


def test_an_access_token_is_usable_and_handing_it_out_is_on_record(support, walked_alice, sandbox):
    answer = support.ask("POST", f"/grants/{walked_alice.pk}/access-token", {"minimum_life": 600})

    told = answer.json()
    assert answer["Cache-Control"] == "no-store, private"
    assert told["access_token"] == walked_alice.access_token
    assert found_in(answer.text, sandbox) == {walked_alice.access_token}
    assert datetime.fromisoformat(told["expires_at"]) > clock.now() + timedelta(minutes=10)
    event = AuditEvent.objects.get(action=Action.ACCESS_TOKEN_HANDED_OUT)
    assert (event.object_id, event.subject_id) == (str(walked_alice.pk), walked_alice.user_id)
    assert walked_alice.access_token not in str(event.facts())


def test_no_token_is_handed_out_of_who_may_not_use_webex_any_more(support, linked_alice, alice):
    alice.user_permissions.clear()
    alice.groups.clear()

    answer = support.ask("POST", f"/grants/{linked_alice.pk}/access-token", {})

    assert code(answer) == (409, "not_linked")
    assert not AuditEvent.objects.filter(action=Action.ACCESS_TOKEN_HANDED_OUT).exists()


def test_a_token_that_would_end_too_soon_is_renewed_first(support, linked_alice):
    soon = clock.now() + timedelta(minutes=5)
    Grant.objects.update(access_token_expires_at=soon, refreshed_at=LONG_AGO)
    path = f"/grants/{linked_alice.pk}/access-token"

    kept = support.ask("POST", path, {"minimum_life": 60}).json()
    renewed = support.ask("POST", path, {"minimum_life": 600}).json()

    assert kept["access_token"] == linked_alice.access_token != renewed["access_token"]


def test_who_asks_for_more_than_any_token_lives_costs_one_call_a_minute(
    support, linked_alice, sandbox, travel
):
    sandbox.scenario.access_ttl = 600
    path, asked = f"/grants/{linked_alice.pk}/access-token", {"minimum_life": 3600}
    Grant.objects.update(access_token_expires_at=clock.now(), refreshed_at=LONG_AGO)
    sandbox.ledger.clear()

    answers = [support.ask("POST", path, asked) for _ in range(3)]
    assert {code(each) for each in answers} == {(503, "webex_unavailable")}
    assert sandbox.ledger.count(TOKEN_ENDPOINT) == 1
    assert support.ask("POST", path, {"minimum_life": 300}).status_code == 200
    travel(timedelta(minutes=2))
    support.ask("POST", path, asked)
    assert sandbox.ledger.count(TOKEN_ENDPOINT) == 2


def test_while_webex_is_away_a_token_that_lives_too_short_is_not_handed_out(
    support, linked_alice, sandbox
):
    Grant.objects.update(access_token_expires_at=clock.now() + timedelta(minutes=5))
    sandbox.fault(TOKEN_ENDPOINT, status=503, times=None)
    path = f"/grants/{linked_alice.pk}/access-token"

    answer = support.ask("POST", path, {"minimum_life": 600})

    assert code(answer) == (503, "webex_unavailable")
    assert int(answer["Retry-After"]) >= 1
    assert not AuditEvent.objects.filter(action=Action.ACCESS_TOKEN_HANDED_OUT).exists()
    assert support.ask("POST", path, {"minimum_life": 60}).status_code == 200


@pytest.mark.parametrize("life", [-1, 3601, "60", 1.5, None])
def test_a_minimum_life_that_is_none_is_refused(support, linked_alice, life):
    path = f"/grants/{linked_alice.pk}/access-token"

    assert code(support.ask("POST", path, {"minimum_life": life})) == (422, "invalid_request")


def test_no_other_answer_has_a_token_or_a_secret(support, program, walked_alice, sandbox):
    answers = [
        support.ask("GET", "/grants"),
        support.ask("GET", f"/grants/{walked_alice.pk}"),
        support.ask("POST", f"/grants/{walked_alice.pk}/renew"),
        program(KeyScope.STANDING_READ).ask("GET", f"/standing?user=alice&hostname={H1}"),
        program(KeyScope.INTEGRATIONS_READ).ask("GET", "/integrations"),
        program(KeyScope.INTEGRATIONS_READ).ask("GET", "/hostnames"),
        support.ask("POST", f"/grants/{walked_alice.pk}/disconnect"),
    ]

    assert canaries(sandbox)
    assert [found_in(each.text, sandbox) for each in answers] == [set()] * len(answers)


def test_the_standing_of_a_linked_user_takes_two_queries(
    program, linked_alice, django_assert_num_queries
):
    """The key, and all of the standing; hostname and time were read a moment before."""
    client, path = program(KeyScope.STANDING_READ), f"/standing?user=alice&hostname={H1}"
    client.ask("GET", path)  # notes the use of the key, and reserves requests

    with django_assert_num_queries(2):
        assert client.ask("GET", path).json()["linked"]
