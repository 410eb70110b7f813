"""Is the generated data set believable, always the same, and no burden to who does not need it?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from integrations.sandbox import Sandbox
from integrations.sandbox.core.directory import Directory
from tests.sandbox.conftest import ALICE, PAT, SUBSCRIBERS, Administrator

DEMO = Directory([], size=5000, now=0)


def test_five_thousand_subscribers_stand_as_a_provider_would_find_them() -> None:
    found = Counter(row.status for row in DEMO.subscribers)
    assert found["provisioned"] == 4500
    assert found["error"] == 200
    assert sum(found[status] for status in found if status.startswith("pending_")) == 200
    assert found["provisioning"] + found["updating"] == 100
    assert len(DEMO.people) == 5000
    assert Counter(row.partner for row in DEMO.enterprises) == {
        "Park Bench": 20,
        "Northern Voice": 20,
        "Lakeside Telecom": 20,
    }


def test_user_ids_addresses_and_numbers_are_nobody_elses() -> None:
    rows = list(DEMO.subscribers)
    for name in ("user_id", "primary_phone_number", "id"):
        assert len({getattr(row, name) for row in rows}) == 5000
    addresses = [person.email for person in DEMO.people]
    assert len(set(addresses)) == 5000


def test_it_is_the_same_every_time() -> None:
    assert list(Directory([], size=50, now=0).subscribers) == list(
        Directory([], size=50, now=0).subscribers
    )


def test_nobody_pays_for_it_who_does_not_look(sandbox: Sandbox) -> None:
    admin = Administrator(sandbox, ALICE)
    assert admin.get("/v1/people/me").status == 200
    assert admin.get("/v1/organizations").status == 200
    assert sandbox.state._directory is None


def test_what_is_changed_survives_a_restart_and_the_rest_is_not_stored(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with Sandbox(state_path=file, subscribers=500) as sandbox:
        pat = Administrator(sandbox, PAT)
        changed, removed, untouched = pat.items(f"{SUBSCRIBERS}?status=provisioned&max=3")
        new = pat.provision(spEnterpriseId="ParkBench+zebra")
        pat.call("PUT", f"{SUBSCRIBERS}/{changed['id']}", {"package": "premium"})
        pat.call("DELETE", f"{SUBSCRIBERS}/{removed['id']}")
        person = f"/v1/people/{untouched['personId']}"
        pat.call("PUT", person, {"displayName": "Renamed", "emails": [untouched["email"]]})
    assert file.stat().st_size < 20_000
    with Sandbox(state_path=file, subscribers=500) as sandbox:
        pat = Administrator(sandbox, PAT)
        sandbox.advance(30)
        assert pat.subscriber(changed["id"])["package"] == "premium"
        assert pat.get(f"{SUBSCRIBERS}/{removed['id']}").status == 404
        assert pat.subscriber(new["id"])["status"] == "provisioned"
        assert pat.subscriber(untouched["id"]) == untouched
        assert pat.get(person).json["displayName"] == "Renamed"


def test_a_reset_brings_the_generated_rows_back(pat: Administrator, sandbox: Sandbox) -> None:
    row = pat.items(SUBSCRIBERS)[0]
    pat.call("DELETE", f"{SUBSCRIBERS}/{row['id']}")
    sandbox.reset()
    assert Administrator(sandbox, PAT).items(SUBSCRIBERS)[0] == row
