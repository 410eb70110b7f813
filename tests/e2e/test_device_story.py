"""Linking from another device: the portal in one browser, the phone at Webex in another.

PICTURES=folder keeps the pictures.
"""

import io
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from integrations.webex.device import HELPER_URIS
from tests.e2e.accessibility_tree import flaws, read_aloud
from tests.e2e.conftest import Demo, photograph
from tests.e2e.test_keyboard import button, press, write
from tests.e2e.test_pictures import look
from tests.e2e.test_story import ACME, GLOBEX, expect_mark, sign_in, sign_in_admin

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Longer where other tests share the processors.
SECONDS_TO_GREEN = 12 if "PYTEST_XDIST_WORKER" in os.environ else 3


@pytest.fixture(scope="module")
def device_demo(chromium: Browser, demo: Demo) -> Iterator[Demo]:
    """An admin registers the helper URIs at Webex and ticks the box; afterwards it is off again."""
    page = chromium.new_context().new_page()
    page.goto(f"{demo.sandbox}/my-apps/")
    page.get_by_role("link", name="Demo portal", exact=True).click()
    field = page.get_by_label("Redirect URI")
    field.fill("\n".join([field.input_value(), *HELPER_URIS]))
    page.get_by_role("button", name=re.compile("Save")).click()
    sign_in_admin(page, demo)
    set_switch(page, demo, on=True)
    yield demo
    set_switch(page, demo, on=False)
    page.context.close()


def set_switch(page: Page, demo: Demo, *, on: bool) -> None:
    page.goto(demo.at("localhost", "/admin/integrations/webexapp/"))
    page.get_by_role("link", name="Demo portal", exact=True).click()
    page.get_by_label("Link with another device").set_checked(on)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is saved")).to_be_visible()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """Signed in nowhere, and another browser than the one that shows the portal."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def press_link_with_another_device(page: Page, demo: Demo, hostname: str = ACME) -> None:
    page.goto(demo.at(hostname, "/webex/"))
    page.get_by_role("button", name="Link with another device").first.click()
    expect(page.get_by_role("img", name="QR code that opens the Webex sign-in")).to_be_visible()


def scan(page: Page) -> str:
    """What a camera reads on the drawn page."""
    picture = Image.open(io.BytesIO(photograph(page)))
    (code,) = zxingcpp.read_barcodes(picture)
    return code.text


def decide(phone: Page, uri: str, person: str, button: str) -> None:
    phone.goto(uri)
    phone.get_by_role("button", name=re.compile(person)).click()
    phone.get_by_role("button", name=button).click()
    expect(phone.get_by_text("You can close this page")).to_be_visible()


def shown_code(page: Page) -> str:
    return re.sub(r"\s", "", page.locator(".user-code").inner_text())


def disconnect(page: Page, demo: Demo, hostname: str = ACME) -> None:
    page.goto(demo.at(hostname, "/webex/"))
    page.locator("summary", has_text="Disconnect").click()
    page.get_by_role("button", name="Disconnect now").click()
    expect_mark(page, "not-linked")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_alice_scans_accepts_on_the_phone_and_the_portal_turns_green_by_itself(
    page: Page, phone: Page, device_demo: Demo, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    sign_in(page, device_demo, ACME, "alice")
    press_link_with_another_device(page, device_demo)
    uri = scan(page)
    assert uri.startswith(f"{device_demo.sandbox}/verify?userCode=")
    phone.goto(uri)
    expect(phone.get_by_text(shown_code(page))).to_be_visible()

    decide(phone, uri, "Alice Adams", "Accept")
    accepted = time.monotonic()

    expect_mark(page, "linked")
    assert time.monotonic() - accepted <= SECONDS_TO_GREEN
    expect(page.get_by_role("heading", name="Your Webex account is linked")).to_be_visible()
    expect(page.get_by_text("alice@acme.example")).to_be_visible()
    disconnect(page, device_demo)


def test_the_code_can_be_typed_instead(page: Page, phone: Page, device_demo: Demo) -> None:
    sign_in(page, device_demo, GLOBEX, "bob")
    press_link_with_another_device(page, device_demo, GLOBEX)

    phone.goto(page.locator(".steps a").get_attribute("href"))
    phone.get_by_label("Code").fill(shown_code(page))
    phone.get_by_role("button", name="Next").click()
    phone.get_by_role("button", name=re.compile("Bob Brown")).click()
    phone.get_by_role("button", name="Accept").click()

    expect_mark(page, "linked")
    disconnect(page, device_demo, GLOBEX)


def test_a_decline_is_said_and_start_again_shows_another_code(
    page: Page, phone: Page, device_demo: Demo
) -> None:
    sign_in(page, device_demo, ACME, "alice")
    press_link_with_another_device(page, device_demo)
    first = shown_code(page)

    decide(phone, scan(page), "Alice Adams", "Decline")

    expect(page.get_by_role("heading", name="You declined")).to_be_visible()
    expect_mark(page, "not-linked")
    page.get_by_role("button", name="Start again").click()
    expect(page.locator(".user-code")).to_be_visible()
    assert shown_code(page) != first


def test_another_person_than_the_linked_one_is_asked_about(
    page: Page, phone: Page, device_demo: Demo
) -> None:
    sign_in(page, device_demo, ACME, "alice")
    press_link_with_another_device(page, device_demo)
    decide(phone, scan(page), "Alice Adams", "Accept")
    expect_mark(page, "linked")
    press_link_with_another_device(page, device_demo)
    decide(phone, scan(page), "Carol Clark", "Accept")

    expect(page.get_by_role("heading", name="Replace the linked Webex account?")).to_be_visible()
    page.get_by_role("button", name="Replace it by carol@acme.example").click()

    expect(page.get_by_role("status")).to_contain_text("was replaced")
    disconnect(page, device_demo)


def test_it_works_without_scripts_by_reload(
    chromium: Browser, phone: Page, device_demo: Demo
) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.set_default_timeout(10_000)
    sign_in(page, device_demo, ACME, "alice")
    press_link_with_another_device(page, device_demo)

    decide(phone, scan(page), "Alice Adams", "Accept")

    expect(page.get_by_role("heading", name="Your Webex account is linked")).to_be_visible(
        timeout=10_000
    )
    disconnect(page, device_demo)
    page.context.close()


def test_it_needs_no_mouse_and_no_eyes(page: Page, phone: Page, device_demo: Demo) -> None:
    sign_in(page, device_demo, GLOBEX, "bob")
    page.goto(device_demo.at(GLOBEX, "/webex/"))
    press(page, button(page, "Link with another device"))
    expect(page.get_by_role("timer")).to_be_visible()
    heard, code = [str(said) for said in read_aloud(page)], shown_code(page)
    assert "image: QR code that opens the Webex sign-in" in heard
    assert any(" ".join(code) in each for each in heard)  # letter by letter
    assert flaws(page) == []

    phone.goto(page.locator(".steps a").get_attribute("href"))
    write(phone, phone.get_by_label("Code"), code)
    press(phone, button(phone, "Next"))
    press(phone, button(phone, re.compile("Bob Brown")))
    press(phone, button(phone, "Accept"))

    expect(page).to_have_title(re.compile("Your Webex account is linked"))  # what is heard first
    press(page, page.get_by_role("link", name="Manage the connection"))
    press(page, page.locator("summary", has_text="Disconnect"))
    press(page, button(page, "Disconnect now"))
    expect(page.get_by_role("status", name="Messages")).to_be_focused()


def test_cancelling_leads_back_and_the_code_is_dead_in_the_portal(
    page: Page, phone: Page, device_demo: Demo
) -> None:
    sign_in(page, device_demo, ACME, "alice")
    press_link_with_another_device(page, device_demo)
    uri = scan(page)

    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_contain_text("Cancelled")
    decide(phone, uri, "Alice Adams", "Accept")
    page.wait_for_timeout(4000)  # two intervals: time enough to link, if anybody still asked

    page.reload()
    expect_mark(page, "not-linked")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_device_page_is_wider_than_its_window(
    page: Page, device_demo: Demo, pictures: Path, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    sign_in(page, device_demo, ACME, "alice")
    press_link_with_another_device(page, device_demo)
    url = page.url
    look(page, pictures, f"device-{scheme}")
    page.get_by_role("button", name="Cancel").click()
    page.goto(url)
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    look(page, pictures, f"device-over-{scheme}")
