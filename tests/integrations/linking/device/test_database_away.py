"""The database goes away after Webex answered: the consent is kept, or the user is told."""

import threading
import time

import pytest
from django.db import OperationalError, connection

from integrations.linking import consent, device_polling
from integrations.models import DeviceAuthorization, Grant
from tests.conftest import ALICE_AT_WEBEX

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL can cut the connections of others"
)
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def cut_while_webex_answers(sandbox):
    """Cuts all connections while /people/me, the last call of a linking, is under way."""
    sandbox.fault("/v1/people/me", delay=1.0)
    asked = sandbox.ledger.count("/v1/people/me")

    def cut():
        while sandbox.ledger.count("/v1/people/me") == asked:
            time.sleep(0.02)
        with connection.cursor() as cursor:
            cursor.execute(CUT)
        connection.close()

    thread = threading.Thread(target=cut)
    thread.start()
    yield
    thread.join()


@on_postgresql
def test_a_callback_stores_what_webex_answered(alice_browser, sandbox, cut_while_webex_answers):
    answer = alice_browser.link(ALICE_AT_WEBEX)

    assert answer.status_code == 303
    assert Grant.objects.get().person_email == ALICE_AT_WEBEX
    assert alice_browser.badge() == "linked"


@on_postgresql
def test_a_device_login_stores_what_webex_answered(login, cut_while_webex_answers):
    login.accept(ALICE_AT_WEBEX)

    device_polling.poll_due(seconds=5)

    assert Grant.objects.get().person_email == ALICE_AT_WEBEX
    assert login.state == "linked"
    assert DeviceAuthorization.objects.get().status == DeviceAuthorization.Status.LINKED


def test_who_comes_back_while_the_database_is_away_reads_what_to_do(
    alice_browser, sandbox, monkeypatch
):
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    monkeypatch.setattr(consent, "STORE_PATIENCE", 0.5)

    with connection.execute_wrapper(refuse_grants):
        answer = alice_browser.come_back(redirect)

    assert answer.status_code == 503
    assert "Webex agreed, but the portal could not save it." in answer.text
    assert "link it again" in answer.text
    assert not Grant.objects.exists()


def refuse_grants(execute, sql, params, many, context):
    if "integrations_grant" in sql:
        raise OperationalError("the connection is closed")
    return execute(sql, params, many, context)
