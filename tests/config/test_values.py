"""Every number, switch, list and URL of the environment: normalised, or refused by its name."""

import subprocess
import sys

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import values
from tests.config.processes import ROOT

NUMBERS = ("", " ", "10", " 10 ", "2.5")
NO_NUMBERS = ("10s", "ten", "-1", "1e3", "NaN", "inf", "0x10", "1,5", "99999999999", "\n")


@pytest.fixture
def env(monkeypatch):
    def make(value):
        monkeypatch.setenv("VALUE", value)
        return environ.Env()

    return make


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_read_without_blanks_and_nothing_is_the_default(env, text):
    expected = float(text) if text.strip() else 7.0

    assert values.number(env(text), "VALUE", 7.0, least=1, most=60) == expected


@pytest.mark.parametrize("text", [each for each in NO_NUMBERS if each.strip()] + ["0", "61"])
def test_what_is_no_number_or_out_of_range_is_refused_by_name(env, text):
    with pytest.raises(ImproperlyConfigured, match=r"VALUE must be a number from 1 to 60\."):
        values.number(env(text), "VALUE", 7.0, least=1, most=60)


@pytest.mark.parametrize("text", ["2.5", "0", "x"])
def test_a_whole_number_is_whole(env, text):
    with pytest.raises(ImproperlyConfigured, match="VALUE must be a"):
        values.whole(env(text), "VALUE", 7, least=1, most=60)


@pytest.mark.parametrize(
    ("text", "on"),
    [("on", True), (" TRUE ", True), ("1", True), ("off", False), ("No", False), ("", False)],
)
def test_a_switch_is_on_or_off(env, text, on):
    assert values.switch(env(text), "VALUE") is on


@pytest.mark.parametrize("text", ["ture", "2", "enabled?"])
def test_a_misspelt_switch_is_not_taken_for_off(env, text):
    with pytest.raises(ImproperlyConfigured, match="VALUE must be on or off"):
        values.switch(env(text), "VALUE")


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", []),
        ("a.example.com, B.example.com", ["a.example.com", "b.example.com"]),
        ("'admin.example.com.'", ["admin.example.com"]),
        ("bücher.example", ["xn--bcher-kva.example"]),
        ("localhost,127.0.0.1", ["localhost", "127.0.0.1"]),
        ("[::1],admin.example.com:8443", ["[::1]", "admin.example.com:8443"]),
    ],
)
def test_hosts_are_spelled_as_requests_are(env, text, hosts):
    assert values.hosts(env(text), "VALUE") == hosts


@pytest.mark.parametrize(
    "text", ["https://admin.example.com", "a.example.com/admin", "a b.example.com", "me@host", "*"]
)
def test_what_is_no_host_alone_is_refused(env, text):
    with pytest.raises(ImproperlyConfigured, match="VALUE"):
        values.hosts(env(text), "VALUE")


@pytest.mark.parametrize(
    "url", ["amqp://:s3cret@host/", "sentinel://:s3cret@host/", "redis-sentinel://:s3cret@h", "x"]
)
def test_an_unknown_broker_is_refused_without_its_password(env, url):
    with pytest.raises(ImproperlyConfigured) as refused:
        values.broker(env(url), "VALUE", "redis://127.0.0.1/0")

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(("text", "level"), [("", "INFO"), ("debug", "DEBUG"), (" Error", "ERROR")])
def test_a_log_level_in_any_case(env, text, level):
    assert values.level(env(text), "VALUE", "INFO") == level


def manage(*arguments, **environment):
    command = [sys.executable, "manage.py", *arguments]
    variables = {"PATH": "/usr/bin:/bin", "ENV_FILE": "/dev/null", **environment}
    return subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("command", ["migrate", "status", "check_registration", "refresh_grants"])
def test_in_a_fresh_clone_a_command_ends_with_the_one_sentence_that_helps(command):
    done = manage(command)

    assert done.returncode == 1
    assert done.stderr.startswith("manage.py: SECRET_KEY is not set. Make one with:")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_sandbox_alone_needs_no_keys():
    done = manage("webex_sandbox", "--help")

    assert done.returncode == 0
    assert "--port" in done.stdout
