"""Whoever lost an answer sends the same again: it is done once."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from integrations import clock
from integrations.fields import Ciphertext
from integrations.models import ConnectLink, IdempotentRequest
from integrations.models.api_key import KeyScope
from integrations.operations import housekeeping, lost_key
from tests.conftest import H1, H3
from tests.integrations.api.conftest import API, Program, at_once, code

ALICE = {"user": "alice", "hostname": H1}


@pytest.fixture
def support(program, acme, alice) -> Program:
    return program(KeyScope.LINKS_WRITE, KeyScope.GRANTS_WRITE)


def make(client: Program, body=ALICE, key: str = "order-7"):
    return client.ask("POST", "/connect-links", body, HTTP_IDEMPOTENCY_KEY=key)


def test_the_same_request_gets_the_same_answer(support):
    first, again = make(support), make(support)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert ConnectLink.objects.count() == 1


def test_another_key_or_no_key_is_another_request(support, program):
    answers = [make(support), make(support, key="order-8"), make(program(KeyScope.LINKS_WRITE))]

    assert {each.status_code for each in answers} == {201}
    assert ConnectLink.objects.count() == 3


def test_another_request_with_the_same_key_is_refused(support):
    make(support)

    assert code(make(support, {**ALICE, "hostname": H3})) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "a b", "x" * 101, "ä"])
def test_a_key_that_is_none_is_refused(support, key):
    assert code(make(support, key=key)) == (422, "invalid_idempotency_key")
    assert not ConnectLink.objects.exists()


def test_a_refusal_is_repeated_too(support, linked_alice):
    path = f"/grants/{linked_alice.pk + 1}/disconnect"
    answers = [support.ask("POST", path, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]

    assert [code(each) for each in answers] == [(404, "unknown_grant")] * 2
    assert answers[1]["Idempotency-Replayed"] == "true"


def test_who_may_not_do_it_fills_no_table_and_may_try_again(nina, acme):
    client = Client(HTTP_HOST=H1)
    client.force_login(nina, "django.contrib.auth.backends.ModelBackend")
    new, sent = {"spEnterpriseId": "x"}, {"HTTP_IDEMPOTENCY_KEY": "k", "secure": True}

    answer = client.post(f"{API}/subscribers", new, "application/json", **sent)

    assert code(answer) == (403, "user_may_not")
    assert not IdempotentRequest.objects.exists()


def test_at_another_host_it_is_another_request(make_key, acme, alice):
    _key, secret = make_key(KeyScope.LINKS_WRITE, hostnames=[H1, H3])
    make(Program(secret, host=H1))

    assert code(make(Program(secret, host=H3))) == (422, "idempotency_key_reused")


def test_what_crashed_halfway_is_not_done_again(support, settings):
    support.raise_request_exception = False
    settings.BRANDED_URL_TEMPLATE = "https://{nothing}"  # needed once the link is made

    answers = [make(support) for _ in range(2)]

    told = [(500, "internal_error"), (409, "idempotency_in_flight")]
    assert [code(each) for each in answers] == told
    assert ConnectLink.objects.count() == 1


def test_while_the_first_is_under_way_the_second_is_told_to_wait(support, travel):
    make(support)
    IdempotentRequest.objects.update(status=None, answer=None)

    answer = make(support)
    assert code(answer) == (409, "idempotency_in_flight")
    assert answer["Retry-After"] == "1"
    travel(timedelta(minutes=2))
    assert code(make(support)) == (409, "idempotency_outcome_unknown")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done(support):
    statuses = at_once([lambda: make(support).status_code] * 6)

    assert set(statuses) <= {201, 409}
    assert ConnectLink.objects.count() == 1


def test_what_is_kept_cannot_be_read_in_the_database(support):
    url = make(support).json()["url"]

    stored = IdempotentRequest.objects.get()
    assert url in stored.answer
    assert url not in str(IdempotentRequest.objects.values())


@pytest.mark.parametrize("is_begun_anew", [False, True])
def test_an_answer_whose_key_is_lost_is_not_made_up(support, is_begun_anew):
    make(support)
    foreign = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    IdempotentRequest.objects.update(answer=Ciphertext(foreign, "IdempotentRequest.answer"))
    if is_begun_anew:
        lost_key.start_over(now=clock.now(), advance=lambda done: None)

    again = make(support)

    assert code(again) == (409, "idempotency_outcome_unknown")
    assert ConnectLink.objects.count() == 1


def test_after_a_day_it_is_forgotten(support, travel):
    make(support)
    travel(timedelta(days=1, minutes=1))
    housekeeping.forget(now=clock.now())

    assert not IdempotentRequest.objects.exists()
    make(support)
    assert ConnectLink.objects.exists()
