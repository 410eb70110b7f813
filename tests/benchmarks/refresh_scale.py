"""Cost of one sweep tick at a million grants, and a worker's memory while it drains.

    python -m tests.benchmarks.refresh_scale [--database postgres://…] [--grants 1000000]

The database must be empty: it is filled with SQL and left behind. Draining needs nginx (see
`fast_endpoint`).
"""

import argparse
import os
import resource
import tempfile
import time
from datetime import timedelta

from tests.benchmarks import fast_endpoint
from tests.benchmarks.refresh_speed import prepare_environment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database")
    parser.add_argument("--grants", type=int, default=1_000_000)
    parser.add_argument("--drained", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, fast_endpoint.running() as endpoint:
        prepare_environment(options.database or f"sqlite:///{folder}/scale.sqlite3", endpoint)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django

        django.setup()
        fill(options.grants)
        for due in (0, 1_000, options.drained):
            make_due(due)
            print(f"tick with {due:7} of {options.grants} due: {tick() * 1000:8.1f} ms")
        drain(endpoint, options.drained)


def fill(count: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from integrations import clock
    from integrations.fields import library
    from integrations.models import WebexApp

    call_command("migrate", verbosity=0)
    app = WebexApp(name="Scale", client_id="C" * 65, authorization_url="x", is_enabled=True)
    app.replace_secret("s" * 64, now=clock.now())
    app.save()
    token = library.encrypt_str("R" * 100).decode()
    later = clock.now() + timedelta(days=7)
    series = (
        f"generate_series(1, {count}) AS series(n)"
        if connection.vendor == "postgresql"
        else f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT {count}) "
        "SELECT n FROM s) AS series"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (id, password, is_superuser, username, first_name,"
            " last_name, email, is_staff, is_active, date_joined)"
            f" SELECT n, '', %s, 'user' || n, '', '', '', %s, %s, %s FROM {series}",
            [False, False, True, later],
        )
        cursor.execute(
            "INSERT INTO integrations_grant (user_id, app_id, status, access_token, refresh_token,"
            " refresh_due_at, access_token_expires_at, refresh_token_expires_at, scope, person_id,"
            " person_email, person_name, org_id, org_name, version, failure_count, last_error,"
            " last_tracking_id)"
            " SELECT n, %s, 'ACTIVE', %s, %s, %s, %s, %s, '', 'person' || n, '', '', '', '', 0, 0,"
            f" '', '' FROM {series}",
            [app.pk, token, token, later, later, later],
        )
        cursor.execute("ANALYZE")


def make_due(count: int) -> None:
    from integrations import clock
    from integrations.models import Grant

    now = clock.now()
    Grant.objects.update(refresh_due_at=now + timedelta(days=7), claimed_until=None)
    first = Grant.objects.order_by("pk").values_list("pk", flat=True).first() or 0
    Grant.objects.filter(pk__lt=first + count).update(refresh_due_at=now - timedelta(hours=1))


def tick() -> float:
    from integrations import clock
    from integrations.renewal import sweep

    times = []
    for _ in range(5):
        began = time.perf_counter()
        sweep.begin(now=clock.now())
        times.append(time.perf_counter() - began)
    return sorted(times)[2]


def drain(endpoint: fast_endpoint.Endpoint, expected: int) -> None:
    from django.conf import settings

    from integrations.models import WebexApp
    from integrations.renewal import drain as flow

    settings.WEBEX_API_URL = endpoint.api_url()
    before, largest = memory(), 0.0
    steps: list[float] = []

    def progress(done: int) -> None:
        if done // 10_000 > len(steps):
            steps.append(memory())

    began = time.perf_counter()
    outcomes = flow.drain(WebexApp.objects.get().pk, seconds=600, progress=progress)
    seconds = time.perf_counter() - began
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    done = outcomes.total()
    print(f"drained {done} of {expected} in {seconds:.1f} s ({done / seconds:.0f}/s)")
    print(f"memory: {before:.0f} MB before, peak {largest:.0f} MB; each 10,000: "
          + " ".join(f"{step:.0f}" for step in steps))  # fmt: skip


def memory() -> float:
    """Resident megabytes (Linux)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


if __name__ == "__main__":
    main()
