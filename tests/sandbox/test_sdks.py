"""Do programs that know the real Webex get along with the sandbox?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.conftest import ALICE, PAT, SUBSCRIBERS, Administrator

pytestmark = pytest.mark.slow


@pytest.fixture
def sdk(sandbox: Sandbox, pat: Administrator) -> Any:
    from webexpythonsdk import WebexAPI

    return WebexAPI(access_token=pat.token, base_url=f"{sandbox.api_url}/")


@pytest.fixture
def wxc(sandbox: Sandbox, pat: Administrator, monkeypatch: pytest.MonkeyPatch) -> Any:
    from wxc_sdk import WebexSimpleApi
    from wxc_sdk.rest import RestSession

    monkeypatch.setattr(RestSession, "BASE", sandbox.api_url)
    with WebexSimpleApi(tokens=pat.token) as api:
        yield api


def test_the_python_sdk_reads_people_and_organizations(sdk: Any, sandbox: Sandbox) -> None:
    me = sdk.people.me()
    assert (me.emails, me.displayName) == ([PAT], "Pat Partner")
    assert sdk.people.get(me.id).orgId == me.orgId
    assert [person.displayName for person in sdk.people.list(email=ALICE)] == ["Alice Adams"]
    assert me.orgId in {org.id for org in sdk.organizations.list()}


def test_the_python_sdk_follows_pages_to_the_end(sdk: Any) -> None:
    everybody = [person.id for person in sdk.people.list(max=20)]
    assert len(set(everybody)) == len(everybody) > 100


def test_the_calling_sdk_reads_people_and_organizations(wxc: Any) -> None:
    me = wxc.people.me()
    assert me.emails == [PAT]
    assert wxc.people.details(me.person_id).display_name == "Pat Partner"
    assert [person.display_name for person in wxc.people.list(email=ALICE)] == ["Alice Adams"]
    assert me.org_id in {org.org_id for org in wxc.organizations.list()}


def test_the_calling_sdk_follows_the_pages_of_subscribers(wxc: Any, pat: Administrator) -> None:
    """It has no class for them in this release; its session follows their Link headers."""
    rows = list(
        wxc.session.follow_pagination(
            url=wxc.session.ep("broadworks/subscribers"), params={"max": 30}, item_key="items"
        )
    )
    assert len({row["id"] for row in rows}) == len(rows) > 100
    assert {"id", "status", "userId"} <= set(pat.items(SUBSCRIBERS)[0])
    assert datetime.fromisoformat(rows[0]["created"])
