"""One polling loop per worker, and none that outlives its process."""

import subprocess
import sys

import pytest

from integrations.sandbox import Sandbox
from integrations.tasks import device_polling

TRY = """
import fcntl, sys, time
try:
    fcntl.lockf(int(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("taken", flush=True)
else:
    print("mine", flush=True)
    time.sleep(60)
"""


def another_process() -> "subprocess.Popen[str]":
    """As the worker's second process would: with the file inherited."""
    descriptor = device_polling._loop._file
    return subprocess.Popen(
        [sys.executable, "-c", TRY, str(descriptor)],
        pass_fds=[descriptor], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_second_process_of_the_worker_finds_the_loop_taken() -> None:
    with device_polling._loop.alone() as mine, another_process() as other:
        assert mine
        assert other.stdout.readline() == "taken\n"


def test_a_killed_process_leaves_the_loop_free_at_once() -> None:
    with another_process() as other:
        assert other.stdout.readline() == "mine\n"
        with device_polling._loop.alone() as mine:
            assert not mine

        other.kill()
        other.wait()

    with device_polling._loop.alone() as mine:
        assert mine


@pytest.mark.django_db
def test_an_idle_loop_ends_at_once_and_asks_nothing(sandbox: Sandbox) -> None:
    device_polling.poll_device_authorizations()

    assert sandbox.ledger.count() == 0
