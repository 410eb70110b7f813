"""Does one worker keep the pace of 300 device logins? Prints the pauses between their polls.

    python -m tests.benchmarks.device_polling [--count 300] [--seconds 40] [--latency 0.1]

A real worker (`--concurrency 2`), beat, broker and web server, SQLite unless DATABASE_URL says
otherwise; the sandbox runs in this process, with an interval of 5 s. All logins start together. A
pause counts from the end of one poll to the start of the next of the same login. What the sandbox
itself sustains is measured first, by as many threads as the worker uses posting the same polls.
"""

import argparse
import base64
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import tests.settings  # noqa: F401  the keys that the portal's processes are given
from integrations.sandbox import Sandbox
from tests.integrations.linking.device.portal import ROOT, Portal, running_portal

TOKEN = "/v1/device/token"
INTERVAL, ALLOWED = 5, 2.0  # seconds
FLOOD = """
import base64, sys, threading, time
import pycurl
from io import BytesIO
url, authorization, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
counts = [0] * 32
def flood(slot, until):
    while time.monotonic() < until:
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, url); curl.setopt(pycurl.POSTFIELDS, "grant_type=x")
        curl.setopt(pycurl.HTTPHEADER, [authorization]); curl.setopt(pycurl.WRITEDATA, BytesIO())
        curl.perform(); counts[slot] += 1
until = time.monotonic() + seconds
threads = [threading.Thread(target=flood, args=(slot, until)) for slot in range(len(counts))]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print(sum(counts) / seconds)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--latency", type=float, default=0.1, help="of every answer, in seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_portal(Path(folder)) as portal:
        sandbox = portal.sandbox
        print(f"sandbox    sustains {flood(portal, 5):.0f} polls/s without latency")
        sandbox.scenario.device_interval = INTERVAL
        portal.python("portal_data.start(*arguments)", options.count)
        sandbox.scenario.latency = options.latency
        sandbox.ledger.clear()
        portal.start_worker()
        time.sleep(2 * INTERVAL)  # one round to get going
        sandbox.ledger.clear()
        time.sleep(options.seconds)
        report(sandbox, options.count, options.seconds)


def flood(portal: Portal, seconds: float) -> float:
    secret = portal.sandbox.state.integrations[portal.client_id].client_secret
    pair = base64.b64encode(f"{portal.client_id}:{secret}".encode()).decode()
    arguments = [portal.sandbox.api_url + "/device/token", f"Authorization: Basic {pair}"]
    output = subprocess.run(
        [sys.executable, "-c", FLOOD, *arguments, str(seconds)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout  # fmt: skip
    return float(output)


def report(sandbox: Sandbox, count: int, seconds: float) -> None:
    calls = sandbox.ledger.find(TOKEN)
    theirs = defaultdict(list)
    for call in calls:
        theirs[call.form["device_code"]].append(call)
    pauses = sorted(
        later.started - (earlier.finished or earlier.started)
        for each in theirs.values()
        for earlier, later in itertools.pairwise(each)
    )
    slow_downs = sum(call.status == 400 for call in calls)
    print(f"worker     {len(calls) / seconds:.1f} polls/s for {len(theirs)} of {count} logins")
    print(f"pauses     median {statistics.median(pauses):.2f} s, "
          f"99 % {pauses[int(len(pauses) * 0.99)]:.2f} s, longest {pauses[-1]:.2f} s, "
          f"shortest {pauses[0]:.2f} s; slow_down {slow_downs} times")  # fmt: skip
    kept = len(theirs) == count and pauses[-1] <= INTERVAL + ALLOWED and not slow_downs
    print(f"{'kept' if kept else 'NOT KEPT'}: at most {INTERVAL} s + {ALLOWED} s for each")


if __name__ == "__main__":
    main()
