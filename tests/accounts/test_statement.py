"""A connection that died while nobody asked costs nobody a page."""

import threading

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from accounts.statement import Statement

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL can cut others'"),
]
BY_NAME = Statement("SELECT {person} FROM accounts_user person WHERE username = %s", person=User)
CUT = "SELECT pg_terminate_backend(%s)"


def begin_request():
    connection.close_if_unusable_or_obsolete()


def cut(pid):
    def at_once():
        with connection.cursor() as cursor:
            cursor.execute(CUT, [pid])
        connection.close()

    thread = threading.Thread(target=at_once)
    thread.start()
    thread.join()


def pid():
    return connection.connection.info.backend_pid


@pytest.fixture
def connected(alice):
    connection.close()
    assert BY_NAME.first("alice") == [alice]
    yield pid()
    connection.close()


@pytest.mark.parametrize("go_on", [begin_request, lambda: None], ids=["between", "within"])
def test_one_that_died_between_two_requests_or_within_one_is_made_anew(connected, alice, go_on):
    cut(connected)
    go_on()

    assert BY_NAME.first("alice") == [alice]
    assert pid() != connected


def test_what_the_database_refuses_is_no_dead_connection(connected):
    begin_request()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 200")  # ms, in which a live one answers
    begin_request()

    with pytest.raises(OperationalError, match="timeout"):
        Statement("SELECT {it} FROM accounts_user it, pg_sleep(1)", it=User).first()

    assert pid() == connected
