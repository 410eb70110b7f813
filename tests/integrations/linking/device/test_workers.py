"""Real processes: a web server, two workers, beat and a broker. Workers die, polling goes on."""

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.models.device_authorization import STARTS_PER_USER
from integrations.sandbox.core.ledger import Call
from integrations.sandbox.webex.device import decide
from integrations.tasks.device_polling import TIME_BOX
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX
from tests.integrations.linking.device.conftest import AUTHORIZE, TOKEN
from tests.integrations.linking.device.portal import Portal, Visitor, running_portal, until

pytestmark = pytest.mark.slow

BEAT = 5  # seconds between regular starts of the loop
HERE = """from integrations.models import Heartbeat
here = Heartbeat.objects.filter(name__startswith="worker ", left_at=None)
result = list(here.values_list("name", flat=True))"""
CLAIM = 2 * 3 + 5  # seconds, with the three of WEBEX_TIMEOUT in portal.py


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with running_portal(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture
def portal(running: Portal) -> Portal:
    """With nothing left over from the test before."""
    running.python("portal_data.forget_all()")
    running.sandbox.scenario.reset()
    running.sandbox.clear_faults()
    running.sandbox.ledger.clear()
    return running


@pytest.fixture
def alice(portal: Portal) -> Visitor:
    (visitor,) = portal.sign_in("alice")
    return visitor


@pytest.fixture(scope="module")
def crew(running: Portal) -> list:
    """Workers that outlive a test: each start takes seconds."""
    return []


@pytest.fixture
def two_workers(portal: Portal, crew: list) -> list:
    crew[:] = alive(crew)
    crew += [portal.start_worker() for _ in range(2 - len(crew))]
    return crew


@pytest.fixture
def alone(portal: Portal, crew: list) -> None:
    for worker in alive(crew):
        portal.kill(worker)


def alive(crew: list) -> list:
    return [worker for worker in crew if worker.poll() is None]


def polls(portal: Portal) -> list[Call]:
    return portal.sandbox.ledger.find(TOKEN)


def gaps(calls: list[Call]) -> list[float]:
    ends = [call.finished or call.started for call in calls]
    return [later.started - end for end, later in zip(ends, calls[1:], strict=False)]


def user_code(portal: Portal) -> str:
    return list(portal.sandbox.state.device_codes.values())[-1].user_code


def await_state(visitor: Visitor, path: str, state: str, seconds: float) -> None:
    until(lambda: visitor.status(path)["state"] == state, seconds=seconds, what=state)


def hammer(portal: Portal, path: str, *, rate: int, seconds: float) -> int:
    """So many status requests a second from five browsers of Alice's; how many were answered."""
    answered, visitors = [], portal.sign_in(*["alice"] * 5)

    def ask(visitor: Visitor, began: float) -> None:
        for number in range(int(rate * seconds / len(visitors))):
            time.sleep(max(began + number * len(visitors) / rate - time.monotonic(), 0))
            answered.append(visitor.status(path)["state"])

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(each, began)) for each in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answered) == {"waiting"}
    return len(answered)


def test_two_workers_and_200_status_requests_a_second_cost_one_call_per_interval(
    portal: Portal, alice: Visitor, two_workers: list
) -> None:
    path = alice.start()
    began = time.monotonic()

    answered = hammer(portal, path, rate=200, seconds=10)

    seconds = time.monotonic() - began
    calls = polls(portal)
    assert answered == 2000
    assert 2 <= len(calls) <= seconds / 2 + 1
    assert min(gaps(calls)) >= 1.95
    assert {call.status for call in calls} == {428}  # never slow_down


def test_many_starts_at_once_keep_the_limit_and_leave_one_live(portal: Portal) -> None:
    visitors = portal.sign_in(*["dora"] * (STARTS_PER_USER + 5))

    with ThreadPoolExecutor(len(visitors)) as threads:
        answers = list(threads.map(Visitor.press_start, visitors))

    statuses = Counter(answer.status for answer in answers)
    paths = [answer.headers["Location"] for answer in answers if answer.status == 303]
    states = Counter(visitors[0].status(path)["state"] for path in paths)
    assert statuses == {303: STARTS_PER_USER, 429: 5}
    assert portal.sandbox.ledger.count(AUTHORIZE) == STARTS_PER_USER
    assert states == {"waiting": 1, "cancelled": STARTS_PER_USER - 1}


def test_users_who_start_at_the_same_moment_see_their_own_codes(portal: Portal) -> None:
    visitors = portal.sign_in(*(f"user{number}" for number in range(10)))

    with ThreadPoolExecutor(len(visitors)) as threads:
        paths = list(threads.map(Visitor.start, visitors))

    pages = [visitor.get(path).text for visitor, path in zip(visitors, paths, strict=True)]
    codes = [re.search(r'class="visually-hidden">([\d ]+)<', page)[1] for page in pages]
    pictures = {re.search(r'<svg [^>]*class="qr".*?</svg>', page, re.DOTALL)[0] for page in pages}
    assert len(set(codes)) == len(pictures) == len(visitors)
    assert visitors[0].get(paths[1]).status == 404


def test_after_a_worker_is_killed_between_polls_the_other_goes_on(
    portal: Portal, alice: Visitor, two_workers: list
) -> None:
    path = alice.start()
    until(lambda: len(polls(portal)) >= 1)
    first, second = two_workers
    time.sleep(0.3)

    portal.kill(first)
    asked = len(polls(portal))
    until(lambda: len(polls(portal)) >= asked + 2, seconds=2 * 2 + BEAT + 2)
    decide(portal.sandbox.state, user_code(portal), ALICE_AT_WEBEX)

    await_state(alice, path, "linked", seconds=4)
    assert min(gaps(polls(portal))) >= 1.95
    assert second.poll() is None


def test_when_all_die_in_the_middle_of_a_poll_the_page_says_busy_and_a_new_one_resumes(
    portal: Portal, alice: Visitor, two_workers: list
) -> None:
    path = alice.start()
    portal.sandbox.fault(TOKEN, delay=2)
    until(lambda: polls(portal))

    for worker in two_workers:
        portal.kill(worker)
    await_state(alice, path, "busy", seconds=10)
    assert "The service is busy" in alice.get(path).text

    decide(portal.sandbox.state, user_code(portal), ALICE_AT_WEBEX)
    newcomer = portal.start_worker()
    await_state(alice, path, "linked", seconds=CLAIM + BEAT + 4)
    assert len(polls(portal)) == 2
    portal.kill(newcomer)


def test_slow_down_is_obeyed_by_all_workers(portal: Portal, two_workers: list) -> None:
    (bob,) = portal.sign_in("bob")
    path = bob.start()
    portal.sandbox.fault(TOKEN, status=400, body=b'{"error": "slow_down"}')

    until(lambda: len(polls(portal)) >= 3, seconds=2 + 3 * 7 + 4)

    assert min(gaps(polls(portal))) >= 6.95
    decide(portal.sandbox.state, user_code(portal), BOB_AT_WEBEX)
    await_state(bob, path, "linked", seconds=10)


def test_without_beat_the_loop_goes_on_by_itself(
    portal: Portal, alice: Visitor, two_workers: list
) -> None:
    os.killpg(portal.beat.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        alice.start()
        until(lambda: time.monotonic() - began > TIME_BOX + 6, seconds=TIME_BOX + 8)
    finally:
        os.killpg(portal.beat.pid, signal.SIGCONT)

    assert polls(portal)[-1].started > began + TIME_BOX + 2
    assert max(gaps(polls(portal))) < 2 + 2


@pytest.mark.parametrize("concurrency", [1, 2])
def test_the_loop_does_not_keep_a_sweep_waiting(
    portal: Portal, alice: Visitor, alone: None, concurrency: int
) -> None:
    """With a single process the sweep and then its drain wait for one time box of the loop each."""
    worker = portal.start_worker(concurrency=concurrency)
    path = alice.start()
    until(lambda: polls(portal))
    decide(portal.sandbox.state, user_code(portal), ALICE_AT_WEBEX)
    await_state(alice, path, "linked", seconds=10)
    alice.start()
    until(lambda: polls(portal)[-1].status == 428, seconds=10)

    portal.python("portal_data.make_all_due()")
    seconds = 3 if concurrency == 2 else 2 * TIME_BOX + 3
    until(lambda: portal.sandbox.ledger.find("/v1/access_token"), seconds=seconds)

    asked = len(polls(portal))
    until(lambda: len(polls(portal)) > asked, seconds=BEAT + 3)
    portal.kill(worker)


def test_a_worker_says_that_it_leaves_unless_it_is_killed(
    portal: Portal, two_workers: list
) -> None:
    """Here, because here are two (tests/integrations/operations/test_workers_gone.py)."""
    told, killed = two_workers
    before = set(portal.python(HERE))

    os.kill(told.pid, signal.SIGTERM)
    assert told.wait(timeout=20) == 0
    gone = before - set(portal.python(HERE))
    portal.kill(killed)

    assert len(gone) == 1
    assert before - set(portal.python(HERE)) == gone


def test_without_a_broker_the_page_still_comes_at_once(
    portal: Portal, alice: Visitor, alone: None
) -> None:
    """The last test here: beat takes its time to find a new broker."""
    portal.kill(portal.broker)
    began = time.monotonic()

    path = alice.start()

    assert time.monotonic() - began < 3
    assert alice.status(path)["state"] == "waiting"
    await_state(alice, path, "busy", seconds=10)
