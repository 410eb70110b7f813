"""Receivers on this machine, and endpoints that lead to them."""

import json
from contextlib import ExitStack

import pytest
from standardwebhooks import Webhook

from integrations import clock
from integrations.events import CHOSEN
from integrations.models import GrantEvent, WebhookEndpoint
from integrations.operations import webhook_delivery, webhooks
from tests.webhook_receiver import Received, Receiver, listening


@pytest.fixture
def listen(settings):
    settings.WEBHOOK_LOOPBACK = True
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(listening(Receiver(*args, **options)))


@pytest.fixture
def subscribe(db):
    def make(receiver, name="CRM", events=CHOSEN, **limits):
        url = receiver if isinstance(receiver, str) else receiver.url
        endpoint = WebhookEndpoint(name=name, url=url, events=list(events), **limits)
        webhooks.save(endpoint, changed={"url"}, now=clock.now())
        return endpoint

    return make


@pytest.fixture
def deliver():
    return lambda seconds=5.0: webhook_delivery.deliver(seconds=seconds)


@pytest.fixture
def grant(acme, link):
    return link("alice", acme)


def tell(grant, *kinds):
    for kind in kinds:
        GrantEvent.objects.record(kind, grant, now=clock.now())


def seen(receiver):
    bodies = [json.loads(got.body) for got in receiver.received]
    return [(body["data"]["user_name"], body["type"]) for body in bodies]


def verified(secret, got: Received):
    return Webhook(secret).verify(got.body, got.headers)
