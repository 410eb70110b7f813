"""A link that support sends: for one person, at one hostname, once, for half an hour."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from config.log import JSONFormatter, RedactingFormatter
from integrations import clock
from integrations.actions import Action
from integrations.models import AuditEvent, AuthorizationRequest, ConnectLink, Grant
from integrations.models.api_key import KeyScope
from integrations.operations import housekeeping
from tests.conftest import ALICE_AT_WEBEX, H1, H2
from tests.integrations.api.conftest import Program, at_once, code


@pytest.fixture
def support(program, acme) -> Program:
    return program(KeyScope.LINKS_WRITE)


@pytest.fixture
def path(support, alice) -> str:
    answer = support.ask("POST", "/connect-links", {"user": "alice", "hostname": H1})
    assert answer.status_code == 201, answer.text
    url = urlsplit(answer.json()["url"])
    assert url.netloc == H1
    return url.path


def test_alice_opens_it_signs_in_and_is_linked(path, browser, alice, sandbox):
    signed_out = browser(None)
    assert signed_out.get(path)["Location"] == f"/sign-in/?next={path}"
    client = browser(alice)

    page = client.get(path)
    assert "Go on to Webex" in page.text
    assert not AuthorizationRequest.objects.exists()
    page = client.post(path)
    target = re.search(r"url=([^\"]+)", page.text)[1].replace("&amp;", "&")
    client.come_back(sandbox.accept(target, ALICE_AT_WEBEX))

    assert client.badge() == "linked"
    assert Grant.objects.get().hostname == H1


def test_it_works_once(path, browser, alice):
    client = browser(alice)
    assert client.get(path).status_code == client.get(path).status_code == 200
    client.post(path)

    for page in (client.get(path), client.post(path)):
        assert page.status_code == 410
        assert "This link was used already: each works once." in page.text
    assert AuthorizationRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_counts(path, browser, alice):
    clients = [browser(alice), browser(alice)]

    statuses = at_once([lambda c=c: c.post(path).status_code for c in clients])

    assert sorted(statuses) == [200, 410]


def test_it_ends_after_half_an_hour(path, browser, alice, travel):
    client = browser(alice)
    travel(timedelta(minutes=29))
    assert client.get(path).status_code == 200
    travel(timedelta(minutes=2))

    page = client.post(path)

    assert page.status_code == 410
    assert "older than half an hour" in page.text
    assert not AuthorizationRequest.objects.exists()


def test_mallory_cannot_use_it_and_it_stays_good_for_alice(path, browser, alice, mallory):
    page = browser(mallory).post(path)

    assert page.status_code == 410
    assert "made for somebody else" in page.text
    assert "alice" not in page.text.lower()
    assert browser(alice).post(path).status_code == 200


def test_it_is_for_its_hostname_only(path, browser, alice, globex):
    page = browser(alice, H2).post(path)

    assert page.status_code == 410
    assert "does not belong to this address" in page.text
    assert H1 not in page.text


@pytest.mark.parametrize("token", ["x", "a" * 300])
def test_a_guess_is_refused_alike(browser, alice, acme, token):
    assert browser(alice).get(f"/webex/link/{token}/").status_code == 410


def test_only_its_digest_is_kept_and_the_log_does_not_have_it(path, browser, alice, caplog):
    token = path.split("/")[3]
    browser(alice).get(path)

    assert token not in str(ConnectLink.objects.values().get())
    assert token not in caplog.text
    assert "/webex/link/…/" in caplog.text


@pytest.mark.parametrize("formatter", [RedactingFormatter(), JSONFormatter()])
def test_a_refusal_does_not_write_it_into_the_log(path, browser, mallory, caplog, formatter):
    browser(mallory).get(path)

    lines = [formatter.format(record) for record in caplog.records]
    assert any("Gone" in line for line in lines)
    assert path.split("/")[3] not in "".join(lines)


def test_making_and_using_it_is_on_record(path, browser, alice):
    browser(alice).post(path)

    made, used = AuditEvent.objects.filter(action__startswith="connect_link.").order_by("pk")
    assert (made.action, made.actor_kind) == (Action.CONNECT_LINK_MADE, "api key")
    assert (used.action, used.actor_id) == (Action.CONNECT_LINK_USED, alice.pk)
    assert {made.subject_id, used.subject_id} == {alice.pk}


def test_none_is_made_for_who_could_not_use_it(support, nina, alice, acme):
    def ask(user: str, hostname: str = H1):
        return code(support.ask("POST", "/connect-links", {"user": user, "hostname": hostname}))

    assert ask("nina") == (409, "not_offered")
    assert ask("nobody") == (404, "unknown_user")
    assert ask("alice", H2) == (404, "unknown_hostname")
    acme.is_enabled = False
    acme.save()
    assert ask("alice") == (409, "not_offered")


def test_old_ones_are_forgotten(path, travel):
    travel(timedelta(days=2))
    housekeeping.forget(now=clock.now())

    assert not ConnectLink.objects.exists()
