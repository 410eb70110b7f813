"""The tool that explains which integration a user gets on a hostname, and why."""

import pytest

from integrations.models import BrandedURL, WebexApp
from tests.conftest import H1, H2

TOOL = "/admin/who-gets-what/"


def explained(client, username: str, hostname: str) -> str:
    return client.get(TOOL, {"username": username, "hostname": hostname}).text


def test_who_gets_what_follows_the_way_of_a_request(sam, linked_alice):
    page = explained(sam, "alice", f" {H1.upper()}. ")

    assert "They get “Acme”" in page
    assert "Their mark is green." in page


@pytest.mark.parametrize(
    ("username", "hostname", "reason"),
    [
        ("alice", "unknown.example.com", "is not a branded URL"),
        ("alice", "https://portal-a.example.com", "is not a branded URL"),
        ("nobody", H1, "There is no portal user “nobody”"),
        ("nina", H1, "They may not use Webex"),
        ("gone", H1, "The account is deactivated"),
        ("alice", H2, "“Globex” is not enabled"),
        ("alice", "free.example.com", "It uses no integration"),
        ("<script>", "<b>", "is not a branded URL"),
    ],
)
def test_who_gets_nothing_is_told_why(
    sam, alice, nina, acme, globex, make_user, username, hostname, reason
):
    make_user("gone", is_active=False)
    BrandedURL.objects.create(hostname="free.example.com")
    WebexApp.objects.filter(pk=globex.pk).update(is_enabled=False)

    page = explained(sam, username, hostname)

    assert "They get no integration" in page
    assert reason in page
    assert "<script>" not in page.replace('<script src="', "")


def test_the_tool_is_not_for_everybody(staff):
    assert staff("newbie").get(TOOL).status_code == 403
