"""How long anybody waits while a full database is migrated, and whether the old code can go on.

    python -m tests.benchmarks.migrating --database postgres://… [--grants 1000000]

The database must be empty: it is filled, migrated back to the oldest schema whose code may run
and forward again, while others read, renew and insert as that code does, without a pause.
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
    for direction, targets in {"back": OLDEST, "forward": [()]}.items():
        began = time.perf_counter()
        everybody = while_others_work(options.database, partial(migrate, targets))
        print(f"{direction}: {time.perf_counter() - began - 1:.1f} s")
        for each in everybody:
            print(f"  {each.what}: {each.times} times, slowest {each.slowest * 1000:.0f} ms,"
                  f" {len(each.failures)} failed {each.failures[:1]}", flush=True)  # fmt: skip


def migrate(targets: Iterable[Iterable[str]]) -> None:
    from django.core.management import call_command

    for target in targets:
        call_command("migrate", *target, verbosity=0)


def while_others_work(database: str, work: Callable[[], None]) -> list[Busy]:
    numbers = itertools.count(time.time_ns())

    def link(cursor) -> None:
        cursor.execute(JOIN, [str(next(numbers))])
        cursor.execute(LINK, [cursor.fetchone()[0]])

    everybody = [
        Busy("look", lambda cursor: cursor.execute(LOOK, [next(numbers) % 1000 + 1])),
        Busy("renew", lambda cursor: cursor.execute(RENEW, [next(numbers) % 1000 + 1])),
        Busy("link", link),
    ]
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
    return everybody


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
