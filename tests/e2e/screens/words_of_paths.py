"""What the {words} in the paths of screens stand for: keys of rows, and of what was just begun."""

import re
from datetime import timedelta

from tests.e2e import full_data
from tests.e2e.screens.running import ENTERPRISE, app_at_webex, browser, path_of


def found(now) -> dict[str, str]:
    every = {**_begun(now), **_seen_by_pat(), **_of_people(), **_of_programs(), **_at_webex()}
    return {name: str(value) for name, value in every.items()}


def _begun(now) -> dict[str, str]:
    """What somebody is in the middle of."""
    from accounts.models import User
    from integrations.linking import connect_link
    from integrations.models import AuthorizationRequest, BrandedURL, DeviceAuthorization

    alice, dora, uma = map(browser, ("alice", "dora", "uma"))
    uma.start()
    old = now - timedelta(minutes=3)
    AuthorizationRequest.objects.filter(user__username="uma").update(created_at=old)
    replace = alice.link("carol@acme.example").url
    DeviceAuthorization.objects.all().delete()  # so many starts are refused
    over, device = (dora.post("/webex/device/").url.split("/")[3] for _ in range(2))
    carl = User.objects.get(username="carl")
    brand = BrandedURL.objects.get(hostname="acme.localhost")
    link = connect_link.make(user=carl, brand=brand, now=now).url
    code = DeviceAuthorization.objects.get(pk=device)
    return {
        "replace": replace, "device": device, "device_over": over,
        "connect_link": "/" + link.split("/", 3)[3],
        "verification": path_of(code.verification_uri_complete),
    }  # fmt: skip


def _seen_by_pat() -> dict[str, str]:
    from integrations.models import BulkJob

    pat = browser("pat")
    found = pat.get(f"/webex/subscribers/?enterprise={ENTERPRISE.replace('+', '%2B')}").text
    failed = pat.get("/webex/subscribers/?status=error").text
    subscriber = re.compile(r'href="(/webex/subscriber/[^"]+/)"')
    reports = re.findall(r'href="(/webex/reports/billing/[^"/]+/)"',
                         pat.get("/webex/reports/billing/").text)  # fmt: skip
    by_age = [job.pk for job in BulkJob.objects.order_by("created_at")]
    return {
        "subscriber": subscriber.search(found)[1],
        "subscriber_failed": subscriber.search(failed)[1],
        "billing_report": reports[0], "billing_failed": reports[-1],
        "bulk_done": by_age[0], "bulk_draft": by_age[1], "bulk_removal": by_age[2],
    }  # fmt: skip


def _of_people() -> dict[str, int]:
    from accounts.models import User
    from integrations.models import Grant, Identity

    carl = User.objects.get(username="carl")
    grants = Grant.objects.filter(app__name="Demo portal")
    return {
        "grant": grants.get(user__username="alice").pk,
        "grant_failing": grants.get(user__username="user02").pk,
        "grant_lost": grants.get(user__username="user04").pk,
        "grant_long": grants.get(user__username=full_data.LONG_USER).pk,
        "user": carl.pk,
        "user_long": User.objects.get(username=full_data.LONG_USER).pk,
        "group": carl.groups.get().pk,
        "identity": Identity.objects.get().pk,
    }


def _of_programs() -> dict[str, int]:
    from integrations.models import (
        ApiKey,
        BrandedURL,
        IdentityProvider,
        WebexApp,
        WebhookDelivery,
        WebhookEndpoint,
    )

    apps, keys, deliveries = WebexApp.objects, ApiKey.objects, WebhookDelivery.objects
    return {
        "webexapp": apps.get(name="Demo portal").pk,
        "large": apps.get(name=full_data.LONG_APP).pk,
        "largest": apps.get(name="Two thousand hostnames").pk,
        "paused": apps.get(name="Initech, paused").pk,
        "begun": apps.get(name="Hardly begun").pk,
        "brandedurl": BrandedURL.objects.get(hostname="acme.localhost").pk,
        "free": BrandedURL.objects.filter(app=None).first().pk,
        "apikey": keys.get(name="CRM of the call centre").pk,
        "apikey_revoked": keys.exclude(revoked_at=None).first().pk,
        "identityprovider": IdentityProvider.objects.get().pk,
        "webhookendpoint": WebhookEndpoint.objects.filter(is_enabled=True).first().pk,
        "webhook_off": WebhookEndpoint.objects.exclude(off_reason="").first().pk,
        "webhookdelivery": deliveries.filter(state="DELIVERED").first().pk,
        "given_up": deliveries.filter(state="GIVEN_UP").first().pk,
    }


def _at_webex() -> dict[str, str]:
    from integrations.models import WebexApp

    path = path_of(WebexApp.objects.get(name="Demo portal").authorization_url)
    return {
        "sandbox_app": app_at_webex(),
        "authorization": path,
        "authorization_elsewhere": path.replace("acme", "elsewhere"),
    }
