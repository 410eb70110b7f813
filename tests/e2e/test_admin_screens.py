"""Settings → Webex as the guide leaves it: nothing sticks out, keys suffice, tabs and lists work.

PICTURES=folder keeps the pictures: desktop and phone, light and dark.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import guide
from tests.e2e.conftest import Demo, photograph
from tests.e2e.test_pictures import SIZES
from tests.e2e.test_story import (
    press_webex_in_the_menu,
    sign_in,
    sign_in_admin,
    sign_in_at_webex,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = "Umbrella Telecom and Broadband of the Greater Metropolitan Area and Surroundings"


@dataclass(frozen=True)
class Portal:
    demo: Demo
    integration: str  # URL of its page

    def admin(self, path: str = "") -> str:
        return self.demo.at("localhost", f"/admin/{path}")


@pytest.fixture(scope="module")
def portal(chromium: Browser, empty_demo: Demo) -> Portal:
    """One finished integration with two users, one hardly begun, and names that are too long."""
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    page = context.new_page()
    integration = guide.walk(page, empty_demo)
    page.goto(empty_demo.at("localhost", "/admin/integrations/webexapp/add/"))
    page.get_by_label("Name", exact=True).fill(LONG)
    page.get_by_role("button", name="Save").click()
    for username, person in (("alice", "Alice Adams"), ("bob", "Bob Brown")):
        user = chromium.new_context().new_page()
        sign_in(user, empty_demo, guide.INITECH, username)
        press_webex_in_the_menu(user)
        sign_in_at_webex(user, person)
        user.get_by_role("button", name="Accept").click()
        expect(user.get_by_role("status")).to_contain_text("is linked")
        user.context.close()
    context.close()
    return Portal(empty_demo, integration)


SCREENS = {
    "integrations": "integrations/webexapp/",
    "integration-new": "integrations/webexapp/add/",
    "integration-general": "integrations/webexapp/1/change/",
    "integration-urls": "integrations/webexapp/1/change/#urls",
    "integration-redirect-uris": "integrations/webexapp/1/change/#redirect-uris",
    "integration-begun": "integrations/webexapp/2/change/",
    "integration-clone": "integrations/webexapp/1/clone/",
    "integration-history": "integrations/webexapp/1/history/",
    "integration-delete-in-use": "integrations/webexapp/1/delete/",
    "integration-delete": "integrations/webexapp/2/delete/",
    "branded-urls": "integrations/brandedurl/",
    "branded-url": "integrations/brandedurl/1/change/",
    "branded-url-new": "integrations/brandedurl/add/",
    "grants": "integrations/grant/",
    "grants-nothing-found": "integrations/grant/?q=nobody",
    "grant": "integrations/grant/1/change/",
    "events": "integrations/grantevent/",
    "audit": "integrations/auditevent/",
    "audit-of-a-person": "integrations/auditevent/?q=alice&since=2020-01-01",
    "audit-nothing-found": "integrations/auditevent/?q=nobody",
    "who-gets-what": "who-gets-what/?username=alice&hostname=initech.localhost",
    "keys": "keys/",
    "second-factor": "second-factor-set-up/",
    "who-gets-nothing": "who-gets-what/?username=nina&hostname=initech.localhost",
    "overview": "",  # last: by now the first sweep has been
}


def screens(page: Page, portal: Portal) -> Iterator[str]:
    """Opens one after the other; the name of the one that is open."""
    page.goto(portal.admin())
    yield "sign-in"
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    yield "sign-in-failed"
    sign_in_admin(page, portal.demo)
    for name, path in SCREENS.items():
        page.goto("about:blank")  # else a new hash alone would load nothing
        answer = page.goto(portal.admin(path))
        assert answer is not None
        assert answer.status == 200, name
        yield name
    make_mistakes_in_two_tabs(page, portal)
    yield "integration-errors"
    page.goto(portal.admin("integrations/grant/"))
    page.locator("tbody input[type=checkbox]").first.check()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Disconnect 1 user?")
    yield "grants-confirm"


def make_mistakes_in_two_tabs(page: Page, portal: Portal) -> None:
    page.set_viewport_size({"width": 1360, "height": 850})
    page.goto(portal.admin("integrations/webexapp/2/change/"))
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("tab", name="URLs").click()
    page.get_by_label("Add many at once").fill("https://portal.example.com/")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("tab", name="General")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="General")).to_contain_text("1 field to correct")
    expect(page.get_by_role("tab", name="URLs")).to_contain_text("1 field to correct")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_and_the_console_stays_empty(
    page: Page, portal: Portal, pictures: Path, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    wide = []
    for name in screens(page, portal):
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            photograph(page, pictures / f"admin-{name}-{scheme}-{size}.png")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(f"{name} on a {size}")

    assert wide == []


def test_the_open_tab_is_part_of_the_url(page: Page, portal: Portal) -> None:
    sign_in_admin(page, portal.demo)
    page.goto(portal.integration)

    page.get_by_role("tab", name="URLs").click()
    assert page.url.endswith("#urls")
    page.reload()

    expect(page.get_by_role("tab", name="URLs")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("listbox", name="Selected hostnames")).to_be_visible()
    expect(page.get_by_label("Client ID", exact=True)).to_be_hidden()


@pytest.mark.parametrize("script", ["late", "never"])
def test_the_tab_in_the_address_is_open_before_its_script_comes_and_all_are_where_it_never_does(
    chromium: Browser, portal: Portal, script: str
) -> None:
    page = chromium.new_context().new_page()
    sign_in_admin(page, portal.demo)
    held = []
    page.route(
        "**/settings/integration*.js",
        lambda it: held.append(it) if script == "late" else it.abort(),
    )
    page.goto(f"{portal.integration}#urls", wait_until="commit" if script == "late" else "load")

    expect(page.locator("#panel-urls")).to_be_visible()
    expect(page.locator("#panel-general")).to_be_visible(visible=script == "never")
    for each in held:
        each.continue_()
    page.context.close()


def test_tabs_two_lists_and_copying_need_no_mouse(page: Page, portal: Portal) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in_admin(page, portal.demo)
    page.goto(portal.integration)
    press = page.keyboard.press

    page.get_by_role("tab", name="General").focus()
    press("ArrowRight")
    expect(page.get_by_role("tab", name="URLs")).to_be_focused()
    selected = page.get_by_role("listbox", name="Selected hostnames")
    available = page.get_by_role("listbox", name="Available hostnames")
    selected.focus()
    press("End")
    press("Enter")
    expect(selected.get_by_role("option")).to_have_count(1)
    expect(available).to_contain_text(guide.INITECH)
    page.get_by_label("Filter the available hostnames").focus()
    page.keyboard.type("init")
    available.focus()
    press("Space")
    expect(selected.get_by_role("option")).to_have_count(2)
    page.get_by_role("tab", name="URLs").focus()
    press("End")
    expect(page.get_by_role("tab", name="Redirect URIs")).to_be_focused()
    press("Tab")
    press("Enter")
    expect(page.get_by_role("button", name="Copied").first).to_be_visible()
    assert re.search(r"/webex/callback/$", page.evaluate("navigator.clipboard.readText()"))


def test_without_scripts_everything_is_there_all_the_same(
    chromium: Browser, portal: Portal
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in_admin(page, portal.demo)
    page.goto(portal.integration)

    expect(page.get_by_label("Client ID", exact=True)).to_be_visible()
    expect(page.get_by_label("Hostnames to select")).to_be_visible()
    expect(page.get_by_text("/webex/callback/").first).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("saved")
    context.close()


def test_many_hostnames_are_searched_leafed_through_and_moved(page: Page, portal: Portal) -> None:
    sign_in_admin(page, portal.demo)
    page.goto(portal.integration)
    page.get_by_role("tab", name="URLs").click()
    names = [f"many-{number:03}.localhost" for number in range(250)]
    page.get_by_label("Add many at once").fill("\n".join(names))
    page.get_by_role("button", name="Save").click()
    selected = page.get_by_role("listbox", name="Selected hostnames")
    available = page.get_by_role("listbox", name="Available hostnames")

    expect(selected.get_by_role("option")).to_have_count(100)
    page.get_by_role("button", name="Show more").last.click()
    expect(selected.get_by_role("option")).to_have_count(200)
    page.get_by_label("Filter the selected hostnames").fill("many-24")
    expect(selected.get_by_role("option")).to_have_count(10)
    page.get_by_role("button", name="Remove all shown").click()
    expect(selected).to_contain_text("No hostname matches.")
    expect(available).to_contain_text("many-249.localhost")
    available.get_by_role("option", name="many-249").click()
    expect(selected).to_contain_text("many-249.localhost")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").first).to_contain_text("saved")
    expect(available.get_by_role("option", name="many-24")).to_have_count(9)
    page.get_by_role("tab", name="Redirect URIs").click()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("26 to 50 of 243")).to_be_visible()
