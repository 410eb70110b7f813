"""Grants without a walk through the browser, and a clock that moves on both sides."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from integrations import clock
from integrations.models import Grant, WebexApp
from integrations.renewal import on_demand
from integrations.sandbox import Call, Sandbox
from integrations.tokens import Person
from tests import linked
from tests.integrations.renewal import draining

TOKENS = "/v1/access_token"


@pytest.fixture
def link(make_user: Callable[..., Any], sandbox: Sandbox) -> Callable[..., Grant]:
    """A linked user of that name, whose Webex person is their own; due for renewal at once."""

    def make(username: str, app: WebexApp, *, due: bool = True) -> Grant:
        email = f"{username}@acme.example"
        person = sandbox.state.person_by_email(email) or sandbox.add_person(email=email)
        now = clock.now()
        tokens = linked.issue(sandbox, email, app, now=now)
        grant = Grant.objects.create(user=make_user(username), app=app)
        grant.store(tokens, now=now, person=Person(id=person.id, email=email, name=username))
        if due:
            on_demand.make_due([grant], now=now)
        return reread(grant)

    return make


def reread(grant: Grant) -> Grant:
    return Grant.objects.select_related("app", "user").get(pk=grant.pk)


@pytest.fixture
def later(travel: Callable[..., None], sandbox: Sandbox) -> Callable[..., None]:
    """Time passes at the portal and at Webex."""

    def pass_by(**amount: float) -> None:
        delta = timedelta(**amount)
        travel(delta)
        sandbox.advance(delta.total_seconds())

    return pass_by


@pytest.fixture
def expire(sandbox: Sandbox) -> Callable[[Grant], Grant]:
    """The access token is over; the refresh token is not."""

    def end(grant: Grant) -> Grant:
        moment = clock.now() - timedelta(seconds=1)
        Grant.objects.filter(pk=grant.pk).update(access_token_expires_at=moment)
        return reread(grant)

    return end


@pytest.fixture
def brisk(settings: Any) -> None:
    draining.without_limit(settings)


@pytest.fixture
def fill(sandbox: Sandbox, db: None) -> Callable[..., list[Grant]]:
    return partial(draining.fill, sandbox)


@pytest.fixture
def calls(sandbox: Sandbox) -> Callable[..., list[Call]]:
    return partial(draining.calls, sandbox)
