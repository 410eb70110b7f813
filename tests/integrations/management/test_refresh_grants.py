"""`manage.py refresh_grants`: one sweep in the foreground, with a table at the end."""

from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations import actor, clock
from integrations.models import AuditEvent, Grant
from tests.integrations.renewal import draining
from tests.integrations.renewal.draining import INVALID_GRANT, TOKEN

pytestmark = pytest.mark.django_db(transaction=True)  # commands close their connection


@pytest.fixture(autouse=True)
def brisk(settings):
    draining.without_limit(settings)


@pytest.fixture
def fill(sandbox, db):
    return partial(draining.fill, sandbox)


def refresh_grants(*arguments):
    out = StringIO()
    call_command("refresh_grants", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_the_table_counts_each_outcome(acme, fill, sandbox):
    grants = fill(acme, 30)
    sandbox.fault(TOKEN, person=grants[5].person_email, **INVALID_GRANT)
    for grant in (grants[9], grants[15]):
        sandbox.fault(TOKEN, person=grant.person_email, status=500)

    text = refresh_grants()

    assert "Acme: 30 due" in text
    assert "      27 renewed" in text
    assert "       1 ended by Webex" in text
    assert "       2 retry later" in text


def test_only_the_named_integration_is_asked_for(acme, globex, fill, sandbox):
    fill(acme, 3)
    fill(globex, 3)

    text = refresh_grants("--app", "Globex")

    assert "Acme" not in text
    assert {call.client_id for call in draining.calls(sandbox)} == {globex.client_id}
    assert "       3 renewed" in text


def test_an_unknown_integration_is_an_error_with_a_sentence(acme):
    with pytest.raises(CommandError, match="no enabled integration named “Nobody”"):
        refresh_grants("--app", "Nobody")


def test_all_also_renews_what_is_not_due_yet(acme, fill):
    fill(acme, 3, refresh_due_at=clock.now() + timedelta(days=3))

    assert "Nothing was due." in refresh_grants()
    assert not AuditEvent.objects.exists(), "as any sweep does"
    actor.work_as("manage.py refresh_grants")
    assert "       3 renewed" in refresh_grants("--all")
    event = AuditEvent.objects.get()
    assert (event.in_words, event.object_label) == ("Renewal of all grants asked for", "Acme")
    assert event.actor_name == "manage.py refresh_grants"


def test_all_of_one_integration_leaves_the_others_alone(acme, globex, fill, sandbox):
    later = clock.now() + timedelta(days=3)
    fill(acme, 3, refresh_due_at=later)
    fill(globex, 2, refresh_due_at=later)

    refresh_grants("--app", "Acme", "--all")

    assert not draining.calls(sandbox, globex)
    assert Grant.objects.filter(app=globex, refresh_due_at=later).count() == 2


def test_everything_is_renewed_beyond_one_batch(acme, fill, settings):
    settings.REFRESH_BATCH = 16
    fill(acme, 150)

    assert "     150 renewed" in refresh_grants()
