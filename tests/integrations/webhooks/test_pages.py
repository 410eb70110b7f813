"""Settings → Webex → Webhooks: chosen, tested, shown once, switched on, sent again."""

import re

import pytest
from django.contrib.auth.models import Group

from integrations import clock
from integrations.events import CHOSEN
from integrations.models import AuditEvent, GrantEvent, WebhookDelivery, WebhookEndpoint
from integrations.operations import webhooks

PAGE, LOG = "/admin/integrations/webhookendpoint/", "/admin/integrations/webhookdelivery/"
ADMIN_HOST = "admin.example.com"
FORM = {
    "name": "CRM", "url": "https://hooks.example.com/", "is_enabled": "on",
    "events": ["grant.linked"], "hostnames": "",
}  # fmt: skip


@pytest.fixture
def wanda(make_user, browser):
    """She administers webhooks, and nothing else."""
    user = make_user("wanda", is_staff=True, may_use_webex=False)
    user.groups.add(Group.objects.get(name="Webhook administrators"))
    return browser(user, ADMIN_HOST)


def text(response):
    return response.content.decode()


def errors(response):
    found = response.context["adminform"].form.errors
    return {name: " ".join(each) for name, each in found.items()}


def done(like):
    rows = AuditEvent.objects.filter(action__startswith=like).order_by("pk")
    return [(each.action, each.actor_name, each.changed) for each in rows]


def test_a_webhook_is_made_and_its_secret_shown_once(wanda):
    assert "No webhook yet" in text(wanda.get(PAGE))

    page = wanda.post(f"{PAGE}add/", FORM)

    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in text(page)
    assert "no-store" in page["Cache-Control"]
    assert not page.cookies.get("messages")
    for url in (PAGE, f"{PAGE}{endpoint.pk}/change/", f"{PAGE}{endpoint.pk}/history/"):
        assert endpoint.secret not in text(wanda.get(url))
    ((action, who, changed),) = done("webhook.")
    assert (action, who) == ("webhook.added", "wanda")
    assert "secret" not in changed


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"url": "http://hooks.example.com/"}, "url", "https"),
        ({"url": "https://10.1.2.3/"}, "url", "not of the Internet"),
        ({"url": "https://[::ffff:169.254.169.254]/"}, "url", "not of the Internet"),
        ({"url": "https://2130706433/"}, "url", "not of the Internet"),
        ({"url": "https://localhost/"}, "url", "not of the Internet"),
        ({"url": "https://me:pw@hooks.example.com/"}, "url", "user, password"),
        ({"url": "https://hooks.example.com/\r\nX: y"}, "url", "URL"),
        ({"url": "https://[x/"}, "url", "not a URL"),
        ({"events": []}, "events", "at least one"),
        ({"events": ["grant.renamed"]}, "events", "renamed"),
        ({"hostnames": "nowhere.example.com"}, "hostnames", "No branded URL"),
        ({"hostnames": "https://x/"}, "hostnames", "hostname only"),
    ],
)
def test_what_cannot_work_is_said_in_words(wanda, typed, field, says):
    assert says in errors(wanda.post(f"{PAGE}add/", FORM | typed))[field]
    assert not WebhookEndpoint.objects.exists()


def test_limits_are_kept_as_chosen_and_outlive_what_they_name(wanda, acme):
    limits = {"app_ids": [acme.pk], "hostnames": "PORTAL-A.example.com\nportal-a2.example.com"}
    wanda.post(f"{PAGE}add/", FORM | limits)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.app_ids, endpoint.hostnames) == (
        [acme.pk], ["portal-a.example.com", "portal-a2.example.com"],
    )  # fmt: skip
    acme.branded_urls.update(app=None)
    acme.delete()

    page = wanda.get(f"{PAGE}{endpoint.pk}/change/")
    wanda.post(f"{PAGE}{endpoint.pk}/change/", FORM | limits | {"name": "CRM 2"})

    assert "which was deleted" in text(page)
    endpoint.refresh_from_db()
    assert (endpoint.name, len(endpoint.app_ids), len(endpoint.hostnames)) == ("CRM 2", 1, 2)


def test_a_new_secret_is_asked_for_shown_once_and_on_record(wanda, subscribe):
    endpoint = subscribe("https://hooks.example.com/")
    old, url = endpoint.secret, f"{PAGE}{endpoint.pk}/secret/"

    assert "for a day" in text(wanda.get(url))
    page = wanda.post(url)

    endpoint.refresh_from_db()
    assert endpoint.secret != old == endpoint.previous_secret
    assert endpoint.secret in text(page)
    assert old not in text(page)
    assert "two secrets" in text(wanda.get(f"{PAGE}{endpoint.pk}/change/"))
    assert done("webhook.secret") == [("webhook.secret_rotated", "wanda", ["secret"])]


def test_a_test_event_leads_to_its_delivery(wanda, listen, subscribe, deliver):
    endpoint = subscribe(listen())

    page = wanda.post(f"{PAGE}{endpoint.pk}/test/")
    assert "Waiting" in text(wanda.get(page["Location"]))
    deliver()

    shown = text(wanda.get(page["Location"]))
    assert "Delivered" in shown
    assert re.search(r"204\s*<", shown)
    assert "webhook.test" in text(wanda.get(LOG))


def test_what_was_given_up_is_sent_again_with_the_same_id(
    wanda, acme, link, listen, subscribe, deliver
):
    receiver = listen()
    subscribe(receiver)
    GrantEvent.objects.record(GrantEvent.Kind.LINKED, link("alice", acme), now=clock.now())
    deliver()
    row = WebhookDelivery.objects.get()

    wanda.post(f"{LOG}{row.pk}/send-again/")
    receiver.answer = 500
    deliver()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("GIVEN_UP", 2)
    assert "Send again" in text(wanda.get(f"{LOG}{row.pk}/change/"))

    first, second = receiver.received
    assert first.id == second.id
    assert done("webhook.sent") == [("webhook.sent_again", "wanda", [])]


def test_who_was_switched_off_is_switched_on_again(wanda, subscribe):
    endpoint = subscribe("https://hooks.example.com/")
    endpoint.switch_off(WebhookEndpoint.Off.FAILING, now=clock.now())
    url = f"{PAGE}{endpoint.pk}/"
    assert "for three days" in text(wanda.get(f"{url}change/"))
    refused = wanda.post(f"{url}test/", follow=True)
    assert "nothing was sent" in text(refused)

    wanda.post(f"{url}switch-on/")

    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.off_reason, endpoint.failing_since) == (True, "", None)
    assert done("webhook.switched_on") == [("webhook.switched_on", "wanda", [])]


def test_without_a_secret_it_cannot_be_switched_on(wanda, subscribe):
    endpoint = subscribe("https://hooks.example.com/")
    WebhookEndpoint.objects.update(is_enabled=False, secret=None, off_reason="NO_SECRET")
    url = f"{PAGE}{endpoint.pk}/"

    assert "no secret" in errors(wanda.post(f"{url}change/", FORM))["is_enabled"]
    assert "no secret" in text(wanda.post(f"{url}switch-on/", follow=True))
    wanda.post(f"{url}secret/")
    assert wanda.post(f"{url}change/", FORM).status_code == 302


def test_a_deleted_webhook_takes_its_log_along(wanda, subscribe):
    endpoint = subscribe("https://hooks.example.com/")
    webhooks.send_test(endpoint, now=clock.now())

    wanda.post(f"{PAGE}{endpoint.pk}/delete/", {"post": "yes", "typed_name": "CRM"})

    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
    assert done("webhook.deleted") == [("webhook.deleted", "wanda", [])]


@pytest.mark.parametrize("rights", [[], ["view_webhookendpoint", "view_webhookdelivery"]])
def test_who_may_not_change_webhooks_changes_none(
    make_user, browser, subscribe, django_user_model, rights
):
    from django.contrib.auth.models import Permission

    vera = make_user("vera", is_staff=True, may_use_webex=False)
    vera.user_permissions.set(Permission.objects.filter(codename__in=rights))
    endpoint, client = subscribe("https://hooks.example.com/"), browser(vera, ADMIN_HOST)
    row = webhooks.send_test(endpoint, now=clock.now())
    before = WebhookEndpoint.objects.values().get()

    for url in ("test", "secret", "switch-on", "change", "delete"):
        assert client.post(f"{PAGE}{endpoint.pk}/{url}/", FORM).status_code in (403, 302)
    assert client.get(f"{PAGE}{endpoint.pk}/secret/").status_code in (403, 302)
    client.post(f"{LOG}{row.pk}/send-again/")
    client.post(f"{PAGE}add/", FORM | {"name": "Mine"})

    assert WebhookEndpoint.objects.values().get() == before
    assert WebhookDelivery.objects.count() == 1
    assert client.get(PAGE).status_code == (200 if rights else 403)
    assert not AuditEvent.objects.filter(actor_name="vera", action__startswith="webhook.").exists()


def test_the_pages_say_how_it_stands(wanda, subscribe):
    now = clock.now()
    for name, change in {
        "Enabled": {},
        "Failing": {"failing_since": now},
        "Off": {"is_enabled": False},
        "Switched off by itself": {"is_enabled": False, "off_reason": "GONE", "off_at": now},
    }.items():
        endpoint = subscribe("https://hooks.example.com/", f"is {name}", CHOSEN)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**change)
        shown = text(wanda.get(f"{PAGE}{endpoint.pk}/change/"))
        assert re.search(rf"\n\s+{name}\s+</span>", shown)
    assert text(wanda.get(PAGE)).count('class="pill') == 4
