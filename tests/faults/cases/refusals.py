"""Webex says no: for a while, to one grant, to many, or to the client itself."""

import json
import time

from integrations import clock
from integrations.models import AppIncident, Grant, GrantEvent, WebexApp
from tests.faults.registry import case
from tests.faults.stage import TOKEN, Stage

GATEWAY = json.dumps(
    {
        "message": "The request could not be understood by the server.",
        "errors": [{"description": "The token is expired, revoked or malformed."}],
        "trackingId": "ROUTER_5F3B0C7A-1",
    }
).encode()


@case("R7", "429 with Retry-After for one integration of two")
def slow_down(stage: Stage) -> None:
    a, b = stage.app("A", grants=40), stage.app("B", grants=40)
    headers = {"Retry-After": "7", "Content-Type": "text/html"}
    stage.sandbox.fault(TOKEN, status=429, headers=headers, client_id=a.client_id)
    stage.worker()
    stage.beat()
    stage.until(lambda: stage.nothing_due(b), "the other integration")
    assert not stage.nothing_due(a)
    stage.until(lambda: stage.nothing_due(a), "the one that was told to wait")
    refused = next(call for call in stage.calls(a) if call.status == 429)
    under_way = 8 * 2
    later = [call for call in stage.calls(a) if call.started > refused.finished + 0.5]
    assert later[0].started - refused.finished > 6.5, "called before Retry-After"
    assert not AppIncident.objects.exists(), "somebody was alarmed"
    stage.allowed["ampl"] = 1 + under_way / stage.due


@case("R14", "Webex's own error shape, without a standard code")
def bare_refusals(stage: Stage) -> None:
    app = stage.app("A", grants=20)
    emails = stage.emails(app)
    dead, doubtful = emails[4], emails[9]
    stage.sandbox.revoke(dead, app.client_id)
    for email in (dead, doubtful):
        stage.sandbox.fault(TOKEN, status=400, body=GATEWAY, person=email)
    stage.worker()
    stage.sweep_until(stage.nothing_due, "the first round")
    suspects = Grant.objects.active().filter(suspect_since__isnull=False)
    assert suspects.count() == 2, "a bare refusal is not yet a verdict"
    assert set(suspects.values_list("last_tracking_id", flat=True)) == {"ROUTER_5F3B0C7A-1"}
    stage.pass_time(70)
    stage.sweep_until(stage.nothing_due, "the second round")
    assert Grant.objects.get(person_email=dead).status == Grant.Status.CONSENT_LOST
    assert Grant.objects.get(person_email=doubtful).failing_since is None
    stage.allowed["ampl"] = 1 + 2 / stage.due


@case("R18", "invalid_grant: for one, then for 30 %")
def invalid_grants(stage: Stage) -> None:
    app = stage.app("A", grants=60)
    stage.sandbox.scenario.update({"error_shape": "oauth"})
    dead = stage.emails(app)[10]
    stage.sandbox.revoke(dead, app.client_id)
    stage.worker()
    stage.sweep_until(stage.nothing_due, "the first round")
    assert GrantEvent.objects.get(kind="CONSENT_LOST").grant.person_email == dead
    _burst(stage, app)
    stage.until(lambda: not stage.under_way(), "calls to end")
    assert Grant.objects.active().count() == 59, "a burst killed grants"
    stage.sandbox.clear_faults()
    stage.pass_time(200)
    stage.sweep_until(lambda: stage.nothing_due() and stage.renewed() == 60 - 1, "recovery")
    assert not [c for c in stage.calls() if c.person_email == dead][1:], "a dead token was sent"
    stage.allowed["ampl"] = 1 + (18 + 8) / stage.due


def _burst(stage: Stage, app: WebexApp) -> None:
    stage.make_due(app)
    for email in stage.emails(app)[::3]:
        body = b'{"error": "invalid_grant"}'
        stage.sandbox.fault(TOKEN, status=400, body=body, person=email, times=None)
    stage.sweep_until(lambda: stage.incidents(app) == 1, "the pause")


@case("R19", "wrong secret with 1,000 due; the other integration goes on")
def wrong_secret(stage: Stage) -> None:
    a, b = stage.app("A", grants=1000), stage.app("B", grants=20)
    registered = stage.sandbox.state.integrations[a.client_id]
    right, registered.client_secret = registered.client_secret, "changed-at-webex"
    stage.worker()
    stage.beat()
    stage.until(lambda: stage.incidents(a) == 1, "the pause")
    stage.until(lambda: stage.nothing_due(b), "the other integration")
    time.sleep(3)
    calls = len(stage.calls(a))
    stage.notes.append(f"{calls} calls with the wrong secret")
    assert calls <= 3, "more than three calls before the pause"
    assert Grant.objects.active().count() == 1020
    registered.client_secret = right
    a.refresh_from_db()
    a.replace_secret(right, now=clock.now())
    a.save()
    stage.until(lambda: stage.renewed() >= 1020 - calls, "renewal with the new secret at once")
    stage.pass_time(70)  # those that were refused once wait a minute
    stage.until(lambda: stage.renewed() == 1020, "the last ones")
    assert stage.incidents(a) == 1
    stage.allowed["ampl"] = 1 + calls / stage.due
