"""Enterprises and reports in a real browser: what takes its time is followed by the page itself."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.test_story import ACME, sign_in
from tests.e2e.test_subscriber_story import link

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SETTLES = 30_000  # milliseconds
QUICK = {"sync_seconds": 1, "report_seconds": 1, "mail_seconds": 1}


def test_pat_synchronises_a_directory_sends_mails_and_gets_the_reports(
    page: Page, demo: Demo
) -> None:
    page.request.post(f"{demo.sandbox}/sandbox/scenario", data=QUICK)
    sign_in(page, demo, ACME, "pat")
    link(page, demo, ACME, "Pat Partner")
    page.goto(demo.at(ACME, "/webex/enterprises/"))
    head = page.get_by_role("banner").get_by_role("link").first
    place = head.bounding_box()
    page.get_by_label("Find an enterprise").fill("ParkBench+amber")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row").last).to_contain_text("Switched off")

    page.get_by_role("link", name="ParkBench+amber-insurance").click()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("button", name="Synchronise now").click()
    expect(page.locator("#standing .state")).to_contain_text("Complete", timeout=SETTLES)

    page.get_by_role("link", name="Activation mails").click()
    page.get_by_role("button", name="Send the mails").click()
    expect(page.locator("#mails .state")).to_contain_text("Sent", timeout=SETTLES)

    page.get_by_role("link", name="Reports").click()
    page.get_by_role("button", name="Ask for the report").wait_for()
    assert head.bounding_box() == place  # it stands still from tab to tab
    page.get_by_role("button", name="Ask for the report").click()
    with page.expect_download(timeout=SETTLES) as billing:
        page.get_by_role("row").get_by_role("button", name="Download").click(timeout=SETTLES)
    assert billing.value.path().read_text().startswith("spEnterpriseId,userId")
    page.get_by_label("Enterprise").fill("ParkBench+amber-insurance")
    with page.expect_download() as subscribers:
        page.get_by_role("region", name="Subscribers as a file").get_by_role("button").click()
    lines = subscribers.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) > 10
    assert all("ParkBench+amber-insurance" in line for line in lines[1:])
