"""What the green check is for, in a real browser: one partner administrator, one subscriber."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.test_story import ACME, GLOBEX, expect_mark, sign_in, sign_in_at_webex

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KNOWN = "ada.abbott0@acme-corporation.example"  # the first of the sandbox's data set
SETTLES = 30_000  # milliseconds


def link(page: Page, demo: Demo, hostname: str, person: str) -> None:
    """Whoever another story left linked, too."""
    page.goto(demo.at(hostname, "/webex/"))
    if page.locator("summary", has_text="Disconnect").count():
        page.locator("summary", has_text="Disconnect").click()
        page.get_by_role("button", name="Disconnect now").click()
    page.get_by_role("button", name="Link my Webex account").click()
    sign_in_at_webex(page, person)
    page.get_by_role("button", name="Accept").click()
    expect_mark(page, "linked")


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("#subscriber .page-head .state")).to_contain_text(state, timeout=SETTLES)


def change(page: Page, field: str, value: str) -> None:
    page.get_by_role("link", name="Change").click()
    entry = page.get_by_label(field)
    entry.select_option(value) if field == "Package" else entry.fill(value)
    page.get_by_role("button", name="Change").click()


def provision(page: Page) -> None:
    page.get_by_role("link", name="Provision somebody").click()
    page.get_by_label("BroadWorks user ID").fill("dup-zoe@parkbench.example")
    page.get_by_label("Enterprise").fill("ParkBench+acme-corporation")
    page.get_by_label("First name").fill("Zoë")
    page.get_by_label("Last name").fill("Zimmer")
    page.get_by_label("E-mail").fill("zoe@acme-corporation.example")
    page.get_by_label("Extension").fill("5999")
    page.get_by_role("button", name="Check first").click()
    expect(page.get_by_text("already connected to a Webex account")).to_be_visible()
    page.get_by_label("BroadWorks user ID").fill("zoe@parkbench.example")
    page.get_by_role("button", name="Check first").click()
    expect(page.get_by_text("preCheck validation successful")).to_be_visible()
    page.get_by_role("button", name="Provision", exact=True).click()


def test_pat_finds_provisions_follows_changes_mends_and_removes(page: Page, demo: Demo) -> None:
    sign_in(page, demo, ACME, "pat", "/my-account/")
    link(page, demo, ACME, "Pat Partner")
    page.goto(demo.at(ACME, "/webex/"))
    expect(page.get_by_text("see subscribers", exact=True)).to_be_visible()
    expect(page.get_by_text("see billing reports", exact=True)).to_be_visible()

    page.get_by_role("link", name="Subscribers").click()
    page.get_by_label("Find somebody").fill(KNOWN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("region", name="People at Webex")).to_contain_text("Ada Abbott")
    expect(page).to_have_url(re.compile("q=ada.abbott0"))

    provision(page)
    expect_state(page, "Provisioning")
    expect_state(page, "Provisioned")

    change(page, "Package", "premium")
    expect_state(page, "Updating")
    expect_state(page, "Provisioned")
    expect(page.get_by_role("region", name="As Webex has it")).to_contain_text("premium")

    change(page, "BroadWorks user ID", "fail-zoe@parkbench.example")
    expect_state(page, "Error")
    expect(page.get_by_role("region", name="What is wrong")).to_contain_text("Webex code 10999")
    change(page, "Package", "standard")
    expect_state(page, "Provisioned")

    page.get_by_role("link", name="Remove").click()
    page.get_by_label("The Webex person too").check()
    page.get_by_label(re.compile("type")).fill("zoe@acme-corporation.example")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status").first).to_contain_text("the Webex person are removed")


def test_who_is_no_administrator_at_webex_is_told_and_stays_green(page: Page, demo: Demo) -> None:
    sign_in(page, demo, GLOBEX, "pat", "/my-account/")
    link(page, demo, GLOBEX, "Bob Brown")

    page.goto(demo.at(GLOBEX, "/webex/"))

    expect(page.get_by_text("lacks the role Partner administrator").first).to_be_visible()
    expect_mark(page, "linked")
