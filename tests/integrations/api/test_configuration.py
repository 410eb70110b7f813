"""`/configuration`: read with an ETag, planned and replaced, by keys that reach all of it."""

import json

import pytest

from integrations.models import AuditEvent, BrandedURL, WebexApp
from integrations.models.api_key import KeyScope
from tests.conftest import H1
from tests.integrations.api.test_problems import problem

PATH = "/configuration"


@pytest.fixture
def deploying(program):
    return program(KeyScope.CONFIGURATION, name="pipeline")


@pytest.fixture
def put(deploying):
    def send(content, query="", *, etag="", **extra):
        sent = {"headers": {"If-Match": etag}} if etag else {}
        body = content if isinstance(content, str) else json.dumps(content)
        return deploying.ask("PUT", PATH + query, body, **sent, **extra)

    return send


def read(deploying):
    answer = deploying.ask("GET", PATH)
    assert answer.status_code == 200
    return answer.json(), answer["ETag"]


def test_it_is_read_changed_planned_and_written_back(acme, deploying, put):
    content, etag = read(deploying)
    assert acme.client_secret not in json.dumps(content)
    assert put(content, etag=etag).json()["changes"] == []
    content["integrations"]["Acme"]["default_provisioning_id"] = "P-1"

    planned = put(content, "?plan=true").json()
    assert (planned["applied"], planned["confirm"], f'"{planned["fingerprint"]}"') == (
        False, "", etag,
    )  # fmt: skip
    assert planned["changes"] == [
        {
            "kind": "change",
            "path": "/integrations/Acme/default_provisioning_id",
            "sentence": "“Acme”: default provisioning ID changes from nothing to “P-1”.",
        }
    ]
    assert WebexApp.objects.get().default_provisioning_id == ""

    done = put(content, etag=f'"other", {etag}')
    assert (done.status_code, done.json()["applied"]) == (200, True)
    assert read(deploying) == (content, done["ETag"])
    event = AuditEvent.objects.get(action="integration.changed")
    assert (event.actor_kind, event.actor_name.partition(" ")[0]) == ("api key", "pipeline")


def test_a_stale_or_missing_precondition_is_refused(acme, deploying, put):
    content, etag = read(deploying)
    content["integrations"]["Acme"]["default_provisioning_id"] = "P-1"
    BrandedURL.objects.update(accent_color="#123456")

    problem(put(content), 428, "if_match_missing")
    for stale in (etag, f"W/{read(deploying)[1]}", "nonsense"):
        problem(put(content, etag=stale), 412, "configuration_moved")

    assert put(content, etag="*").status_code == 200


def test_what_users_would_lose_is_asked_and_confirmed(linked_alice, deploying, put):
    content, etag = read(deploying)
    content["hostnames"][H1]["integration"] = None

    told = problem(put(content, etag=etag), 409, "confirmation_needed")
    assert told["questions"] == [
        {
            "path": f"/hostnames/{H1}/integration",
            "sentence": f"1 linked user may come through {H1}, which would stop working at once.",
        }
    ]
    assert put(content, "?confirm=x", etag=etag).status_code == 409
    assert put(content, f"?confirm={told['confirm']}", etag=etag).status_code == 200
    assert BrandedURL.objects.get(hostname=H1).app is None


def test_what_is_wrong_is_told_by_its_path(acme, deploying, put):
    content, etag = read(deploying)
    content["integrations"]["Acme"]["authorization_url"] = "https://evil.example/"
    content["secrets"] = {}

    first = problem(put(content, etag=etag), 422, "invalid_request")
    del content["secrets"]
    second = problem(put(content, etag=etag), 422, "invalid_request")

    assert first["errors"] == [{"where": "/secrets", "message": "There is no such field."}]
    assert [each["where"] for each in second["errors"]] == ["/integrations/Acme/authorization_url"]
    told = problem(put("{", etag=etag), 422, "invalid_request")
    assert told["errors"][0]["message"] == "It is no JSON: see line 1, column 2."


def test_an_answer_that_was_lost_is_given_again(acme, deploying, put):
    content, etag = read(deploying)
    content["integrations"]["Acme"]["default_provisioning_id"] = "P-1"
    key = {"HTTP_IDEMPOTENCY_KEY": "deploy-1"}

    first, again = (put(content, etag=etag, **key) for _attempt in range(2))

    assert first.json() == again.json()
    assert AuditEvent.objects.filter(action="integration.changed").count() == 1
    told = put(content, etag=first["ETag"], **key)
    problem(told, 422, "idempotency_key_reused")


@pytest.mark.parametrize("limit", ["apps", "hostnames"])
def test_a_key_with_limits_neither_sees_nor_changes_all(acme, program, limit):
    within = {"apps": [acme], "hostnames": [H1]}[limit]
    client = program(KeyScope.CONFIGURATION, **{limit: within})

    for method in ("GET", "PUT"):
        problem(client.ask(method, PATH, {}), 403, "key_is_limited")


def test_no_other_scope_and_no_session_reaches_it(acme, program, alice_browser, browser, root):
    others = [scope for scope in KeyScope if scope != KeyScope.CONFIGURATION]
    client = program(*others)

    for method in ("GET", "PUT"):
        problem(client.ask(method, PATH, {}), 403, "scope_missing")
    for session in (alice_browser, browser(root, "admin.example.com")):
        assert session.get(f"/api/v1{PATH}").status_code == 401
