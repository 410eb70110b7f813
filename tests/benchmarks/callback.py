"""CPU time of one callback, against a bare view doing the same three calls and one save().

    python -m tests.benchmarks.callback [--count 300]

Both run in this process behind the project's middleware, in turn, against a sandbox in a process of
its own. CPU time of this process only. The bare view: pooled `requests` session, no state check, no
checks of the answers, `Grant.save()`.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT = 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder, running_sandbox() as sandbox:
        os.environ["DATABASE_URL"] = os.environ.get(
            "BENCHMARK_DATABASE_URL", f"sqlite:///{folder}/benchmark.sqlite3"
        )
        os.environ |= {"WEBEX_API_URL": f"{sandbox}/v1", "LOG_LEVEL": "WARNING"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django

        django.setup()
        from tests.benchmarks import callback_views

        report(callback_views.measure(sandbox, count))


@contextmanager
def running_sandbox() -> Iterator[str]:
    code = (
        "import threading, django; django.setup()\n"
        "from integrations.sandbox import Sandbox\n"
        "sandbox = Sandbox(); sandbox.start(); print(sandbox.api_url, flush=True)\n"
        "threading.Event().wait()"
    )
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.stdout.readline().decode().strip().removesuffix("/v1")
    finally:
        process.kill()
        process.wait()


def report(samples: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(values) * 1000 for name, values in samples.items()}
    for name, values in samples.items():
        low, high = min(values) * 1000, max(values) * 1000
        row = f"{medians[name]:6.2f} ms CPU (min {low:.2f}, max {high:.2f}, n={len(values)})"
        print(f"{name:10} {row}")
    ratio = medians["ours"] / medians["bare view"]
    print(f"ratio      {ratio:.2f} of at most {LIMIT}")


if __name__ == "__main__":
    main()
