"""Pages of other origins read how their user stands only where a setting names them."""

import pytest

APP = "https://app.example.com"
STANDING = "/api/v1/standing"


def allowed(answer):
    return answer.headers.get("Access-Control-Allow-Origin"), answer.headers.get(
        "Access-Control-Allow-Credentials"
    )


def test_nobody_is_allowed_by_default(alice_browser):
    answer = alice_browser.get(STANDING, headers={"Origin": APP})

    assert answer.status_code == 200
    assert allowed(answer) == (None, None)


def test_a_configured_origin_reads_the_standing_also_when_it_is_signed_out(
    alice_browser, browser, settings
):
    settings.CORS_ORIGINS = ["https://other.example.com", APP]

    for client, status in ((alice_browser, 200), (browser(None), 401)):
        answer = client.get(STANDING, headers={"Origin": APP})
        assert (answer.status_code, allowed(answer)) == (status, (APP, "true"))
        assert "Origin" in answer["Vary"]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", f"{APP}.evil.example", f"{APP}:443", "http://app.example.com"],
)
def test_another_origin_reads_nothing_and_caches_know_why(alice_browser, settings, origin):
    settings.CORS_ORIGINS = [APP]

    answer = alice_browser.get(STANDING, headers={"Origin": origin})

    assert allowed(answer) == (None, None)
    assert "Origin" in answer["Vary"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/webex/status/"), ("get", "/api/v1/session"), ("get", "/api/v1/integrations"),
        ("get", "/"), ("post", STANDING), ("options", STANDING), ("get", f"{STANDING}/"),
    ],
)  # fmt: skip
def test_nothing_else_is_shared(alice_browser, settings, method, path):
    settings.CORS_ORIGINS = [APP]

    answer = getattr(alice_browser, method)(path, headers={"Origin": APP})

    assert allowed(answer) == (None, None)
