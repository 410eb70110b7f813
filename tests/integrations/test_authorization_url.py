"""The OAuth Authorization URL: what an admin may paste, and what a browser is sent to."""

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations import authorization_url
from integrations.errors import InvalidAuthorizationURL
from integrations.models import WebexApp

CLIENT_ID = "C6f0e1d2c3b4a5968778695a4b3c2d1e0f"
CALLBACK = "https://portal-a.example.com/webex/callback/"
ENDPOINT = "https://webexapis.com/v1/authorize"
QUERY = (
    f"client_id={CLIENT_ID}&response_type=code"
    "&redirect_uri=https%3A%2F%2Fportal-a.example.com%2Fwebex%2Fcallback%2F"
    "&scope=spark-admin%3Apeople_read%20spark%3Apeople_read%20spark%3Akms&state=set_state_here"
)
GOOD = f"{ENDPOINT}?{QUERY}"
SCOPES = ("spark-admin:people_read", "spark:people_read", "spark:kms")


@pytest.fixture(autouse=True)
def _webex_itself(settings):
    settings.WEBEX_API_URL = "https://webexapis.com/v1"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  {GOOD}\n",
        GOOD.replace("%20", "+"),
        GOOD.replace("&scope", "\n&scope"),
        GOOD.replace("&", "  \r\n  &"),
        GOOD.replace("spark%3Akms", "spark%3Akms%20spark%3Akms"),
        GOOD + "&prompt=none&nonce=x&max_age=5&unknown=%3Cscript%3E",
        GOOD + "&code_challenge=x&code_challenge_method=plain",
        GOOD.replace("&response_type=code", ""),
    ],
)
def test_the_url_of_the_developer_portal_is_understood(text):
    pasted = authorization_url.parse(text)

    assert pasted == authorization_url.Pasted(CLIENT_ID, SCOPES, CALLBACK)


@pytest.mark.parametrize(
    "endpoint",
    [
        "javascript://webexapis.com/v1/authorize",
        "java\nscript://webexapis.com/v1/authorize",
        "data:text/html,<script>alert(1)</script>",
        "http://webexapis.com/v1/authorize",
        "HTTPS://webexapis.com/v1/authorize",
        "//webexapis.com/v1/authorize",
        "https:webexapis.com/v1/authorize",
        "https:/webexapis.com/v1/authorize",
        "https:///webexapis.com/v1/authorize",
        "https:\\\\webexapis.com\\v1\\authorize",
        "/v1/authorize",
        "webexapis.com/v1/authorize",
        "https://webexapis.com.evil.example/v1/authorize",
        "https://evil.example/webexapis.com/v1/authorize",
        "https://notwebexapis.com/v1/authorize",
        "https://wеbexapis.com/v1/authorize",  # with a Cyrillic letter
        "https://xn--wbexapis-9ya.com/v1/authorize",
        "https://webexapis。com/v1/authorize",
        "https://webexapis.com./v1/authorize",
        "https://webexapis.com:443/v1/authorize",
        "https://webexapis.com:8443/v1/authorize",
        "https://webexapis.com:x/v1/authorize",
        "https://alice@webexapis.com/v1/authorize",
        "https://webexapis.com@evil.example/v1/authorize",
        "https://webexapis.com%2F@evil.example/v1/authorize",
        "https://webexapis.com/v1/authorize/",
        "https://webexapis.com/v1/../v1/authorize",
        "https://webexapis.com/v1/authorize;x=y",
        "https://webexapis.com/v1/access_token",
        "https://webexapis.com/v1/authorize#",
        "https://169.254.169.254/v1/authorize",
        "OAuth Authorization URL: https://webexapis.com/v1/authorize",
        "",
    ],
)
def test_any_other_place_than_webex_is_refused(endpoint):
    with pytest.raises(InvalidAuthorizationURL, match=r"^[A-Z].+\.$"):
        authorization_url.parse(f"{endpoint}?{QUERY}")


@pytest.mark.parametrize(
    "text",
    [
        f"{GOOD} (copied from Webex)",
        f"<{GOOD}>",
        f'"{GOOD}"',
        f"{GOOD}#state=x",
        f"{GOOD}&client_id={CLIENT_ID}",
        f"{GOOD}&client_id=another",
        f"{GOOD}&scope=spark%3Aall",
        f"{GOOD}&scope=",
        f"{GOOD}&state=again",
        f"{GOOD}&redirect_uri=https%3A%2F%2Fevil.example",
        f"{GOOD}&response_type=code",
        GOOD.replace("response_type=code", "response_type=token"),
        GOOD.replace("response_type=code", "response_type=code+token"),
        GOOD.replace("response_type=code", "response_type="),
        GOOD.replace(CLIENT_ID, ""),
        GOOD.replace(CLIENT_ID, "%3Cscript%3E"),
        GOOD.replace(CLIENT_ID, "C6f0%0d%0aX-Evil:1"),
        GOOD.replace(CLIENT_ID, "C" * 201),
        GOOD.replace("client_id", "Client_ID"),
        GOOD.replace("scope=", "scopes="),
        GOOD.replace("spark%3Akms", "%3Cscript%3E%22"),
        GOOD.replace("spark%3Akms", "a%00b"),
        GOOD.replace("spark%3Akms", "%ff%fe"),
        GOOD.replace("spark%3Akms", "sp%C3%A4rk"),
        GOOD + "".join(f"&p{number}=x" for number in range(60)),
        GOOD + "&x=" + "y" * 8000,
        GOOD + "\x00",
        GOOD + "\u202e",
        ENDPOINT,
        ENDPOINT + "?",
    ],
)
def test_a_url_that_could_be_read_in_two_ways_is_refused(text):
    with pytest.raises(InvalidAuthorizationURL, match=r"^[A-Z].+\.$"):
        authorization_url.parse(text)


def test_a_refusal_does_not_repeat_what_was_pasted():
    with pytest.raises(InvalidAuthorizationURL) as caught:
        authorization_url.parse("https://evil.example/<script>?client_secret=hunter2")

    assert "evil" not in str(caught.value)


def build(**changes):
    values = {
        "client_id": CLIENT_ID,
        "scopes": SCOPES,
        "redirect_uri": CALLBACK,
        "state": "s" * 43,
        "code_verifier": "v" * 43,
    }
    return authorization_url.build(**values | changes)


def test_the_url_for_the_browser_has_each_parameter_once_and_no_other():
    url = build()

    digest = hashlib.sha256(b"v" * 43).digest()
    assert url.startswith(f"{ENDPOINT}?")
    assert sorted(parse_qsl(urlsplit(url).query)) == sorted(
        {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "scope": " ".join(SCOPES),
            "state": "s" * 43,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }.items()
    )


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        (GOOD.replace("&", "&amp;"), "“&amp;” in place of “&”"),
        (GOOD.replace("%3A", "%253A"), "encoded twice"),
        (GOOD.replace("%20", "%2520"), "encoded twice"),
        (GOOD.replace("%20", ","), "separated by commas"),
        (GOOD.replace("%20", "%2C%20"), "separated by commas"),
        (GOOD.replace("%20", ";"), "separated by commas"),
        (GOOD.replace(CLIENT_ID, "C6%2520f0"), "encoded twice"),
        (GOOD.partition("&scope")[0], "lists no scopes"),
        (GOOD.replace("%20", "%22"), "a character no scope may"),
    ],
)
def test_the_fault_that_is_there_is_named(pasted, sentence):
    with pytest.raises(InvalidAuthorizationURL) as raised:
        authorization_url.parse(pasted)

    assert sentence in str(raised.value)


def test_blanks_between_scopes_are_written_as_percent_20():
    assert "+" not in build()
    assert "people_read%20spark" in build()


def test_the_verifier_is_not_in_the_url():
    assert "v" * 43 not in build()


def test_the_challenge_is_the_one_of_rfc_7636_appendix_b():
    url = build(code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&" in url


def test_no_value_can_smuggle_in_a_parameter():
    url = build(client_id="C&state=evil#x", scopes=["a&scope=b"], state="x&y")

    assert len(parse_qsl(urlsplit(url).query)) == 7
    assert urlsplit(url).fragment == ""


def test_what_is_built_is_what_would_be_understood():
    assert authorization_url.parse(build()).scopes == SCOPES


def test_an_integration_parses_its_url_once_and_another_one_anew():
    app = WebexApp(authorization_url=GOOD)
    once = app.pasted

    assert once is app.pasted
    assert app.scopes == list(SCOPES)

    app.authorization_url = GOOD.replace("%20spark%3Akms", "")

    assert app.scopes == list(SCOPES[:2])


@pytest.mark.parametrize(
    "text", ["", GOOD.replace("webexapis", "evil"), f"{GOOD}&scope=spark%3Aall"]
)
def test_an_integration_asks_for_nothing_that_an_unusable_url_lists(text):
    app = WebexApp(authorization_url=text)

    assert (app.pasted, app.scopes) == (None, [])
