"""Another client ID under users who are linked with the present one."""

import pytest

from integrations import clock
from integrations.models import Grant, WebexApp
from integrations.operations import readiness
from tests.integrations.admin.conftest import change, errors


@pytest.fixture
def other(acme):
    """What an admin pastes of another registration at Webex."""
    changed = acme.authorization_url.replace(acme.client_id, "C0ffee")
    return {"authorization_url": changed, "client_id": "C0ffee"}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(["alice"], "1 user is linked"), (["alice", "carol"], "2 users are linked")],
)
def test_it_asks_with_the_number_of_users(paula, acme, link, other, names, sentence):
    for name in names:
        link(name, acme)

    asked = change(paula, acme, **other)

    assert sentence in errors(asked)["client_id"]
    assert "new_client_anyway" in errors(asked)
    assert WebexApp.objects.get().client_id == acme.client_id
    assert change(paula, acme, **other, new_client_anyway="on").status_code == 302
    assert WebexApp.objects.get().client_id == "C0ffee"


@pytest.mark.parametrize("status", ["", "DISCONNECTED", "CONSENT_LOST"])
def test_it_does_not_ask_where_nobody_is_linked(paula, acme, globex, link, other, status):
    link("bob", globex)
    if status:
        grant = link("alice", acme)
        grant.disconnect() if status == "DISCONNECTED" else grant.mark_consent_lost(reason="x")

    assert change(paula, acme, **other).status_code == 302


def test_it_does_not_ask_where_the_client_id_stays(paula, acme, link):
    link("alice", acme)

    assert change(paula, acme, name="Acme 2").status_code == 302


def test_it_asks_though_the_integration_is_off(paula, acme, link, other):
    link("alice", acme)
    WebexApp.objects.update(is_enabled=False)
    acme.refresh_from_db()

    assert "1 user is linked" in errors(change(paula, acme, **other))["client_id"]
    assert "client_id" in errors(change(paula, acme, client_id="", authorization_url=""))


def test_what_webex_said_to_the_former_client_is_forgotten(paula, acme, other):
    now = clock.now()
    later = now.replace(year=2099)
    answered = {"client_answer": "accepted", "refresh_paused_until": later, "pause_count": 3}
    WebexApp.objects.update(**answered)

    change(paula, acme, **other)

    app = WebexApp.objects.get()
    assert (app.refresh_paused_until, app.pause_count) == (None, 0)
    sentences = [c.sentence for c in readiness.check_all([app], now=now)[app.pk].checks]
    assert "Webex accepts the client ID and secret." not in sentences


def test_a_new_client_id_leaves_the_grants_as_they_are(paula, acme, link, other):
    link("alice", acme)

    change(paula, acme, **other, new_client_anyway="on")

    assert Grant.objects.get().status == "ACTIVE"
