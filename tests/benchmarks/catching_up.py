"""After an hour's outage of Webex: how long until nothing is due, as a share of what the rate limit
allows, and how long users wait meanwhile who need a token of their own.

    python -m tests.benchmarks.catching_up [--database postgres://…] [--grants 1000000]

It begins as Webex returns, at the beginning of a pause, which is the worst moment; and while the
backlog is worked off, more comes due. All is FASTER than in truth: the limit, what comes due, the
pause and the sweeps, so that an hour takes three minutes. With fewer grants the limit is lower.
The database must be empty: it is filled with SQL and left behind. Needs nginx (`fast_endpoint`).
"""

import argparse
import os
import tempfile
import threading
import time
from datetime import timedelta

from tests.benchmarks import fast_endpoint, refresh_scale
from tests.benchmarks.refresh_speed import prepare_environment

FASTER = 20
LIMIT = 300 * FASTER  # calls a minute, at a million grants
OUTAGE, SWEEP = 3600 / FASTER, 60 / FASTER  # seconds
BETWEEN_RENEWALS = 0.475 * 14 * 24 * 3600 / FASTER  # seconds, of one grant: tokens live 14 days


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database")
    parser.add_argument("--grants", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, fast_endpoint.running() as endpoint:
        prepare_environment(options.database or f"sqlite:///{folder}/scale.sqlite3", endpoint)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django

        django.setup()
        refresh_scale.fill(options.grants)
        from django.conf import settings

        settings.WEBEX_API_URL = endpoint.api_url()
        settings.REFRESH_CALLS_PER_MINUTE = round(LIMIT * options.grants / 1_000_000)
        measure(options.grants / BETWEEN_RENEWALS, settings.REFRESH_CALLS_PER_MINUTE / 60)


def measure(inflow: float, limit: float) -> None:
    """Both in grants a second."""
    backlog = OUTAGE * inflow
    users = Users(due_last=come_due(inflow), count=round(backlog / 2))
    quiet = [users.renew(number) for number in range(5)]
    began = time.perf_counter()
    asking = threading.Thread(target=users.ask_each_second)
    asking.start()
    work_off()
    seconds = time.perf_counter() - began
    users.is_over.set()
    asking.join()
    allowed = backlog / (limit - inflow)
    print(f"{backlog:.0f} due and {inflow:.1f} more each second, at {limit:.1f} calls a second: "
          f"caught up in {seconds:.1f} s, {seconds / allowed:.2f} times the {allowed:.1f} s that "
          f"the limit allows ({seconds * FASTER / 60:.0f} minutes in truth)")  # fmt: skip
    median, slowest = 1000 * sorted(users.waits)[len(users.waits) // 2], 1000 * max(users.waits)
    print(f"{len(users.waits)} renewals of users meanwhile: median {median:.0f}, slowest "
          f"{slowest:.0f} ms (before: {max(quiet) * 1000:.0f}); {users.refused} refused during "
          "the pause")  # fmt: skip


def come_due(inflow: float) -> int:
    """An hour's grants are due, and later ones will be; returns the first of those."""
    from integrations import clock
    from integrations.models import Grant

    first = Grant.objects.order_by("pk").values_list("pk", flat=True).first() or 0
    now = clock.now()
    for second in range(int(3 * OUTAGE)):
        begins, ends = (first + round(each * inflow) for each in (second, second + 1))
        some = Grant.objects.filter(pk__gte=begins, pk__lt=ends)
        some.update(refresh_due_at=now + timedelta(seconds=second - OUTAGE))
    return first + round(OUTAGE * inflow)


def work_off() -> None:
    """As beat and a worker do."""
    from django.conf import settings

    from integrations import clock
    from integrations.models import Grant, WebexApp
    from integrations.renewal import outcomes, sweep

    until = clock.now() + 1.1 * outcomes.FIRST_RETRY / FASTER
    WebexApp.objects.update(refresh_paused_until=until, pause_reason="503", pause_count=9)
    app_id = WebexApp.objects.get().pk
    while True:
        if app_id in sweep.begin(now=clock.now()):
            while sweep.in_turn(app_id, seconds=settings.REFRESH_TIME_BOX):
                pass
            if not Grant.objects.due_in_app(app_id, clock.now()).exists():
                return
        time.sleep(SWEEP)


class Users:
    """Who open a page with a token that is over, those first who would be renewed last."""

    def __init__(self, *, due_last: int, count: int) -> None:
        self.due_last, self.count = due_last, count
        self.waits, self.refused = list[float](), 0
        self.is_over = threading.Event()

    def ask_each_second(self) -> None:
        from django.db import connection

        from integrations.errors import WebexUnavailable

        number = 10
        while not self.is_over.wait(1):
            number += 1
            try:
                self.waits.append(self.renew(number))
            except WebexUnavailable:
                self.refused += 1
        connection.close()

    def renew(self, number: int) -> float:
        """Seconds."""
        from integrations import clock
        from integrations.models import Grant
        from integrations.renewal import on_demand

        now = clock.now()
        row = Grant.objects.filter(pk=self.due_last - 1 - number % self.count)
        row.update(access_token_expires_at=now - timedelta(minutes=1))
        grant = row.select_related("app", "user").get()
        began = time.perf_counter()
        on_demand.access_token(grant, now=now)
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
