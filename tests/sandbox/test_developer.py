"""Does the developer portal behave as Webex's does (contract 9)?"""

from __future__ import annotations

import re
from typing import Any

import pytest

from integrations.sandbox import Integration, Sandbox
from integrations.sandbox.console.developer import is_acceptable
from integrations.sandbox.core.scopes import MINIMUM_SCOPES
from tests.sandbox.conftest import ALICE, REDIRECT_URI, Answer, Client, parameters


def create(client: Client, **changes: Any) -> Answer:
    scopes = list(MINIMUM_SCOPES)
    form = {"action": "save", "name": "Acme", "redirect_uris": REDIRECT_URI, "scopes": scopes}
    return client.post("/my-apps/new", **(form | changes))


def save(client: Client, app: Integration, **changes: Any) -> Answer:
    form = {
        "name": app.name,
        "redirect_uris": "\n".join(app.redirect_uris),
        "scopes": list(app.scopes),
    }
    return client.post(f"/my-apps/{app.id}", action="save", **(form | changes))


def only_app(sandbox: Sandbox) -> Integration:
    (app,) = sandbox.state.integrations.values()
    return app


def chosen(page: str) -> set[str]:
    return set(re.findall(r'name="scopes"\s+value="([^"]+)"\s+checked', page))


def test_an_empty_portal_invites_to_create_an_integration(client: Client) -> None:
    for path in ("/", "/my-apps/"):
        assert "No integrations yet" in client.get(path).text


def test_the_nine_minimum_scopes_are_preselected(client: Client) -> None:
    page = client.get("/my-apps/new").text
    assert len(MINIMUM_SCOPES) == 9
    assert chosen(page) == set(MINIMUM_SCOPES)
    assert page.index("spark:people_read") < page.index("spark:rooms_read")


def test_a_button_selects_only_the_nine_and_keeps_what_was_typed(client: Client) -> None:
    answer = create(client, action="minimum", name="Typed", scopes=["spark:rooms_read"])
    assert chosen(answer.text) == set(MINIMUM_SCOPES)
    assert 'value="Typed"' in answer.text


def test_creating_shows_the_credentials_and_the_secret_once(
    client: Client, sandbox: Sandbox
) -> None:
    answer = create(client)
    app = only_app(sandbox)
    assert (answer.status, answer.location) == (303, f"/my-apps/{app.id}")
    first, second = (client.get(answer.location).text for _ in range(2))
    assert re.fullmatch(r"C[0-9a-f]{64}", app.client_id)
    assert re.fullmatch(r"[0-9a-f]{64}", app.client_secret)
    for value in (app.client_id, app.id, app.authorization_url.replace("&", "&amp;")):
        assert value in first
        assert value in second
    assert app.client_secret in first
    assert app.client_secret not in second
    assert app.name in client.get("/my-apps/").text


def test_the_authorization_url_carries_the_first_redirect_uri_and_all_scopes(
    app: Integration, sandbox: Sandbox
) -> None:
    assert app.authorization_url.startswith(f"{sandbox.api_url}/authorize?client_id=")
    assert "%20" in app.authorization_url
    assert parameters(app.authorization_url) == {
        "client_id": app.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": " ".join([*MINIMUM_SCOPES, "spark:kms"]),
        "state": "set_state_here",
    }


def test_editing_changes_the_authorization_url(client: Client, app: Integration) -> None:
    before = app.authorization_url
    uris = "https://new.example/\r\n\r\n  https://old.example/  \r\nhttps://new.example/"
    assert save(client, app, redirect_uris=uris).status == 303
    assert app.redirect_uris == ("https://new.example/", "https://old.example/")
    assert parameters(app.authorization_url)["redirect_uri"] == "https://new.example/"
    save(client, app, scopes=["spark:people_read"])
    assert parameters(app.authorization_url)["scope"] == "spark:people_read spark:kms"
    assert app.authorization_url != before


def test_tokens_outlive_an_edit(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    save(client, app, scopes=["spark:people_read"])
    assert client.refresh(app, refresh_token).status == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "Give the integration a name."),
        ({"redirect_uris": "\n \n"}, "Enter at least one redirect URI."),
        ({"redirect_uris": "http://portal.example.net/"}, "is not acceptable"),
        ({"redirect_uris": f"{REDIRECT_URI}\njavascript:alert(1)"}, "is not acceptable"),
        ({"scopes": []}, "Choose at least one"),
        ({"scopes": ["spark:everything"]}, "Choose at least one"),
    ],
)
def test_a_bad_form_is_refused_with_a_reason(
    client: Client, sandbox: Sandbox, changes: dict[str, Any], words: str
) -> None:
    answer = create(client, **changes)
    assert answer.status == 400
    assert words in answer.text
    assert sandbox.state.integrations == {}


def test_a_bad_edit_changes_nothing(client: Client, app: Integration) -> None:
    assert save(client, app, name="Other", redirect_uris="ftp://x").status == 400
    assert app.name == "Acme Portal"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://portal.example.net/webex/callback/?a=1", True),
        ("https://portal.example.net:8443/", True),
        ("http://localhost:8000/callback", True),
        ("http://127.0.0.1:8000/callback", True),
        ("http://acme.localhost:8000/callback", True),
        ("http://portal.example.net/", False),
        ("http://localhost.evil.example/", False),
        ("https://", False),
        ("https:///path", False),
        ("https://user@host.example/", False),
        ("https://host.example/#fragment", False),
        ("https://host.example:99999/", False),
        ("https://host.example/a b", False),
        ("//host.example/", False),
        ("portal.example.net", False),
    ],
)
def test_redirect_uris_are_https_or_local(uri: str, expected: bool) -> None:
    assert is_acceptable(uri) is expected


def test_regenerating_shows_a_new_secret_once(client: Client, app: Integration) -> None:
    old = app.client_secret
    answer = client.post(f"/my-apps/{app.id}", action="regenerate")
    assert app.client_secret != old
    assert app.client_secret in client.get(answer.location).text
    assert app.client_secret not in client.get(answer.location).text


def test_deleting_ends_the_integration_and_its_tokens(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    token = sandbox.grant(ALICE, app.client_id)["access_token"]
    assert client.post(f"/my-apps/{app.id}", action="delete").location == "/my-apps/"
    assert client.get(f"/my-apps/{app.id}").status == 404
    assert client.get("/v1/people/me", token=token).status == 401
    assert client.get("/sandbox/").status == 200


def test_a_form_of_another_site_is_refused(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    foreign = {"Origin": "https://evil.example"}
    assert create(client, headers=foreign).status == 403
    answer = client.post(f"/my-apps/{app.id}", headers=foreign, action="delete")
    assert answer.status == 403
    assert list(sandbox.state.integrations) == [app.client_id]
