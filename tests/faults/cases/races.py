"""Several who want the same grant, and people who change things meanwhile."""

import json
import threading
from datetime import timedelta

from django.db import connection, transaction
from django.test import Client
from django.test.utils import setup_test_environment

from accounts.models import User
from integrations import clock, tasks
from integrations.models import BrandedURL, Grant
from integrations.renewal import on_demand
from tests.faults.registry import NONE, STRICT, case
from tests.faults.stage import TOKEN, Stage

LONG = timedelta(days=400)  # no token lives that long, so everybody wants a new one
OVERTAKEN = "linked again or disconnected meanwhile"  # as the worker logs it


@case("R1", "20 ask for one grant while 10 drains run", everywhere=True)
def many_callers(stage: Stage) -> None:
    app = stage.app("A", grants=1)
    stage.sandbox.scenario.update({"latency": 0.5})
    worker = stage.worker(slots=5, REFRESH_DRAINS_PER_APP="10")
    read = [Grant.objects.select_related("app", "user").get() for _ in range(20)]
    for _ in range(10):
        tasks.drain_app.delay(app.pk)
    tokens: list[str] = []
    callers = [threading.Thread(target=_ask, args=(grant, tokens)) for grant in read]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert tokens == [Grant.objects.get().access_token] * 20, f"{len(set(tokens))} tokens"
    assert worker.is_running


def _ask(grant: Grant, tokens: list[str]) -> None:
    try:
        now = clock.now()
        tokens.append(on_demand.access_token(grant, now=now, minimum_life=LONG).value)
    finally:
        connection.close()


@case("R2", "a refusal comes after newer tokens were stored")
def stale_loser(stage: Stage) -> None:
    app = stage.app("A", grants=1)
    body = b'{"error": "invalid_grant"}'
    stage.sandbox.fault(TOKEN, status=400, body=body, delay=1)
    stage.worker()
    stage.sweep()
    stage.until(stage.under_way, "the call")
    _consent_again(stage, app)
    newest = Grant.objects.get().access_token
    stage.until(lambda: not stage.under_way(), "the refusal")
    stage.until(lambda: OVERTAKEN in stage.processes[0].text, "the worker's verdict")
    assert Grant.objects.active().get().access_token == newest


@case("R4", "the user links again while a refresh runs", rotations=(STRICT, NONE))
def relink(stage: Stage) -> None:
    app = stage.app("A", grants=1)
    stage.sandbox.fault(TOKEN, after=True, delay=1)
    stage.worker()
    stage.sweep()
    stage.until(stage.under_way, "the call")
    _consent_again(stage, app)
    newest = Grant.objects.get().access_token
    stage.until(lambda: OVERTAKEN in stage.processes[0].text, "the worker's verdict")
    assert Grant.objects.active().get().access_token == newest
    assert not [call for call in stage.sandbox.ledger.calls if call.method == "DELETE"]


def _consent_again(stage: Stage, app: object) -> None:
    """What the callback does once Webex has answered it."""
    from integrations.webex import answers
    from integrations.webex.http import Answer

    grant = Grant.objects.select_related("app").get(app=app)
    answer = stage.sandbox.grant(grant.person_email, grant.app.client_id)
    body = json.dumps(answer).encode()
    now = clock.now()
    tokens = answers.token_set(Answer(200, [b"Content-Type: application/json"], body), sent_at=now)
    assert grant.store(tokens, now=now, person=grant.person)


@case("R6", "secret, hostname and switch change while refreshes run")
def app_edited(stage: Stage) -> None:
    a, b = stage.app("A", grants=60), stage.app("B")
    stage.sandbox.scenario.update({"latency": 0.15})
    stage.worker()
    stage.sweep()
    stage.until(lambda: len(stage.calls()) > 5, "the first calls")
    BrandedURL.objects.filter(app=a).update(app=b)
    _disable(a)
    stage.until(lambda: not stage.under_way() and "Drained" in stage.processes[0].text, "the end")
    registered = stage.sandbox.state.integrations[a.client_id]
    right = registered.client_secret
    registered.client_secret = "changed-at-webex"
    a.is_enabled = True
    a.save(update_fields=["is_enabled"])
    stage.make_due(a)
    stage.sweep_until(lambda: stage.incidents(a) == 1, "the pause")
    assert Grant.objects.active().count() == 60
    stage.until(lambda: not stage.under_way(), "calls to end")
    registered.client_secret = right
    a.refresh_from_db()
    a.replace_secret(right, now=clock.now())
    a.save()
    stage.pass_time(70)  # those that were refused once wait a minute
    stage.sweep_until(lambda: stage.renewed() == 60 and stage.nothing_due(), "renewal")
    assert {call.client_id for call in stage.calls()} == {a.client_id}
    stage.allowed["ampl"] = 1 + 8 / stage.due


def _disable(app: object) -> None:
    app.is_enabled = False
    app.save(update_fields=["is_enabled"])


@case("R37", "a wake-up call inside a transaction")
def transaction_rolled_back(stage: Stage) -> None:
    stage.app("A", grants=3)
    setup_test_environment()
    assert Client(HTTP_HOST="admin.example.com").get("/healthz/").status_code == 200
    queue = _queue_length(stage)
    try:
        with transaction.atomic():
            User.objects.create(username="nobody")
            tasks.wake_sweep()
            raise InterruptedError
    except InterruptedError:
        pass
    assert _queue_length(stage) == queue, "something was sent after a rollback"
    with transaction.atomic():
        tasks.wake_sweep()
        assert _queue_length(stage) == queue, "sent before the commit"
    stage.until(lambda: _queue_length(stage) == queue + 1, "the wake-up call", 5)
    stage.worker()
    stage.sweep_until(stage.nothing_due, "renewal")


def _queue_length(stage: Stage) -> int:
    from redis import Redis

    with Redis(unix_socket_path=str(stage.broker.socket)) as redis:
        return int(redis.llen("celery"))
