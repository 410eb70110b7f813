"""Guide, linking and parting without a mouse: only keys are pressed, and each step begins where the
one before it left the focus. By device: test_device_story.py."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.test_story import ACME, expect_mark

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("demo")]

HOSTNAME = "keys.localhost"
FAR = 60  # nobody presses Tab that often


def go(page: Page, target: Locator, key: str = "Tab") -> None:
    """Presses the key until the target has the focus."""
    for _ in range(FAR):
        page.keyboard.press(key)
        if target.evaluate("each => each === document.activeElement"):
            return
    pytest.fail(f"{key} does not reach {target}")


def press(page: Page, target: Locator, key: str = "Enter", by: str = "Tab") -> None:
    go(page, target, by)
    page.keyboard.press(key)


def write(page: Page, target: Locator, text: str) -> None:
    go(page, target)
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def button(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=name).first


def sign_in(page: Page, demo: Demo, url: str, username: str) -> None:
    page.goto(url)
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(demo.password)
    page.keyboard.press("Enter")


def test_the_guide_needs_no_mouse(page: Page, demo: Demo) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    developer, pasted, secret = register(page, demo)
    sign_in(page, demo, demo.at("localhost", "/admin/integrations/webexapp/add/"), "admin")
    press(page, page.get_by_role("link", name="Skip to main content"))
    write(page, page.get_by_label("Name", exact=True), "By keys")
    write(page, page.get_by_label("OAuth Authorization URL"), "https://example.com/")
    write(page, page.get_by_label("Client secret"), secret)
    press(page, button(page, "Save"))
    first = page.get_by_label("OAuth Authorization URL")
    expect(first).to_be_focused()  # the first field in error
    overwrite(page, pasted)
    general, urls = (page.get_by_role("tab", name=name) for name in ("General", "URLs"))
    go(page, general, "Shift+Tab")
    page.keyboard.press("ArrowRight")
    expect(urls).to_be_focused()
    write(page, page.get_by_label("Add many at once"), "https://no.example.com/")
    press(page, button(page, "Save"))
    expect(page.get_by_label("Add many at once")).to_be_focused()  # on another tab than the first
    overwrite(page, HOSTNAME)
    press(page, button(page, "Save"))
    expect(page.get_by_role("status", name="Messages")).to_be_focused()
    integration = page.url.partition("#")[0]
    press(page, button(page, re.compile("^Copy http")))
    expect(button(page, "Copied")).to_be_focused()
    uri = page.evaluate("navigator.clipboard.readText()")
    assert uri.endswith(f"//{HOSTNAME}:{demo.port}/webex/callback/")
    changed = set_redirect_uri(page, developer, uri)
    page.goto(integration)
    write(page, page.get_by_label("OAuth Authorization URL"), changed)
    press(page, button(page, "Save"))
    expect(page.get_by_role("status", name="Messages")).to_be_focused()
    try_the_link(page)
    go(page, page.get_by_role("tab", name="Redirect URIs"), "Shift+Tab")
    page.keyboard.press("Home")
    expect(general).to_be_focused()
    press(page, page.get_by_label("Enabled", exact=True), "Space")
    press(page, button(page, "Save"))
    expect(page.get_by_role("status", name="Messages")).to_contain_text("saved")
    expect(page.locator(".title-line .pill")).to_have_text("Enabled")


def overwrite(page: Page, text: str) -> None:
    """Where the cursor is."""
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def register(page: Page, demo: Demo) -> tuple[str, str, str]:
    page.goto(f"{demo.sandbox}/my-apps/new")
    write(page, page.get_by_label("Integration name"), "By keys")
    write(page, page.get_by_label("Redirect URI"), "https://www.example.com")
    press(page, button(page, "Select only the nine minimum scopes"), by="Shift+Tab")
    press(page, button(page, "Add integration"))
    pasted = page.get_by_label("OAuth Authorization URL").input_value()
    return page.url, pasted, page.get_by_label("Client Secret").input_value()


def set_redirect_uri(page: Page, developer: str, uri: str) -> str:
    page.goto(developer)
    write(page, page.get_by_label("Redirect URI"), uri)
    with page.expect_navigation():
        press(page, button(page, re.compile("Save")))
    return page.get_by_label("OAuth Authorization URL").input_value()


def try_the_link(page: Page) -> None:
    go(page, page.get_by_role("tab", name="General"))
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Redirect URIs")).to_be_focused()
    test = button(page, f"Test link {HOSTNAME}")
    with page.expect_popup() as opened:
        press(page, test)
    popup = opened.value
    accept(popup, "Carol Clark")
    expect(popup.get_by_role("heading", name="The link works")).to_be_visible()
    popup.close()
    page.bring_to_front()  # as a browser does
    expect(page.get_by_text(f"The link works: {HOSTNAME}")).to_be_visible()
    expect(page.get_by_text("1 of 1")).to_be_visible()
    expect(test).to_be_focused()  # though the list around it is new


def accept(page: Page, person: str) -> None:
    page.wait_for_url(re.compile(r"/idb/"))
    press(page, button(page, re.compile(person)))
    press(page, button(page, "Accept"))


def test_linking_disconnecting_and_signing_out_need_no_mouse(page: Page, demo: Demo) -> None:
    sign_in(page, demo, demo.at(ACME), "nobody")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("User name")).to_be_focused()
    sign_in(page, demo, demo.at(ACME), "alice")
    press(page, button(page, "Link my Webex account"))
    accept(page, "Alice Adams")
    said = page.get_by_role("status", name="Messages")
    expect(said).to_contain_text("is linked")
    expect(said).to_be_focused()

    press(page, page.get_by_role("link", name="Manage the connection"))
    press(page, page.locator("summary", has_text="Disconnect"))
    press(page, button(page, "Disconnect now"))
    expect(said).to_contain_text("Disconnected")
    expect(said).to_be_focused()
    expect_mark(page, "not-linked")

    press(page, button(page, "Sign out"), by="Shift+Tab")
    expect(page.get_by_label("User name")).to_be_focused()
