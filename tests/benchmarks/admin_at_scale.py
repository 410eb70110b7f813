"""The admin at 1,000,000 grants, audit events and deliveries, and 200,000 users: server time and
queries of its main pages.

Run it on an empty PostgreSQL database of its own, which it fills (about a minute):

    DATABASE_URL=postgres://… python -m tests.benchmarks.admin_at_scale [--grants 1000000]

Each page is asked six times; the median of all but the first counts. The first is shown beside it:
counts that take long are kept for a minute. Fails at more than 300 ms or 24 queries.
"""

import argparse
import os
import statistics
import sys
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["LOG_LEVEL"] = "WARNING"

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from integrations import clock
from integrations.events import CHOSEN
from integrations.models import BrandedURL, KeyCanary, WebexApp, WebhookEndpoint
from integrations.operations import webhooks
from tests.benchmarks import api_at_scale, filling

HOST = "admin.example.com"
MOST_SECONDS, MOST_QUERIES = 0.300, 24
PAGES = {
    "dashboard": "/admin/",
    "integrations": "/admin/integrations/webexapp/",
    "integration": "/admin/integrations/webexapp/1/change/",
    "grants, first page": "/admin/integrations/grant/",
    "grants, page 40 (the last)": "/admin/integrations/grant/?p=40",
    "grants, linked": "/admin/integrations/grant/?status__exact=ACTIVE",
    "grants, need the user": "/admin/integrations/grant/?status__exact=CONSENT_LOST",
    "grants, of one integration": "/admin/integrations/grant/?app__id__exact=3",
    "grants, of none": "/admin/integrations/grant/?app__id__exact=9",
    "grants, disconnected": "/admin/integrations/grant/?status__exact=DISCONNECTED",
    "grants, of one, disconnected": "/admin/integrations/grant/?app__id__exact=3&status__exact=DISCONNECTED",  # noqa: E501
    "grants, failing now": "/admin/integrations/grant/?horizon=failing",
    "grants, end within 7 days": "/admin/integrations/grant/?horizon=7",
    "grants, search by e-mail": "/admin/integrations/grant/?q=person777@acme.example",
    "grants, search by its start": "/admin/integrations/grant/?q=person77",
    "grants, search by user name": "/admin/integrations/grant/?q=user1234",
    "grants, search in vain": "/admin/integrations/grant/?q=nobody-of-that-name",
    "grant": "/admin/integrations/grant/500/change/",
    "events": "/admin/integrations/grantevent/",
    "events, by tracking id": "/admin/integrations/grantevent/?q=ROUTERGW_4321",
    "audit": "/admin/integrations/auditevent/",
    "audit, page 40 (the last)": "/admin/integrations/auditevent/?p=40",
    "audit, search by person": "/admin/integrations/auditevent/?q=user1234",
    "audit, by who did a tenth": "/admin/integrations/auditevent/?q=user77",
    "audit, search by object": "/admin/integrations/auditevent/?q=portal-7.example.com",
    "audit, search in vain": "/admin/integrations/auditevent/?q=nobody-of-that-name",
    "audit, of one object": "/admin/integrations/auditevent/?object=grant-500",
    "audit, of a person who left": "/admin/integrations/auditevent/?person=999999999",
    "audit, of an action": "/admin/integrations/auditevent/?action=secret.set",
    "audit, of days long ago": "/admin/integrations/auditevent/?until=2026-02-01",
    "audit, action and days": "/admin/integrations/auditevent/?action=hostname.moved&until=2026-02-01",  # noqa: E501
    "audit, refused": "/admin/integrations/auditevent/?result__exact=refused",
    "audit, export begins": "/admin/integrations/auditevent/export/csv/",
    "audit, of one action, as JSON": "/admin/integrations/auditevent/export/jsonl/?action=hostname.moved",  # noqa: E501
    "webhooks": "/admin/integrations/webhookendpoint/",
    "webhook": "/admin/integrations/webhookendpoint/1/change/",
    "deliveries": "/admin/integrations/webhookdelivery/",
    "deliveries, page 40 (the last)": "/admin/integrations/webhookdelivery/?p=40",
    "deliveries, of one webhook": "/admin/integrations/webhookdelivery/?endpoint__id__exact=1",
    "deliveries, of a new webhook": "/admin/integrations/webhookdelivery/?endpoint__id__exact=10",
    "deliveries, waiting": "/admin/integrations/webhookdelivery/?state__exact=WAITING",
    "deliveries, of one, waiting": "/admin/integrations/webhookdelivery/?endpoint__id__exact=2&state__exact=WAITING",  # noqa: E501
    "deliveries, given up": "/admin/integrations/webhookdelivery/?state__exact=GIVEN_UP",
    "deliveries, of one, given up": "/admin/integrations/webhookdelivery/?endpoint__id__exact=2&state__exact=GIVEN_UP",  # noqa: E501
    "deliveries, of a rare event": "/admin/integrations/webhookdelivery/?type=bulk_job.finished",
    "deliveries, of no such event": "/admin/integrations/webhookdelivery/?type=subscriber.failed",
    "deliveries, by webhook-id": "/admin/integrations/webhookdelivery/?q=msg_500",
    "delivery": "/admin/integrations/webhookdelivery/500/change/",
    "API keys": "/admin/integrations/apikey/",
    "branded URLs": "/admin/integrations/brandedurl/",
}

FILL = [
    *filling.STATEMENTS,
    """INSERT INTO integrations_grantevent (grant_id, kind, actor_id, reason, tracking_id, at,
         notice_due)
       SELECT id, 'LINKED', user_id, '', 'ROUTERGW_' || id, now(), false FROM integrations_grant""",
    # User 77 did a tenth of it; one row in a thousand was refused; hostnames moved now and then.
    """INSERT INTO integrations_auditevent (at, action, result, reason, changed, actor_kind,
         actor_id, actor_name, hostname, address, request_id, object_type, object_id, object_label,
         subject_id, tracking_id)
       SELECT now() - n * interval '30 seconds', CASE WHEN n %% 500 = 0 THEN 'hostname.moved'
           WHEN n %% 5000 = 1 THEN 'secret.set' ELSE 'grant.linked' END,
         CASE WHEN n %% 1000 = 2 THEN 'refused' ELSE 'done' END, '', '[]', 'person', u.id,
         u.username, 'portal-1.example.com', '192.0.2.1', md5(n::text),
         CASE WHEN n %% 500 = 0 THEN 'brandedurl' ELSE 'grant' END, n::text,
         CASE WHEN n %% 500 = 0 THEN 'portal-' || n / 500 %% 400 || '.example.com'
           ELSE u.username || ' · Integration 1' END, u.id, ''
       FROM generate_series(1, %(grants)s) n
       JOIN accounts_user u
         ON u.username = 'user' || CASE WHEN n %% 10 = 0 THEN 77 ELSE 1 + n %% %(users)s END""",
    # Nine endpoints; one delivery in a thousand waits, one was given up, and the tenth has none.
    """INSERT INTO integrations_webhookdelivery (endpoint_id, event_id, event_type, order_key, body,
         created_at, state, attempts, next_attempt_at, trouble, response_code, last_attempt_at)
       SELECT e.id, 'msg_' || n, CASE WHEN n %% 100000 = 0 THEN 'bulk_job.finished'
           ELSE 'grant.linked' END, 'grant ' || n,
         '{"type": "grant.linked", "data": {"hostname": "portal-1.example.com"}}',
         now() - (%(grants)s - n) * interval '2 seconds', s.state, 1,
         CASE WHEN s.state = 'WAITING' THEN now() END, '', 204, now()
       FROM generate_series(1, %(grants)s) n
       CROSS JOIN LATERAL (SELECT CASE n %% 1000 WHEN 1 THEN 'WAITING' WHEN 2 THEN 'GIVEN_UP'
         ELSE 'DELIVERED' END AS state) s
       JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place
             FROM integrations_webhookendpoint) e ON e.place = 1 + n %% 9""",
    "VACUUM ANALYZE",
]


def fill(grants: int, users: int) -> None:
    call_command("migrate", verbosity=0)
    KeyCanary.objects.all().delete()  # each run of the test settings has keys of its own
    KeyCanary.objects.plant()
    if User.objects.filter(username="user1").exists():
        print("The database is filled already.")
        return
    began = time.perf_counter()
    apps = [
        WebexApp(
            name=f"Integration {n}", client_id=f"C{n}", client_secret="S", is_enabled=n < 4,
            authorization_url="https://webexapis.com/v1/authorize",
        ) for n in range(1, 11)
    ]  # fmt: skip
    WebexApp.objects.bulk_create(apps)
    BrandedURL.objects.bulk_create(
        BrandedURL(hostname=f"portal-{n}.example.com", brand_name=f"Brand {n}", app=apps[n % 10])
        for n in range(400)
    )
    for number in range(10):
        endpoint = WebhookEndpoint(name=f"CRM {number}", url=f"https://{number}.crm.example/")
        endpoint.events = list(CHOSEN)
        webhooks.save(endpoint, changed=set(), now=clock.now())
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(
                statement, {"grants": grants, "users": users} if "%" in statement else None
            )
    User.objects.create_superuser("root", "root@portal.example", "correct horse")
    print(
        f"Filled with {grants:,} grants of {users:,} users in {time.perf_counter() - began:.0f} s."
    )


def measure(client: Client, path: str) -> tuple[float, float, int]:
    seconds, queries = [], 0
    for _ in range(6):
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            response = client.get(path, secure=True)
            if response.streaming:
                next(iter(response.streaming_content))
            seconds.append(time.perf_counter() - began)
        assert response.status_code == 200, (path, response.status_code)
        queries = len(captured)
    return statistics.median(seconds[1:]), seconds[0], queries


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grants", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=200_000)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        print("Set DATABASE_URL to an empty PostgreSQL database.")
        return 2
    fill(options.grants, options.users)
    asked = [("admin", administrator(), PAGES), *api_at_scale.programs()]
    return max([tell(*each) for each in asked])


def administrator() -> Client:
    client = Client(HTTP_HOST=HOST)
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(User.objects.get(username="root"), backend)
    return client


def tell(title: str, client: Client, paths: dict[str, str]) -> int:
    """1 where one of them takes too long or too many queries."""
    too_much = False
    print(f"{title:30} {'server time':>12} {'first':>9} {'queries':>8}")
    for name, path in paths.items():
        seconds, first, queries = measure(client, path)
        failed = seconds > MOST_SECONDS or queries > MOST_QUERIES
        too_much |= failed
        verdict = "   TOO MUCH" if failed else ""
        print(f"{name:30} {seconds * 1e3:9.0f} ms {first * 1e3:6.0f} ms {queries:8}{verdict}")
    return int(too_much)


if __name__ == "__main__":
    sys.exit(main())
