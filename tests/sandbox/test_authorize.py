"""Does GET /v1/authorize, with sign-in and consent, do as Webex does (contract 2.1, 2.2)?"""

from __future__ import annotations

import re

import pytest

from integrations.sandbox import Integration, PageError, Sandbox
from tests.sandbox.conftest import (
    ALICE,
    BOB,
    REDIRECT_URI,
    Answer,
    Client,
    authorize_url,
    parameters,
    path_of,
)

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def start(client: Client, app: Integration, **changes: str | None) -> Answer:
    return client.get(path_of(authorize_url(app, **changes)))


def sign_in(client: Client, app: Integration, email: str = ALICE, **changes: str | None) -> str:
    """The transaction of somebody who is signed in and looks at the consent page."""
    transaction = parameters(start(client, app, **changes).location)["transaction"]
    answer = client.post("/idb/sign-in", transaction=transaction, email=email)
    assert answer.status == 303
    return transaction


def test_sign_in_happens_on_a_second_origin(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    answer = start(client, app)
    assert answer.status == 302
    assert answer.location.startswith(f"http://localhost:{sandbox.port}/idb/sign-in?")


def test_accept_sends_the_browser_back_with_code_and_state(
    client: Client, app: Integration
) -> None:
    transaction = sign_in(client, app, state="s1")
    answer = client.post("/idb/consent", transaction=transaction, decision="accept")
    assert answer.status == 302
    assert answer.location.startswith(f"{REDIRECT_URI}?")
    assert parameters(answer.location)["state"] == "s1"
    assert client.exchange(app, parameters(answer.location)["code"]).status == 200


def test_decline_sends_the_browser_back_with_access_denied(
    client: Client, app: Integration
) -> None:
    transaction = sign_in(client, app, state="s1")
    answer = client.post("/idb/consent", transaction=transaction, decision="decline")
    assert parameters(answer.location) == {"error": "access_denied", "state": "s1"}


def test_a_consent_cannot_be_given_twice(client: Client, app: Integration) -> None:
    transaction = sign_in(client, app)
    client.post("/idb/consent", transaction=transaction, decision="accept")
    again = client.post("/idb/consent", transaction=transaction, decision="accept")
    assert again.status == 400
    assert again.location == ""


def test_nobody_consents_without_signing_in(client: Client, app: Integration) -> None:
    transaction = parameters(start(client, app).location)["transaction"]
    answer = client.post("/idb/consent", transaction=transaction, decision="accept")
    assert answer.status == 400
    page = client.get(f"/idb/consent?transaction={transaction}")
    assert "Choose somebody" in page.text


def test_a_sign_in_expires(client: Client, app: Integration, sandbox: Sandbox) -> None:
    location = start(client, app).location
    assert client.get(path_of(location)).status == 200
    sandbox.advance(1801)
    assert client.get(path_of(location)).status == 400


def test_an_unknown_email_is_asked_for_again(client: Client, app: Integration) -> None:
    transaction = parameters(start(client, app).location)["transaction"]
    answer = client.post("/idb/sign-in", transaction=transaction, email="nobody@x.example")
    assert answer.status == 400
    assert "knows nobody" in answer.text


def test_the_consent_page_names_integration_person_and_scopes(
    client: Client, app: Integration
) -> None:
    transaction = sign_in(client, app, email=BOB)
    page = client.get(f"/idb/consent?transaction={transaction}").text
    for words in ("Acme Portal", "Bob Brown", BOB, "spark:people_read", "Change your own profile"):
        assert words in page


def test_the_login_hint_prefills_the_email(client: Client, app: Integration) -> None:
    location = start(client, app, login_hint="x@y.example", prompt="select_account").location
    assert 'value="x@y.example"' in client.get(path_of(location)).text


def test_the_pages_set_no_cookie_and_have_a_policy_without_form_action(
    client: Client, app: Integration
) -> None:
    page = client.get(path_of(start(client, app).location))
    assert page.headers["Set-Cookie"] is None
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "form-action" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<style|style=|<script>|\son\w+=", page.text)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "spark:people_read spark:rooms_read"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
        ({"scope": "openid"}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_a_bad_request_is_refused_at_the_redirect_uri(
    client: Client, app: Integration, changes: dict[str, str | None], error: str
) -> None:
    answer = start(client, app, state="s1", **changes)
    assert answer.status == 302
    assert answer.location.startswith(f"{REDIRECT_URI}?")
    assert parameters(answer.location)["error"] == error
    assert parameters(answer.location)["state"] == "s1"


def test_a_subset_of_the_scopes_and_the_openid_ones_may_be_asked(
    client: Client, app: Integration
) -> None:
    answer = start(client, app, scope="spark:people_read openid email", nonce="n")
    assert "/idb/sign-in" in answer.location


def test_spark_all_does_not_cover_other_scopes(client: Client, sandbox: Sandbox) -> None:
    app = sandbox.register(redirect_uris=[REDIRECT_URI], scopes=["spark:all"])
    answer = start(client, app, scope="spark:people_read")
    assert parameters(answer.location)["error"] == "invalid_scope"


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": REDIRECT_URI.rstrip("/")},
        {"redirect_uri": REDIRECT_URI.upper()},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": ""},
        {"client_id": "C0"},
        {"client_id": None},
    ],
)
def test_an_unknown_client_or_redirect_uri_gets_a_page_and_no_redirect(
    client: Client, app: Integration, changes: dict[str, str | None]
) -> None:
    answer = start(client, app, **changes)
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.location == ""


def test_a_repeated_parameter_is_refused(client: Client, app: Integration) -> None:
    repeated = f"{path_of(app.authorization_url)}&state=other"
    assert parameters(client.get(repeated).location)["error"] == "invalid_request"
    stranger = f"{path_of(app.authorization_url)}&redirect_uri=https%3A%2F%2Fevil.example"
    assert client.get(stranger).status == 400


def test_the_redirect_uri_may_be_left_out_where_there_is_one(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    url = sandbox.accept(authorize_url(app, redirect_uri=None), ALICE)
    assert url.startswith(f"{REDIRECT_URI}?")
    assert client.exchange(app, parameters(url)["code"], redirect_uri=None).status == 200
    two = sandbox.register(redirect_uris=[REDIRECT_URI, "https://b.example/"])
    assert start(client, two, redirect_uri=None).status == 400


def test_a_redirect_uri_with_a_query_keeps_it(sandbox: Sandbox) -> None:
    app = sandbox.register(redirect_uris=["https://b.example/?brand=1"])
    url = sandbox.accept(app.authorization_url, ALICE)
    assert parameters(url)["brand"] == "1"
    assert "code" in parameters(url)


def test_no_state_is_made_up(app: Integration, sandbox: Sandbox) -> None:
    url = sandbox.accept(authorize_url(app, state=None), ALICE)
    assert set(parameters(url)) == {"code"}


def test_accept_and_decline_work_in_process(app: Integration, sandbox: Sandbox) -> None:
    assert "code" in parameters(sandbox.accept(app.authorization_url, ALICE))
    declined = parameters(sandbox.decline(app.authorization_url, ALICE))
    assert declined == {"error": "access_denied", "state": "set_state_here"}
    with pytest.raises(KeyError):
        sandbox.accept(app.authorization_url, "nobody@x.example")
    with pytest.raises(PageError):
        sandbox.accept(authorize_url(app, redirect_uri="https://evil.example/"), ALICE)


def test_the_organization_can_block_without_a_way_back(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    transaction = sign_in(client, app)
    sandbox.scenario.org_blocks = True
    page = client.get(f"/idb/consent?transaction={transaction}")
    answer = client.post("/idb/consent", transaction=transaction, decision="accept")
    for blocked in (page, answer):
        assert blocked.status == 403
        assert "Your administrator denied access" in blocked.text
        assert blocked.location == ""
    with pytest.raises(PageError):
        sandbox.accept(app.authorization_url, ALICE)


def test_an_error_can_be_asked_for(app: Integration, sandbox: Sandbox) -> None:
    sandbox.scenario.authorize_error = "server_error"
    url = sandbox.accept(app.authorization_url, ALICE)
    assert parameters(url)["error"] == "server_error"
    assert parameters(url)["state"] == "set_state_here"


def test_the_state_can_be_dropped_from_errors_only(app: Integration, sandbox: Sandbox) -> None:
    sandbox.scenario.drop_state_on_error = True
    assert "state" not in parameters(sandbox.decline(app.authorization_url, ALICE))
    assert "state" in parameters(sandbox.accept(app.authorization_url, ALICE))


def test_an_issuer_can_be_added_to_the_callback(app: Integration, sandbox: Sandbox) -> None:
    assert "iss" not in parameters(sandbox.accept(app.authorization_url, ALICE))
    sandbox.scenario.iss = "https://evil.example"
    for url in (
        sandbox.accept(app.authorization_url, ALICE),
        sandbox.decline(app.authorization_url, ALICE),
    ):
        assert parameters(url)["iss"] == "https://evil.example"


def test_without_v1_the_gateway_wants_a_token(client: Client) -> None:
    answer = client.get("/authorize?client_id=C1")
    assert answer.status == 401
    assert answer.json["message"].startswith("The request requires a valid access token")


def test_a_consent_form_from_another_site_is_refused(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    transaction = sign_in(client, app)
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{sandbox.port + 1}"):
        answer = client.post(
            "/idb/consent",
            headers={"Origin": origin},
            transaction=transaction,
            decision="accept",
        )
        assert answer.status == 403
    own = {"Origin": f"http://127.0.0.1:{sandbox.port}"}
    answer = client.post("/idb/consent", headers=own, transaction=transaction, decision="accept")
    assert answer.status == 302


def test_what_people_type_is_escaped(client: Client, sandbox: Sandbox) -> None:
    app = sandbox.register(name="<b>Bold</b>", redirect_uris=[REDIRECT_URI])
    location = start(client, app, login_hint='"><script>').location
    page = client.get(path_of(location)).text
    assert "<b>Bold" not in page
    assert "&lt;b&gt;Bold" in page
    assert "<script>" not in page
