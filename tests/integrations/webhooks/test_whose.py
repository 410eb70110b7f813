"""A webhook hears of nothing beyond what whoever set it up administers."""

import pytest

from integrations import clock
from integrations.errors import WebhookOutOfReach
from integrations.models import AuditEvent, Grant, GrantEvent, WebhookDelivery, WebhookEndpoint
from integrations.operations import limits, people, webhooks
from tests.integrations.two_brands import World
from tests.integrations.webhooks.conftest import tell

LOST, LISTENED = GrantEvent.Kind.CONSENT_LOST, ["grant.consent_lost"]
ACME, SHARED, GLOBEX = "acme-1.example.com", "acme-shared.example.com", "zzglobexzz.example.com"


@pytest.fixture
def world(db) -> World:
    found = World()
    WebhookEndpoint.objects.all().delete()
    return found


@pytest.fixture
def set_up(world):
    def make(by, *hostnames: str) -> WebhookEndpoint:
        endpoint = WebhookEndpoint(
            name="CRM", url="https://hooks.example.net/", events=LISTENED, hostnames=[*hostnames]
        )
        webhooks.save(endpoint, changed={"url"}, by=by, now=clock.now())
        return endpoint

    return make


def heard() -> set[str]:
    """Of what happens now at each hostname."""
    WebhookDelivery.objects.all().delete()
    for grant in Grant.objects.select_related("user", "app"):
        tell(grant, LOST)
    return {*WebhookDelivery.objects.values_list("hostname", flat=True)}


def test_what_its_maker_loses_it_loses_and_what_waits_is_not_sent(world, set_up):
    endpoint = set_up(world.anna, ACME, SHARED)
    assert heard() == {ACME, SHARED}

    limits.limit(world.anna, world.hers[2:], now=world.now)

    waiting = WebhookDelivery.objects.waiting()
    assert {*waiting.values_list("hostname", flat=True)} == {SHARED}
    given_up = WebhookDelivery.objects.filter(hostname=ACME).first()
    with pytest.raises(WebhookOutOfReach):
        webhooks.send_again(given_up, now=clock.now())
    assert heard() == {SHARED}
    limits.limit(world.anna, [], now=world.now)
    assert heard() == set()
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).beyond_reach == [ACME, SHARED]


def test_who_is_limited_later_no_longer_hears_of_all(world, set_up):
    set_up(world.sue)
    assert {ACME, GLOBEX} < heard()

    limits.limit(world.sue, world.theirs[:1], now=world.now)

    assert heard() == {GLOBEX}


def test_whoever_chooses_its_hostnames_or_its_url_answers_for_it(world, set_up):
    endpoint = set_up(world.anna, ACME)
    limits.limit(world.anna, [], now=world.now)

    endpoint = WebhookEndpoint.objects.get(pk=endpoint.pk)
    endpoint.name = "Anna's"
    webhooks.save(endpoint, changed={"name"}, by=world.sue, now=clock.now())
    assert heard() == set()
    webhooks.save(endpoint, changed={"url"}, by=world.sue, now=clock.now())
    assert heard() == {ACME}


@pytest.mark.parametrize("chosen", [[], [ACME, GLOBEX]])
def test_it_outlives_its_maker_within_their_limits(world, set_up, chosen):
    set_up(world.sue, *chosen)
    limits.limit(world.sue, world.hers[:2], now=world.now)

    people.delete(world.sue, by=world.anna, now=clock.now())

    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.hostnames == ([ACME] if chosen else [ACME, "acme-2.example.com"])
    assert heard() == {ACME}
    event = AuditEvent.objects.get(action="webhook.changed")
    assert event.changed == ["hostnames"]


def test_where_its_maker_had_nothing_left_it_is_off_when_they_are_gone(world, set_up):
    set_up(world.anna, ACME)
    limits.limit(world.anna, [], now=world.now)

    people.delete(world.anna, by=world.sue, now=clock.now())

    assert not WebhookEndpoint.objects.get().is_enabled
    assert heard() == set()


def test_its_page_says_of_what_it_hears_no_more(world, set_up, browser, root):
    endpoint = set_up(world.anna, ACME)
    client, page = browser(root, "admin.example.com"), "/admin/integrations/webhookendpoint/"
    assert "anna" in client.get(f"{page}{endpoint.pk}/change/").text
    limits.limit(world.anna, [], now=world.now)

    assert f"It hears of nothing at {ACME}" in client.get(f"{page}{endpoint.pk}/change/").text
