"""How long anybody waits while a full database is migrated, and whether the old code can go on.

    python -m tests.benchmarks.migrating --database postgres://… [--grants 1000000]

The database must be empty: it is filled, migrated back to the oldest schema whose code may run
and forward again, while others read, renew and insert as that code does, without a pause. Tables
that came later are filled then (as many rows of the audit trail, deliveries and sessions as
grants), and the schema goes back to the first that had them all, and forward.
"""

import argparse
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

OLDEST = (("integrations", "0008"), ("accounts", "0002"))
WITH_ALL_LARGE_TABLES = (("integrations", "0023"), ("accounts", "0003"))
LOOK = "SELECT id, status FROM integrations_grant WHERE user_id = %s"
RENEW = (
    "UPDATE integrations_grant SET version = version + 1, refresh_due_at = now() WHERE user_id = %s"
)
JOIN = (
    "INSERT INTO accounts_user (password, is_superuser, username, first_name, last_name, email,"
    " is_staff, is_active, date_joined) VALUES ('', false, 'late' || %s, '', '', '', false, true,"
    " now()) RETURNING id"
)
LINK = (
    "INSERT INTO integrations_grant (user_id, app_id, status, refresh_due_at, scope, person_id,"
    " person_email, person_name, org_id, org_name, version, failure_count, last_error,"
    " last_tracking_id) SELECT %s, min(id), 'DISCONNECTED', NULL, '', '', '', '', '', '', 0, 0, '',"
    " '' FROM integrations_webexapp"
)

AUDIT = (
    "INSERT INTO integrations_auditevent (at, action, result, reason, changed, actor_kind,"
    " actor_name, hostname, address, request_id, object_type, object_id, object_label, tracking_id)"
    " SELECT now(), 'grant.linked', 'done', '', '[]', 'person', 'user1', 'portal.example.com', '',"
    " '', 'grant', n::text, 'user1', '' FROM generate_series(1, %s) AS series(n)"
)
DELIVER = (
    "INSERT INTO integrations_webhookdelivery (endpoint_id, event_id, event_type, order_key, body,"
    " created_at, state, attempts, trouble) SELECT min(id), md5(random()::text || n),"
    " 'grant.linked', 'grant ' || n, '{}', now(), 'DELIVERED', 1, ''"
    " FROM integrations_webhookendpoint, generate_series(1, %s) AS series(n) GROUP BY n"
)
SIGN_IN = (
    "INSERT INTO django_session (session_key, session_data, expire_date)"
    " SELECT md5(random()::text || n), repeat('x', 200), now() FROM generate_series(1, %s) AS"
    " series(n)"
)


@dataclass
class Busy:
    """Somebody who goes on; `slowest` in seconds."""

    what: str
    act: Callable[..., None]
    slowest: float = 0.0
    times: int = 0
    failures: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--grants", type=int, default=1_000_000)
    options = parser.parse_args()
    os.environ |= {
        "DATABASE_URL": options.database, "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    import django

    django.setup()
    from django.db import connection

    from tests.benchmarks import refresh_scale

    refresh_scale.fill(options.grants)
    with connection.cursor() as cursor:
        for table in ("accounts_user", "integrations_grant"):
            cursor.execute(f"SELECT setval('{table}_id_seq', {options.grants})")
    there_and_back(options.database, OLDEST, people())
    fill_the_others(options.grants)
    there_and_back(options.database, WITH_ALL_LARGE_TABLES, [*people(), *writers()])


def fill_the_others(rows: int) -> None:
    from django.db import connection

    from integrations import clock
    from integrations.models import WebhookEndpoint

    endpoint = WebhookEndpoint(name="CRM", url="https://crm.example/", created_at=clock.now())
    endpoint.replace_secret(clock.now())
    endpoint.save()
    with connection.cursor() as cursor:
        for statement in (AUDIT, DELIVER, SIGN_IN):
            cursor.execute(statement, [rows])
        cursor.execute("ANALYZE")


def there_and_back(database: str, oldest: Iterable[Iterable[str]], everybody: list["Busy"]) -> None:
    for direction, targets in (("back", oldest), ("forward", [()])):
        began = time.perf_counter()
        while_others_work(database, everybody, partial(migrate, targets))
        print(f"{direction}: {time.perf_counter() - began - 1:.1f} s", *oldest)
        for each in everybody:
            print(f"  {each.what}: {each.times} times, slowest {each.slowest * 1000:.0f} ms,"
                  f" {len(each.failures)} failed {each.failures[:1]}", flush=True)  # fmt: skip
            each.slowest, each.times, each.failures = 0.0, 0, []


def migrate(targets: Iterable[Iterable[str]]) -> None:
    from django.core.management import call_command

    for target in targets:
        call_command("migrate", *target, verbosity=0)


def people() -> list[Busy]:
    numbers = itertools.count(time.time_ns())

    def link(cursor) -> None:
        cursor.execute(JOIN, [str(next(numbers))])
        cursor.execute(LINK, [cursor.fetchone()[0]])

    return [
        Busy("look", lambda cursor: cursor.execute(LOOK, [next(numbers) % 1000 + 1])),
        Busy("renew", lambda cursor: cursor.execute(RENEW, [next(numbers) % 1000 + 1])),
        Busy("link", link),
    ]


def writers() -> list[Busy]:
    return [
        Busy("audit", lambda cursor: cursor.execute(AUDIT, [1])),
        Busy("deliver", lambda cursor: cursor.execute(DELIVER, [1])),
        Busy("sign in", lambda cursor: cursor.execute(SIGN_IN, [1])),
    ]


def while_others_work(database: str, everybody: list[Busy], work: Callable[[], None]) -> None:
    is_over = threading.Event()
    threads = [threading.Thread(target=go_on, args=(database, each, is_over)) for each in everybody]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        work()
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def go_on(database: str, busy: Busy, is_over: threading.Event) -> None:
    import psycopg

    with psycopg.connect(database, autocommit=True) as connection, connection.cursor() as cursor:
        while not is_over.wait(0.005):
            began = time.perf_counter()
            try:
                busy.act(cursor)
            except psycopg.Error as error:
                busy.failures.append(str(error).splitlines()[0])
            busy.slowest = max(busy.slowest, time.perf_counter() - began)
            busy.times += 1


if __name__ == "__main__":
    main()
