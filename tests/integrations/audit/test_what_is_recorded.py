"""Whatever people do here is on record: who, what, to which object, how it ended."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts.models import User
from integrations import clock
from integrations.errors import InvalidClient
from integrations.linking import disconnection
from integrations.models import AuditEvent, BrandedURL, WebexApp
from integrations.operations import branded_urls, integrations
from integrations.renewal import outcomes
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX, H1
from tests.integrations.admin.test_test_link import ticket_of

ADMIN = "/admin/"


def recorded(**like):
    """What, by whom, of what."""
    rows = AuditEvent.objects.filter(**like).exclude(action="sign_in.succeeded").order_by("pk")
    return [(each.action, each.actor_name, each.object_label) for each in rows]


def sign_in(browser, username, password="correct horse"):
    return browser.post("/sign-in/", {"username": username, "password": password})


def test_signing_in_and_out_says_who_and_from_where(alice, acme, browser):
    stranger = browser(None)

    sign_in(stranger, "alice")
    stranger.post("/sign-out/")

    rows = list(AuditEvent.objects.order_by("pk"))
    assert [each.action for each in rows] == ["sign_in.succeeded", "sign_in.ended"]
    for each in rows:
        assert (each.actor_name, each.hostname, each.address) == ("alice", H1, "127.0.0.1")
        assert each.request_id


@pytest.mark.parametrize(
    ("typed", "label", "reason"),
    [("alice", "alice", ""), ("hunter2 typed too early", "", "unknown name")],
)
def test_a_failed_sign_in_names_whom_it_was_tried_for_if_anybody(
    alice, acme, browser, typed, label, reason
):
    sign_in(browser(None), typed, "wrong")

    event = AuditEvent.objects.get()
    facts = (event.action, event.result, event.object_label, event.reason)
    assert facts == ("sign_in.failed", "refused", label, reason)
    assert (event.actor_kind, event.actor_name, event.address) == ("person", "", "127.0.0.1")
    assert "hunter2" not in str(vars(event))


def test_whoever_goes_on_guessing_leaves_one_refusal_a_minute(
    alice, acme, browser, settings, travel
):
    settings.SIGN_IN_FAILURE_LIMIT = 1
    mallory = browser(None)

    for _ in range(3):
        sign_in(mallory, "alice", "wrong")
    assert [what for what, *_ in recorded()] == ["sign_in.failed", "sign_in.refused"]

    travel(timedelta(minutes=2))
    sign_in(mallory, "alice", "wrong")

    assert len(recorded(action="sign_in.refused")) == 2


def test_linking_and_disconnecting_is_on_record(linked_alice, alice_browser):
    alice_browser.post("/webex/disconnect/")

    whose = "alice · Acme"
    assert recorded() == [
        ("grant.linked", "alice", whose),
        ("grant.disconnected", "alice", whose),
    ]
    assert set(AuditEvent.objects.values_list("hostname", flat=True)) <= {H1, "testserver", ""}


def test_a_grants_timeline_and_the_trail_tell_the_same(linked_alice, alice_browser):
    alice_browser.decline(ALICE_AT_WEBEX)
    asked = alice_browser.link(CAROL_AT_WEBEX)
    alice_browser.post(asked["Location"], {"decision": "keep"})
    disconnection.end_all_of(linked_alice.user, by=None, reason="right withdrawn", now=clock.now())

    trail = AuditEvent.objects.filter(object_type="grant", object_id=str(linked_alice.pk))
    told = [(e.action.removeprefix("grant.").upper(), e.at, e.reason) for e in trail.order_by("pk")]
    events = linked_alice.events.order_by("pk")
    assert told == [(each.kind, each.at, each.reason) for each in events]
    assert [kind for kind, *_ in told] == ["LINKED", "DECLINED", "KEPT", "DISCONNECTED"]


def test_an_integration_its_secret_and_its_hostnames_are_on_record(acme, globex):
    now, moved = clock.now(), integrations.Hostnames(removed=frozenset({H1}))
    integrations.save(acme, secret="s3cret-value", changed={"name"}, hostnames=moved, now=now)
    takes = integrations.Hostnames(added=frozenset({H1}), new=frozenset({"new.example.com"}))
    integrations.save(globex, secret="", changed=set(), hostnames=takes, now=now)

    assert [(what, of) for what, _, of in recorded()] == [
        ("integration.changed", "Acme"),
        ("secret.set", "Acme"),
        ("hostname.moved", H1),
        ("hostname.added", "new.example.com"),
        ("hostname.moved", "new.example.com"),
        ("hostname.moved", H1),
    ]
    assert AuditEvent.objects.get(action="integration.changed").changed == ["name"]
    assert "s3cret-value" not in str(list(AuditEvent.objects.values()))
    reasons = AuditEvent.objects.filter(object_label=H1).order_by("pk")
    assert [each.reason for each in reasons] == ["Acme → –", "– → Globex"]


def test_saving_what_nobody_changed_leaves_nothing(acme):
    brand = BrandedURL.objects.get(hostname=H1)

    integrations.save(acme, secret="", changed=set(), now=clock.now())
    branded_urls.save(brand, changed=set(), now=clock.now())

    assert recorded() == []


def test_a_copy_a_pause_and_a_deletion_are_on_record(acme, root, root_browser):
    app = f"{ADMIN}integrations/webexapp/{acme.pk}/"
    root_browser.post(f"{app}clone/", {"name": "Twin"})
    root_browser.post(f"{app}disable/")
    twin = WebexApp.objects.get(name="Twin")
    root_browser.post(
        f"{ADMIN}integrations/webexapp/{twin.pk}/delete/", {"post": "yes", "typed_name": "Twin"}
    )

    assert recorded() == [
        ("integration.added", "root", "Twin"),
        ("integration.changed", "root", "Acme"),
        ("integration.deleted", "root", "Twin"),
    ]


def test_hostnames_are_on_record_by_name(acme, root_browser):
    brand = BrandedURL.objects.get(hostname=H1)
    page = f"{ADMIN}integrations/brandedurl/"

    root_browser.post(f"{page}add/", {"hostname": "x.example.com", "accent_color": "#112233"})
    root_browser.post(f"{page}{brand.pk}/change/", {"hostname": H1, "accent_color": "#445566"})
    fresh = BrandedURL.objects.get(hostname="x.example.com")
    root_browser.post(f"{page}{fresh.pk}/delete/", {"post": "yes", "typed_name": fresh.hostname})

    assert recorded() == [
        ("hostname.added", "root", "x.example.com"),
        ("hostname.changed", "root", H1),
        ("hostname.deleted", "root", "x.example.com"),
    ]
    assert "accent_color" in AuditEvent.objects.get(action="hostname.changed").changed


def test_rights_and_passwords_are_on_record_without_a_value(nina, root_browser):
    users = Group.objects.get(name="Webex users")
    page = f"{ADMIN}accounts/user/{nina.pk}/"
    fields = {"username": "nina", "is_active": "on", "groups": [users.pk]}
    fields |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}

    root_browser.post(f"{page}change/", fields)
    secret = {"password1": "tr0ub4dor&3", "password2": "tr0ub4dor&3"}
    root_browser.post(f"{page}password/", secret | {"usable_password": "true"})
    root_browser.post(f"{page}delete/", {"post": "yes"})

    assert recorded() == [
        ("user.changed", "root", "nina"),
        ("password.set", "root", "nina"),
        ("user.deleted", "root", "nina"),
    ]
    assert "groups" in AuditEvent.objects.get(action="user.changed").changed
    assert "tr0ub4dor" not in str(list(AuditEvent.objects.values()))


def test_a_group_is_on_record_from_its_first_day(root_browser):
    root_browser.post(f"{ADMIN}auth/group/add/", {"name": "Night shift"})
    group = Group.objects.get(name="Night shift")
    root_browser.post(f"{ADMIN}auth/group/{group.pk}/delete/", {"post": "yes"})

    assert recorded() == [
        ("group.added", "root", "Night shift"),
        ("group.deleted", "root", "Night shift"),
    ]


def test_a_password_set_by_command_is_on_record(alice, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda prompt: "tr0ub4dor&3")

    call_command("changepassword", "alice", stdout=StringIO())

    assert recorded() == [("password.set", "", "alice")]


def test_a_test_link_is_on_record_however_it_ends(acme, root_browser, browser, sandbox):
    tester = browser(None, H1)
    for finish in (sandbox.accept, sandbox.decline):
        departure = tester.get(ticket_of(root_browser, acme))
        tester.come_back(finish(departure["Location"], ALICE_AT_WEBEX))

    rows = AuditEvent.objects.filter(action="link.tested").order_by("pk")
    facts = [(each.result, each.actor_name, each.reason) for each in rows]
    assert facts == [("done", "root", ""), ("failed", "root", "AccessDenied")]


def test_a_pause_begins_once_and_ends_once(acme):
    for _ in range(2):
        outcomes.begin_incident(acme, InvalidClient("invalid_client"), now=clock.now())
    for _ in range(2):
        outcomes.end_incident(acme, now=clock.now())

    assert recorded() == [("integration.paused", "", "Acme"), ("integration.resumed", "", "Acme")]


def test_deleting_a_user_keeps_what_they_did(linked_alice):
    User.objects.get(username="alice").delete()

    assert recorded() == [("grant.linked", "alice", "alice · Acme")]
