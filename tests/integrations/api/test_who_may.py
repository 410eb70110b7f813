"""Every route with every kind of key and person: only what is allowed. Made from the document, so
that a new route is tried, too, or this says that nobody wrote down how to call it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from integrations import clock
from integrations.api import v1
from integrations.events import EventType
from integrations.models import AuditEvent, BulkJob, Grant, WebhookDelivery
from integrations.models.api_key import KeyScope
from integrations.operations import api_keys, audit, configuration
from tests.conftest import H1, H2
from tests.integrations.api.conftest import Program
from tests.integrations.canaries import found_in
from tests.integrations.provisioning.conftest import (  # noqa: F401
    PAT_AT_WEBEX,
    new_user,
    park_bench,
    pat,
    pat_browser,
    small_sandbox,
)
from tests.integrations.webhooks.conftest import subscribe  # noqa: F401

# How each is called, so that it would be done: path and body. Those that end something come last.
CALLS: dict[str, tuple[str, Any]] = {
    "read_standing": ("/standing?{whom}", None),
    "read_session": ("/session", None),
    "list_grants": ("/grants", None),
    "read_grant": ("/grants/{grant}", None),
    "renew_grant": ("/grants/{grant}/renew", None),
    "hand_out_access_token": ("/grants/{grant}/access-token", {}),
    "make_connect_link": ("/connect-links", {"user": "pat", "hostname": H1}),
    "list_integrations": ("/integrations", None),
    "read_integration": ("/integrations/{app}", None),
    "list_hostnames": ("/hostnames", None),
    "read_configuration": ("/configuration", None),
    "replace_configuration": ("/configuration?plan=true", "as it is"),
    "read_bulk_job": ("/bulk-jobs/{job}?{whom}", None),
    "find_subscribers": ("/subscribers?{whom}", None),
    "provision_subscriber": ("/subscribers?{whom}", "new user"),
    "read_subscriber": ("/subscribers/{subscriber}?{whom}", None),
    "change_subscriber": ("/subscribers/{subscriber}?{whom}", {"firstName": "Adelaide"}),
    "remove_subscriber": ("/subscribers/{subscriber}?{whom}", None),
    "disconnect_grant": ("/grants/{grant}/disconnect", None),
}
OWN_LISTS = ("list_integrations", "list_hostnames")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path in v1.document()["paths"].values():
        for method, operation in path.items():
            yield method.upper(), operation["operationId"], operation


@pytest.fixture
def world(pat_browser, park_bench, program, new_user):  # noqa: F811
    whom = f"user=pat&hostname={H1}"
    desk = program(KeyScope.SUBSCRIBERS_WRITE)
    subscriber = desk.ask("POST", f"/subscribers?{whom}", new_user("ben@parkbench.example")).json()
    grant = Grant.objects.get()
    job = BulkJob.objects.create(
        grant=grant, hostname=H1, file_name="people.csv", columns=[], created_at=clock.now()
    )
    known = {"whom": whom, "grant": grant.pk, "app": park_bench.pk, "job": job.pk}
    known["subscriber"] = subscriber["id"]
    said: dict[str, str] = {}

    def call(client: Any, method: str, name: str) -> int:
        path, body = CALLS[name]
        body = new_user() if body == "new user" else body
        body = configuration.export().content if body == "as it is" else body
        answer = Program.ask(client, method, path.format(**known), body)
        said[name] = said.get(name, "") + f"{answer.headers}\n{answer.text}\n"
        if method == "GET" and answer.status_code == 200 and answer.json().get("items") == []:
            return 404  # an empty list tells as much
        return answer.status_code

    call.said = said  # type: ignore[attr-defined]
    return call


def test_every_route_is_tried():
    assert {name for _method, name, _operation in operations()} == set(CALLS)


@pytest.fixture
def keys(make_key, globex) -> dict[str, tuple[Program, int]]:
    """Each may everything, and is told this wherever it asks."""
    past, other = clock.now() - timedelta(seconds=1), {"hostnames": [H2]}
    revoked, revoked_secret = make_key(*KeyScope)
    api_keys.revoke(revoked, now=clock.now())
    return {
        "no key": (Program(), 401),
        "a key of nobody": (Program("wim_" + "x" * 43), 401),
        "expired": (Program(make_key(*KeyScope, expires_at=past)[1]), 401),
        "revoked": (Program(revoked_secret), 401),
        "at a branded host": (Program(make_key(*KeyScope)[1], host=H1), 403),
        "of another hostname": (Program(make_key(*KeyScope, **other)[1]), 404),
        "of another hostname, there": (Program(make_key(*KeyScope, **other)[1], host=H2), 404),
        "of another integration": (Program(make_key(*KeyScope, apps=[globex])[1]), 404),
    }


@pytest.fixture
def sessions(browser, alice, nina, root, pat_browser) -> dict[str, Any]:  # noqa: F811
    return {"pat": pat_browser} | {each.username: browser(each) for each in (alice, nina, root)}


@pytest.mark.slow
def test_only_what_is_allowed(world: Callable[..., int], make_key, keys, sessions):
    one_scope = {scope: Program(make_key(scope)[1]) for scope in KeyScope}
    wrong = []
    for method, name, operation in in_order():
        scope, for_sessions = operation["x-scope"], {"Session": []} in operation["security"]
        for kind, (client, expected) in keys.items():
            told = world(client, method, name)
            # Whoever reaches another brand's integrations lists those.
            expected = 200 if name in OWN_LISTS and expected == 404 else expected
            # It is about all of them, and so for nobody who is limited.
            expected = 403 if scope == KeyScope.CONFIGURATION and expected == 404 else expected
            wrong += [(name, kind, told)] if told != (expected if scope else 401) else []
        for person, client in sessions.items():
            if person == "pat" and for_sessions and method != "GET":
                continue  # it would be done; test_api.py does it
            told = world(client, method, name)
            is_allowed = for_sessions and (person == "pat" or name == "read_session")
            expected = 200 if is_allowed else 403 if for_sessions else 401
            wrong += [(name, person, told)] if told != expected else []
        for held, client in one_scope.items():
            told = world(client, method, name)
            is_right = told < 300 if held == scope else told == (403 if scope else 401)
            wrong += [] if is_right else [(name, held, told)]

    assert wrong == []


def in_order() -> list[tuple[str, str, dict[str, Any]]]:
    return sorted(operations(), key=lambda each: [*CALLS].index(each[1]))


def test_no_secret_is_in_what_any_route_says_leaves_or_logs(
    world,
    make_key,
    pat_browser,  # noqa: F811
    subscribe,  # noqa: F811
    sandbox,
    caplog,
):
    caplog.set_level("DEBUG")
    pat_browser.link(PAT_AT_WEBEX)  # the whole way, with code, verifier and secret
    endpoint = subscribe("https://hooks.example.com/", events=[*EventType])
    key, secret = make_key(*KeyScope)
    token = Grant.objects.get().access_token

    for method, name, operation in in_order():
        client = Program(secret) if operation["x-scope"] else pat_browser
        assert world(client, method, name) < 300, name

    handed_out = world.said.pop("hand_out_access_token")
    assert found_in(handed_out, sandbox) == {token}  # so that what is not found elsewhere is not
    left = {
        **world.said,
        "audit": str([*AuditEvent.objects.values()]),
        "events": str([*WebhookDelivery.objects.values()]),
        "log": caplog.text,
    }
    for kind in audit.FORMATS:
        rows = audit.export(AuditEvent.objects.all(), kind, asked="", now=clock.now())
        left[f"export {kind}"] = "".join(rows)
    assert all(left.values())
    ours = {secret, endpoint.secret, key.digest}
    where = {
        name: found_in(text, sandbox) | {each for each in ours if each in text}
        for name, text in left.items()
    }
    assert {name: found for name, found in where.items() if found} == {}
