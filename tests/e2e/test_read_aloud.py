"""Guide and linking as a screen reader tells them. PICTURES=folder keeps what is said."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessibility_tree import Said, flaws, read_aloud
from tests.e2e.conftest import Demo
from tests.e2e.test_story import GLOBEX, sign_in, sign_in_admin, sign_in_at_webex

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("demo")]

FORM = "/admin/integrations/webexapp/"


def listen(page: Page, pictures: Path, name: str) -> list[str]:
    """Role, name and description of everything, after a look at what holds for each page."""
    page.wait_for_load_state()
    heard = [str(said) for said in read_aloud(page)]
    (pictures / f"read-aloud-{name}.txt").write_text("\n".join(heard))
    assert flaws(page) == [], name
    return heard


def find(page: Page, role: str, name: str) -> Said:
    (said,) = (each for each in read_aloud(page) if (each.role, each.name) == (role, name))
    return said


def test_linking_is_understood_without_seeing_it(page: Page, demo: Demo, pictures: Path) -> None:
    page.goto(demo.at(GLOBEX))
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    listen(page, pictures, "sign-in-failed")
    assert "is not right" in find(page, "textbox", "User name").description

    sign_in(page, demo, GLOBEX, "alice")
    heard = listen(page, pictures, "home")
    assert "link: My Account Link your Webex account" in heard
    assert "region: Webex" in heard
    page.get_by_role("button", name="Link my Webex account").click()
    sign_in_at_webex(page, "Alice Adams")
    heard = listen(page, pictures, "consent")
    assert "heading: Demo portal asks for access" in heard
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("status")).to_contain_text("You declined")
    heard = listen(page, pictures, "declined")
    assert heard.index("status: Messages") < heard.index("heading: My Account")
    page.goto(demo.at(GLOBEX, "/webex/"))
    heard = listen(page, pictures, "webex")
    assert "StaticText: Link your Webex account" in heard  # what the red mark says
    assert "heading: No Webex account is linked" in heard


def test_the_guide_is_understood_without_seeing_it(page: Page, demo: Demo, pictures: Path) -> None:
    sign_in_admin(page, demo)
    heard = listen(page, pictures, "overview")
    assert "region: Left to do" in heard
    page.goto(demo.at("localhost", f"{FORM}add/"))
    heard = listen(page, pictures, "integration-new")
    assert "textbox: Name" in heard  # and required is a state, not a star
    assert find(page, "textbox", "Name").states["required"]
    assert "complementary: What to do next" in heard

    page.get_by_label("Name", exact=True).fill("Read aloud")
    page.get_by_label("OAuth Authorization URL").fill("http://example.com")
    page.get_by_role("tab", name="URLs").click()
    page.get_by_label("Add many at once").fill("https://a.b/")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    listen(page, pictures, "integration-mistakes")
    assert page.title().startswith("Error:")
    assert find(page, "tab", "General 1 field to correct").states["selected"]
    wrong = find(page, "textbox", "OAuth Authorization URL")
    assert wrong.states["invalid"] == "true"
    assert "It must start with" in wrong.description

    page.goto(demo.at("localhost", FORM))
    page.get_by_role("link", name="Demo portal", exact=True).click()
    page.get_by_role("tab", name="Redirect URIs").click()
    heard = listen(page, pictures, "redirect-uris")
    assert any(each.startswith("button: Copy all") for each in heard)
    assert f"button: Copy {demo.at(GLOBEX, '/webex/callback/')}" in heard
    assert f"button: Test link {GLOBEX}" in heard
    silent = heard.count("status: ")  # what was copied, how the test goes: there before the words
    assert silent == 2


def test_pages_say_which_language_they_speak(chromium: Browser, demo: Demo) -> None:
    for locale, language, words in (("de-DE", "de", "Anmelden"), ("en-GB", "en", "Sign in")):
        page = chromium.new_context(locale=locale).new_page()
        page.goto(demo.at(GLOBEX))
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.get_by_role("heading")).to_have_text(words)
        page.context.close()
