"""Without a broker every page works, quickly; with one, work is woken after the commit only."""

import contextlib
import socket
import threading
import time

import pytest
from django.db import transaction
from kombu import pools

from config.celery import app as celery_app
from integrations import clock, tasks
from integrations.models import Grant
from tests.conftest import ALICE_AT_WEBEX

SECONDS = 2.0  # for any page, whatever the broker does
GRANTS = "/admin/integrations/grant/"
pytestmark = pytest.mark.django_db(transaction=True)


def forget_connections():
    pools.reset()
    celery_app._pool = celery_app.amqp._producer_pool = None


@pytest.fixture
def use_broker():
    """Points Celery at another broker; waits for what still talks to it before putting it back."""
    url, options = celery_app.conf.broker_url, celery_app.conf.broker_transport_options
    impatient = {**options, "socket_timeout": 0.3, "socket_connect_timeout": 0.3}

    def use(url, options=impatient):
        celery_app.conf.update(broker_url=url, broker_transport_options=options)
        forget_connections()

    yield use
    for thread in publishers():
        thread.join()
    use(url, options)


def publishers():
    return [thread for thread in threading.enumerate() if "(publish)" in thread.name]


@pytest.fixture
def refusing():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def silent():
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@contextlib.contextmanager
def at_most(seconds):
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


@pytest.fixture(params=["refusing", "silent"])
def dead_broker(request, use_broker):
    use_broker(request.getfixturevalue(request.param))


def refresh_now(client, grant):
    chosen = {"_selected_action": [grant.pk], "confirmed": "yes"}
    return client.post(GRANTS, {"action": "refresh_now", **chosen}, follow=True)


def test_refresh_now_answers_quickly_and_the_work_is_in_the_database(
    dead_broker, alice_browser, linked_alice, browser, root
):
    client = browser(root, "admin.example.com")

    with at_most(SECONDS):
        page = refresh_now(client, linked_alice)

    assert "1 grant will be renewed." in page.text
    assert Grant.objects.due_in_app(linked_alice.app_id, clock.now()).get() == linked_alice


def test_every_page_answers_quickly(dead_broker, alice_browser, browser, root):
    admin = browser(root, "admin.example.com")
    visits = [
        lambda: alice_browser.link(ALICE_AT_WEBEX),
        lambda: alice_browser.get("/"),
        lambda: alice_browser.get("/my-account/"),
        lambda: alice_browser.get("/webex/"),
        lambda: alice_browser.get("/webex/profile/"),
        lambda: alice_browser.get("/webex/status/"),
        lambda: admin.get("/admin/"),
        lambda: admin.get(GRANTS),
        lambda: admin.get("/admin/integrations/webexapp/"),
        lambda: alice_browser.post("/webex/disconnect/"),
    ]

    for visit in visits:
        with at_most(SECONDS):
            assert visit().status_code in (200, 303)

    assert not publishers()


def test_a_broker_that_fails_leaves_one_line_in_the_log(dead_broker, caplog):
    tasks.wake_sweep()
    for thread in publishers():
        thread.join(10)

    assert not publishers()
    lines = [entry.getMessage() for entry in caplog.records if entry.name == "integrations.tasks"]
    assert len(lines) == 1
    assert lines[0].startswith("Broker unreachable, the next run will do it")


# --- With a broker ------------------------------------------------------------------------------


@pytest.fixture
def queue(use_broker):
    use_broker("memory://")

    def length():
        for thread in publishers():
            thread.join(5)
        with celery_app.connection_for_read() as connection, connection.channel() as channel:
            return channel._size("celery")

    before = length()
    return lambda: length() - before


def test_work_is_woken_after_the_commit(queue):
    with transaction.atomic():
        tasks.wake_sweep()
        assert queue() == 0

    assert queue() == 1


def test_nothing_is_woken_after_a_rollback(queue):
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        tasks.wake_sweep()
        raise ZeroDivisionError

    assert queue() == 0


def test_a_message_carries_no_grant(queue, linked_alice, browser, root):
    refresh_now(browser(root, "admin.example.com"), linked_alice)

    assert queue() == 1
    with celery_app.connection_for_read() as connection:
        message = connection.SimpleQueue("celery").get(timeout=1)
    assert message.headers["task"] == "integrations.tasks.sweep"
    assert message.payload[:2] == [[], {}]
    assert message.headers["good_until"]
    assert not message.headers["expires"]  # another machine's clock would judge it
    message.ack()
