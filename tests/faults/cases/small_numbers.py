"""Rules about numbers, where they are small: one, two and three grants, of one organisation or two.

Several integrations side by side, each a client of its own: none knows anything of the others.
"""

import json
from datetime import timedelta
from string import ascii_uppercase

from integrations import clock
from integrations.models import AppIncident, Grant, GrantEvent, WebexApp
from tests.faults.registry import case
from tests.faults.stage import TOKEN, Stage

ORGS = ("Acme", "Globex")
JSON = {"Content-Type": "application/json"}
Sizes = tuple[int, ...]  # grants of an integration, by organisation
SIZES: tuple[Sizes, ...] = ((1,), (2,), (3,), (1, 1))


def integrations(stage: Stage, sizes: tuple[Sizes, ...] = SIZES) -> list[WebexApp]:
    apps = []
    for letter, numbers in zip(ascii_uppercase, sizes, strict=False):
        apps.append(stage.app(letter))
        for org, number in zip(ORGS, numbers, strict=False):
            stage.add_grants(apps[-1], number, org=org)
    words = ["+".join(map(str, numbers)) for numbers in dict.fromkeys(sizes)]
    stage.notes.append(f"integrations with {', '.join(words)} grants (a+b: two organisations)")
    return apps


def _start(stage: Stage) -> None:
    stage.worker(REFRESH_SWEEP_EVERY="30")  # its messages are good for as long


def minutes_pass(stage: Stage, minutes: int, *, every: int = 5) -> None:
    """Every so many of them whatever may be asked is asked."""
    for _ in range(minutes // every):
        stage.pass_time(60 * every)
        stage.sweep_until(lambda: _is_quiet(stage), "a round")


def _is_quiet(stage: Stage) -> bool:
    """Nothing may be asked: a pause is longer than the claim of whoever tries if it is over."""
    now = clock.now()
    probed_until = now + timedelta(seconds=Grant.claim_seconds() + 5)
    paused = WebexApp.objects.filter(refresh_paused_until__gt=probed_until)
    due = Grant.objects.active().filter(refresh_due_at__lte=now).exclude(app__in=paused)
    return not due.exists() and not stage.is_claimed()


def _all_recover(stage: Stage) -> None:
    minutes_pass(stage, 10, every=10)
    stage.sweep_until(lambda: stage.renewed() == stage.due, "recovery")
    assert stage.nothing_due()
    assert not GrantEvent.objects.filter(kind="CONSENT_LOST").exists(), "somebody was given up"
    still_open = AppIncident.objects.filter(ended_at=None)
    stage.until(lambda: not still_open.exists(), "the end of the incidents")


@case("R19b", "wrong secret: with one, two and three grants")
def wrong_secret(stage: Stage) -> None:
    apps = integrations(stage)
    registered = [stage.sandbox.state.integrations[app.client_id] for app in apps]
    right = [each.client_secret for each in registered]
    for each in registered:
        each.client_secret = "changed-at-webex"
    _start(stage)
    rounds = 3
    stage.sweep_until(lambda: _is_quiet(stage), "the pauses")
    minutes_pass(stage, 24, every=12)
    for app in apps:
        assert stage.incidents(app) == 1, f"{app.name}: {stage.incidents(app)} incidents"
        assert len(stage.calls(app)) <= 3 * rounds
    assert Grant.objects.active().count() == stage.due
    for app, each, secret in zip(apps, registered, right, strict=True):
        each.client_secret = secret
        app.refresh_from_db()
        app.replace_secret(secret, now=clock.now())
        app.save()
    _all_recover(stage)
    stage.allowed["ampl"] = 1 + 3 * rounds * len(apps) / stage.due


@case("R19c", "a mistyped new secret: the one before it goes on, with one, two, three and many")
def mistyped_secret(stage: Stage) -> None:
    apps = integrations(stage, (*SIZES, (60,)))
    for app in apps:
        app.replace_secret("mistyped", now=clock.now())
        app.save()
    _start(stage)
    stage.sweep_until(lambda: stage.renewed() == stage.due, "renewal with the one before")
    assert not AppIncident.objects.exists(), "an incident"
    assert not Grant.objects.exclude(suspect_since=None).exists(), "somebody in doubt"
    refused = sum(len(stage.calls(app)) for app in apps) - stage.due
    stage.notes.append(f"{refused} calls with the mistyped one, of {len(apps)} integrations")
    assert refused <= 3 * len(apps)
    stage.allowed["ampl"] = 1 + refused / stage.due


@case("R18b", "invalid_grant: of one, two and three grants some or all")
def revoked(stage: Stage) -> None:
    stage.sandbox.scenario.update({"error_shape": "oauth"})
    _dead_and_living(stage)


@case("R14b", "bare refusals: of one, two and three grants some or all")
def bare_refusals(stage: Stage) -> None:
    _dead_and_living(stage)


DEAD_AND_LIVING: tuple[Sizes, ...] = ((1, 0), (2, 0), (1, 1), (1, 2), (2, 1), (3, 1), (3, 0))


def _dead_and_living(stage: Stage) -> None:
    """One organisation withdrew its consent. Only where it is all there is, it takes longer."""
    apps = integrations(stage, DEAD_AND_LIVING)
    dead = Grant.objects.filter(person_email__endswith="@acme.example")
    for grant in dead.select_related("app"):
        stage.sandbox.revoke(grant.person_email, grant.app.client_id)
    living = stage.due - dead.count()
    _start(stage)
    stage.sweep_until(lambda: stage.renewed() == living, "the living, at once")
    minutes_pass(stage, 15)
    assert set(_active(dead).values_list("app", flat=True)) == {apps[-1].pk}, "green and dead"
    minutes_pass(stage, 45, every=15)
    assert not _active(dead).exists(), "green and dead for an hour"
    assert Grant.objects.active().count() == living
    told = GrantEvent.objects.filter(kind="CONSENT_LOST", notice_due=True)
    assert told.count() == dead.count(), "somebody was not told, or told twice"
    stage.allowed["ampl"] = 4


def _active(grants: object) -> object:
    return grants.filter(status=Grant.Status.ACTIVE)


@case("R18c", "everybody is wrongly refused for half an hour")
def wrongly_refused(stage: Stage) -> None:
    integrations(stage)
    body = b'{"error": "invalid_grant"}'
    stage.sandbox.fault(TOKEN, status=400, body=body, headers=JSON, times=None)
    _start(stage)
    stage.sweep_until(lambda: _is_quiet(stage), "the first refusals")
    minutes_pass(stage, 30)
    assert Grant.objects.active().count() == stage.due, "a consent was given up"
    stage.sandbox.clear_faults()
    _all_recover(stage)
    stage.allowed["ampl"] = 2 + 30 / 5 + 1


ACCOUNT_FULL = json.dumps({"message": "tokenlimit_reached"}).encode()
TROUBLES = [
    {"status": 503},
    {"status": 429, "headers": {"Retry-After": "40"}},
    {"status": 400, "body": ACCOUNT_FULL, "headers": JSON},
]


@case("R9b", "outage, 429, token limit: with one, two and three grants")
def not_their_fault(stage: Stage) -> None:
    apps = integrations(stage, SIZES * len(TROUBLES))
    for number, app in enumerate(apps):
        trouble = TROUBLES[number // len(SIZES)]
        stage.sandbox.fault(TOKEN, client_id=app.client_id, times=None, **trouble)
    _start(stage)
    stage.sweep_until(lambda: _is_quiet(stage), "the first round")
    minutes_pass(stage, 10)
    assert Grant.objects.active().filter(suspect_since=None).count() == stage.due
    busy, full = apps[len(SIZES) : 2 * len(SIZES)], apps[2 * len(SIZES) :]
    assert not AppIncident.objects.filter(app__in=busy + full).exists(), "alarmed for nothing"
    for app in full:
        assert len(stage.calls(app)) == Grant.objects.filter(app=app).count(), "asked too early"
    stage.sandbox.clear_faults()
    stage.pass_time(3600)
    _all_recover(stage)
    stage.allowed["ampl"] = 4
