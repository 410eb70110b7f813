"""The whole guide in a real browser, from an empty database to a linked user.

PICTURES=folder keeps the pictures.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import guide
from tests.e2e.conftest import Demo, photograph
from tests.e2e.test_story import expect_mark, press_webex_in_the_menu, sign_in, sign_in_at_webex

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_guide_leads_from_nothing_to_a_linked_user(
    page: Page, empty_demo: Demo, pictures: Path
) -> None:
    guide.walk(page, empty_demo, lambda name: photograph(page, pictures / f"guide-{name}.png"))

    sign_in(page, empty_demo, guide.INITECH, "alice")
    expect_mark(page, "not-linked")
    press_webex_in_the_menu(page)
    sign_in_at_webex(page, "Alice Adams")
    page.get_by_role("button", name="Accept").click()
    expect(page).to_have_url(empty_demo.at(guide.INITECH, "/my-account/"))
    expect_mark(page, "linked")
