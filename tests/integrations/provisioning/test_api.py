"""Subscribers over the API: in Pat's name, with Pat's link, and nothing that Pat may not do."""

import uuid

import pytest
from django.contrib.auth.models import Permission

from integrations import clock
from integrations.actions import Action
from integrations.models import AuditEvent, BrandedURL
from integrations.models.api_key import KeyScope
from integrations.provisioning.bulk import jobs
from tests.conftest import H1
from tests.integrations.api.conftest import Program, code, make_key, program  # noqa: F401
from tests.integrations.provisioning.conftest import ENTERPRISE

AS_PAT = f"user=pat&hostname={H1}"


@pytest.fixture
def desk(program, pat_browser) -> Program:  # noqa: F811
    return program(KeyScope.SUBSCRIBERS_READ, KeyScope.SUBSCRIBERS_WRITE)


def test_a_subscriber_from_its_beginning_to_its_end(desk, pat, new_user, small_sandbox):
    made = desk.ask("POST", f"/subscribers?{AS_PAT}", new_user())
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    assert made.json()["status"].startswith(("pending", "provisioning"))
    small_sandbox.advance(60)

    found = desk.ask("GET", f"/subscribers?{AS_PAT}&text=ada@parkbench.example").json()["items"]
    assert [each["id"] for each in found] == [id]
    assert desk.ask("GET", f"/subscribers/{id}?{AS_PAT}").json()["status"] == "provisioned"
    changed = desk.ask("PATCH", f"/subscribers/{id}?{AS_PAT}", {"firstName": "Adelaide"})
    assert changed.status_code == 202
    small_sandbox.advance(60)
    assert desk.ask("GET", f"/subscribers/{id}?{AS_PAT}").json()["first_name"] == "Adelaide"
    removed = desk.ask("DELETE", f"/subscribers/{id}?{AS_PAT}")
    assert removed.json() == {"person_removed": False, "person_kept_because": None}
    assert code(desk.ask("GET", f"/subscribers/{id}?{AS_PAT}")) == (404, "unknown_at_webex")

    events = AuditEvent.objects.filter(object_type="watchedsubscriber").order_by("pk")
    assert [(each.action, each.actor_kind, each.actor_id) for each in events] == [
        (action, "api key", pat.pk)
        for action in (
            Action.SUBSCRIBER_PROVISIONED, Action.SUBSCRIBER_CHANGED, Action.SUBSCRIBER_REMOVED,
        )
    ]  # fmt: skip


def test_provisioning_twice_with_one_idempotency_key_is_done_once(desk, new_user, small_sandbox):
    answers = [
        desk.ask("POST", f"/subscribers?{AS_PAT}", new_user(), HTTP_IDEMPOTENCY_KEY="k")
        for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert AuditEvent.objects.filter(action=Action.SUBSCRIBER_PROVISIONED).count() == 1


def test_where_the_answer_was_lost_the_same_key_does_not_send_it_again(
    desk, new_user, small_sandbox
):
    small_sandbox.fault("/v1/broadworks/subscribers", cut="before_status", after=True)

    answers = [
        desk.ask("POST", f"/subscribers?{AS_PAT}", new_user(), HTTP_IDEMPOTENCY_KEY="k")
        for _ in range(2)
    ]

    assert [code(each) for each in answers] == [(503, "webex_outcome_unknown")] * 2
    assert answers[1]["Idempotency-Replayed"] == "true"


def test_what_cannot_be_right_is_said_before_webex_is_asked(desk, new_user, small_sandbox):
    calls = len(small_sandbox.ledger.calls)

    answer = desk.ask("POST", f"/subscribers?{AS_PAT}", new_user(email="nobody", extension="x"))

    assert code(answer) == (422, "invalid_request")
    assert {each["where"] for each in answer.json()["errors"]} == {"email", "extension"}
    assert len(small_sandbox.ledger.calls) == calls


def test_long_lists_go_on_where_the_page_before_ended(desk):
    first = desk.ask("GET", f"/subscribers?{AS_PAT}").json()
    second = desk.ask("GET", f"/subscribers?{AS_PAT}&cursor={first['next_cursor']}").json()

    assert len(first["items"]) == len(second["items"]) == 25
    assert not {each["id"] for each in first["items"]} & {each["id"] for each in second["items"]}
    for cursor in ("x", first["next_cursor"] + "x"):
        answer = desk.ask("GET", f"/subscribers?{AS_PAT}&cursor={cursor}")
        assert code(answer) == (404, "unknown_cursor")


@pytest.mark.parametrize(
    ("whom", "expected"),
    [
        ("", (422, "invalid_request")),
        ("user=pat", (422, "invalid_request")),
        (f"user=nobody&hostname={H1}", (404, "unknown_user")),
        ("user=pat&hostname=elsewhere.example.com", (404, "unknown_hostname")),
        (f"user=alice&hostname={H1}", (403, "user_may_not")),
    ],
)
def test_it_is_always_somebody_who_may(desk, alice, whom, expected):
    assert code(desk.ask("GET", f"/subscribers?{whom}")) == expected
    assert code(desk.ask("DELETE", f"/subscribers/x?{whom}")) == expected


def test_it_is_somebody_who_is_linked(desk, pat_browser):
    pat_browser.post("/webex/disconnect/")

    assert code(desk.ask("GET", f"/subscribers?{AS_PAT}")) == (409, "not_linked")


def test_a_page_of_pats_own_asks_without_a_key(pat_browser):
    found = pat_browser.get(f"/api/v1/subscribers?enterprise={ENTERPRISE}")

    assert found.status_code == 200
    assert pat_browser.get("/api/v1/subscribers?user=alice").status_code == 403


def test_how_far_a_bulk_job_is_is_told_in_the_name_of_whose_it_is(desk, pat, alice):
    file = "userId,spEnterpriseId\nada@parkbench.example,ParkBench+new\n"
    brand, now = BrandedURL.objects.get(hostname=H1), clock.now()
    job = jobs.make(
        user=pat, brand=brand, file_name="a.csv", content=file, operation="provision", now=now
    )

    told = desk.ask("GET", f"/bulk-jobs/{job.pk}?{AS_PAT}").json()

    assert (told["status"], told["skipped"], told["done"]) == ("DRAFT", 1, 0)
    assert code(desk.ask("GET", f"/bulk-jobs/{uuid.uuid4()}?{AS_PAT}")) == (404, "unknown_bulk_job")
    as_alice = desk.ask("GET", f"/bulk-jobs/{job.pk}?user=alice&hostname={H1}")
    assert code(as_alice) == (403, "user_may_not")

    pat.groups.clear()
    pat.user_permissions.add(Permission.objects.get(codename="run_bulk"))
    assert code(desk.ask("GET", f"/bulk-jobs/{job.pk}?{AS_PAT}")) == (403, "user_may_not")
