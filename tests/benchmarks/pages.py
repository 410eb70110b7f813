"""Requests per second of pages, as a share of a bare view with one query under the same gunicorn.

    python -m tests.benchmarks.pages [--seconds 5] [--rounds 3] [--grants 1000000]

PostgreSQL with fsync, two web processes of eight threads, straight at gunicorn's port: what nginx
and TLS add is the same for all. The load comes from wrk (Debian's package), eight connections, on
the same processors. Each is asked in turn in each round; medians. The last column is the time of a
processor that a request costs web server, PostgreSQL and wrk together, and says on a busy machine,
too, which share a quiet one would show.
"""

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grants", type=int, default=100)
    options = parser.parse_args()
    if not shutil.which("wrk"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=True)
    prepare_import()
    from integrations.sandbox import Sandbox
    from tests.production.world import World

    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        Path(folder).chmod(0o711)
        world = World(Path(folder), sandbox)
        try:
            world.start(grants=100)
            report(measure(world, options))
        finally:
            world.stop()


def measure(world: Any, options: argparse.Namespace) -> dict[str, list[Sample]]:
    browser = world.browsers[0]
    assert browser.link(world.sandbox, "carol@acme.example") == "linked"
    for name in ("web-2", "worker-1", "worker-2", "beat"):
        world.portal[name].stop()
    if options.grants > 100:
        fill(options.grants)
    key = api_key()
    script = world.folder / "wrk.lua"
    script.write_text(DONE)
    bare = Bare(world.folder)
    database = int((world.database.folder / "postmaster.pid").read_text().split()[0])
    found: dict[str, list[Sample]] = {}
    try:
        for _round in range(options.rounds):
            for name, path in {"bare": "/bare/", **PAGES}.items():
                is_bare = name == "bare"
                port = bare.port if is_bare else world.portal.port
                web = bare.process if is_bare else world.portal["web-1"].process
                sent = [] if "signed out" in name else [f"Cookie: {browser.cookies()}"]
                if name.startswith("api"):
                    sent = ["Host: admin.example.com", f"Authorization: Bearer {key}"]
                url = f"http://127.0.0.1:{port}{path}"
                before = spent(web.pid, database)
                rate, p95, requests = wrk(url, options.seconds, script, sent)
                cost = (spent(web.pid, database) - before) * 1000 / requests
                found.setdefault(name, []).append(Sample(rate, p95, cost))
    finally:
        bare.process.terminate()
        bare.process.wait()
    return found


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


class Bare:
    def __init__(self, folder: Path) -> None:
        from tests.faults.servers import ROOT, await_true, free_port

        self.port, log = free_port(), folder / "bare.log"
        command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"]
        command += ["--bind", f"127.0.0.1:{self.port}", "config.wsgi"]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare_settings"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        await_true(lambda: "Booting worker" in log.read_text(), 30, "the bare view")


def wrk(url: str, seconds: int, script: Path, sent: list[str]) -> tuple[float, float, int]:
    """Requests per second, the 95th percentile in milliseconds, requests."""
    headers = ["X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.1", *sent]
    if not any(each.startswith("Host:") for each in sent):
        headers.append("Host: acme.example.com")
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", str(script)]
    command += [word for header in headers for word in ("-H", header)]
    said = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    rest = re.search(r"p95 ([\d.]+) errors (\d+) requests (\d+)", said)
    assert rate, said
    assert rest, said
    assert rest[2] == "0", f"{url}: {rest[2]} errors"
    return float(rate[1]), float(rest[1]), int(rest[3])


def report(found: dict[str, list[Sample]]) -> None:
    medians = {name: Sample(*map(statistics.median, zip(*all_, strict=True)))
               for name, all_ in found.items()}  # fmt: skip
    bare = medians["bare"]
    for name, (rate, p95, cost) in medians.items():
        share = f"{rate:7.0f}/s  {rate / bare.rate:5.2f} of bare  p95 {p95:6.1f} ms"
        print(f"{name:28} {share}  {cost:5.2f} ms, {bare.cost / cost:5.2f} of bare")


if __name__ == "__main__":
    main()
