"""What a page of subscribers costs beside the call to Webex that it waits for.

    python -m tests.benchmarks.subscriber_pages [--count 40] [--subscribers 50000] [--latency 0.25]

The page is made in this process behind the project's middleware, against a sandbox in a process of
its own that takes `latency` seconds for each answer. Beside it, the same call with nothing around.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

OWN_LIMIT, RATIO_LIMIT = 300.0, 1.2  # milliseconds; times the call
SANDBOX = """
import sys, threading
from integrations.sandbox import Sandbox
sandbox = Sandbox(subscribers=int(sys.argv[1])); sandbox.start()
sandbox.scenario.update({"latency": float(sys.argv[2])})
print(sandbox.api_url, flush=True)
threading.Event().wait()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--subscribers", default="50000")
    parser.add_argument("--latency", default="0.25", help="seconds")
    options = parser.parse_args()
    running = running_sandbox(options.subscribers, options.latency)
    with tempfile.TemporaryDirectory() as folder, running as sandbox:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/benchmark.sqlite3",
            "WEBEX_API_URL": f"{sandbox}/v1",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        import django

        django.setup()
        measure(sandbox, options.count)


@contextmanager
def running_sandbox(subscribers: str, latency: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SANDBOX, subscribers, latency],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield process.stdout.readline().strip().removesuffix("/v1")
    finally:
        process.kill()
        process.wait()


def measure(sandbox: str, count: int) -> None:
    from integrations import clock
    from integrations.models import BrandedURL
    from integrations.provisioning import caller
    from integrations.webex import broadworks
    from tests.benchmarks import callback_views as views

    client, pat = linked_pat(sandbox)
    brand = BrandedURL.objects.get(hostname=views.HOST)
    known = "ada.abbott0@acme-corporation.example"
    pages = {
        "first page": ("", {"max": "25"}),
        "search by e-mail": (f"?q={known}", {"email": known, "max": "2"}),
        "one status": ("?status=error", {"status": "error", "max": "25"}),
    }
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, (query, asked) in pages.items():
        page, ours = timed(count, lambda query=query: show(client, f"/webex/subscribers/{query}"))
        call, its = timed(
            count,
            lambda asked=asked: caller.of(pat, brand, now=clock.now()).ask(
                broadworks.subscribers, asked
            ),
        )
        own = f"our own {page - call:.0f} ms (at most {OWN_LIMIT:.0f})"
        ratio = f"{page / call:.2f} times the call (at most {RATIO_LIMIT})"
        cpu = f"{ours - its:.0f} ms of it computing"
        print(f"{name:17} {page:.0f} ms, the call {call:.0f} ms: {own}, {cpu}, {ratio}")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"memory            {before / 1024:.0f} MB before, {after / 1024:.0f} MB after")


def linked_pat(sandbox: str):
    from django.conf import settings
    from django.core.management import call_command

    from accounts.models import User
    from config.demo import sample_data
    from tests.benchmarks import callback_views as views
    from tests.browsing import PortalClient
    from tests.integrations.provisioning.conftest import PAT_AT_WEBEX

    settings.BRANDED_URL_TEMPLATE, settings.SECURE_SSL_REDIRECT = "http://{hostname}", False
    settings.WHITENOISE_AUTOREFRESH = True
    call_command("migrate", verbosity=0)
    sample_data.create("unused", register=lambda uris: views.register(sandbox, uris))
    client, pat = PortalClient(host=views.HOST, sandbox=None), User.objects.get(username="pat")
    client.force_login(pat, "django.contrib.auth.backends.ModelBackend")
    client.come_back(views.walk_through_webex(sandbox, client.start(), PAT_AT_WEBEX))
    return client, pat


def show(client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code


def timed(count: int, run: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds, the median once it is warm; and those of computing, whatever else runs here."""
    samples = []
    for _turn in range(count + 3):
        began, computed = time.monotonic(), time.process_time()
        run()
        samples.append((time.monotonic() - began, time.process_time() - computed))
    wall, computing = (statistics.median(each) * 1000 for each in zip(*samples[3:], strict=True))
    return wall, computing


if __name__ == "__main__":
    main()
