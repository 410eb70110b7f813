"""Does Webex accept client ID and secret? Asked when one is saved, and before anybody is lost."""

import pytest

from integrations import clock
from integrations.models import Grant, GrantEvent, WebexApp
from integrations.operations import integrations, readiness
from integrations.renewal import client_probe
from integrations.renewal.refusal_policy import Client
from tests.integrations.renewal.draining import BARE_REFUSAL, INVALID_GRANT, TOKEN, drained

pytestmark = pytest.mark.usefixtures("brisk")


def save(app, secret):
    app = WebexApp.objects.get(pk=app.pk)
    integrations.save(app, secret=secret, changed=set(), now=clock.now())


def sentences(app):
    app = WebexApp.objects.get(pk=app.pk)
    return {check.sentence for check in readiness.check_all([app], now=clock.now())[app.pk].checks}


@pytest.mark.parametrize("shape", ["gateway", "oauth"])
@pytest.mark.parametrize(
    ("secret", "answer"), [("right", Client.ACCEPTED), ("wrong", Client.REFUSED)]
)
def test_a_right_secret_is_told_from_a_wrong_one(acme, sandbox, shape, secret, answer):
    sandbox.scenario.update({"error_shape": shape})
    if secret == "wrong":
        sandbox.state.integrations[acme.client_id].client_secret = "regenerated"

    assert client_probe.check(acme, now=clock.now()) is answer

    assert WebexApp.objects.get(pk=acme.pk).client_answer == answer


@pytest.mark.parametrize("fault", [INVALID_GRANT, BARE_REFUSAL | {"status": 400}, {"status": 503}])
def test_where_webex_answers_everybody_alike_nothing_is_proven(acme, sandbox, fault):
    sandbox.fault(TOKEN, times=None, **fault)

    assert client_probe.check(acme, now=clock.now()) is Client.UNKNOWN


@pytest.mark.django_db(transaction=True)
def test_a_saved_secret_is_tried_and_the_panel_says_what_webex_said(acme, sandbox):
    sandbox.state.integrations[acme.client_id].client_secret = "regenerated"
    save(acme, "not-the-secret")
    assert "Webex refuses the client ID and secret." in sentences(acme)

    save(acme, "regenerated")
    assert "Webex accepts the client ID and the new secret." in sentences(acme)


@pytest.mark.django_db(transaction=True)
def test_a_webex_that_is_down_does_not_keep_a_secret_from_being_saved(acme, sandbox):
    sandbox.fault(TOKEN, times=None, status=503)

    save(acme, "another-secret")

    assert WebexApp.objects.get(pk=acme.pk).client_secret == "another-secret"
    assert not {text for text in sentences(acme) if "accepts" in text or "refuses" in text}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_who_was_given_up_because_of_the_client_comes_back_with_the_right_secret(
    acme, fill, sandbox, count
):
    """As a release before this one did it, which knew no probe."""
    for grant in fill(acme, count):
        reason = "refused without a standard error code"
        grant.mark_consent_lost(reason=reason)
        kind = GrantEvent.Kind.CONSENT_LOST
        GrantEvent.objects.create(grant=grant, kind=kind, reason=reason, at=clock.now())

    save(acme, sandbox.state.integrations[acme.client_id].client_secret)

    assert drained(acme) == {"RENEWED": count}
    assert set(Grant.objects.values_list("status", flat=True)) == {"ACTIVE"}


@pytest.mark.django_db(transaction=True)
def test_who_is_dead_is_given_up_again_and_gets_no_second_mail(acme, fill, sandbox, later):
    [grant] = fill(acme, 1)
    sandbox.revoke(grant.person_email, acme.client_id)
    for _ in range(2):
        drained(acme)
        later(seconds=61)
    assert GrantEvent.objects.get().notice_due

    save(acme, sandbox.state.integrations[acme.client_id].client_secret)
    for _ in range(2):
        drained(acme)
        later(seconds=61)

    kinds = GrantEvent.objects.order_by("pk").values_list("kind", "notice_due")
    assert list(kinds) == [("CONSENT_LOST", True), ("TRIED_AGAIN", False), ("CONSENT_LOST", False)]


@pytest.mark.django_db(transaction=True)
def test_a_definite_end_is_not_tried_again(acme, fill, sandbox):
    [grant] = fill(acme, 1)
    sandbox.scenario.update({"error_shape": "oauth"})
    sandbox.revoke(grant.person_email, acme.client_id)
    drained(acme)

    save(acme, sandbox.state.integrations[acme.client_id].client_secret)

    assert Grant.objects.get().status == Grant.Status.CONSENT_LOST
