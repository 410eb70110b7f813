"""Does the control page reach every switch, and no other site the page?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend

from integrations.sandbox import Integration, Sandbox
from integrations.sandbox.console.control import FAULTS
from integrations.sandbox.console.switches import GROUPS
from integrations.sandbox.core.scenario import default_values
from tests.sandbox.conftest import BOB, Client


def test_the_page_offers_every_switch(client: Client) -> None:
    offered = {name for group in GROUPS.values() for name in group}
    assert offered == set(default_values())
    page = client.get("/sandbox/").text
    for name in offered:
        assert f'name="{name}"' in page


def page_form(**changes: Any) -> dict[str, Any]:
    """The scenario form as a browser sends it without changes: unchecked boxes are absent."""
    form: dict[str, Any] = {"action": "scenario"}
    for name, value in default_values().items():
        if isinstance(value, bool):
            form |= {name: "on"} if value else {}
        elif name != "omit":
            form[name] = "" if value is None or value == {} else value
    return form | changes


def test_saving_the_page_unchanged_changes_nothing(client: Client, sandbox: Sandbox) -> None:
    assert client.post("/sandbox/", **page_form()).status == 303
    assert sandbox.scenario.as_dict() == default_values()


def test_the_page_sets_switches_of_every_kind(client: Client, sandbox: Sandbox) -> None:
    form = page_form(
        rotation="grace",
        grace_seconds="1.5",
        add_kms="on",
        omit=["scope", "token_type"],
        granted_scopes="spark:people_read  spark:rooms_read",
        override=json.dumps({"expires_in": 0}),
        authorize_error="server_error",
        iss="https://idb.example",
        rate_limit="5",
    )
    del form["shuffle_scope"]
    assert client.post("/sandbox/", **form).status == 303
    scenario = sandbox.scenario
    assert (scenario.rotation, scenario.grace_seconds, scenario.add_kms) == ("grace", 1.5, True)
    assert scenario.omit == ("scope", "token_type")
    assert scenario.granted_scopes == ("spark:people_read", "spark:rooms_read")
    assert scenario.override == {"expires_in": 0}
    assert scenario.authorize_error == "server_error"
    assert scenario.iss == "https://idb.example"
    assert (scenario.rate_limit, scenario.shuffle_scope) == (5, False)
    client.post("/sandbox/", action="reset-scenario")
    assert scenario.as_dict() == default_values()


@pytest.mark.parametrize(
    "changes", [{"override": "{"}, {"latency": "x"}, {"rotation": ""}, {"override": "[1]"}]
)
def test_a_bad_value_on_the_page_is_refused(
    client: Client, sandbox: Sandbox, changes: dict[str, str]
) -> None:
    answer = client.post("/sandbox/", **page_form(**changes))
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert sandbox.scenario.as_dict() == default_values()


@pytest.mark.parametrize("key", list(FAULTS))
def test_the_page_adds_each_of_its_faults_and_clears_them(
    client: Client, sandbox: Sandbox, key: str
) -> None:
    form = {"action": "fault", "fault": key, "path": "/v1/people/me", "times": ""}
    assert client.post("/sandbox/", **form).status == 303
    (fault,) = sandbox.state.faults.waiting
    assert (fault.path, fault.times) == ("/v1/people/me", None)
    assert "until cleared" in client.get("/sandbox/").text
    client.post("/sandbox/", action="clear-faults")
    assert sandbox.state.faults.waiting == []


def test_the_page_moves_the_clock_and_revokes_a_consent(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    token = sandbox.grant(BOB, app.client_id)["refresh_token"]
    client.post("/sandbox/", action="clock", days="0.5")
    assert sandbox.state.clock_offset == 43200
    (grant_id,) = sandbox.state.grants
    assert BOB in client.get("/sandbox/").text
    client.post("/sandbox/", action="revoke", grant=grant_id)
    assert client.refresh(app, token).status == 400


def test_the_page_refuses_a_foreign_origin_and_unknown_actions(
    client: Client, sandbox: Sandbox
) -> None:
    foreign = {"Origin": "https://evil.example"}
    assert client.post("/sandbox/", headers=foreign, action="clock", days="9").status == 403
    assert client.post("/sandbox/", action="explode").status == 400
    assert client.post("/sandbox/", action="fault", fault="x", path="/v1/*").status == 400
    assert sandbox.state.clock_offset == 0


@pytest.mark.parametrize("path", ["/sandbox/", "/sandbox/mails/", "/my-apps/", "/my-apps/new"])
def test_pages_for_developers_are_in_one_language_whatever_the_browser_asks_for(
    client: Client, path: str
) -> None:
    page = client.get(path, **{"Accept-Language": "de"}).text

    assert '<html lang="en">' in page
    assert "Skip to content" in page


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("outage", "Webex is down"),
        ("block", "The organisation blocks the integration"),
        ("limit", "Webex limits the rate"),
    ],
)
def test_what_people_try_first_is_one_button_and_shows_how_it_stands(
    client: Client, sandbox: Sandbox, name: str, title: str
) -> None:
    press = {"action": "try", "try": name}

    client.post("/sandbox/", **press)
    during = client.get("/sandbox/").text
    client.post("/sandbox/", **press)
    after = client.get("/sandbox/").text

    assert "<em>now</em>" in during.partition(title)[2].partition("</strong>")[2][:60]
    assert "Now everything is as usual." in after
    assert "<em>now</em>" not in after
    assert client.post("/sandbox/", **{"action": "try", "try": "x"}).status == 400


def test_mails_of_the_portal_are_read_in_an_inbox(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert "No mails yet" in client.get("/sandbox/mails/").text
    sandbox.state.mail_folder = tmp_path
    for subject in ("Verknüpfen Sie <b>neu</b>", "The second"):
        mail = EmailMessage(subject, "Guten Tag, Bjørn", "a@b.example", ["c@d.example"])
        EmailBackend(file_path=tmp_path).send_messages([mail])

    page = client.get("/sandbox/mails/").text

    assert page.index("The second") < page.index("Verknüpfen Sie &lt;b&gt;neu&lt;/b&gt;")
    assert "Guten Tag, Bjørn" in page
    assert "to c@d.example" in page


PAGES = ("/sandbox/", "/sandbox/mails/", "/my-apps/", "/my-apps/new", "/verify")


@pytest.mark.parametrize("path", PAGES)
def test_each_page_says_what_is_only_so_here(client: Client, path: str) -> None:
    footer = client.get(path).text.partition("And at Webex?")[2]
    assert re.search("assumed|not played here", footer)
