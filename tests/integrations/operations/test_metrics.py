"""What Prometheus hears: right however many processes counted, and in its own conventions."""

import re
from datetime import timedelta

import pytest
from celery import signals
from django.db import DatabaseError
from prometheus_client.parser import text_string_to_metric_families as parse

from integrations import clock, counting, tasks
from integrations.models import Count
from integrations.operations import health, housekeeping, metrics
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations import sweeping
from tests.integrations.canaries import found_in

BEARER = {"Authorization": "Bearer correct horse"}


@pytest.fixture
def shown(client, db, settings):
    """Every sample of /metrics/, by its name and labels."""
    settings.METRICS_TOKEN = "correct horse"
    counting.take()

    def ask():
        text = client.get("/metrics/", headers=BEARER).text
        families = list(parse(text))
        assert len(families) == len({family.name for family in families})
        ask.text, ask.families = text, families
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    return ask


def total(samples, name, **labels):
    return sum(
        value
        for (of, *has), value in samples.items()
        if of == name and labels.items() <= dict(has).items()
    )


def test_counts_of_several_processes_add_up(shown):
    for _process in range(3):
        counting.count("webex_renewals", 2, integration="Acme", outcome="renewed")
        counting.observe("webex_request_duration_seconds", 0.03, route="/v1/x", status="200")
        counting.observe("webex_request_duration_seconds", 99.0, route="/v1/x", status="200")
        metrics.tell()

    samples = shown()

    assert total(samples, "webex_renewals_total", outcome="renewed") == 6
    of = {"route": "/v1/x", "status": "200"}
    name = "webex_request_duration_seconds"
    below = [total(samples, f"{name}_bucket", le=le, **of) for le in ("0.025", "0.05", "30.0")]
    assert [*below, total(samples, f"{name}_bucket", le="+Inf", **of)] == [0, 3, 3, 6]
    assert total(samples, f"{name}_count", **of) == 6
    assert total(samples, f"{name}_sum", **of) == pytest.approx(297.09)


def test_what_cannot_be_told_now_is_told_later(shown, monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError

    counting.count("webex_mails", outcome="sent")
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", refuse)
        metrics.tell()
    metrics.tell()

    assert total(shown(), "webex_mails_total") == 1


def test_the_story_of_a_link_is_counted_and_no_secret_shows(
    shown, alice_browser, alice, acme, sandbox
):
    alice_browser.link(ALICE_AT_WEBEX)
    alice.grants.update(refresh_due_at=clock.now())
    sweeping.sweep(seconds=2)
    sandbox.fault("/v1/people/me", status=503)
    alice_browser.get("/webex/profile/")
    metrics.tell()

    samples = shown()

    requests = "portal_http_request_duration_seconds_count"
    assert total(samples, requests, route="webex/callback/", method="GET", status="303") == 1
    calls = "webex_request_duration_seconds_count"
    assert total(samples, calls, route="/v1/access_token", status="200") == 2
    assert total(samples, calls, route="/v1/people/me", status="503") == 1
    assert total(samples, calls, route="/v1/organizations/*") >= 1
    renewed = {"integration": acme.name, "outcome": "renewed"}
    assert total(samples, "webex_renewals_total", **renewed) == 1
    assert found_in(shown.text, sandbox) == set()


def test_every_name_follows_the_conventions_of_prometheus(shown):
    """https://prometheus.io/docs/practices/naming/: base units, a subject, a help text."""
    shown()

    for family in shown.families:
        assert re.fullmatch(r"(webex|portal)_[a-z_]+[a-z]", family.name)
        assert len(family.documentation) > 10, family.name
        is_time = re.search(r"duration|wait|age|timestamp", family.name)
        assert not is_time or "seconds" in family.name or family.name == "webex_notices_waiting"


def test_metrics_show_how_things_stand(shown, acme, fill):
    now = clock.now()
    health.beat("sweep", now=now)
    health.beat("worker host-1", now=now)
    fill(acme, 7, refresh_due_at=now - timedelta(minutes=5))

    samples = shown()

    assert total(samples, "webex_grants", state="linked") == 7
    assert total(samples, "webex_grants", state="due") == 7
    assert 300 <= total(samples, "webex_oldest_due_age_seconds") < 330
    assert total(samples, "webex_workers") == 1
    assert total(samples, "webex_paused_integrations") == 0
    assert total(samples, "webex_last_sweep_timestamp_seconds") > 1e9


def test_a_renewal_that_fails_grows_older_however_often_it_is_tried(shown, acme, fill):
    now = clock.now()
    fill(acme, 1, refresh_due_at=now + timedelta(minutes=9), failing_since=now - timedelta(hours=2))

    assert 7200 <= total(shown(), "webex_oldest_due_age_seconds") < 7230


def test_a_task_is_measured_from_its_publishing(shown):
    """As a worker does it, which finds the headers of the message in its request."""
    tasks.tidy.apply()
    tasks.tidy.push_request(published_at=1.0)
    signals.task_prerun.send(sender=tasks.tidy, task=tasks.tidy)
    tasks.tidy.pop_request()
    metrics.tell()

    samples = shown()

    name = {"task": "integrations.tasks.tidy"}
    assert total(samples, "portal_task_wait_seconds_sum", **name) > 1e9
    assert total(samples, "portal_task_duration_seconds_count", outcome="success", **name) == 1


def test_a_series_that_stood_still_for_three_months_is_forgotten(db):
    counting.count("webex_renewals", integration="Renamed since", outcome="renewed")
    metrics.tell()

    Count.objects.update(counted_at=clock.now() - timedelta(days=91))
    housekeeping.tidy(now=clock.now())

    assert not Count.objects.exists()
