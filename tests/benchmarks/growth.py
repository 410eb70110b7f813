"""What weeks of renewals leave behind in PostgreSQL: as many UPDATEs as they make, at full speed.

    python -m tests.benchmarks.growth --database postgres://… [--grants 100000] [--weeks 2]

The database must be empty: it is filled with SQL and left behind. The user must be a superuser (for
pgstattuple). Needs nginx (see `fast_endpoint`).
"""

import argparse
import os
import time
from datetime import timedelta

from tests.benchmarks import fast_endpoint, refresh_scale
from tests.benchmarks.refresh_speed import prepare_environment

TABLES = """
    SELECT relname, pg_table_size(relid) / 1e6, pg_indexes_size(relid) / 1e6, n_live_tup,
           n_dead_tup, n_tup_upd, n_tup_hot_upd, autovacuum_count
    FROM pg_stat_user_tables
    WHERE n_tup_upd + n_tup_ins > 0 AND relname <> 'django_migrations'
    ORDER BY n_tup_upd DESC, pg_total_relation_size(relid) DESC LIMIT %s
"""
HEADING = ("table", "MB", "indexes", "rows", "dead", "updated", "HOT %", "vacuums")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--grants", type=int, default=100_000)
    parser.add_argument("--weeks", type=int, default=2)
    options = parser.parse_args()
    with fast_endpoint.running(rotate=True) as endpoint:
        prepare_environment(options.database, endpoint)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django

        django.setup()
        from django.conf import settings

        settings.WEBEX_API_URL = endpoint.api_url()
        refresh_scale.fill(options.grants)
        let_everybody_use_webex()
        report("Filled")
        for week in range(1, options.weeks + 1):
            report(f"Week {week}: {renew_everybody(week)} renewals")


def let_everybody_use_webex() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user_groups (user_id, group_id)"
            " SELECT u.id, g.id FROM accounts_user u, auth_group g WHERE g.name = 'Webex users'"
        )


def renew_everybody(week: int) -> int:
    """All that fall due in that week, and the housekeeping that a worker does meanwhile."""
    from integrations import clock
    from integrations.models import WebexApp
    from integrations.operations import housekeeping
    from integrations.renewal import drain

    real, renewed = clock.now, 0
    clock.now = lambda: real() + timedelta(days=8 * week)
    try:
        app = WebexApp.objects.get()
        while done := drain.drain(app.pk, seconds=60).total():
            renewed += done
            housekeeping.tidy(now=clock.now())
    finally:
        clock.now = real
    return renewed


def report(title: str) -> None:
    from django.db import connection

    time.sleep(2)  # statistics are written a little later
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [8])
        rows = cursor.fetchall()
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple")
        cursor.execute(
            "SELECT free_percent, dead_tuple_percent FROM pgstattuple('integrations_grant')"
        )
        free, dead = cursor.fetchone()
        indexes = _index_bloat(cursor)
    print(f"\n{title}. integrations_grant: {free} % free, {dead} % dead")
    print(("{:<32}" + "{:>10}" * 7).format(*HEADING))
    for name, table, index, live, dead, updated, hot, vacuums in rows:
        share = f"{100 * hot / updated:.1f}" if updated else ""
        print(f"{name:<32}{table:>10.1f}{index:>10.1f}{live:>10}{dead:>10}{updated:>10}"
              f"{share:>10}{vacuums:>10}")  # fmt: skip
    print("its indexes, MB (density %): " + indexes, flush=True)


def _index_bloat(cursor) -> str:
    cursor.execute(
        "SELECT indexrelname, pg_relation_size(indexrelid) / 1e6,"
        " (pgstatindex(indexrelid)).avg_leaf_density FROM pg_stat_user_indexes"
        " JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam"
        " WHERE pg_stat_user_indexes.relname = 'integrations_grant' AND amname = 'btree' ORDER BY 1"
    )
    return ", ".join(f"{name} {size:.1f} ({density:.0f})" for name, size, density in cursor)


if __name__ == "__main__":
    main()
