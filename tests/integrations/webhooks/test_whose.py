"""A webhook hears of nothing beyond what whoever set it up administers."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import clock
from integrations.errors import WebhookOutOfReach
from integrations.models import (
    AuditEvent,
    Grant,
    GrantEvent,
    LimitedAdministrator,
    WebhookDelivery,
    WebhookEndpoint,
)
from integrations.operations import branded_urls, limits, people, webhooks
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


def again(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(pk=endpoint.pk)


def switch_on(endpoint: WebhookEndpoint, by) -> None:
    webhooks.switch_on(again(endpoint), by=by, now=clock.now())


def tick_enabled(endpoint: WebhookEndpoint, by) -> None:
    endpoint = again(endpoint)
    endpoint.is_enabled = True
    webhooks.save(endpoint, changed={"is_enabled"}, by=by, now=clock.now())


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


@pytest.mark.parametrize("turn_on", [switch_on, tick_enabled])
def test_whoever_switches_it_on_answers_for_it(world, set_up, turn_on):
    endpoint = set_up(world.sue)
    limits.limit(world.sue, [], now=world.now)
    people.delete(world.sue, by=world.anna, now=clock.now())

    turn_on(endpoint, by=world.gustav)

    assert again(endpoint).set_up_by == world.gustav
    assert heard() == {GLOBEX, "zzglobexzz-shared.example.com"}


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


@pytest.mark.parametrize("is_enabled", [True, False])
def test_where_nothing_changes_for_it_nothing_is_on_record(world, set_up, is_enabled):
    set_up(world.anna, ACME)
    WebhookEndpoint.objects.update(is_enabled=is_enabled)
    limits.limit(world.anna, world.hers if is_enabled else [], now=world.now)

    people.delete(world.anna, by=world.sue, now=clock.now())

    assert [*AuditEvent.objects.filter(action__startswith="webhook.").values_list("action")] == [
        ("webhook.added",)
    ]


def test_who_leaves_without_a_limit_leaves_it_within_the_last_one(world, set_up):
    endpoint = set_up(world.anna, ACME, SHARED)
    limits.limit(world.anna, world.hers[2:], now=world.now)
    world.anna.is_staff = False
    world.anna.save()

    limits.remove_limit(world.anna, now=world.now)

    assert heard() == {SHARED}
    assert again(endpoint).hostnames == [SHARED]


def test_what_was_left_while_the_limits_changed_is_withdrawn_when_it_is_due(
    world, set_up, listen, deliver
):
    """The transaction of the event had read the limits, and ends after theirs."""
    receiver = listen()
    endpoint = set_up(world.anna, ACME, SHARED)
    WebhookEndpoint.objects.update(url=receiver.url)
    heard()
    late = [*WebhookDelivery.objects.all()]
    limits.limit(world.anna, world.hers[:2], now=world.now)
    WebhookDelivery.objects.all().delete()
    WebhookDelivery.objects.bulk_create(late)
    webhooks.send_test(again(endpoint), now=clock.now())

    deliver()

    told = {json.loads(got.body)["data"].get("hostname") for got in receiver.received}
    assert told == {ACME, None}
    withdrawn = WebhookDelivery.objects.get(hostname=SHARED)
    assert (withdrawn.state, withdrawn.attempts, withdrawn.claimed_by) == ("GIVEN_UP", 0, None)


def test_of_what_nobody_may_know_any_more_nothing_goes_on_waiting(world, set_up, deliver):
    """Of one grant each is due when the one before is withdrawn."""
    set_up(world.anna, ACME)
    heard()
    tell(Grant.objects.filter(hostname=ACME).first(), *[LOST] * 3)
    LimitedAdministrator.objects.get(user=world.anna).hostnames.clear()

    deliver()

    assert not WebhookDelivery.objects.waiting().exists()


def test_what_waits_is_told_although_its_hostname_is_called_otherwise_now(
    world, set_up, listen, deliver
):
    receiver = listen()
    set_up(world.anna, ACME)
    WebhookEndpoint.objects.update(url=receiver.url)
    heard()
    brand = world.hers[0]
    brand.hostname = "new.example.com"
    branded_urls.save(brand, changed={"hostname"}, now=clock.now())

    deliver()

    assert {json.loads(got.body)["data"]["hostname"] for got in receiver.received} == {ACME}
    assert WebhookDelivery.objects.first().hostname == "new.example.com"


def test_the_limits_of_all_who_set_one_up_are_read_at_once(world, set_up):
    for number in range(3):
        set_up(world.anna, ACME)
        WebhookEndpoint.objects.filter(name="CRM").update(name=f"CRM {number}")
    found = Grant.objects.select_related("user", "app").filter(hostname=ACME).first()

    with CaptureQueriesContext(connection) as asked:
        tell(found, LOST)

    assert sum("limitedadministrator_hostnames" in each["sql"] for each in asked) == 1


def test_where_its_maker_had_nothing_left_it_is_off_when_they_are_gone_and_says_so(
    world, set_up, browser, root
):
    set_up(world.anna, ACME)
    limits.limit(world.anna, [], now=world.now)

    people.delete(world.anna, by=world.sue, now=clock.now())

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.is_enabled, endpoint.off_reason) == (False, "NO_REACH")
    assert AuditEvent.objects.get(action="webhook.switched_off").reason == "no_reach"
    assert heard() == set()
    page = f"/admin/integrations/webhookendpoint/{endpoint.pk}/change/"
    assert (
        "Whoever switches it on answers for it" in browser(root, "admin.example.com").get(page).text
    )


def test_its_page_says_of_what_it_hears_no_more(world, set_up, browser, root):
    endpoint = set_up(world.anna, ACME)
    client, page = browser(root, "admin.example.com"), "/admin/integrations/webhookendpoint/"
    assert "anna" in client.get(f"{page}{endpoint.pk}/change/").text
    limits.limit(world.anna, [], now=world.now)

    assert (
        f"It hears of nothing at {ACME}: that is not among"
        in client.get(f"{page}{endpoint.pk}/change/").text
    )
