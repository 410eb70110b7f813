"""Requests per second of pages, as a share of a bare view with one query under the same gunicorn.

    python -m tests.benchmarks.pages [--seconds 5] [--rounds 3]

PostgreSQL with fsync, two web processes of eight threads, straight at gunicorn's port: what nginx
and TLS add is the same for all. The load comes from wrk (Debian's package), eight connections, on
the same processors. Each is asked in turn in each round; medians.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

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
  print(string.format("p95 %.1f errors %d", latency:percentile(95) / 1000, summary.errors.status))
end"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
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
            report(measure(world, options.seconds, options.rounds))
        finally:
            world.stop()


def measure(world: Any, seconds: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    browser = world.browsers[0]
    assert browser.link(world.sandbox, "carol@acme.example") == "linked"
    for name in ("web-2", "worker-1", "worker-2", "beat"):
        world.portal[name].stop()
    key = api_key()
    script = world.folder / "wrk.lua"
    script.write_text(DONE)
    bare = Bare(world.folder)
    found: dict[str, list[tuple[float, float]]] = {}
    try:
        for _round in range(rounds):
            for name, path in {"bare": "/bare/", **PAGES}.items():
                port = bare.port if name == "bare" else world.portal.port
                sent = [] if "signed out" in name else [f"Cookie: {browser.cookies()}"]
                if name.startswith("api"):
                    sent = ["Host: admin.example.com", f"Authorization: Bearer {key}"]
                url = f"http://127.0.0.1:{port}{path}"
                found.setdefault(name, []).append(wrk(url, seconds, script, sent))
    finally:
        bare.process.terminate()
        bare.process.wait()
    return found


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


def wrk(url: str, seconds: int, script: Path, sent: list[str]) -> tuple[float, float]:
    """Requests per second and the 95th percentile in milliseconds."""
    headers = ["X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.1", *sent]
    if not any(each.startswith("Host:") for each in sent):
        headers.append("Host: acme.example.com")
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", str(script)]
    command += [word for header in headers for word in ("-H", header)]
    said = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    slow = re.search(r"p95 ([\d.]+) errors (\d+)", said)
    assert rate, said
    assert slow, said
    assert slow[2] == "0", f"{url}: {slow[2]} errors"
    return float(rate[1]), float(slow[1])


def report(found: dict[str, list[tuple[float, float]]]) -> None:
    bare = statistics.median(rate for rate, _p95 in found["bare"])
    for name, samples in found.items():
        rate, p95 = (statistics.median(values) for values in zip(*samples, strict=True))
        print(f"{name:28} {rate:7.0f}/s  {rate / bare:5.2f} of bare  p95 {p95:6.1f} ms")


if __name__ == "__main__":
    main()
