"""The main job in a real browser, against the running demo."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo

pytestmark = pytest.mark.browser

ACME, GLOBEX = "acme.localhost", "globex.localhost"


def sign_in(page: Page, demo: Demo, hostname: str, username: str, path: str = "/") -> None:
    page.goto(demo.at(hostname, path))
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()


def press_webex_in_the_menu(page: Page) -> None:
    page.get_by_role("link", name="My Account").first.hover()
    page.locator(".menu-list").get_by_text("Webex", exact=True).click()


def sign_in_at_webex(page: Page, person: str) -> None:
    page.wait_for_url(re.compile(r"^http://localhost:\d+/idb/"))  # another origin than the API's
    page.get_by_role("button", name=re.compile(person)).click()


def mark(page: Page):
    return page.locator("header .nav-item [data-webex]")


def expect_mark(page: Page, state: str) -> None:
    expect(mark(page)).to_have_attribute("data-webex", state)


def test_alice_sees_red_links_sees_green_disconnects_and_sees_red(page: Page, demo: Demo) -> None:
    sign_in(page, demo, ACME, "alice")
    expect_mark(page, "not-linked")

    press_webex_in_the_menu(page)
    sign_in_at_webex(page, "Alice Adams")
    page.get_by_role("button", name="Accept").click()

    expect(page).to_have_url(demo.at(ACME, "/my-account/"))
    expect_mark(page, "linked")
    expect(page.get_by_role("status")).to_contain_text("alice@acme.example is linked")

    page.get_by_role("link", name="My Webex profile").click()
    expect(page.get_by_role("heading", name="Alice Adams")).to_be_visible()

    page.goto(demo.at(ACME, "/webex/"))
    page.locator("summary", has_text="Disconnect").click()
    page.get_by_role("button", name="Disconnect now").click()

    expect(page.get_by_role("status")).to_contain_text("Disconnected")
    expect_mark(page, "not-linked")


def test_bob_links_at_the_second_brand_and_returns_to_it(page: Page, demo: Demo) -> None:
    sign_in(page, demo, GLOBEX, "bob")
    expect(page.locator("header .brand")).to_contain_text("Globex Voice")

    page.get_by_role("button", name="Link my Webex account").click()
    sign_in_at_webex(page, "Bob Brown")
    page.get_by_role("button", name="Accept").click()

    expect(page).to_have_url(demo.at(GLOBEX, "/my-account/"))
    expect_mark(page, "linked")


@pytest.mark.slow
def test_declining_leaves_everything_as_it_was(page: Page, demo: Demo) -> None:
    sign_in(page, demo, GLOBEX, "alice")

    press_webex_in_the_menu(page)
    sign_in_at_webex(page, "Alice Adams")
    page.get_by_role("button", name="Decline").click()

    expect(page.get_by_role("status")).to_contain_text("You declined")
    expect_mark(page, "not-linked")


@pytest.mark.slow
def test_nina_without_permission_sees_no_mark_and_no_webex(page: Page, demo: Demo) -> None:
    sign_in(page, demo, ACME, "nina", "/my-account/")

    expect(page.get_by_role("heading", name="My Account")).to_be_visible()
    expect(mark(page)).to_have_count(0)
    expect(page.get_by_text("Webex")).to_have_count(0)


@pytest.mark.slow
def test_the_menu_is_usable_with_the_keyboard_alone(page: Page, demo: Demo) -> None:
    sign_in(page, demo, ACME, "alice")
    webex = page.locator(".menu-list").get_by_role("button", name=re.compile("Webex"))
    expect(page.locator(".menu-list")).to_be_attached()
    page.wait_for_load_state()  # Escape needs the script, which a busy machine loads late
    expect(webex).to_be_hidden()

    page.get_by_role("link", name=re.compile("My Account")).first.focus()
    expect(webex).to_be_visible()
    page.keyboard.press("Escape")
    expect(webex).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    sign_in_at_webex(page, "Alice Adams")


def sign_in_admin(page: Page, demo: Demo) -> None:
    page.goto(demo.at("localhost", "/admin/"))
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(demo.at("localhost", "/admin/"))
