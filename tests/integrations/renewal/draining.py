"""Grants by the dozen, linked long ago and due now, with tokens that the sandbox really issued."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import User
from integrations import clock
from integrations.models import Grant, WebexApp
from integrations.renewal import drain
from integrations.sandbox import Call, Sandbox

TOKEN = "/v1/access_token"
JSON = {"Content-Type": "application/json"}
INVALID_GRANT = {"status": 400, "body": b'{"error": "invalid_grant"}', "headers": JSON}
BARE_REFUSAL = {"status": 401, "body": b'{"message": "no"}', "headers": JSON}


def fill(sandbox: Sandbox, app: WebexApp, count: int = 1, **columns: Any) -> list[Grant]:
    """`count` users linked to the app; due one after the other, the first most urgently."""
    start, now = User.objects.count(), clock.now()
    emails = [f"user{start + number}@acme.example" for number in range(count)]
    users = User.objects.bulk_create(User(username=email, email=email) for email in emails)
    columns = {"hostname": _first_hostname(app)} | columns
    Group.objects.get(name="Webex users").user_set.add(*users)
    grants = [_grant(sandbox, user, app, now) for user in users]
    for number, grant in enumerate(grants):
        grant.refresh_due_at = now - timedelta(minutes=50) + timedelta(seconds=number)
        for name, value in columns.items():
            setattr(grant, name, value)
    return Grant.objects.bulk_create(grants)


def _first_hostname(app: WebexApp) -> str | None:
    return app.branded_urls.order_by("hostname").values_list("hostname", flat=True).first()


def _grant(sandbox: Sandbox, user: User, app: WebexApp, now: Any) -> Grant:
    if sandbox.state.person_by_email(user.email) is None:
        sandbox.add_person(email=user.email)
    tokens = sandbox.grant(user.email, app.client_id)
    return Grant(
        user=user,
        app=app,
        status=Grant.Status.ACTIVE,
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        access_token_expires_at=now + timedelta(days=7),
        refresh_token_expires_at=now + timedelta(days=80),
        scope=tokens["scope"],
        person_id=sandbox.person(user.email).id,
        person_email=user.email,
        granted_at=now - timedelta(days=8),
        refreshed_at=now - timedelta(days=8),
    )


def calls(sandbox: Sandbox, app: WebexApp | None = None) -> list[Call]:
    """Refresh calls that arrived at Webex, oldest first."""
    client = {"client_id": app.client_id} if app else {}
    return sandbox.ledger.find(TOKEN, grant_type="refresh_token", **client)


def drained(app: WebexApp, *, seconds: float = 20) -> dict[str, int]:
    """What one drain did, by the name of the outcome."""
    tally = drain.drain(app.pk, seconds=seconds)
    return {outcome.name: number for outcome, number in tally.items() if number}


def leave_behind(*grants: Grant) -> None:
    """As a worker does that is killed during its calls, once its claims have ended."""
    past = clock.now() - timedelta(seconds=1)
    keys = [grant.pk for grant in grants]
    Grant.objects.filter(pk__in=keys).update(claimed_by=uuid4(), claimed_until=past)


def break_tokens(*grants: Grant) -> None:
    """Ciphertext of a key that nobody has."""
    statement = "UPDATE integrations_grant SET refresh_token = %s WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.executemany(statement, [["gAAAAABnonsense", grant.pk] for grant in grants])


def without_limit(settings: Any) -> None:
    """As in production, but quick; whoever tests the limit sets it."""
    settings.REFRESH_CALLS_PER_MINUTE = 0
    settings.WEBEX_TIMEOUT = 2.0
    settings.REFRESH_CLAIM = 8.0
