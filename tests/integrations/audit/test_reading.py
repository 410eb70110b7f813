"""Audit: found by person, object, time and action; handed out as a file; kept for a time."""

import csv
import io
import json
import logging
from datetime import timedelta

import pytest

from config.log import BareFormatter
from integrations import clock, spreadsheet
from integrations.actions import Action
from integrations.models import AuditEvent, BrandedURL
from integrations.models.audit_event import AtWebex
from integrations.operations import audit, housekeeping
from tests.conftest import H1
from tests.integrations.canaries import found_in

AUDIT = "/admin/integrations/auditevent/"


def listed(client, **parameters):
    page = client.get(AUDIT, parameters)
    assert page.status_code == 200, page.status_code
    return [event.action for event in page.context["cl"].result_list]


def exported(client, what):
    return client.get(f"{AUDIT}export/{what}").getvalue().decode()


@pytest.fixture
def stream(caplog):
    """What goes to the log, that of the trail included."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("audit").addHandler(caplog.handler)
    yield caplog
    logging.getLogger("audit").removeHandler(caplog.handler)


@pytest.fixture
def auditor(staff, alice, acme, browser):
    """Olga may read the trail and nothing else; in it are Alice's link and a renamed hostname."""
    olga = staff("olga", group="Auditors")
    AuditEvent.objects.all()._raw_delete("default")
    browser(alice).link("alice@acme.example")
    brand = BrandedURL.objects.get(hostname=H1)
    now = clock.now() - timedelta(days=3)
    AuditEvent.objects.record(Action.HOSTNAME_CHANGED, brand, changed=["accent_color"], now=now)
    return olga


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["grant.linked", "sign_in.succeeded", "hostname.changed"]),
        ({"q": "ali"}, ["grant.linked", "sign_in.succeeded"]),
        ({"q": H1[:8]}, ["hostname.changed"]),
        ({"q": "lice"}, []),
        ({"action": "grant.linked"}, ["grant.linked"]),
        ({"result__exact": "refused"}, []),
        ({"since": "tomorrow"}, []),
    ],
    ids=str,
)
def test_it_is_found_by_person_object_and_action(auditor, parameters, found):
    if "since" in parameters:
        parameters = {"since": f"{clock.now() + timedelta(days=2):%Y-%m-%d}"}

    assert listed(auditor, **parameters) == found


def test_it_is_found_by_day_both_included(auditor):
    day = f"{AuditEvent.objects.get(action='hostname.changed').at:%Y-%m-%d}"

    assert listed(auditor, since=day, until=day) == ["hostname.changed"]
    assert auditor.get(AUDIT, {"since": "yesterday"}).status_code == 302  # and shown as all


def test_it_is_found_by_request_and_by_the_links_of_a_row(auditor, alice):
    event = AuditEvent.objects.get(action="grant.linked")

    assert "grant.linked" in listed(auditor, q=event.request_id)
    assert listed(auditor, object=f"grant-{event.object_id}") == ["grant.linked"]
    assert listed(auditor, person=alice.pk) == ["grant.linked", "sign_in.succeeded"]
    assert auditor.get(AUDIT, {"person": "x"}).status_code == 302


def test_only_who_may_read_it_does_and_nobody_writes(auditor, sam, root_browser):
    pk = AuditEvent.objects.first().pk

    assert sam.get(AUDIT).status_code == 403
    assert sam.get(f"{AUDIT}export/csv/").status_code == 403
    for client in (auditor, root_browser):
        for page in ("add/", f"{pk}/delete/"):
            assert client.post(f"{AUDIT}{page}", {"post": "yes"}).status_code == 403
        client.post(f"{AUDIT}{pk}/change/", {"action": "x"})
        client.post(AUDIT, {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    assert AuditEvent.objects.get(pk=pk).action == "sign_in.succeeded"


def test_a_file_holds_what_was_found_and_is_on_record(auditor, monkeypatch):
    monkeypatch.setattr(audit, "AT_ONCE", 1)  # so that it is read in several pages
    asked = f"object=grant-{AuditEvent.objects.get(action='grant.linked').object_id}"
    rows = csv.DictReader(io.StringIO(exported(auditor, "csv/?q=ali")))
    lines = exported(auditor, f"jsonl/?{asked}").splitlines()

    assert [row["action"] for row in rows] == ["grant.linked", "sign_in.succeeded"]
    assert [json.loads(line)["action"] for line in lines] == ["grant.linked"]
    made = AuditEvent.objects.filter(action="export.made").order_by("pk")
    assert [(each.actor_name, each.reason) for each in made] == [
        ("olga", "audit.csv q=ali"),
        ("olga", f"audit.jsonl {asked}"),
    ]
    assert auditor.get(f"{AUDIT}export/exe/").status_code == 404


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_run_as_a_formula(cell):
    (line,) = spreadsheet.lines([[cell, None, 7]])

    assert next(csv.reader([line.removeprefix(spreadsheet.BOM)], strict=True))[0][0] == "'"


@pytest.mark.parametrize("cell", ["x;=1+1", "x\n@SUM(A1)", "x;y;-1", 'x;"=1+1;y'])
def test_nor_where_a_semicolon_ends_a_cell_as_in_german(cell):
    (line,) = spreadsheet.lines([["a", cell, "b"]])

    ways = [csv.reader(line.splitlines(), delimiter=";"), (row.split(";") for row in line.split())]
    cells = [each for way in ways for row in way for each in row]
    assert not [each for each in cells if each[:1] in set("=+-@")]
    assert spreadsheet.unguarded(spreadsheet.guarded(cell)) == cell


def test_each_row_is_a_line_of_json_for_others(alice, stream, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        AuditEvent.objects.record(Action.USER_CHANGED, alice, now=clock.now())

    (line,) = [each.getMessage() for each in stream.records if each.name == "audit"]
    assert json.loads(line)["object_label"] == "alice"


def test_an_object_at_webex_has_its_number_there_too(
    db, stream, django_capture_on_commit_callbacks
):
    key = AtWebex.key_of(1, "a subscriber")
    with django_capture_on_commit_callbacks(execute=True):
        about, now = AtWebex("subscriber", key, "ada"), clock.now()
        AuditEvent.objects.record(Action.SUBSCRIBER_CHANGED, about, reason="x" * 64, now=now)

    (record,) = [each for each in stream.records if each.name == "audit"]
    told = json.loads(BareFormatter().format(record))
    assert (told["object_id"], told["reason"]) == (key, "[redacted]")


def test_rows_go_in_small_steps_when_their_time_is_over(auditor, settings, monkeypatch):
    monkeypatch.setattr(audit, "FORGOTTEN_AT_ONCE", 1)
    settings.AUDIT_DAYS = 2

    housekeeping.tidy(now=clock.now())

    assert listed(auditor) == ["grant.linked", "sign_in.succeeded"]


def test_no_token_secret_or_code_is_in_the_trail_its_files_or_the_log(
    auditor, root_browser, sandbox, stream, acme, django_capture_on_commit_callbacks
):
    change = f"/admin/integrations/webexapp/{acme.pk}/change/"
    form = root_browser.get(change).context["adminform"].form
    data = {name: form.initial.get(name) or "" for name in form.fields} | {"is_enabled": "on"}
    with django_capture_on_commit_callbacks(execute=True):
        root_browser.post(change, data | {"new_client_secret": "a-brand-new-client-secret"})

    assert AuditEvent.objects.filter(action="secret.set").exists()
    shown = [auditor.get(AUDIT).text, str(list(AuditEvent.objects.values())), stream.text]
    shown += [exported(auditor, f"{kind}/") for kind in audit.FORMATS]
    for text in shown:
        assert "secret.set" in text or "Secret set" in text
        assert found_in(text, sandbox) == set()
        assert "a-brand-new-client-secret" not in text


def test_an_objects_page_ends_with_what_happened_to_it(acme, root_browser):
    root_browser.post(f"/admin/integrations/webexapp/{acme.pk}/disable/")

    page = root_browser.get(f"/admin/integrations/webexapp/{acme.pk}/change/").text
    assert "What happened lately" in page
    history = root_browser.get(f"/admin/integrations/webexapp/{acme.pk}/history/").text
    for text in (page, history):
        assert "Integration changed" in text
        assert "by root" in text
    assert f"?object=webexapp-{acme.pk}" in history


@pytest.mark.parametrize("kind", ["webexapp", "brandedurl"])
def test_a_history_that_is_not_there_is_none(acme, root_browser, kind):
    assert root_browser.get(f"/admin/integrations/{kind}/999999/history/").status_code == 404
