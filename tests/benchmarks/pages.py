"""Requests per second of pages, as a share of a bare view with one query.

    python -m tests.benchmarks.pages [--seconds 5] [--rounds 3] [--grants 1000000]

PostgreSQL with fsync, two web processes of eight threads; under the same gunicorn, and under the
same nginx, TLS and gunicorn. The load comes from wrk (Debian's package), eight connections, on the
same processors. The bare view is asked right before each page, and each round begins elsewhere;
medians, and of shares the median of the rounds', for the machine itself is faster at times. The
last column is the time of a processor that a request costs nginx, web server, PostgreSQL and wrk
together, and says on a busy machine, too, which share a quiet one would show.
"""

import argparse
import logging
import os
import re
import resource
import shutil
import subprocess
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from tests.benchmarks import filling
from tests.production.__main__ import prepare_import

PAGES = {
    "home with badge": "/",
    "my account": "/my-account/",
    "webex": "/webex/",
    "webex status": "/webex/status/",
    "sign-in page (signed out)": "/sign-in/",
    "healthz": "/healthz/",
    "api standing": "/api/v1/standing?user=carol&hostname=acme.example.com",
}
DONE = """done = function(summary, latency)
  print(string.format("p95 %.1f errors %d requests %d",
    latency:percentile(95) / 1000, summary.errors.status, summary.requests))
end"""
TICKS = os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    rate: float  # requests per second
    p95: float  # milliseconds
    cost: float  # milliseconds of a processor


class Pair(NamedTuple):
    """Asked one right after the other."""

    bare: Sample
    page: Sample


class Door(NamedTuple):
    url: str
    processes: tuple[int, ...]  # with their children, whatever answers there


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--grants", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=PAGES, default=list(PAGES))
    options = parser.parse_args()
    if not shutil.which("wrk"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=True)
    prepare_import()
    from integrations.sandbox import Sandbox
    from tests.benchmarks.fronts import Bare, front
    from tests.production.world import World

    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        Path(folder).chmod(0o711)
        world = World(Path(folder), sandbox)
        world.nginx = front(world.folder / "portal", world.portal.port)
        logging.disable()  # of this process, which stands in for Webex
        try:
            world.start(grants=100)
            with Bare(world.folder) as bare:
                report(measure(world, bare, options))
        finally:
            world.stop()


def measure(world: Any, bare: Any, options: argparse.Namespace) -> dict[str, list[Pair]]:
    browser = world.browsers[0]
    assert browser.link(world.sandbox, "carol@acme.example") == "linked"
    for name in ("web-2", "worker-1", "worker-2", "beat"):
        world.portal[name].stop()
    if options.grants > 100:
        fill(options.grants)
    sent = headers(browser.cookies(), api_key())
    script = world.folder / "wrk.lua"
    script.write_text(DONE)
    database = int((world.database.folder / "postmaster.pid").read_text().split()[0])
    doors = list(zip(
        ("gunicorn", "nginx, TLS, gunicorn"),
        doors_of(world.portal["web-1"].process.pid, world.portal.port, world.nginx, database),
        doors_of(bare.process.pid, bare.port, bare.nginx, database),
        strict=True,
    ))  # fmt: skip
    found: dict[str, list[Pair]] = {}
    for number in range(options.rounds):
        for page in options.only[number:] + options.only[:number]:
            for under, here, there in doors:
                ask = partial(sample, options.seconds, script, sent[page])
                pair = Pair(ask(there, "/bare/"), ask(here, PAGES[page]))
                found.setdefault(f"{page}, under {under}", []).append(pair)
    return found


def doors_of(web: int, port: int, nginx: Any, database: int) -> list[Door]:
    return [
        Door(f"http://127.0.0.1:{port}", (web, database)),
        Door(f"https://127.0.0.1:{nginx.port}", (web, database, nginx.process.pid)),
    ]


def headers(cookies: str, key: str) -> dict[str, list[str]]:
    api = ["Host: admin.example.com", f"Authorization: Bearer {key}"]
    brand = "Host: acme.example.com"
    sent = {page: [brand, f"Cookie: {cookies}"] for page in PAGES}
    return sent | {"sign-in page (signed out)": [brand], "api standing": api}


def sample(seconds: int, script: Path, sent: list[str], door: Door, path: str) -> Sample:
    before = spent(*door.processes)
    rate, p95, requests = wrk(door.url + path, seconds, script, sent)
    return Sample(rate, p95, (spent(*door.processes) - before) * 1000 / requests)


def fill(grants: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in filling.STATEMENTS:
            cursor.execute(statement, {"grants": grants, "users": grants // 2})
        cursor.execute("VACUUM ANALYZE")


def spent(*masters: int) -> float:
    """Seconds of a processor that these, their children and whatever ended here had so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = children.ru_utime + children.ru_stime
    for master in masters:
        started = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        for pid in (str(master), *started):
            with suppress(FileNotFoundError):  # ended just now, as one that vacuums does
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                seconds += sum(map(int, stat[11:15])) / TICKS  # its own and of children that ended
    return seconds


def api_key() -> str:
    from integrations import clock
    from integrations.models.api_key import KeyScope
    from integrations.operations import api_keys

    limits = {"app_ids": None, "hostname_ids": None, "expires_at": None}
    scopes, now = [KeyScope.STANDING_READ], clock.now()
    return api_keys.make(name="benchmark", scopes=scopes, **limits, by=None, now=now)[1]


def wrk(url: str, seconds: int, script: Path, sent: list[str]) -> tuple[float, float, int]:
    """Requests per second, the 95th percentile in milliseconds, requests."""
    headers = ["X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.1", *sent]
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", str(script)]
    command += [word for header in headers for word in ("-H", header)]
    said = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    rest = re.search(r"p95 ([\d.]+) errors (\d+) requests (\d+)", said)
    assert rate, said
    assert rest, said
    assert rest[2] == "0", f"{url}: {rest[2]} errors"
    return float(rate[1]), float(rest[1]), int(rest[3])


def report(found: dict[str, list[Pair]]) -> None:
    for name, pairs in found.items():
        page = Sample(*map(median, zip(*(pair.page for pair in pairs), strict=True)))
        share = median(pair.page.rate / pair.bare.rate for pair in pairs)
        costs = median(pair.bare.cost / pair.page.cost for pair in pairs)
        bare = median(pair.bare.rate for pair in pairs)
        said = f"{page.rate:6.0f}/s of {bare:6.0f}, {share:5.2f}  p95 {page.p95:6.1f} ms"
        print(f"{name:48} {said}  {page.cost:5.2f} ms, {costs:5.2f}")


if __name__ == "__main__":
    main()
