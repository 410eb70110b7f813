"""The main job: from the red mark to the green one, and back."""

from tests.conftest import ALICE_AT_WEBEX


def test_alice_sees_red_links_and_sees_green(alice_browser):
    assert alice_browser.badge() == "not-linked"

    response = alice_browser.link(ALICE_AT_WEBEX)

    assert (response.status_code, response["Location"]) == (303, "/my-account/")
    assert alice_browser.badge() == "linked"
    assert ALICE_AT_WEBEX in alice_browser.get("/webex/").text
