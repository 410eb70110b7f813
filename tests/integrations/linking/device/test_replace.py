"""Another Webex person than the linked one accepted on the phone: the user decides."""

from collections.abc import Callable

import pytest

from accounts.models import User
from integrations.models import Grant
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX, H1, H3
from tests.integrations.linking.device.conftest import Login
from tests.integrations.refusals import spoil


def test_another_person_is_asked_about_first(
    linked_alice: Grant, start: Callable[[User], Login], alice: User
) -> None:
    login = start(alice)
    login.accept(CAROL_AT_WEBEX)
    login.poll()

    assert login.state == "undecided"
    page = login.page()
    assert "Replace the linked Webex account?" in page
    assert ALICE_AT_WEBEX in page
    assert CAROL_AT_WEBEX in page
    assert Grant.objects.get(user=alice).person_email == ALICE_AT_WEBEX


@pytest.mark.parametrize(
    ("decision", "email", "state"),
    [("replace", CAROL_AT_WEBEX, "linked"), ("keep", ALICE_AT_WEBEX, "cancelled")],
)
def test_the_user_decides_whom_to_keep(
    linked_alice: Grant,
    start: Callable[[User], Login],
    alice: User,
    decision: str,
    email: str,
    state: str,
) -> None:
    login = start(alice)
    login.accept(CAROL_AT_WEBEX)
    login.poll()

    login.browser.post(f"{login.path}replace/", {"decision": decision})

    assert Grant.objects.get(user=alice).person_email == email
    assert login.state == state
    assert login.row.pending_tokens is None
    again = login.browser.post(f"{login.path}replace/", {"decision": "replace"})
    assert again["Location"] == "/webex/"


@pytest.mark.parametrize(("decision", "is_told"), [("replace", True), ("keep", False)])
def test_a_consent_that_no_key_decrypts_can_be_declined(
    linked_alice: Grant, start: Callable[[User], Login], alice: User, decision: str, is_told: bool
) -> None:
    login = start(alice)
    login.accept(CAROL_AT_WEBEX)
    login.poll()
    spoil(login.row, "pending_tokens")
    asked = login.browser.get(f"{login.path}replace/", follow=True)

    page = login.browser.post(f"{login.path}replace/", {"decision": decision}, follow=True)

    sentence = "The portal can no longer read this consent."
    assert (asked.status_code, sentence in asked.text) == (200, True)
    assert (page.status_code, sentence in page.text) == (200, is_told)
    assert Grant.objects.get(user=alice).person_email == ALICE_AT_WEBEX


def test_an_undecided_one_ends_after_ten_minutes_and_with_a_disconnect(
    linked_alice: Grant, start: Callable[[User], Login], alice: User
) -> None:
    login = start(alice)
    login.accept(CAROL_AT_WEBEX)
    login.poll()
    login.browser.post("/webex/disconnect/")
    assert login.row.pending_tokens is None
    assert login.browser.get(f"{login.path}replace/").status_code == 404

    login.browser.link(ALICE_AT_WEBEX)
    login = start(alice)
    login.accept(CAROL_AT_WEBEX)
    login.poll()
    login.poll(after=601)
    assert login.row.pending_tokens is None
    assert login.state == "expired"


@pytest.mark.parametrize("decision", ["replace", "keep"])
def test_the_grant_remembers_where_the_account_it_keeps_consented(
    linked_alice: Grant, start: Callable[[User], Login], alice: User, decision: str
) -> None:
    Grant.objects.update(hostname=H3)
    login = start(alice)
    login.accept(CAROL_AT_WEBEX)
    login.poll()

    login.browser.post(f"{login.path}replace/", {"decision": decision})

    assert Grant.objects.get().hostname == (H1 if decision == "replace" else H3)


def test_declining_on_the_phone_leaves_an_event_of_an_existing_grant(
    linked_alice: Grant, start: Callable[[User], Login], alice: User
) -> None:
    login = start(alice)
    login.decline(ALICE_AT_WEBEX)
    login.poll()

    event = linked_alice.events.latest("pk")
    assert (event.kind, event.actor, event.reason_for_user) == (
        "DECLINED", alice, "from another device",
    )  # fmt: skip
