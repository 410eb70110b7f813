"""Administrators find the settings from the portal, and the portals from the settings."""

from tests.conftest import H1, H2
from tests.integrations.admin.conftest import ADMIN_HOST


def test_who_may_open_the_settings_finds_them_in_the_menu(browser, root, alice, acme):
    link = f'href="https://{ADMIN_HOST}/admin/"'

    assert link in browser(root, H1).get("/").text
    assert link not in browser(alice, H1).get("/").text


def test_the_portals_own_address_lists_the_brands_for_who_may_see_them(
    browser, root, alice, acme, globex
):
    page = browser(root, ADMIN_HOST).get("/").text

    assert f'href="https://{H1}/"' in page
    assert f'href="https://{H2}/"' in page
    assert H2 not in browser(alice, ADMIN_HOST).get("/").text
    assert H2 not in browser(root, H1).get("/").text  # one customer never learns of another


def test_the_settings_lead_to_the_portal_of_a_hostname(browser, root, acme):
    page = browser(root, ADMIN_HOST).get("/admin/integrations/brandedurl/").text

    assert f'href="https://{H1}/"' in page


def test_developer_webex_com_is_a_link(browser, root, acme, settings):
    path = f"/admin/integrations/webexapp/{acme.pk}/change/"
    here = settings.WEBEX_API_URL.removesuffix("/v1") + "/my-apps/"
    assert f'href="{here}"' in browser(root, ADMIN_HOST).get(path).text

    settings.WEBEX_API_URL = "https://webexapis.com/v1"

    assert 'href="https://developer.webex.com/my-apps"' in browser(root, ADMIN_HOST).get(path).text
