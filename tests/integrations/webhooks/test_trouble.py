"""Whoever runs the portal hears of a receiver that takes nothing, before its users do."""

from datetime import timedelta

from integrations import clock
from integrations.models import GrantEvent, WebhookDelivery, WebhookEndpoint
from integrations.operations import health, housekeeping, metrics, webhooks

URL = "https://hooks.example.com/"


def sentences(now):
    return [str(each) for each in health.report(now).trouble if each.check.code == "webhook"]


def gauges(now):
    samples = [each for family in metrics.collect(now) for each in family.samples]
    return {each.name: each.value for each in samples if "webhook" in each.name}


def test_nothing_is_said_while_all_is_well(subscribe):
    subscribe(URL)
    assert sentences(clock.now()) == []


def test_status_names_who_fails_and_who_was_switched_off(subscribe):
    now = clock.now()
    for name, since in {"new": timedelta(minutes=1), "old": timedelta(hours=1)}.items():
        failing = WebhookEndpoint.objects.filter(pk=subscribe(URL, name).pk)
        failing.update(failing_since=now - since)
    subscribe(URL, "gone").switch_off(WebhookEndpoint.Off.GONE, now=now)

    gone, old = sentences(now)

    assert "“gone” switched itself off" in gone
    assert "410" in gone
    assert "switch it on under “Webhooks”" in gone
    assert "“old” has taken nothing since" in old
    assert health.report(now).level.exit_code == 1


def test_metrics_show_how_much_waits_and_how_long(subscribe):
    now = clock.now()
    assert gauges(now)["portal_webhook_backlog"] == 0
    endpoint = subscribe(URL)
    webhooks.send_test(endpoint, now=now - timedelta(minutes=5))
    webhooks.send_test(endpoint, now=now)

    found = gauges(now)

    assert (found["portal_webhook_backlog"], found["portal_webhooks_off"]) == (2, 0)
    assert found["portal_webhook_backlog_age_seconds"] == 300


def test_old_deliveries_and_secrets_that_were_replaced_are_forgotten(subscribe, acme, link):
    now, endpoint = clock.now(), subscribe(URL)
    for age in (31, 29):
        webhooks.send_test(endpoint, now=now - timedelta(days=age))
    webhooks.rotate_secret(endpoint, now=now - timedelta(hours=25))

    housekeeping.tidy(now=now)

    assert WebhookDelivery.objects.count() == 1
    assert WebhookEndpoint.objects.filter(previous_secret__isnull=True).exists()


def test_no_secret_and_no_token_is_in_a_body_a_log_or_a_page(
    acme, link, subscribe, listen, deliver, caplog, browser, root
):
    receiver = listen(500)
    endpoint, grant = subscribe(receiver), link("alice", acme)
    for kind in (GrantEvent.Kind.LINKED, GrantEvent.Kind.CONSENT_LOST):
        GrantEvent.objects.record(kind, grant, reason=grant.access_token[:200], now=clock.now())
    deliver()

    client = browser(root, "admin.example.com")
    row, admin = WebhookDelivery.objects.first(), "/admin/integrations"
    pages = [
        client.get(f"{admin}/{page}").content.decode()
        for page in (
            "webhookdelivery/", f"webhookdelivery/{row.pk}/change/",
            f"webhookendpoint/{endpoint.pk}/change/",
        )
    ]  # fmt: skip
    bodies = list(WebhookDelivery.objects.values_list("body", flat=True))
    sent = [f"{got.headers} {got.body}" for got in receiver.received]
    secrets = [endpoint.secret, grant.access_token, grant.refresh_token, acme.client_secret]
    for text in [*pages, *bodies, *sent, caplog.text]:
        assert not [secret for secret in secrets if secret in text]
