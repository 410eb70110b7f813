"""Which client secret is kept beside the new one, and for how long."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import AuditEvent, WebexApp
from integrations.operations import housekeeping, integrations
from integrations.renewal import client_probe, on_demand
from integrations.renewal.refusal_policy import Client
from tests.integrations.conftest import TOKENS
from tests.integrations.renewal.conftest import replace

pytestmark = pytest.mark.usefixtures("brisk")


def test_saving_the_same_secret_again_keeps_none(acme):
    assert not replace(acme, acme.client_secret).has_previous_secret


def test_of_several_mistyped_ones_the_last_that_worked_is_kept(acme):
    right = acme.client_secret
    app = replace(acme, "mistyped")
    client_probe.check(app, now=clock.now())

    app = replace(app, "mistyped again")

    assert app.previous_client_secret == right
    app = replace(app, right)
    assert (app.client_secret, app.relies_on_previous_secret) == (right, False)


def test_a_probe_without_an_answer_undoes_nothing_that_was_found(mistyped, sandbox):
    right = mistyped.previous_client_secret
    client_probe.check(mistyped, now=clock.now())
    sandbox.fault(TOKENS, times=None, status=503)

    assert client_probe.check(mistyped, now=clock.now()) is Client.UNKNOWN

    assert not integrations.forget_previous_secret(mistyped, now=clock.now())
    assert replace(mistyped, "mistyped again").previous_client_secret == right


def test_a_secret_of_another_client_is_not_kept(mistyped):
    mistyped.client_id = "Canother"

    integrations.save(mistyped, secret="", changed={"client_id"}, now=clock.now())

    assert not WebexApp.objects.get(pk=mistyped.pk).has_previous_secret


def test_a_page_that_was_opened_before_a_colleague_saved_keeps_the_colleagues_secret(acme):
    stale = WebexApp.objects.get(pk=acme.pk)
    integrations.save(acme, secret="of a colleague", changed=set(), now=clock.now())

    integrations.save(stale, secret="mine", changed=set(), now=clock.now())

    app = WebexApp.objects.get(pk=acme.pk)
    assert (app.client_secret, app.previous_client_secret) == ("mine", "of a colleague")


def test_it_is_forgotten_after_two_weeks_without_use(regenerated, later):
    later(days=13)
    housekeeping.tidy(now=clock.now())
    assert WebexApp.objects.get(pk=regenerated.pk).has_previous_secret

    later(days=2)
    housekeeping.tidy(now=clock.now())

    assert not WebexApp.objects.get(pk=regenerated.pk).has_previous_secret
    assert AuditEvent.objects.get(action="secret.forgotten").changed == ["previous_client_secret"]


def test_each_use_counts_anew(mistyped, link, later):
    grant = link("alice", mistyped)
    later(days=13)
    on_demand.renew(grant, now=clock.now())
    later(days=2)

    housekeeping.tidy(now=clock.now())

    app = WebexApp.objects.get(pk=mistyped.pk)
    assert app.has_previous_secret
    assert clock.now() - app.previous_client_secret_used_at < timedelta(days=3)
