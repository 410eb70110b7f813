"""Which events there are, what is in them, and that the page for other systems says so."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

import integrations
from integrations import clock, events
from integrations.actions import Action
from integrations.errors import InvalidClient
from integrations.events import CHOSEN, EventType
from integrations.linking import disconnection
from integrations.models import BulkJob, Grant, WebhookDelivery, announcement
from integrations.operations import webhooks
from integrations.provisioning import announcing
from integrations.provisioning.bulk import jobs
from integrations.renewal import outcomes
from integrations.webex.broadworks import Subscriber
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX, H1

PAGE = (Path(integrations.__file__).parent / "webhooks" / "README.md").read_text()
BLOCKS = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = {each["type"]: each for each in map(json.loads, BLOCKS)}
URL = "https://hooks.example.com/"


def left():
    return [json.loads(each.body) for each in WebhookDelivery.objects.order_by("pk")]


def told():
    return [(each["type"], each["data"]["reason"]["code"]) for each in left()]


def shape(value):
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return type(value)


def test_what_a_user_does_with_their_link_is_told(linked_alice, alice_browser, subscribe):
    endpoint = subscribe(URL)
    alice_browser.link(ALICE_AT_WEBEX)
    asked = alice_browser.link(CAROL_AT_WEBEX)
    alice_browser.post(asked["Location"], {"decision": "replace"})
    Grant.objects.update(status="CONSENT_LOST")
    alice_browser.link(CAROL_AT_WEBEX)
    alice_browser.post("/webex/disconnect/")

    assert told() == [
        ("grant.linked", "linked_again"),
        ("grant.linked", "account_replaced"),
        ("grant.recovered", "linked_again"),
        ("grant.disconnected", "by_user"),
    ]
    assert shape(left()[0]) == shape(EXAMPLES["grant.linked"])
    assert left()[0]["data"]["hostname"] == H1
    assert "@" not in "".join(WebhookDelivery.objects.values_list("body", flat=True))
    assert endpoint.deliveries.values("order_key").distinct().count() == 1


@pytest.mark.parametrize(
    "reason", ["by an administrator", "by a program", "right withdrawn", "user deactivated"]
)
def test_whoever_ended_a_link_has_a_code(acme, link, subscribe, reason):
    grant = link("alice", acme)
    subscribe(URL)

    grants = Grant.objects.filter(pk=grant.pk)
    disconnection.end_each(grants, by=None, reason=reason, now=clock.now())

    assert told() == [("grant.disconnected", events.NOTED[reason])]


def test_a_pause_and_its_end_are_told(acme, subscribe):
    subscribe(URL)

    outcomes.pause(acme, InvalidClient("invalid_client"), now=clock.now())
    outcomes.pause(acme, InvalidClient("invalid_client"), now=clock.now())
    outcomes.end_incident(acme, now=clock.now())

    assert told() == [
        ("integration.paused", "client_refused"), ("integration.resumed", "renewed_again"),
    ]  # fmt: skip
    data = EXAMPLES["integration.paused"]["data"]
    assert left()[0]["data"] == data | {"integration": {"id": acme.pk, "name": "Acme"}}


def test_a_finished_bulk_job_is_told(acme, link, subscribe):
    subscribe(URL)
    now = clock.now()
    job = BulkJob.objects.create(
        grant=link("alice", acme), person_id="p", hostname=H1, file_name="a.csv", columns=[],
        status="RUNNING", created_at=now,
    )  # fmt: skip
    for line, status in enumerate(["DONE", "DONE", "FAILED"]):
        row = {"operation": "remove", "broadworks_user_id": "ada", "cells": {}}
        job.rows.create(line=line, status=status, **row)

    jobs.finish(job, now=now)

    (body,) = left()
    assert shape(body) == shape(EXAMPLES["bulk_job.finished"])
    assert body["data"]["lines"] == {"done": 2, "failed": 1}


@pytest.mark.parametrize("status", ["provisioned", "error"])
def test_how_a_subscriber_ended_is_told_once_whoever_sees_it(acme, link, subscribe, status):
    endpoint = subscribe(URL)
    grant, now = link("alice", acme), clock.now()
    unknown = dict.fromkeys((each.name for each in dataclasses.fields(Subscriber)), "")
    known = {"id": "s1", "user_id": "ada", "status": status, "changed_at": now}
    found = Subscriber(**unknown | known)

    for was in ("provisioning", "provisioning", "updating", "provisioned"):
        announcing.announce_end(grant, found, was=was, hostname=H1, now=now)

    (body,) = left()
    assert (
        body["type"]
        == {"provisioned": "subscriber.provisioned", "error": "subscriber.failed"}[status]
    )
    assert shape(body) == shape(EXAMPLES["subscriber.provisioned"])
    assert endpoint.deliveries.count() == 1


def test_a_test_goes_to_one_endpoint_whatever_it_chose(subscribe):
    endpoint = subscribe(URL, "CRM", events=["grant.linked"])
    subscribe(URL, "Other")

    webhooks.send_test(endpoint, now=clock.now())

    (body,) = left()
    assert shape(body) == shape(EXAMPLES["webhook.test"])


def test_the_page_names_every_event_and_every_code():
    assert {each.value for each in EventType} == set(re.findall(r"`([a-z_]+\.[a-z_]+)`", PAGE)) & {
        each.value for each in EventType
    }
    assert set(events.REASONS) <= set(re.findall(r"`([a-z_]+)`", PAGE)) | {"test", "finished"}
    for example in EXAMPLES.values():
        reason = example["data"]["reason"]
        assert reason == events.reason(reason["code"])


def test_every_event_that_can_be_chosen_is_made_somewhere():
    made = {event for event, _code in events.ANNOUNCED.values()}
    assert made | {EventType.SUBSCRIBER_PROVISIONED, EventType.SUBSCRIBER_FAILED} == set(CHOSEN)
    codes = {code for _event, code in events.ANNOUNCED.values()} | set(events.NOTED.values())
    assert codes | {"provisioned", "rejected", "test"} == set(events.REASONS)
    assert all(isinstance(action, Action) for action in events.ANNOUNCED)
    assert announcement.by_hand().type == EventType.TEST
