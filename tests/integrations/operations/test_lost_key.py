"""No copy of the encryption key is left: a sentence says so, and one command begins anew."""

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from integrations import clock
from integrations.models import (
    AuditEvent,
    AuthorizationRequest,
    Grant,
    GrantEvent,
    KeyCanary,
    WebexApp,
)
from integrations.operations import notices, readiness
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.operations.test_key_rotation import (  # noqa: F401  fixtures
    ciphertexts,
    filled,
    old,
    use_keys,
)


@pytest.fixture
def lost(filled, acme, use_keys):  # noqa: F811
    acme.replace_secret("during a change", now=clock.now())
    acme.save()
    use_keys(Fernet.generate_key().decode())


def start_over(*options):
    written = io.StringIO()
    call_command("start_over_without_key", *options, stdout=written)
    return written.getvalue()


def what_blocks(app):
    found = readiness.check_all([app], now=clock.now())[app.pk]
    return [check.code for check in found.blocking]


def test_nothing_happens_while_the_key_fits(filled):  # noqa: F811
    before = ciphertexts()

    with pytest.raises(CommandError, match="The key fits"):
        start_over("--everybody-links-again")

    assert ciphertexts() == before


def test_nothing_happens_without_being_sure(lost):
    before = ciphertexts()

    with pytest.raises(CommandError, match="Nothing was changed"):
        start_over()

    assert ciphertexts() == before


def test_everybody_is_asked_once_to_link_again_and_can(
    lost, alice, alice_browser, acme, sandbox, mailoutbox
):
    secret = sandbox.state.integrations[acme.client_id].client_secret

    said = start_over("--everybody-links-again")

    assert "enter the client secret" in said
    KeyCanary.objects.verify()
    assert not AuthorizationRequest.objects.exists()
    told = {"integration.changed", "grant.consent_lost", "encryption_key.given_up"}
    assert told <= set(AuditEvent.objects.values_list("action", flat=True))
    app = WebexApp.objects.get(pk=acme.pk)
    assert (app.client_secret, app.previous_client_secret, app.is_enabled) == (None, None, False)
    assert what_blocks(app) == ["client_secret"]
    app.replace_secret(secret, now=clock.now())
    app.is_enabled = True
    app.save()
    notices.send_all(now=clock.now())
    assert [letter.to for letter in mailoutbox] == [[alice.email]]
    assert alice_browser.badge() == "not-linked"
    assert alice_browser.link(ALICE_AT_WEBEX).status_code == 303
    assert alice_browser.badge() == "linked"


def test_a_run_that_was_killed_goes_on(lost, alice, monkeypatch):
    def die(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(KeyCanary.objects, "all", die)
        with pytest.raises(KeyboardInterrupt):
            start_over("--everybody-links-again")
    start_over("--everybody-links-again")

    assert Grant.objects.get(user=alice).status == Grant.Status.CONSENT_LOST
    lost_events = GrantEvent.objects.filter(kind=GrantEvent.Kind.CONSENT_LOST)
    assert lost_events.count() == 1
