"""Signing in and out: cookies, sessions, and what slows guessing down."""

from urllib.parse import urljoin, urlsplit

import pytest

from tests.accounts.elsewhere import ELSEWHERE
from tests.conftest import H1, H2

PASSWORD = "correct horse"
NO = "User name or password is not right."


def sign_in(client, username="alice", password=PASSWORD, **extra):
    return client.post("/sign-in/", {"username": username, "password": password}, **extra)


@pytest.fixture
def visitor(browser, alice, acme):
    return browser(None)


# --- Cookies and sessions -----------------------------------------------------------------------


def test_cookies_stay_on_their_host_and_out_of_scripts(visitor):
    visitor.get("/sign-in/")
    sign_in(visitor)

    assert set(visitor.cookies) == {
        "__Host-sessionid", "__Host-csrftoken", "__Host-known-browser"
    }  # fmt: skip
    for cookie in visitor.cookies.values():
        assert (cookie["secure"], cookie["httponly"]) == (True, True)
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")


def test_a_message_travels_in_a_cookie_of_this_host_only(visitor):
    sign_in(visitor)
    visitor.post("/webex/disconnect/")

    cookie = visitor.cookies["__Host-messages"]
    assert (cookie["secure"], cookie["httponly"], cookie["domain"]) == (True, True, "")
    assert "There was nothing to disconnect." in visitor.get("/webex/").text


def test_who_lost_all_cookies_goes_on_at_the_page_they_were_on(visitor):
    visitor.handler.enforce_csrf_checks = True
    on = {"Referer": f"https://{H1}/webex/reports/?month=3"}

    page = visitor.post("/webex/disconnect/", headers=on)

    assert page.status_code == 403
    assert 'href="/webex/reports/?month=3"' in page.text
    assert visitor.get("/webex/reports/?month=3")["Location"].endswith(
        "?next=/webex/reports/%3Fmonth%3D3"
    )
    assert "/sign-in/?next=/webex/disconnect/" in visitor.get("/webex/disconnect/").text
    for elsewhere in (
        f"https://{H2}/webex/",
        "https://evil.example/",
        "//[",
        f"https://{H1}//evil/",
    ):
        page = visitor.post("/webex/disconnect/", headers={"Referer": elsewhere})
        assert "Back to the page" not in page.text, elsewhere


def test_signing_in_changes_the_session_key(visitor):
    visitor.cookies["__Host-sessionid"] = fixed = "f" * 32
    sign_in(visitor)
    first = visitor.cookies["__Host-sessionid"].value
    visitor.post("/sign-out/")

    sign_in(visitor)

    assert visitor.cookies["__Host-sessionid"].value not in (fixed, first)
    assert visitor.get("/").status_code == 200


def test_a_session_is_dead_after_signing_out(visitor, browser):
    sign_in(visitor)
    stolen = browser(None)
    stolen.cookies["__Host-sessionid"] = visitor.cookies["__Host-sessionid"].value
    assert stolen.get("/").status_code == 200

    visitor.post("/sign-out/")

    assert stolen.get("/").status_code == 302


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_only_a_post_signs_out(visitor, method):
    sign_in(visitor)

    assert visitor.generic(method, "/sign-out/").status_code == 405
    assert visitor.get("/").status_code == 200


def test_a_session_on_one_hostname_is_none_on_another(visitor, browser, globex):
    sign_in(visitor)

    assert browser(None, H2).get("/").status_code == 302


def test_a_deactivated_user_is_signed_out_at_once(visitor, alice):
    sign_in(visitor)
    alice.is_active = False
    alice.save()

    assert visitor.get("/").status_code == 302
    assert NO in sign_in(visitor).text


# --- Afterwards ---------------------------------------------------------------------------------


def test_signing_in_never_leads_elsewhere(visitor):
    for elsewhere in ELSEWHERE:
        page = visitor.get("/sign-in/", {"next": elsewhere})
        fields = {"username": "alice", "password": PASSWORD, "next": elsewhere}
        response = visitor.post("/sign-in/", fields)
        visitor.post("/sign-out/")

        assert 'name="next" value=""' in page.text, elsewhere
        assert (response.status_code, response["Location"]) == (302, "/"), elsewhere


def test_signing_out_never_leaves_the_host(visitor):
    for elsewhere in ELSEWHERE:
        response = visitor.post("/sign-out/", {"next": elsewhere})

        landing = urlsplit(urljoin(f"https://{H1}/sign-out/", response["Location"]))
        assert (response.status_code, landing.scheme, landing.netloc) == (302, "https", H1)


@pytest.mark.parametrize("elsewhere", ["//evil.com", f"https://{H2}/", "/sign-in/?next=//evil.com"])
def test_who_is_signed_in_already_is_not_led_elsewhere(visitor, elsewhere):
    sign_in(visitor)

    response = visitor.get("/sign-in/", {"next": elsewhere})

    assert response.status_code == 302
    assert response["Location"] in ("/", "/sign-in/?next=//evil.com")


def test_signing_in_leads_on_to_a_path_of_this_portal(visitor):
    fields = {"username": "alice", "password": PASSWORD, "next": "/webex/"}

    assert visitor.post("/sign-in/", fields)["Location"] == "/webex/"


def test_the_url_of_the_form_cannot_override_a_hostile_field(visitor):
    response = visitor.post(
        "/sign-in/?next=//evil.com", {"username": "alice", "password": PASSWORD}
    )

    assert response["Location"] == "/"


# --- What is typed ---


def test_an_unknown_name_gets_the_same_answer_as_a_wrong_password(visitor):
    known, unknown = sign_in(visitor, "alice", "no"), sign_in(visitor, "nobody", "no")

    def without(page, name):
        lines = [line for line in page.text.splitlines() if "csrfmiddlewaretoken" not in line]
        return "\n".join(lines).replace(f'value="{name}"', "")

    assert known.status_code == unknown.status_code == 200
    assert NO in known.text
    assert without(known, "alice") == without(unknown, "nobody")


@pytest.mark.parametrize(
    "username", ["alice\x00", "a" * 300, "’; DROP TABLE", "<script>alert(1)</script>"]
)
def test_an_odd_name_is_just_wrong(visitor, username):
    response = sign_in(visitor, username)

    assert response.status_code == 200
    assert "<script>alert" not in response.text


def test_no_password_reaches_the_log(visitor, caplog):
    sign_in(visitor, password="wrong-but-close-to-the-real-one")

    assert "wrong-but-close" not in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("entry", ["unknown", "203.0.113.7:4711", "<script>", "x" * 300])
def test_an_odd_proxy_entry_is_not_taken_for_an_address(visitor, settings, entry):
    settings.TRUSTED_PROXIES = 1

    assert NO in sign_in(visitor, password="no", HTTP_X_FORWARDED_FOR=entry).text


def test_an_odd_name_at_the_admin_is_just_wrong(browser, root):
    fields = {"username": "a" * 300, "password": "guess"}

    response = browser(None, "admin.example.com").post("/admin/login/", fields)

    assert response.status_code == 200
