"""In a language that is 40 % longer, no page is wider than a phone."""

import pytest
from playwright.sync_api import Browser, Page

from tests import languages
from tests.e2e.conftest import Demo, demo_environment, running
from tests.e2e.test_story import ACME

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"width": 390, "height": 844}
PORTAL = ("", "my-account/", "webex/", "nowhere/")
SETTINGS = (
    "", "integrations/webexapp/", "integrations/webexapp/1/change/", "integrations/webexapp/add/",
    "integrations/webexapp/1/change/#urls", "integrations/webexapp/1/change/#redirect-uris",
    "integrations/brandedurl/1/change/", "integrations/grant/", "integrations/auditevent/",
    "accounts/user/1/change/", "integrations/webhookendpoint/add/", "who-gets-what/",
)  # fmt: skip


@pytest.fixture(scope="module")
def longer_demo(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("longer-demo")
    code = languages.write_pseudo(folder / "locale")
    environment = demo_environment(folder)
    chosen = {"DEMO_PASSWORD": "correct-horse", "LANGUAGE_CODE": code,
              "LOCALE_DIR": folder / "locale"}  # fmt: skip
    (folder / ".demo").mkdir()
    lines = [f"{name}={value}\n" for name, value in chosen.items()]
    (folder / ".demo" / "env").write_text("".join(lines))
    with running(environment) as demo:
        yield demo


def test_no_page_is_wider_than_a_phone(chromium: Browser, longer_demo: Demo) -> None:
    context = chromium.new_context(locale="eo", viewport=PHONE)  # which nobody offers
    page = context.new_page()
    wide = []
    for hostname, username, folder, paths in (
        (ACME, "alice", "/", PORTAL), ("localhost", "admin", "/admin/", SETTINGS),
    ):  # fmt: skip
        page.goto(longer_demo.at(hostname, folder))
        assert page.locator("html").get_attribute("lang") == "en-xa"
        sign_in(page, longer_demo, username)
        for path in paths:
            page.goto("about:blank")  # else a new hash alone would load nothing
            page.goto(longer_demo.at(hostname, folder + path))
            if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
                wide.append(hostname + folder + path)
    context.close()

    assert wide == []


def sign_in(page: Page, demo: Demo, username: str) -> None:
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(demo.password)
    page.keyboard.press("Enter")
    page.wait_for_load_state()
