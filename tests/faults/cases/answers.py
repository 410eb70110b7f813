"""Answers that are late, broken, odd or no answers at all."""

import gzip
import json
import os
import socket
import time
from datetime import timedelta
from typing import Any

from integrations import clock
from integrations.models import Grant, GrantEvent, WebexApp
from tests.faults.registry import GRACE, NONE, STRICT, case
from tests.faults.servers import free_port
from tests.faults.stage import TOKEN, Stage

JSON = {"Content-Type": "application/json"}
WAITED = 240.0  # seconds, longer than a first wait after a failure


def _each_person(stage: Stage, faults: list[dict[str, Any]]) -> WebexApp:
    """One broken answer for every second grant: between them Webex works, so it is no outage."""
    app = stage.app("A", grants=2 * len(faults))
    for email, fault in zip(stage.emails(app)[::2], faults, strict=True):
        stage.sandbox.fault(TOKEN, person=email, **fault)
    return app


def _then_recovers(stage: Stage, *, retries: int) -> None:
    """The first round leaves the broken ones as they were, the second one renews them."""
    before = {grant.person_email: grant.access_token for grant in Grant.objects.all()}
    stage.worker()
    stage.sweep_until(stage.nothing_due, "the first round")
    failing = Grant.objects.filter(failing_since__isnull=False)
    assert failing.count() == retries, f"{failing.count()} are failing, not {retries}"
    for grant in failing:
        assert grant.access_token == before[grant.person_email], "the row was changed"
    assert Grant.objects.active().count() == len(before)
    stage.pass_time(WAITED)
    stage.sweep_until(lambda: stage.renewed() == len(before), "recovery")
    stage.allowed["ampl"] = 1 + retries / stage.due


@case("R9", "500, 502, 503, 504 in JSON and HTML")
def server_errors(stage: Stage) -> None:
    bodies = [(b'{"message": "down"}', "application/json"), (b"<h1>Down</h1>", "text/html")]
    faults = [
        {"status": status, "body": body, "headers": {"Content-Type": kind} | after}
        for status in (500, 502, 503, 504)
        for body, kind in bodies
        for after in ({}, {"Retry-After": "3"})
    ]
    _each_person(stage, faults)
    _then_recovers(stage, retries=len(faults))
    waits = Grant.objects.filter(failure_count__gt=0)
    assert not waits.exists()


@case("R10", "silence, drip, endless body, gzip bomb, black holes", rotations=(NONE,))
def timeouts(stage: Stage) -> None:
    bomb = gzip.compress(b" " * 30_000_000)
    faults = [
        {"delay": 4},
        {"drip": 0.2},
        {"endless": True},
        {"endless": True, "drip": 0.2},
        {"status": 200, "body": bomb, "headers": JSON | {"Content-Encoding": "gzip"}},
    ]
    app = _each_person(stage, faults)
    _then_recovers(stage, retries=len(faults))
    stage.processes[0].stop()  # from here on only the command works
    for number, scheme in enumerate(("http", "https")):
        stage.make_due(app)
        calls = len(stage.calls())
        seconds = _into_a_black_hole(stage, scheme, number)
        limit = 8 * float(os.environ["WEBEX_TIMEOUT"]) + 20  # eight in a row are an outage
        assert seconds < limit, f"{scheme}: {seconds:.1f} s"
        assert len(stage.calls()) == calls
        stage.due -= len(Grant.objects.all())
        WebexApp.objects.update(refresh_paused_until=None, pause_reason="", pause_count=0)
    assert Grant.objects.active().count() == 2 * len(faults)


def _into_a_black_hole(stage: Stage, scheme: str, number: int) -> float:
    """A port that accepts and says nothing: for https the handshake never ends."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", free_port()))
        hole.listen(64)
        url = f"{scheme}://127.0.0.1:{hole.getsockname()[1]}/v1"
        began = time.monotonic()
        process = stage.command("refresh_grants", log=f"hole{number}", WEBEX_API_URL=url)
        process.process.wait(60)
    return time.monotonic() - began


CUTS = [
    {"cut": cut, "after": after}
    for cut in ("before_status", "mid_headers", "mid_body")
    for after in (True, False)
]
HALF = [{"after": True, "body": b'{"access_token": "abc', "headers": JSON | length}
        for length in ({}, {"Content-Length": "400"}, {"Content-Length": None})]  # fmt: skip


@case("R11", "the answer is cut off after the request was sent", rotations=(GRACE, STRICT))
def cut_off(stage: Stage) -> None:
    faults = [*CUTS, *HALF]
    _each_person(stage, faults)
    spent = sum(bool(fault["after"]) for fault in faults)
    if stage.rotation == STRICT:
        stage.allowed |= {"lost": spent, "reuse": spent}
    stage.worker()
    stage.sweep_until(stage.nothing_due, "the first round")
    assert Grant.objects.filter(last_error="answer lost").count() == len(faults)
    stage.pass_time(40)  # soon, and within the grace
    stage.sweep_until(stage.nothing_due, "the second round")
    stage.pass_time(90)
    stage.sweep_until(stage.nothing_due, "the third round")
    stage.allowed["ampl"] = 1 + 2 * len(faults) / stage.due
    given_up = Grant.objects.filter(status="CONSENT_LOST", last_error="answer lost")
    assert given_up.count() == (spent if stage.rotation == STRICT else 0)
    told = GrantEvent.objects.filter(kind="CONSENT_LOST", reason="answer lost")
    assert told.count() == given_up.count()


NONSENSE = [b"", b"null", b"[]", b"5", b'"x"', b"[" * 100_000, b'{"access_token": null}',
            b'{"access_token": ""}', b'{"access_token": ["a"]}', b'{"access_token": "a\\nb"}',
            b'{"access_token": "a", "access_token": "b"}']  # fmt: skip


@case("R12", "200 with nonsense")
def nonsense(stage: Stage) -> None:
    faults = [{"status": 200, "body": body, "headers": JSON} for body in NONSENSE]
    html = {"Content-Type": "text/html"}
    faults += [
        {"status": 200, "body": b"<h1>Sign in</h1>", "headers": html},
        {"status": 200, "body": b"access_token=EVIL&token_type=bearer", "headers": html},
    ]
    _each_person(stage, faults)
    _then_recovers(stage, retries=len(faults))


@case("R13", "status and body disagree")
def disagreement(stage: Stage) -> None:
    tokens = json.dumps({"access_token": "EVIL", "refresh_token": "EVIL"}).encode()
    faults = [{"status": status, "body": tokens, "headers": JSON} for status in (500, 401, 302)]
    app = _each_person(stage, faults)
    stage.add_grants(stage.app("B"), 6)
    refused = stage.emails(WebexApp.objects.get(name="B"))[2]
    body = b'{"error": "invalid_grant"}'
    stage.sandbox.revoke(refused, WebexApp.objects.get(name="B").client_id)
    stage.sandbox.fault(TOKEN, person=refused, status=200, body=body, headers=JSON)
    stage.worker()
    stage.sweep_until(stage.nothing_due, "the first round")
    assert Grant.objects.get(person_email=refused).status == Grant.Status.CONSENT_LOST
    assert not any("EVIL" in token for token in _tokens(app))
    stage.pass_time(WAITED)
    stage.sweep_until(lambda: stage.renewed(app) == 6, "recovery")
    # Three failed once; who is refused before anybody else was renewed is asked again.
    stage.allowed["ampl"] = 1 + 4 / stage.due


def _tokens(app: WebexApp) -> list[str]:
    grants = Grant.objects.filter(app=app)
    return [token for grant in grants for token in (grant.access_token, grant.refresh_token)]


LIVES = [0, -5, "3600", "abc", True, False, None, 10**20, [], {}, 1e300]


@case("R15", "odd lifetimes")
def odd_lifetimes(stage: Stage) -> None:
    app = stage.app("A", grants=1)
    stage.worker()
    for number, life in enumerate([*LIVES, float("inf"), float("nan")]):
        override = {"expires_in": life, "refresh_token_expires_in": life, "expires_at": 1}
        stage.sandbox.scenario.update({"override": override})
        if number:
            stage.make_due(app)
        stage.sweep_until(lambda: stage.renewed() == 1 and stage.nothing_due(), f"{life!r}")
        grant, now = Grant.objects.get(), clock.now()
        life_left = grant.access_token_expires_at - now
        least = timedelta(seconds=-10 if life == 0 else 0)  # 0 is over now
        assert least < life_left <= timedelta(days=365), f"{life!r}: {life_left}"
        assert grant.refresh_due_at >= grant.refreshed_at + timedelta(seconds=60), f"{life!r}"


@case("R17", "the refresh token changes 50 times, its life shrinks")
def rotating(stage: Stage) -> None:
    app = stage.app("A", grants=2)
    stage.worker()
    for number in range(50):
        stage.sandbox.scenario.update({"refresh_ttl": 7_775_999 - 86_400 * number})
        if number:
            stage.make_due(app)
        stage.sweep_until(lambda: stage.renewed() == 2 and stage.nothing_due(), "renewal")
        for grant in Grant.objects.all():
            assert grant.refresh_token == stage.sandbox.ledger.tip(
                grant.person_email, app.client_id
            )
    life = Grant.objects.first().refresh_token_expires_at - clock.now()
    assert timedelta(days=40) < life < timedelta(days=42), f"the old expiry stayed: {life}"
