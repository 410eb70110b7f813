"""The REST calls against odd and hostile answers."""

import json
import traceback

import pytest

from integrations.errors import InsufficientScope, Refused, Rejected, WebexUnavailable
from integrations.tokens import Bearer
from integrations.webex import authorizations, people
from integrations.webex.http import Deadline
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX

ME = "/v1/people/me"


@pytest.fixture
def client_id(sandbox):
    scopes = ["spark:people_read", "identity:tokens_read", "identity:tokens_write"]
    return sandbox.register(name="Acme", scopes=scopes).client_id


@pytest.fixture
def alice_bearer(sandbox, client_id):
    return Bearer(sandbox.grant(ALICE_AT_WEBEX, client_id)["access_token"])


@pytest.fixture
def bearer_of(sandbox, client_id):
    return lambda email: Bearer(sandbox.grant(email, client_id)["access_token"])


def deadline():
    return Deadline(2)


def answer(sandbox, path, body):
    sandbox.fault(path, status=200, body=json.dumps(body).encode())


def test_people_me_says_who_it_is(sandbox, alice_bearer):
    person = people.my_person(alice_bearer, deadline=deadline())

    assert person.email == ALICE_AT_WEBEX
    assert person.id
    (call,) = sandbox.ledger.find(ME)
    assert (call.method, call.headers["authorization"]) == ("GET", f"Bearer {alice_bearer.value}")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": ""},
        {"id": None},
        {"id": 5},
        {"id": ["x"]},
        {"id": "a\x00b"},
        {"id": "\ud800"},
        {"id": "x" * 201},
    ],
)
def test_a_person_without_a_usable_id_is_an_outage(sandbox, alice_bearer, body):
    answer(sandbox, ME, body)

    with pytest.raises(WebexUnavailable):
        people.my_person(alice_bearer, deadline=deadline())


@pytest.mark.parametrize("odd", [None, 5, {}, [], "a\x00b", "\ud800", ["a"], [None]])
def test_odd_members_of_a_person_are_left_empty(sandbox, alice_bearer, odd):
    body = {"id": "Y2lz", "emails": odd, "displayName": odd, "orgId": odd, "phoneNumbers": odd}
    answer(sandbox, ME, body | {"roles": odd, "title": odd})

    profile = people.my_profile(alice_bearer, deadline=deadline())

    assert profile.person.id == "Y2lz"
    assert profile.person.name == profile.person.org_id == profile.title == ""
    assert profile.emails in ((), ("a",))
    assert profile.numbers == ()


def test_a_name_of_any_script_arrives_as_it_is(sandbox, alice_bearer):
    answer(sandbox, ME, {"id": "Y2lz", "displayName": "Zoë 王小明 👩‍💻 <b>"})

    assert people.my_person(alice_bearer, deadline=deadline()).name == "Zoë 王小明 👩‍💻 <b>"


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Refused), (403, InsufficientScope), (404, Rejected), (503, WebexUnavailable)],
)
def test_a_failing_call_shows_no_token(sandbox, alice_bearer, status, error):
    sandbox.fault(ME, status=status)

    with pytest.raises(error) as caught:
        people.my_person(alice_bearer, deadline=deadline())

    frames = [dict(frame.f_locals) for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert alice_bearer.value not in repr(frames) + str(caught.value)


@pytest.mark.parametrize("path", ["../people", "a/b", "a?b=c", "a#b", "%2e%2e", "é"])
def test_an_id_stays_one_segment_of_the_path(sandbox, alice_bearer, path):
    with pytest.raises((Rejected, InsufficientScope)):
        people.organization_name(alice_bearer, path, deadline=deadline())

    (call,) = sandbox.ledger.calls
    assert call.path.startswith("/v1/organizations/")
    assert call.query == {}


def test_only_authorizations_of_the_very_person_are_listed(sandbox, bearer_of):
    bob = bearer_of(BOB_AT_WEBEX)
    items = [
        {"id": "mine", "clientId": "C1", "personId": "P1"},
        {"id": "another's", "clientId": "C1", "personId": "P2"},
        {"id": "other case", "clientId": "C1", "personId": "p1"},
        {"id": "nobody's", "clientId": "C1"},
        "nonsense",
    ]
    answer(sandbox, "/v1/authorizations", {"items": items})

    found = authorizations.authorizations(bob, "P1", deadline=deadline())

    assert [each.id for each in found] == ["mine"]


@pytest.mark.parametrize("items", [None, {}, "x", [None, 5]])
def test_a_list_that_is_none_is_empty(sandbox, alice_bearer, items):
    answer(sandbox, "/v1/authorizations", {"items": items})

    assert authorizations.authorizations(alice_bearer, "P1", deadline=deadline()) == ()


@pytest.mark.parametrize("person_id", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_nobodys(sandbox, alice_bearer, person_id):
    with pytest.raises(Rejected):
        people.remove_person(alice_bearer, person_id, deadline=deadline())

    assert not sandbox.ledger.calls
