"""Cost of the pass over who may use Webex, at a million grants, and of a sweep tick beside it.

    DATABASE_URL=postgres://… python -m tests.benchmarks.entitlement_scale [--grants 1000000]

The database must be empty: it is filled with SQL and left behind.
"""

import argparse
import os
import time
from collections.abc import Callable

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["LOG_LEVEL"] = "WARNING"

import django

django.setup()

from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import User
from integrations import clock
from integrations.linking import entitlement
from integrations.models import Grant
from tests.benchmarks import refresh_scale

WITHDRAWN = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grants", type=int, default=1_000_000)
    options = parser.parse_args()
    refresh_scale.fill(options.grants)
    group = Group.objects.get(name="Webex users")
    members = User.groups.through._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {members} (user_id, group_id) SELECT id, %s FROM accounts_user",
            [group.pk],
        )
        cursor.execute("ANALYZE")
    refresh_scale.make_due(1_000)
    tell("tick, 1,000 due", refresh_scale.tick())
    tell("pass, nothing changed", timed(a_pass))
    last = Grant.objects.order_by("-pk").values_list("user", flat=True)[:WITHDRAWN]
    User.groups.through.objects.filter(user__in=last).delete()
    tell(f"pass, {WITHDRAWN:,} lost the right", timed(a_pass))
    tell("tick, 1,000 due", refresh_scale.tick())
    tell("pass, nothing changed", timed(a_pass))
    group.permissions.clear()
    tell("pass, everybody lost it", timed(a_pass))
    tell("tick, nothing due", refresh_scale.tick())
    print(f"marked: {Grant.objects.filter(right_lost_at__isnull=False).count():,}")


def a_pass() -> None:
    entitlement.note_changes(now=clock.now())


def timed(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def tell(what: str, seconds: float) -> None:
    print(f"{what:34} {seconds * 1000:10,.1f} ms", flush=True)


if __name__ == "__main__":
    main()
