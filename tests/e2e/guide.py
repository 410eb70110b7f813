"""The setup guide, walked by somebody who has nothing but the guide in hand."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.test_story import sign_in_admin, sign_in_at_webex

INITECH, HOOLI = "initech.localhost", "hooli.localhost"
Look = Callable[[str], None]


def walk(page: Page, demo: Demo, look: Look = lambda name: None) -> str:
    """From an empty portal to an enabled integration; returns the URL of its page."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    developer_page, pasted, secret = register_at_webex(page, demo, look)
    sign_in_admin(page, demo)
    look("overview-empty")
    add_branded_url(page)
    admin_page = add_integration(page, pasted, secret, look)
    uris = copy_redirect_uris(page, look)
    changed = edit_at_webex(page, developer_page, uris)
    paste_changed_url(page, admin_page, changed, look)
    try_the_link(page)
    enable(page, look)
    return admin_page


def register_at_webex(page: Page, demo: Demo, look: Look) -> tuple[str, str, str]:
    page.goto(f"{demo.sandbox}/my-apps/new")
    page.get_by_role("button", name="Select only the nine minimum scopes").click()
    page.get_by_label("Integration name").fill("Initech portal")
    page.get_by_label("Redirect URI").fill("https://www.example.com")
    page.get_by_role("button", name="Add integration").click()
    look("developer-portal")
    pasted = page.get_by_label("OAuth Authorization URL").input_value()
    return page.url, pasted, page.get_by_label("Client Secret").input_value()


def add_branded_url(page: Page) -> None:
    page.get_by_role("link", name="Branded URLs").click()
    page.get_by_role("link", name="Add the first hostname").click()
    page.get_by_label("Hostname").fill(f" {INITECH.upper()} ")
    page.get_by_label("Brand name").fill("Initech")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text(INITECH)


def add_integration(page: Page, pasted: str, secret: str, look: Look) -> str:
    page.get_by_role("link", name="Integrations").click()
    page.get_by_role("link", name="Add the first integration").click()
    page.get_by_label("Name", exact=True).fill("Initech")
    page.get_by_label("OAuth Authorization URL").fill(pasted)
    expect(page.get_by_label("Client ID", exact=True)).to_have_value(re.compile("^C[0-9a-f]+$"))
    page.get_by_label("Client secret").fill(secret)
    look("general-new")
    page.get_by_role("tab", name="URLs").click()
    available = page.get_by_role("listbox", name="Available hostnames")
    available.get_by_role("option", name=INITECH).click()
    expect(page.get_by_role("listbox", name="Selected hostnames")).to_contain_text(INITECH)
    page.get_by_label("Add many at once").fill(f"{HOOLI}\n")
    look("urls-new")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/change/#redirect-uris$"))
    return page.url.partition("#")[0]


def copy_redirect_uris(page: Page, look: Look) -> str:
    tab = page.get_by_role("tab", name="Redirect URIs")
    expect(tab).to_have_attribute("aria-selected", "true")
    look("redirect-uris")
    page.get_by_role("button", name="Copy all 2").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    return page.evaluate("navigator.clipboard.readText()")


def edit_at_webex(page: Page, developer_page: str, uris: str) -> str:
    page.goto(developer_page)
    page.get_by_label("Redirect URI").fill(uris)
    page.get_by_role("button", name="Save").click()
    return page.get_by_label("OAuth Authorization URL").input_value()


def paste_changed_url(page: Page, admin_page: str, changed: str, look: Look) -> None:
    page.goto(admin_page)
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("still has the placeholder redirect URI")
    look("drift")
    page.get_by_label("OAuth Authorization URL").fill(changed)
    page.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("Ready")


def try_the_link(page: Page) -> None:
    page.get_by_role("tab", name="Redirect URIs").click()
    with page.expect_popup() as opened:
        page.get_by_role("button", name=f"Test link {INITECH}").click()
    popup = opened.value
    sign_in_at_webex(popup, "Carol Clark")
    popup.get_by_role("button", name="Accept").click()
    expect(popup.get_by_role("heading", name="The link works")).to_be_visible()
    popup.close()
    expect(page.get_by_text(f"The link works: {INITECH}")).to_be_visible()
    expect(page.get_by_text("1 of 2 have returned")).to_have_count(1)


def enable(page: Page, look: Look) -> None:
    page.get_by_role("tab", name="General").click()
    page.get_by_label("Enabled", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("saved")
    expect(page.locator(".title-line .pill")).to_have_text("Enabled")
    look("enabled")
