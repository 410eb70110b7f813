"""Single sign-on against a real provider: set up by root, used by Alice, refused to a password.

PICTURES=folder keeps the pictures.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import real_identity_provider
from tests.e2e.conftest import Demo, free_port
from tests.e2e.real_identity_provider import CLIENT_ID, SECRET
from tests.e2e.test_pictures import look
from tests.e2e.test_story import sign_in_admin

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("demo")]

HOOLI = "hooli.localhost"  # of this story only: others sign in with passwords elsewhere


@pytest.fixture
def issuer(demo: Demo) -> Iterator[str]:
    with real_identity_provider.running(free_port(), demo.at(HOOLI, "")) as issuer:
        yield issuer


@pytest.fixture
def pages(chromium: Browser) -> Iterator[tuple[Page, Page]]:
    """Of root and of Alice. The provider's own pages complain in the console, and may."""
    contexts = [chromium.new_context(color_scheme=scheme) for scheme in ("light", "dark")]
    for context in contexts:
        context.set_default_timeout(20_000)
    yield contexts[0].new_page(), contexts[1].new_page()
    for context in contexts:
        context.close()


def test_a_brand_gets_its_provider_and_alice_comes_through_it(
    pages: tuple[Page, Page], demo: Demo, issuer: str, pictures: Path
) -> None:
    root, alice = pages
    sign_in_admin(root, demo)
    _set_up(root, demo, issuer, pictures)

    alice.goto(demo.at(HOOLI, "/my-account/"))
    expect(alice.get_by_label("Password")).to_have_count(0)
    look(alice, pictures, "sso-sign-in")
    _sign_in_there(alice, "alice-at-acme")

    expect(alice).to_have_url(demo.at(HOOLI, "/my-account/"))
    expect(alice.locator("dl.facts").first).to_contain_text("Acme ID")
    expect(alice.get_by_text("alice-at-acme@acme.example")).to_be_visible()
    look(alice, pictures, "sso-my-account")

    alice.get_by_role("button", name="Sign out").click()
    expect(alice.get_by_role("heading", name="Signed out")).to_be_visible()
    look(alice, pictures, "sso-signed-out")
    alice.get_by_role("link", name="Sign out of Acme ID, too").click()
    alice.get_by_role("button", name="Yes, sign me out").click()
    expect(alice).to_have_url(demo.at(HOOLI, "/sign-in/"))

    alice.get_by_role("button", name="Sign in with Acme ID").click()
    alice.get_by_role("link", name="Cancel").click()
    expect(alice.get_by_text("it was declined at Acme ID")).to_be_visible()
    look(alice, pictures, "sso-declined")

    root.reload()
    expect(root.get_by_text("People have come back to every hostname.")).to_be_visible()
    expect(root.get_by_role("link", name="1 linked person")).to_be_visible()
    root.goto(demo.at("localhost", "/admin/accounts/user/?q=alice-at-acme"))
    root.get_by_role("link", name="alice-at-acme", exact=True).click()
    expect(root.get_by_label("Webex users")).to_be_checked()  # as their group says


def _set_up(root: Page, demo: Demo, issuer: str, pictures: Path) -> None:
    root.goto(demo.at("localhost", "/admin/integrations/identityprovider/add/"))
    root.get_by_label("Name", exact=True).fill("Acme ID")
    root.get_by_label("Issuer").fill(issuer)
    root.get_by_label("Client ID").fill(CLIENT_ID)
    root.get_by_label("Client secret").fill(SECRET)
    root.get_by_label("Enabled").check()
    root.get_by_label("Roles by group").fill("portal -> Webex users\ndesk -> Webex support")
    look(root, pictures, "sso-add")
    root.get_by_role("button", name="Save", exact=True).click()
    root.get_by_role("link", name="Acme ID").first.click()
    provider = root.url
    root.get_by_role("button", name="Check").click()
    expect(root.get_by_text("It answers; signing keys: 1.")).to_be_visible()
    three = "desk -> Webex support\nportal -> Webex users\nzoo -> Webex users"
    root.get_by_label("Roles by group").fill(three)
    root.get_by_role("button", name="Save", exact=True).click()
    root.get_by_role("link", name="Acme ID").first.click()
    expect(root.get_by_label("Roles by group")).to_have_value(three)

    root.goto(demo.at("localhost", "/admin/integrations/brandedurl/add/"))
    root.get_by_label("Hostname", exact=True).fill(HOOLI)
    root.get_by_label("Sign-in").select_option("single")
    root.get_by_label("Identity provider").select_option(label="Acme ID")
    root.get_by_role("button", name="Save", exact=True).click()
    root.goto(provider)
    expect(root.get_by_text(demo.at(HOOLI, "/sign-in/callback/")).first).to_be_visible()
    look(root, pictures, "sso-provider")


def _sign_in_there(alice: Page, login: str) -> None:
    alice.get_by_role("button", name="Sign in with Acme ID").click()
    alice.get_by_placeholder("Enter any login").fill(login)
    alice.get_by_placeholder("and password").fill("anything")
    alice.get_by_role("button", name="Sign-in").click()
    alice.get_by_role("button", name="Continue").click()
