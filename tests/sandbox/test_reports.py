"""Do billing reports behave as Webex's do (contract 18)?"""

from __future__ import annotations

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.conftest import PAT, REPORTS, SUBSCRIBERS, Administrator, path_of


def test_a_report_is_made_downloaded_and_deleted(pat: Administrator, sandbox: Sandbox) -> None:
    report_id = pat.call("POST", REPORTS, {"billingPeriod": "2025-10"}).json["id"]
    path = f"{REPORTS}/{report_id}"
    assert pat.get(path).json["status"] == "IN_PROGRESS"
    sandbox.advance(6)
    report = pat.get(path).json
    assert report["status"] == "COMPLETED"
    assert report["createdBy"] == pat.get("/v1/people/me").json["id"]
    table = pat.client.get(path_of(report["tempDownloadURL"]))
    assert table.headers["Content-Type"] == "text/csv"
    assert pat.items(f"{SUBSCRIBERS}?max=1")[0]["userId"] in table.text
    assert pat.call("DELETE", path).status == 204
    assert pat.get(path).status == 404


def test_a_download_takes_its_signature_no_bearer_and_not_forever(
    pat: Administrator, sandbox: Sandbox
) -> None:
    report_id = pat.call("POST", REPORTS, {"billingPeriod": "2025-10"}).json["id"]
    sandbox.advance(6)
    path = path_of(pat.get(f"{REPORTS}/{report_id}").json["tempDownloadURL"])
    assert pat.client.get(path, token=pat.token).status == 400
    assert pat.client.get(path + "x").status == 403
    sandbox.advance(1000)
    assert pat.client.get(path).status == 403


def test_reports_are_listed_by_month_and_only_their_partners(
    pat: Administrator, nora: Administrator
) -> None:
    for period in ("2025-10", "2025-08", "2025-09"):
        pat.call("POST", REPORTS, {"billingPeriod": period})
    periods = [item["billingPeriod"] for item in pat.items(REPORTS)]
    assert periods == ["2025-08", "2025-09", "2025-10"]
    between = pat.items(f"{REPORTS}?after=2025-08&before=2025-10")
    assert [item["billingPeriod"] for item in between] == ["2025-09"]
    assert nora.items(REPORTS) == []


def test_a_month_that_is_not_over_has_no_report(pat: Administrator, sandbox: Sandbox) -> None:
    report_id = pat.call("POST", REPORTS, {"billingPeriod": "2099-01"}).json["id"]
    sandbox.advance(6)
    report = pat.get(f"{REPORTS}/{report_id}").json
    assert (report["status"], report["errors"][0]["code"]) == ("FAILED", 2024)


@pytest.mark.parametrize("period", ["2025-13", "October", "", None, 202510])
def test_a_period_is_a_year_and_a_month(pat: Administrator, period: object) -> None:
    assert pat.call("POST", REPORTS, {"billingPeriod": period}).status == 400
    assert pat.get(f"{REPORTS}?sortBy=colour").status == 400


def test_reports_need_scopes_that_are_not_of_the_minimum(sandbox: Sandbox) -> None:
    reader = Administrator(sandbox, PAT, "spark-admin:broadworks_billing_reports_read")
    assert reader.get(REPORTS).status == 200
    assert reader.call("POST", REPORTS, {"billingPeriod": "2025-10"}).status == 403
    assert reader.call("DELETE", f"{REPORTS}/x").status == 403
    stranger = Administrator(sandbox, PAT, "spark:people_read")
    assert stranger.get(REPORTS).status == 403
