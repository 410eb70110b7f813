"""What a portal looks like after a year: every state, names that are too long, many hostnames.

For pictures only: `ENV_FILE=… python -m tests.e2e.full_data` writes it into that database.
"""

import os
import secrets
from datetime import datetime, timedelta

import django
from django.db import transaction

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh, Hubert Blaine"
LONG_USER = "hubert.blaine.wolfeschlegelsteinhausenbergerdorff@subsidiary.customer.example.com"
LONG_APP = "Umbrella Telecom and Broadband of the Greater Metropolitan Area and Surroundings"
ERROR = "HTTP 503 (status 503, ROUTER_5F0E1D2C-0000-01F4-8AEE)"
DAY = timedelta(days=1)


def fill(now: datetime) -> None:
    with transaction.atomic():
        for size in (200, 2_000):
            _hostnames(size, now)
        for number, (user, app) in enumerate(_users_and_apps()):
            _grant(number, user, app, now)
        _paused(now)
        _history(now)
        _keys_and_webhooks(now)


def _users_and_apps():
    from django.contrib.auth.models import Group

    from accounts.models import User
    from integrations.models import WebexApp

    demo = WebexApp.objects.order_by("pk").first()
    large = WebexApp.objects.get(name=LONG_APP)
    role = Group.objects.get(name="Webex users")
    for number in range(64):
        username = LONG_USER if number == 3 else f"user{number:02}"
        user = User.objects.create_user(username, f"{username[:60]}@example.com"[-250:])
        user.first_name, user.last_name = f"First{number}", f"Last{number}"
        user.save()
        user.groups.add(role)
        yield user, (large if number % 5 == 0 else demo)


def _hostnames(size: int, now: datetime) -> None:
    from integrations.models import BrandedURL, WebexApp

    demo = WebexApp.objects.order_by("pk").first()
    app = WebexApp(name=LONG_APP if size == 200 else "Two thousand hostnames")
    app.client_id, app.authorization_url = demo.client_id, demo.authorization_url
    app.authorization_url_pasted_at = now
    app.replace_secret(secrets.token_hex(), now=now)
    app.save()
    BrandedURL.objects.bulk_create(
        BrandedURL(
            hostname=f"portal-{number:04}.customers-of-{size}.example.com",
            brand_name=f"Brand {number}",
            app=app,
            assigned_at=now - 20 * DAY,
            last_return_at=now - number * DAY / 9 if number % 3 else None,
        )
        for number in range(size)
    )


def _grant(number: int, user, app, now: datetime) -> None:
    from integrations import scopes
    from integrations.actions import Action
    from integrations.models import AuditEvent, Grant, GrantEvent

    grant = Grant(
        user=user,
        app=app,
        status=Grant.Status.CONSENT_LOST if number % 9 == 4 else Grant.Status.ACTIVE,
        access_token=secrets.token_hex(),
        refresh_token=secrets.token_hex(),
        access_token_expires_at=now + 9 * DAY,
        refresh_token_expires_at=now + (20 + number) * DAY,
        refresh_due_at=now + DAY,
        refreshed_at=now - number * DAY / 20,
        granted_at=now - (100 + number) * DAY,
        scope=" ".join(scopes.MINIMUM),
        person_id=f"person-{number}",
        person_email=f"{user.username[:60]}@customer.example.com",
        person_name=LONG_NAME if number == 3 else f"Person {number} Example",
        org_name="Initech" if number % 2 else "Globex Corporation of Cypress Creek",
        hostname="acme.localhost",
    )
    if number % 7 == 2:
        grant.failing_since, grant.failure_count = now - number * DAY / 24, 4
        grant.last_error, grant.last_tracking_id = ERROR, "ROUTER_5F0E1D2C-0000-01F4-8AEE"
    grant.save()
    GrantEvent.objects.create(grant=grant, kind="LINKED", at=grant.granted_at, actor=user)
    if grant.status == Grant.Status.CONSENT_LOST:
        at = now - number * DAY / 3
        GrantEvent.objects.create(grant=grant, kind="CONSENT_LOST", reason="invalid_grant", at=at)
        AuditEvent.objects.record(Action.GRANT_CONSENT_LOST, grant, now=at)


def _paused(now: datetime) -> None:
    """Since Webex refuses its secret; before that one it had another."""
    from accounts.models import User
    from integrations.models import AppIncident, WebexApp

    demo = WebexApp.objects.order_by("pk").first()
    app = WebexApp(name="Initech, paused", is_enabled=True, client_id=demo.client_id)
    app.authorization_url = demo.authorization_url
    for secret in ("old", "new"):
        app.replace_secret(secret, now=now - DAY)
    app.refresh_paused_until, app.pause_count = now + DAY, 1
    app.pause_reason = "invalid_client (status 401, ROUTER_5F0E1D2C-0000-01F4-8AEE)"
    app.save()
    AppIncident.objects.create(
        app=app, reason=app.pause_reason, began_at=now - DAY / 24, announced_at=now
    )
    for number, user in enumerate(User.objects.filter(username__startswith="user")[:12]):
        _grant(number, user, app, now)


def _history(now: datetime) -> None:
    from integrations.models import AppIncident, RenewalMinute, WebexApp

    for hour in range(1, 29 * 24):
        at = (now - timedelta(hours=hour)).replace(second=0, microsecond=0)
        RenewalMinute.objects.get_or_create(minute=at, defaults={"renewed": 40 + hour % 24 * 5})
    app = WebexApp.objects.order_by("pk").first()
    for days, hours in ((21, 3), (9, 30), (2, 1)):
        began = now - days * DAY
        AppIncident.objects.create(
            app=app, reason=ERROR, began_at=began, ended_at=began + timedelta(hours=hours),
            announced_at=began, end_announced_at=began,
        )  # fmt: skip


def _keys_and_webhooks(now: datetime) -> None:
    from integrations.models import BrandedURL, WebhookDelivery, WebhookEndpoint
    from integrations.models.api_key import KeyScope
    from integrations.operations import api_keys, webhooks

    brands = list(BrandedURL.objects.order_by("pk").values_list("pk", flat=True)[:12])
    for name, hostnames in (("Old CRM", None), ("CRM of the call centre", brands)):
        key, _secret = api_keys.make(
            name=name, scopes=KeyScope.values, app_ids=None, hostname_ids=hostnames,
            expires_at=now + 90 * DAY, by=None, now=now,
        )  # fmt: skip
        if name == "Old CRM":
            api_keys.revoke(key, now=now)
    for name, why in (("Ticket system", ""), ("Billing of the parent company", "GONE")):
        url = "https://hooks.example.com/" + name.lower().replace(" ", "-") * 4
        hook = WebhookEndpoint(name=name, url=url, events=["grant.linked", "grant.consent_lost"])
        webhooks.save(hook, changed=set(), now=now)
        for number, state in enumerate(WebhookDelivery.State.values):
            WebhookDelivery.objects.create(
                endpoint=hook, event_id=f"evt_{hook.pk}{number}", event_type="grant.linked",
                order_key=f"grant {number}", created_at=now - DAY, state=state, attempts=number + 1,
                body='{"type": "grant.linked", "data": {"user_name": "alice", "grant_id": 1}}',
                last_attempt_at=now, response_code=(None, 200, 410)[number], duration_ms=83,
                next_attempt_at=now + DAY if state == "WAITING" else None,
            )  # fmt: skip
        if why:
            hook.switch_off(why, now=now)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from integrations import clock

    fill(clock.now())
