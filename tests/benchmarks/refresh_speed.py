"""Refreshes per second of one `drain_app` worker, next to peers and to the limit, in one run.

    pip install -r tests/benchmarks/requirements.txt   # and nginx with its echo module
    python -m tests.benchmarks.refresh_speed [--database postgres://…] [--processes 1 2] [--rotate]

All over TLS against nginx on this machine, rate limit off. The limit is the same multi handle
posting the same bodies: no parsing, no crypto, no database; the row below adds only the encryption.
The endpoint answers with the refresh token it was sent, as Webex was seen to do; --rotate has it
answer with another one, which is then encrypted and stored as well.
The naive peer does what most projects do, a new OAuth2Session and one save() for each grant, one
after the other.
"""

import argparse
import multiprocessing
import os
import ssl
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import fast_endpoint

CONCURRENCY = 64
ROUNDS = 3  # all contenders take turns, because the speed of a machine varies from minute to minute


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database")
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rotate", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    endpoints = fast_endpoint.running(rotate=options.rotate)
    with tempfile.TemporaryDirectory() as folder, endpoints as endpoint:
        prepare_environment(options.database or f"sqlite:///{folder}/speed.sqlite3", endpoint)
        import django

        django.setup()
        from tests.benchmarks import peers

        print(f"nginx alone: {sustained(endpoint)}")
        scale = 5 if options.quick else 1
        peers.load(40_000 // scale)
        rows = {}
        for latency, url in ((0, endpoint.api_url()), (50, endpoint.api_url(slow=True))):
            seconds = (4 if latency else 3) / scale
            rows[latency] = measure(peers, url, seconds, endpoint, options.processes)
        report(rows)


def prepare_environment(database: str, endpoint: fast_endpoint.Endpoint) -> None:
    import certifi

    # All of certifi's authorities beside ours: naive clients load them for each call.
    with endpoint.certificate.open("ab") as bundle:
        bundle.write(Path(certifi.where()).read_bytes())
    certificate = str(endpoint.certificate)
    certifi.where = lambda: certificate
    os.environ |= {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "LOG_LEVEL": "ERROR",
        "REFRESH_CALLS_PER_MINUTE": "0",
        "REFRESH_CONCURRENCY": str(CONCURRENCY),
        "REQUESTS_CA_BUNDLE": certificate,
        "SSL_CERT_FILE": certificate,
    }


def measure(
    peers: Any, url: str, seconds: float, endpoint: fast_endpoint.Endpoint, processes: list[int]
) -> dict[str, float]:
    context = ssl.create_default_context(cafile=str(endpoint.certificate))
    contenders: dict[str, Callable[[], int]] = {
        "naive: OAuth2Session + save()": lambda: peers.naive(url, seconds),
        "social-auth refresh_token()": lambda: peers.social_auth(url, seconds),
        f"aiohttp drain ({CONCURRENCY})": lambda: peers.aiohttp_drain(url, seconds, context),
        f"limit ({CONCURRENCY})": lambda: peers.limit(url, seconds, CONCURRENCY),
        "limit with its two Fernet calls": lambda: peers.limit(
            url, seconds, CONCURRENCY, crypto=True
        ),
    }
    for number in processes:
        name = f"drain_app ({CONCURRENCY}), {number} process{'es' * (number > 1)}"
        contenders[name] = lambda number=number: drained(peers, url, seconds, number)
    done, took = Counter[str](), Counter[str]()
    for _round in range(ROUNDS):
        for name, run in contenders.items():
            peers.make_all_due()
            began = time.perf_counter()
            done[name] += run()
            took[name] += time.perf_counter() - began
    return {name: done[name] / took[name] for name in contenders}


def drained(peers: Any, url: str, seconds: float, processes: int) -> int:
    if processes == 1:
        return peers.drain(url, seconds)
    from django.db import connections

    connections.close_all()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        return sum(pool.starmap(peers.drain, [(url, seconds)] * processes))


def sustained(endpoint: fast_endpoint.Endpoint) -> str:
    """What the endpoint itself can do, asked by wrk if it is installed."""
    script = "wrk.method='POST' wrk.body='grant_type=refresh_token&refresh_token=R'"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        url = endpoint.api_url() + "/access_token"
        command = ["wrk", "-t1", f"-c{CONCURRENCY}", "-d3", "-s", file.name, url]
        try:
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return "unknown (wrk is not installed)"
    return output.partition("Requests/sec:")[2].split()[0] + "/s"


def report(rows: dict[int, dict[str, float]]) -> None:
    print(f"{'refreshes per second':34}{'0 ms':>10}{'50 ms':>10}{'of limit':>18}")
    for name in rows[0]:
        shares = [rows[latency][name] / rows[latency][f"limit ({CONCURRENCY})"] for latency in rows]
        cells = "".join(f"{rows[latency][name]:10.0f}" for latency in rows)
        print(f"{name:34}{cells}{shares[0]:11.2f}{shares[1]:7.2f}")
    ours = next(name for name in rows[0] if name.startswith("drain_app"))
    naive, _social, aio = list(rows[0])[:3]
    print(f"ours / naive at 0 ms: {rows[0][ours] / rows[0][naive]:.0f} (target 100)")
    print(f"ours / aiohttp at 0 ms: {rows[0][ours] / rows[0][aio]:.1f} (target 1.5)")
    print("of the limit: targets 0.60 at 0 ms, 0.70 at 50 ms")


if __name__ == "__main__":
    main()
