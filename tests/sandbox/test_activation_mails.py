"""Do the jobs that send activation mails do as Webex documents (contract 17.6)?"""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.conftest import ACME, ENTERPRISES, SUBSCRIBERS, Administrator


@pytest.fixture
def jobs(pat: Administrator) -> str:
    """Of an organization with somebody who was never set up, and that only Pat's partner sees."""
    names = {row["spEnterpriseId"] for row in pat.items(f"{SUBSCRIBERS}?status=error")}
    known = [row for row in pat.items(ENTERPRISES) if row["spEnterpriseId"] in names - {ACME}]
    org_id = known[0]["orgId"]
    return f"/v1/identity/organizations/{org_id}/jobs/sendActivationEmails"


def status(pat: Administrator, jobs: str, job: dict[str, Any]) -> dict[str, Any]:
    return dict(pat.get(f"{jobs}/{job['id']}/status").json)


def test_those_who_never_signed_in_get_one_and_within_a_day_no_second(
    pat: Administrator, sandbox: Sandbox, jobs: str
) -> None:
    first = pat.call("POST", jobs)
    assert (first.status, first.json["latestExecutionStatus"]) == (202, "STARTED")
    assert pat.call("POST", jobs).status == 409
    sandbox.advance(6)
    over = status(pat, jobs, first.json)
    assert over["latestExecutionExitCode"] == "COMPLETED"
    sent = over["counts"]["userResendInviteSent"]
    assert sent == over["counts"]["totalUsers"] > 0

    second = pat.call("POST", jobs).json
    sandbox.advance(6)

    counts = status(pat, jobs, second)["counts"]
    assert (counts["userResendInviteSent"], counts["userResendInviteSkipped"]) == (0, sent)
    errors = pat.items(f"{jobs}/{second['id']}/errors?max=100")
    assert len(errors) == sent
    assert errors[0]["error"]["message"][0]["code"] == "ATLAS-600199"
    sandbox.advance(90_000)
    third = pat.call("POST", jobs).json
    sandbox.advance(6)
    assert status(pat, jobs, third)["counts"]["userResendInviteSent"] == sent


def test_another_partners_organization_is_not_there(
    pat: Administrator, nora: Administrator, jobs: str
) -> None:
    job = pat.call("POST", jobs).json

    assert nora.call("POST", jobs).status == 404
    assert pat.get(f"{jobs}/{job['id'][:-4]}/status").status == 404
