"""Every portal page at desktop and phone width, light and dark: nothing may stick out.

PICTURES=folder keeps the pictures.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import Demo, photograph
from tests.e2e.test_story import GLOBEX, press_webex_in_the_menu, sign_in, sign_in_at_webex

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"desktop": (1360, 850), "phone": (390, 844)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_its_window(
    chromium: Browser, demo: Demo, pictures: Path, scheme: str
) -> None:
    page = chromium.new_context(color_scheme=scheme).new_page()

    page.goto(demo.at(GLOBEX))
    look(page, pictures, f"sign-in-{scheme}")
    sign_in(page, demo, GLOBEX, "alice")
    look(page, pictures, f"home-not-linked-{scheme}")
    page.set_viewport_size({"width": 1360, "height": 850})
    page.get_by_role("link", name="My Account").first.hover()
    photograph(page, pictures / f"menu-{scheme}-desktop.png")
    press_webex_in_the_menu(page)
    sign_in_at_webex(page, "Carol Clark")
    page.get_by_role("button", name="Accept").click()
    look(page, pictures, f"my-account-linked-{scheme}")
    for name in ("webex", "webex/profile", "nowhere"):
        page.goto(demo.at(GLOBEX, f"/{name}/"))
        look(page, pictures, f"{name.replace('/', '-')}-{scheme}")
    page.goto(demo.at(GLOBEX, "/webex/"))
    page.get_by_role("button", name="Reconnect").click()
    sign_in_at_webex(page, "Alice Adams")
    page.get_by_role("button", name="Accept").click()
    look(page, pictures, f"replace-{scheme}")
    page.get_by_role("button", name="Keep").click()
    page.goto(demo.at(GLOBEX, "/webex/"))
    page.locator("summary", has_text="Disconnect").click()
    page.get_by_role("button", name="Disconnect now").click()
    look(page, pictures, f"disconnected-{scheme}")
    page.context.close()


def look(page: Page, folder: Path, name: str) -> None:
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        photograph(page, folder / f"{name}-{size}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, size)
