"""Many users from a file, in a real browser: the figures move by themselves."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.test_story import ACME, sign_in
from tests.e2e.test_subscriber_story import link

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COLUMNS = "userId,spEnterpriseId,firstName,lastName,package,email,extension"


def people(count: int) -> str:
    lines = [COLUMNS]
    for number in range(count):
        package = "gold" if number == 3 else "basic"
        email = f"bulk{number}@acme.example"
        lines.append(
            f"{email},ParkBench+acme-corporation,Bea,Bulk,{package},{email},{7000 + number}"
        )
    return "\n".join(lines)


def test_pat_provisions_a_file_and_watches_it(page: Page, demo: Demo) -> None:
    sign_in(page, demo, ACME, "pat")
    link(page, demo, ACME, "Pat Partner")

    page.goto(demo.at(ACME, "/webex/bulk/"))
    page.get_by_role("link", name="New bulk job").click()
    page.get_by_label("Or paste its lines").fill(people(8))
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("cell", name="gold")).to_contain_text("Write softphone")
    expect(page.get_by_role("heading", name="7 lines can be sent")).to_be_visible()
    page.get_by_role("button", name="Start").click()

    expect(page.locator("#figures")).to_contain_text("0 of 7")
    expect(page.locator("#figures")).to_contain_text(re.compile("[1-7] of 7"), timeout=60_000)
    expect(page.get_by_text("Finished:")).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Result file").click()
    assert download.value.path().read_text("utf-8-sig").count(",done,provisioned,") == 7
