"""What comes back from Webex is accepted once, and only where it was started."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.checks import run_checks

from integrations import clock
from integrations.models import AuthorizationRequest, Grant
from integrations.operations import housekeeping
from tests.browsing import query
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.refusals import TOKEN_ENDPOINT, assert_refused, rows

CODE = "ZDA4Y2E2_a_code_that_Webex_never_gave"


def callback(**parameters):
    return f"/webex/callback/?{urlencode(parameters, doseq=True)}"


@pytest.fixture
def state(alice_browser):
    return query(alice_browser.start())["state"]


def consumed(state):
    return AuthorizationRequest.objects.get(state=state).consumed_at is not None


# --- The state ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters",
    [
        {"code": CODE},
        {"code": CODE, "state": ""},
        {"code": CODE, "state": "kJ4nVtqUuS8w1yqYd0vXo2p3Rz5m7C9eGf6hLbTsWiA"},
        {"code": CODE, "state": "x" * 10_000},
        {"code": CODE, "state": "nul\x00inside"},
        {"code": CODE, "state": "0' OR '1'='1"},
        {"error": "no_such_thing", "state": "wrong-state"},
        {"error": "access_denied"},
        {"state": "neither-code-nor-error"},
        {},
    ],
    ids=lambda parameters: " ".join(f"{name}={value[:12]}" for name, value in parameters.items()),
)
def test_a_return_without_a_known_state_is_refused(alice_browser, state, caplog, parameters):
    assert_refused(alice_browser, callback(**parameters), caplog)

    assert not consumed(state)


@pytest.mark.parametrize(
    "misspell",
    [
        lambda state: ("B" if state[0] == "A" else "A") + state[1:],
        str.swapcase,
        lambda state: state + " ",
        lambda state: state[:-1],
        lambda state: state + "%",
    ],
    ids=["one character", "case", "blank", "shorter", "wildcard"],
)
def test_a_misspelt_state_is_refused_and_leaves_the_real_one_open(alice_browser, caplog, misspell):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    state = query(redirect)["state"]

    assert_refused(alice_browser, callback(code=CODE, state=misspell(state)), caplog)

    assert alice_browser.come_back(redirect).status_code == 303


def test_a_state_is_refused_the_second_time(alice_browser, caplog, travel):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    alice_browser.come_back(redirect)

    for later in (timedelta(seconds=1), timedelta(hours=1)):
        travel(later)
        page = assert_refused(alice_browser, redirect, caplog)
        assert 'data-webex="linked"' in page.text


@pytest.mark.parametrize("name", ["state", "code", "error", "iss"])
def test_a_repeated_parameter_is_refused(alice_browser, state, caplog, name):
    once = {"state": state, "code": CODE}
    repeated = {name: [once.get(name, "a-value"), once.get(name, "a-value")]}

    assert_refused(alice_browser, callback(**{**once, **repeated}), caplog)

    assert not consumed(state)


def test_a_state_is_good_for_ten_minutes_and_no_longer(alice_browser, caplog, travel):
    first = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    second = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)

    travel(timedelta(minutes=10, seconds=-2))
    assert alice_browser.come_back(first).status_code == 303

    travel(timedelta(seconds=3))
    assert_refused(alice_browser, second, caplog)


def test_sessions_that_could_be_rolled_back_are_an_error(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    assert "integrations.E001" in {message.id for message in run_checks()}


def test_old_states_are_swept_away(alice_browser, state, travel):
    travel(timedelta(days=8))

    housekeeping.tidy(now=clock.now())

    assert not AuthorizationRequest.objects.exists()


# --- The code -----------------------------------------------------------------------------------


@pytest.mark.parametrize("error_shape", ["gateway", "oauth"])
def test_a_code_that_was_redeemed_already_changes_nothing(alice_browser, linked_alice, error_shape):
    alice_browser.sandbox.scenario.update({"error_shape": error_shape})
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    for code in alice_browser.sandbox.state.codes.values():
        code.is_used = True
    before = rows(Grant)

    response = alice_browser.come_back(redirect)

    assert (response.status_code, response["Location"]) == (303, "/my-account/")
    assert "Webex did not accept the sign-in." in alice_browser.get("/my-account/").text
    assert rows(Grant) == before
    assert alice_browser.badge() == "linked"


def test_a_code_of_somebody_else_is_worth_nothing_in_mallorys_flow(alice_browser, browser, mallory):
    alices = query(alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX))
    mallorys = browser(mallory)
    state = query(mallorys.start())["state"]

    response = mallorys.get(callback(code=alices["code"], state=state))

    assert response.status_code == 303
    assert "did not accept" in mallorys.get("/my-account/").text
    assert not Grant.objects.exists()


@pytest.mark.parametrize("name", ["access_token", "id_token", "token_type"])
def test_a_token_in_the_url_is_ignored(alice_browser, state, caplog, name):
    assert_refused(alice_browser, callback(**{name: "EVIL-TOKEN", "state": state}), caplog)


def test_a_code_of_four_kilobytes_reaches_webex(alice_browser, state):
    response = alice_browser.get(callback(code="c" * 4096, state=state))

    assert response.status_code == 303
    assert alice_browser.sandbox.ledger.find(TOKEN_ENDPOINT)[0].form["code"] == "c" * 4096


@pytest.mark.parametrize("size", [64 * 1024, 2 * 1024 * 1024])
def test_an_oversized_code_is_refused_and_not_forwarded(alice_browser, state, caplog, size):
    assert_refused(alice_browser, callback(code="c" * size, state=state), caplog)

    assert not consumed(state)


def test_thousands_of_parameters_are_refused(alice_browser, state, caplog):
    flood = {f"p{number}": "x" for number in range(2000)}

    assert_refused(alice_browser, callback(code=CODE, state=state, **flood), caplog)

    assert not consumed(state)


# --- Errors and issuers -------------------------------------------------------------------------


def test_a_denial_wins_over_a_code_beside_it(alice_browser, state):
    response = alice_browser.get(callback(error="access_denied", code=CODE, state=state))

    assert response.status_code == 303
    assert consumed(state)
    assert alice_browser.sandbox.ledger.count(TOKEN_ENDPOINT) == 0


def test_declining_leads_back_without_alarm(alice_browser, linked_alice):
    before = rows(Grant)

    response = alice_browser.decline(ALICE_AT_WEBEX)

    assert (response.status_code, response["Location"]) == (303, "/my-account/")
    page = alice_browser.get("/my-account/").text
    assert 'class="message info">You declined.' in page
    assert 'class="message error"' not in page
    assert rows(Grant) == before


@pytest.mark.parametrize(
    "answer", [{"code": CODE}, {"error": "access_denied"}, {"error": "server_error"}], ids=str
)
@pytest.mark.parametrize(
    "issuer", ["https://evil.example", "https://idbroker.webex.com/idb/", "HTTPS://IDBROKER"]
)
def test_an_answer_of_another_issuer_is_refused(alice_browser, state, caplog, answer, issuer):
    assert_refused(alice_browser, callback(**answer, state=state, iss=issuer), caplog)

    assert not consumed(state)


def test_webexs_own_issuer_is_accepted(alice_browser):
    alice_browser.sandbox.scenario.update({"iss": "https://idbroker.webex.com/idb"})

    assert alice_browser.link(ALICE_AT_WEBEX).status_code == 303
    assert alice_browser.badge() == "linked"
