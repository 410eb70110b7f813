"""`<webex-badge>` in a page under the portal's own policy: each state, by keyboard, by ear."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Demo, photograph
from tests.e2e.test_story import ACME, sign_in, sign_in_at_webex

pytestmark = [pytest.mark.browser, pytest.mark.slow]

INSERT = """() => {
  const script = document.createElement("script");
  script.src = "/static/webex-badge.js";
  document.head.append(script);
  document.querySelector("main").insertAdjacentHTML(
    "afterbegin", "<webex-badge with-text refresh=1></webex-badge>");
}"""


def show_badge(page: Page):
    """In the place of a page of the portal: its Content-Security-Policy holds for the element."""
    page.evaluate(INSERT)
    return page.locator("webex-badge")


def looks(page: Page, element: str, mark: str, text: str) -> list[str]:
    """Colours, sign and words of a badge, as they are drawn."""
    return page.evaluate(
        """([element, mark, text]) => {
          const host = document.querySelector(element), root = host.shadowRoot ?? host;
          const disc = root.querySelector(mark), words = root.querySelector(text);
          const sign = disc.nextElementSibling, ring = disc.previousElementSibling;
          return [
            getComputedStyle(disc).fill, getComputedStyle(ring).fill, sign.getAttribute("d"),
            getComputedStyle(sign).strokeWidth, getComputedStyle(words).color,
            getComputedStyle(words).fontWeight, words.textContent.trim(),
          ];
        }""",
        [element, mark, text],
    )


def compare_with_the_portals(page: Page, pictures: Path, kind: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        theirs = looks(page, "main .badge", f".mark-{kind}", f".badge-text-{kind}")
        assert looks(page, "webex-badge", ".disc", "[part=text]") == theirs
        photograph(page, pictures / f"badge-element-{kind}-{scheme}.png")


def test_the_element_says_what_the_portal_says(
    chromium: Browser, demo: Demo, pictures: Path
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 700})
    page, complaints = context.new_page(), list[str]()
    context.on("console", lambda message: complaints.append(message.text))

    page.goto(demo.at(ACME, "/sign-in/"))
    badge = show_badge(page)
    expect(badge.get_by_role("link", name="Sign in to use Webex")).to_be_visible()

    sign_in(page, demo, ACME, "bob", "/my-account/")
    page.wait_for_url(demo.at(ACME, "/my-account/"))
    badge = show_badge(page)
    link = badge.get_by_role("link", name="Link your Webex account")
    expect(link).to_be_visible()
    compare_with_the_portals(page, pictures, "bad")

    link.focus()
    context.set_offline(True)
    expect(badge).to_have_attribute("data-state", "unknown")
    expect(badge.get_by_role("status")).to_have_text("Webex: no answer, trying again")
    photograph(page, pictures / "badge-element-unknown.png")
    context.set_offline(False)
    expect(badge).to_have_attribute("data-state", "not-linked")

    page.keyboard.press("Enter")  # where the focus was, there it is
    page.get_by_role("button", name="Link my Webex account").click()
    sign_in_at_webex(page, "Bob Brown")
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(demo.at(ACME, "/my-account/"))
    badge = show_badge(page)
    expect(badge.get_by_role("link", name="Webex linked")).to_be_visible()
    compare_with_the_portals(page, pictures, "good")

    page.goto(demo.at(ACME, "/webex/"))
    page.locator("summary", has_text="Disconnect").click()
    page.get_by_role("button", name="Disconnect now").click()
    context.close()
    assert [text for text in complaints if "Policy" in text or "Uncaught" in text] == []


def test_who_may_not_use_webex_sees_nothing(chromium: Browser, demo: Demo) -> None:
    page = chromium.new_page()
    sign_in(page, demo, ACME, "nina", "/my-account/")
    page.wait_for_url(demo.at(ACME, "/my-account/"))
    badge = show_badge(page)

    expect(badge).to_have_attribute("data-state", "none")
    expect(badge).to_be_hidden()
    page.close()
