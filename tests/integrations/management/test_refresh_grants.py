"""`manage.py refresh_grants`: one sweep in the foreground, with a table at the end."""

from datetime import timedelta
from functools import partial
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from integrations import actor, clock
from integrations.models import AuditEvent, Grant, WebexApp
from integrations.operations.left_over import LeftOver
from tests.integrations.renewal import draining
from tests.integrations.renewal.draining import BARE_REFUSAL, INVALID_GRANT, TOKEN

pytestmark = pytest.mark.django_db(transaction=True)  # commands close their connection


@pytest.fixture(autouse=True)
def brisk(settings):
    draining.without_limit(settings)


@pytest.fixture
def fill(sandbox, db):
    return partial(draining.fill, sandbox)


def run(*arguments):
    """The exit code, and what it says."""
    out = StringIO()
    with pytest.raises((SystemExit, CommandError)) as end:
        call_command("refresh_grants", *arguments, stdout=out, no_color=True)
    code = end.value.code if isinstance(end.value, SystemExit) else end.value.returncode
    return code, out.getvalue()


def wait_for_next_attempt(*grants, **columns):
    """As after a failure an hour ago."""
    now = clock.now()
    facts = {"failing_since": now - timedelta(hours=1), "last_error": "no connection", **columns}
    Grant.objects.filter(pk__in=[grant.pk for grant in grants]).update(
        failure_count=3, refresh_due_at=now + timedelta(minutes=20), **facts
    )


def test_the_table_counts_each_outcome(acme, fill, sandbox):
    grants = fill(acme, 30)
    sandbox.fault(TOKEN, person=grants[5].person_email, **INVALID_GRANT)
    for grant in (grants[9], grants[15]):
        sandbox.fault(TOKEN, person=grant.person_email, status=500)

    code, text = run()

    assert "Acme: 30 due" in text
    assert "      27 renewed" in text
    assert "       1 ended by Webex" in text
    assert "       2 retry later" in text
    assert "Acme: 2 failed before and wait for their next attempts, the first at" in text
    assert "Acme: 1 user must link again; nobody else can do it." in text
    assert code == 1


def test_only_the_named_integration_is_asked_for(acme, globex, fill, sandbox):
    fill(acme, 3)
    fill(globex, 3)

    code, text = run("--app", "Globex")

    assert "Acme" not in text
    assert {call.client_id for call in draining.calls(sandbox)} == {globex.client_id}
    assert "       3 renewed" in text
    assert code == 0


def test_an_unknown_integration_is_an_error_with_a_sentence(acme):
    with pytest.raises(CommandError, match="no enabled integration named “Nobody”") as error:
        call_command("refresh_grants", "--app", "Nobody")

    assert error.value.returncode == 2


def test_all_also_renews_what_is_not_due_yet(acme, fill):
    grants = fill(acme, 3, refresh_due_at=clock.now() + timedelta(days=3))
    wait_for_next_attempt(grants[0])

    assert "Nothing was due." in run()[1]
    assert not AuditEvent.objects.exists(), "as any sweep does"
    actor.work_as("manage.py refresh_grants")
    code, text = run("--all")
    assert (code, "       3 renewed" in text) == (0, True)
    event = AuditEvent.objects.get()
    assert (event.in_words, event.object_label) == ("Renewal of all grants asked for", "Acme")
    assert event.actor_name == "manage.py refresh_grants"


def test_all_of_one_integration_leaves_the_others_alone(acme, globex, fill, sandbox):
    later = clock.now() + timedelta(days=3)
    fill(acme, 3, refresh_due_at=later)
    fill(globex, 2, refresh_due_at=later)

    run("--app", "Acme", "--all")

    assert not draining.calls(sandbox, globex)
    assert Grant.objects.filter(app=globex, refresh_due_at=later).count() == 2


def test_everything_is_renewed_beyond_one_batch(acme, fill, settings):
    settings.REFRESH_BATCH = 16
    fill(acme, 150)

    assert "     150 renewed" in run()[1]


# --- What is left, and why -----------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2])
def test_where_nothing_is_left_it_ends_with_0(acme, globex, fill, count):
    fill(acme, count, refresh_due_at=clock.now() + timedelta(days=3))

    assert run() == (0, "Acme: 0 due\n\nGlobex: 0 due\n\nNothing was due.\n")


def test_without_an_integration_there_is_nothing_to_do(db):
    assert run() == (0, "Nothing was due.\n")


@pytest.mark.parametrize(("count", "said"), [(1, "1 failed before and waits"), (2, "2 failed be")])
def test_what_waits_for_its_next_attempt_is_no_silent_success(acme, fill, count, said):
    grants = fill(acme, 3, refresh_due_at=clock.now() + timedelta(days=3))
    wait_for_next_attempt(*grants[:count])

    code, text = run()

    assert (code, "Nothing was due." in text, f"Acme: {said}" in text) == (1, True, True)
    assert "refused" not in text


@pytest.mark.parametrize("due", [0, 3])
def test_a_paused_integration_says_until_when_and_why(acme, globex, fill, due):
    """A restored backup: the refused wait, everybody else is held, and nothing is asked."""
    refused = fill(acme, 2)
    wait_for_next_attempt(*refused, suspect_since=clock.now(), last_error="invalid_grant")
    fill(acme, due)
    fill(globex, 1)
    until = clock.now() + timedelta(minutes=4)
    reason = "invalid_grant (status 400, ROUTER_9)"
    WebexApp.objects.filter(pk=acme.pk).update(refresh_paused_until=until, pause_reason=reason)

    code, text = run()

    assert "Acme: It is paused until " in text
    assert "Webex refuses to renew the connection (invalid_grant)." in text
    assert "Of these, Webex refused 2, which is not believed yet." in text
    assert ("Acme: 3 are due and were not tried." in text) == (due == 3)
    assert "       1 renewed" in text, "the other integration"
    assert code == 2


def test_a_pause_in_which_nobody_waits_yet_is_worth_a_look(acme, fill):
    fill(acme, 1, refresh_due_at=clock.now() + timedelta(days=3))
    until = clock.now() + timedelta(minutes=4)
    WebexApp.objects.filter(pk=acme.pk).update(refresh_paused_until=until, pause_reason="429")

    assert run()[0] == 1


@pytest.mark.parametrize("count", [1, 2, 30])
@pytest.mark.parametrize("fault", [{"status": 503}, BARE_REFUSAL, None])
def test_where_nothing_succeeds_it_ends_with_2(acme, fill, sandbox, settings, count, fault):
    fill(acme, count)
    if fault:
        sandbox.fault(TOKEN, times=None, **fault)
    else:
        settings.WEBEX_API_URL = "http://127.0.0.1:9/v1"  # nobody listens there

    code, text = run()

    assert code == 2
    assert " renewed" not in text.replace("Nothing was renewed", "")
    assert "Acme: " in text.partition("\n\n")[2]


@pytest.mark.parametrize("count", [1, 2])
def test_whom_webex_ended_nobody_waits_for(acme, fill, sandbox, count):
    grants = fill(acme, 5)
    for grant in grants[:count]:
        sandbox.fault(TOKEN, person=grant.person_email, times=None, **INVALID_GRANT)

    code, text = run()

    assert (code, f"       {count} ended by Webex" in text) == (0, True)


@pytest.mark.parametrize(("count", "said"), [(1, "1 is being"), (2, "2 are being")])
def test_what_another_process_is_at_is_named(acme, fill, count, said):
    keys = [grant.pk for grant in fill(acme, count)]
    until = clock.now() + timedelta(seconds=5)
    Grant.objects.filter(pk__in=keys).update(claimed_by=uuid4(), claimed_until=until)

    code, text = run()

    assert (code, f"Acme: {said} renewed by another process." in text) == (1, True)


@pytest.mark.parametrize(("count", "said"), [(1, "its 1 user."), (2, "its 2 users.")])
def test_an_integration_that_is_off_is_named_while_people_are_linked(acme, fill, count, said):
    fill(acme, count)
    WebexApp.objects.update(is_enabled=False)

    code, text = run()

    assert (code, said in text) == (0, True)
    assert text.startswith("Nothing was due.\nAcme: It is not enabled")


def test_without_the_database_it_ends_with_2(acme):
    def refuse(*arguments):
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        assert run()[0] == 2


@pytest.mark.parametrize(
    ("count", "said"), [(0, []), (1, ["1 "] * 4), (1_000_000, ["1,000,000 "] * 4)]
)
def test_large_numbers_are_grouped(acme, count, said):
    now = clock.now()
    parts = dict.fromkeys(("due", "elsewhere", "waiting", "refused", "lost"), count)

    sentences = list(LeftOver(acme, now, next_at=now, **parts).sentences())

    assert [each[: len(said[0])] for each in sentences] == said
    assert not count or f"Webex refused {said[0].strip()}, " in sentences[2]
