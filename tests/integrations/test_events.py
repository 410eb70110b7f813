"""Whatever a person does to a grant leaves an event, and its user reads of it in plain words."""

import re
from datetime import timedelta

import pytest

from accounts.models import User
from integrations import clock
from integrations.models import Grant, GrantEvent
from integrations.renewal import on_demand
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX
from tests.integrations.admin.conftest import sam, staff  # noqa: F401
from tests.integrations.test_permissions import leave_by_deactivation
from tests.sharing_out import slow

GRANTS = "/admin/integrations/grant/"


def last(grant):
    event = grant.events.latest("pk")
    return event.kind, event.actor and event.actor.username


def act(client, action, *grants):
    keys = [grant.pk for grant in grants]
    data = {"action": action, "_selected_action": keys, "confirmed": "yes"}
    return client.post(GRANTS, data, follow=True)


@pytest.mark.parametrize("count", [1, 2])
def test_refresh_now_says_who_asked(sam, acme, fill, count):  # noqa: F811
    grants = fill(acme, count)

    page = act(sam, "refresh_now", *grants)

    assert f"{count} grant" in page.text
    assert [last(grant) for grant in grants] == [("RENEWAL_ASKED", "sam")] * count


def test_refresh_now_of_what_cannot_be_renewed_leaves_none(sam, acme, fill):  # noqa: F811
    (grant,) = fill(acme, 1)
    Grant.objects.update(right_lost_at=clock.now(), refresh_due_at=None)

    page = act(sam, "refresh_now", grant)

    assert "0 grants will be renewed" in page.text
    assert Grant.objects.get().refresh_due_at is None
    assert not GrantEvent.objects.exists()


def test_a_sweep_that_nobody_asked_for_leaves_none(acme, fill):
    on_demand.make_due(fill(acme, 1), now=clock.now())

    assert not GrantEvent.objects.exists()


def test_disconnecting_says_who_did_it(sam, linked_alice):  # noqa: F811
    act(sam, "disconnect", linked_alice)

    assert last(linked_alice) == ("DISCONNECTED", "sam")


def test_declining_at_webex_leaves_an_event_where_there_is_a_grant(alice_browser, linked_alice):
    alice_browser.decline(ALICE_AT_WEBEX)

    assert last(linked_alice) == ("DECLINED", "alice")
    assert Grant.objects.get().status == "ACTIVE"


def test_declining_without_a_grant_makes_none(alice_browser):
    alice_browser.decline(ALICE_AT_WEBEX)

    assert not Grant.objects.exists()


@pytest.mark.parametrize(("decision", "kind"), [("replace", "REPLACED"), ("keep", "KEPT")])
def test_the_decision_between_two_accounts_leaves_an_event(
    alice_browser, linked_alice, decision, kind
):
    question = alice_browser.link(CAROL_AT_WEBEX)["Location"]

    alice_browser.post(question, {"decision": decision})

    assert last(linked_alice) == (kind, "alice")


def test_withdrawing_the_right_on_a_users_page_says_who_did_it(browser, root, linked_alice, alice):
    client = browser(root, "admin.example.com")
    page = f"/admin/accounts/user/{alice.pk}/change/"
    form = client.get(page).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value and name != "password"}
    fields |= {"date_joined_0": "2026-01-01", "date_joined_1": "10:00:00", "groups": []}
    for name in ("date_joined", "last_login", "user_permissions"):
        fields.pop(name, None)

    assert client.post(page, fields).status_code == 302

    assert last(linked_alice) == ("RIGHT_LOST", "root")


def test_deactivating_says_so(browser, root, linked_alice, alice):
    leave_by_deactivation(browser(root, "admin.example.com"), alice)

    assert last(linked_alice) == ("DISCONNECTED", "root")


# --- What its user reads ------------------------------------------------------------------------

MACHINERY = re.compile(
    r"status|invalid_|grant\b|token|worker|sweep|claim|renewal under|answer lost|\b[45]\d\d\b"
    r"|ROUTERGW|[A-Z]{3,}_",
    re.IGNORECASE,
)


def activity(client):
    page = client.get("/webex/").text
    section = page.split('aria-labelledby="activity"')[1].split("</section>")[0]
    return re.sub(r"<time.*?</time>|<[^>]+>", " ", section, flags=re.DOTALL)


@pytest.mark.parametrize("kind", GrantEvent.Kind.values)
@pytest.mark.parametrize(
    "reason",
    [
        "invalid_grant (status 400, ROUTERGW_1)",
        *slow("answer lost: a worker died during the call"),
    ],
)
def test_a_users_activity_never_shows_what_only_operators_understand(
    alice_browser, linked_alice, kind, reason
):
    if kind == "REPLACED":
        reason = "alice@acme.example → carol@acme.example"
    GrantEvent.objects.all().delete()
    linked_alice.events.create(kind=kind, reason=reason, at=clock.now())

    text = activity(alice_browser)

    assert str(GrantEvent.Kind(kind).label) in text.replace("&#x27;", "'")
    assert not MACHINERY.search(text), text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("by an administrator", "by an administrator"),
        ("from another device", "from another device"),
        ("right withdrawn", "you may no longer use Webex here"),
    ],
)
def test_a_reason_that_concerns_the_user_is_in_words(alice_browser, linked_alice, reason, words):
    linked_alice.events.create(kind="DISCONNECTED", reason=reason, at=clock.now())

    assert words in activity(alice_browser)


def test_the_text_for_the_administrator_names_no_integration_of_ours(alice_browser, acme, travel):
    acme.name = "Acme and Globex"
    acme.save()
    alice_browser.start()
    travel(timedelta(minutes=3))

    page = alice_browser.get("/webex/").text

    assert "Its Integration ID is" in page
    assert "Acme and Globex" not in page


@pytest.mark.parametrize("fault", [None, "CONSENT_LOST", "failing"])
def test_no_page_of_a_user_shows_machinery(alice_browser, linked_alice, fault):
    words = "invalid_grant (status 400, ROUTERGW_1)"
    if fault == "failing":
        Grant.objects.update(failing_since=clock.now(), last_error=words)
    elif fault:
        Grant.objects.update(status=fault, last_error=words)

    for path in ("/", "/my-account/", "/webex/"):
        page = alice_browser.get(path).text
        assert "invalid_grant" not in page
        assert "ROUTERGW" not in page
        assert "status 4" not in page


def test_users_without_grants_read_nothing_of_it(alice_browser):
    assert "Activity" not in alice_browser.get("/webex/").text
    assert not User.objects.filter(grants__isnull=False).exists()
