"""What the browser gets to see: enough to link, nothing to steal."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import User
from integrations import qr_code
from integrations.sandbox import Sandbox
from integrations.views.device import in_groups
from tests.browsing import PortalClient
from tests.integrations.linking.device.conftest import TOKEN, Login


def test_the_page_shows_code_link_time_steps_warning_and_a_way_out(login: Login) -> None:
    page, row = login.page(), login.row
    first, second = row.user_code[:3], row.user_code[3:]

    assert f"<span>{first}</span><span>{second}</span>" in page
    assert f'href="{row.verification_uri}"' in page
    assert re.search(r"\b[45]:\d\d\b", page)
    assert "Link only your own account" in page
    assert "Nobody from support will ever" in page
    assert "Cancel" in page
    assert page.count("<svg") >= 1


def test_the_device_code_never_leaves_the_server(login: Login) -> None:
    answers = [
        login.browser.get(path)
        for path in (login.path, f"{login.path}status/", "/webex/", "/webex/status/")
    ]
    code, session_key = login.row.device_code, login.row.session_key

    for answer in answers:
        assert code not in answer.text
        assert code not in str(answer.headers) + str(answer.cookies)
        assert session_key not in answer.text
    assert "device_code" not in str(answers[1].content)


def test_it_reloads_itself_where_scripts_do_not_run(login: Login) -> None:
    page = login.page()

    assert re.search(r'<noscript>\s*<meta http-equiv="refresh" content="5">\s*</noscript>', page)
    assert re.search(r"<noscript>\s*<a [^>]*>\s*I have accepted", page)


def test_nothing_on_the_page_is_inline_or_kept(login: Login) -> None:
    answer = login.browser.get(login.path)

    assert " style=" not in answer.text
    assert not re.search(r"<script(?! src=)|<style| on[a-z]+=", answer.text)
    assert "no-store" in answer["Cache-Control"]
    assert "no-store" in login.browser.get(f"{login.path}status/")["Cache-Control"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_bob_cannot_see_cancel_or_decide_alices(
    login: Login, bob: User, browser: Callable[..., PortalClient]
) -> None:
    his = browser(bob)

    for path in (login.path, f"{login.path}status/", f"{login.path}replace/"):
        assert his.get(path).status_code == 404
    assert his.post(f"{login.path}cancel/").status_code == 404
    assert his.post(f"{login.path}replace/", {"decision": "replace"}).status_code == 303
    assert login.state == "waiting"


def test_signed_out_it_is_the_sign_in_and_for_the_script_a_401(
    login: Login, browser: Callable[..., PortalClient]
) -> None:
    nobodys = browser(None)

    assert nobodys.get(login.path)["Location"].startswith("/sign-in/")
    assert nobodys.get(f"{login.path}status/").status_code == 401


def test_looking_changes_nothing_and_asks_webex_nothing(login: Login, sandbox: Sandbox) -> None:
    before = vars(login.row) | {"_state": None}

    for _ in range(50):
        login.status  # noqa: B018  asks the server
    login.page()
    assert login.browser.get(f"{login.path}cancel/").status_code == 405

    assert vars(login.row) | {"_state": None} == before
    assert sandbox.ledger.count(TOKEN) == 0


def test_cancelling_ends_it_and_says_so(login: Login) -> None:
    page = login.browser.post(f"{login.path}cancel/", follow=True)

    assert "The code is of no use any more" in page.text
    assert login.state == "cancelled"
    assert login.row.device_code is None


def test_without_a_worker_for_three_intervals_the_service_is_busy(
    login: Login, pass_time: Callable[[float], None]
) -> None:
    pass_time(4.5)
    assert login.state == "waiting"
    pass_time(2)
    assert login.state == "busy"
    assert re.search(r'role="status">\s*<p id="busy" class="message"\s*>', login.page())

    login.poll(after=0)
    assert login.state == "waiting"


def test_the_page_is_told_to_ask_right_after_the_worker(
    login: Login, pass_time: Callable[[float], None]
) -> None:
    assert 1 < login.status["ask_again_in"] <= 2
    pass_time(1)
    assert 0.3 < login.status["ask_again_in"] < 1.5
    pass_time(5)
    assert login.status["ask_again_in"] == 0.3


def test_the_time_left_counts_down(login: Login, pass_time: Callable[[float], None]) -> None:
    before = login.status["seconds_left"]
    pass_time(timedelta(minutes=1).total_seconds())

    assert before - login.status["seconds_left"] in range(60, 65)


@pytest.mark.parametrize(
    ("code", "groups"),
    [
        ("729703", ["729", "703"]),
        ("12345678", ["1234", "5678"]),
        ("ABCD-EFGH", ["ABCD", "EFGH"]),
        ("1234567", ["123", "456", "7"]),
    ],
)
def test_user_codes_are_grouped_as_people_read_them(code: str, groups: list[str]) -> None:
    assert in_groups(code) == groups


def test_the_qr_code_is_drawn_with_attributes_only() -> None:
    svg = qr_code.draw("https://login-k.webex.com/verify?userCode=" + "a" * 64)

    assert svg.startswith("<svg ")
    assert "style" not in svg
    assert "<script" not in svg
    assert len(svg) < 8000
