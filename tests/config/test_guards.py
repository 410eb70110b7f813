"""What the settings refuse, and that each refusal says what to do and shows no key."""

import base64
import os

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config.guards import hosts, keys, stores, webex
from tests.config.processes import ROOT

FERNET = Fernet.generate_key().decode()


def refuse(guard, *arguments):
    with pytest.raises(ImproperlyConfigured) as caught:
        guard(*arguments)
    assert str(caught.value).endswith((".", ")", '"', "`."))
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "hunter2",
        "x" * 60,
        "abc" * 30,
        "changeme-changeme-changeme-changeme-changeme",
        "django-insecure-7#k!q9v$w2e%r4t^y6u&i8o*p0a(s)d_f+g-h=j1k3l5z",
    ],
)
def test_a_weak_secret_key_is_refused(key):
    message = refuse(keys.secret_key, key)

    assert "secrets.token_urlsafe" in message
    assert not key or key not in message


KEYS = {
    "none": [],
    "blank": [" ", ""],
    "malformed": ["not base64!"],
    "too short": [base64.urlsafe_b64encode(os.urandom(16)).decode()],
    "too long": [base64.urlsafe_b64encode(os.urandom(48)).decode()],
    "all zeros": [base64.urlsafe_b64encode(bytes(32)).decode()],
    "a sentence": [base64.urlsafe_b64encode(b"this-is-a-32-byte-long-sentence!").decode()],
    "half of it regular": [base64.urlsafe_b64encode(b"\x80\x81" * 16).decode()],
    "standard alphabet": [base64.b64encode(b"\xfb\xff\xfe" * 10 + b"ab").decode()],
    "the second one malformed": [FERNET, "oops"],
    "with a quote": [f"'{FERNET}'"],
}


@pytest.mark.parametrize("name", KEYS)
def test_what_is_no_random_encryption_key_is_refused(name):
    message = refuse(keys.encryption_keys, KEYS[name])

    assert "Fernet.generate_key" in message
    assert not [key for key in KEYS[name] if key.strip() and key in message]


def test_a_refusal_names_the_position_of_the_key():
    assert "Key 2" in refuse(keys.encryption_keys, [FERNET, "oops"])


def test_several_keys_keep_their_order():
    three = [Fernet.generate_key().decode() for _ in range(3)]

    assert keys.encryption_keys([f" {key} " for key in three]) == three


@pytest.mark.parametrize(
    "url",
    [
        "https://webexapis.com/v1",
        "https://api-usgov.webex.com/v1",
        "https://localhost:9443/v1",
        "https://127.0.0.1:9443/v1",
        "http://127.0.0.1:9000/v1",
        "http://localhost:9000/v1",
        "http://[::1]:9000/v1",
    ],
)
def test_webex_is_reached_by_https_or_on_this_machine(url):
    assert webex.api_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://webexapis.com/v1",
        "http://169.254.169.254/v1",
        "https://169.254.169.254/v1",
        "https://10.0.0.8/v1",
        "https://[::ffff:169.254.169.254]/v1",
        "https://[fe80::1]/v1",
        "http://0.0.0.0:9000/v1",
        "https://0.0.0.0/v1",
        "https://2852039166/v1",
        "https://0xa9fea9fe/v1",
        "https://0251.0376.0251.0376/v1",
        "https://169.254.43518/v1",
        "http://localhost.evil.example/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://127.0.0.1@evil.example/v1",
        "https://user:password@webexapis.com/v1",
        "https://@webexapis.com/v1",
        "https://webexapis.com/v1?x=y",
        "https://webexapis.com/v1#x",
        "https://webexapis.com:99999/v1",
        "https://webexapis.com:x/v1",
        "https://[::1",
        "https://",
        "https:///v1",
        "//webexapis.com/v1",
        "webexapis.com/v1",
        "ftp://webexapis.com/v1",
        "file:///etc/passwd",
        "gopher://127.0.0.1/v1",
        "",
    ],
)
def test_any_other_place_is_refused(url):
    assert "WEBEX_API_URL" in refuse(webex.api_url, url)


@pytest.mark.parametrize("value", ["1", "true", "0", "anything"])
@pytest.mark.parametrize(
    "url", ["https://webexapis.com/v1", "https://localhost:9443/v1", "https://127.0.0.1/v1"]
)
def test_plain_http_cannot_be_switched_on_for_the_real_webex(monkeypatch, url, value):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", value)

    assert "BEHIND_TLS_PROXY" in refuse(webex.oauthlib_switches, url)


def test_plain_http_is_switched_on_for_a_sandbox_and_nothing_else(monkeypatch):
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)

    webex.oauthlib_switches("https://webexapis.com/v1")
    assert "OAUTHLIB_INSECURE_TRANSPORT" not in os.environ

    webex.oauthlib_switches("http://127.0.0.1:9000/v1")
    assert os.environ["OAUTHLIB_INSECURE_TRANSPORT"] == "1"
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # so that it is put back


@pytest.mark.parametrize("url", ["https://webexapis.com/v1", "http://127.0.0.1:9000/v1"])
def test_changed_scopes_cannot_be_hidden(monkeypatch, url):
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")

    assert "OAUTHLIB_RELAX_TOKEN_SCOPE" in refuse(webex.oauthlib_switches, url)


@pytest.mark.parametrize(
    "template", ["https://{hostname}", "http://{hostname}:8000", "https://{hostname}:8443"]
)
def test_a_template_turns_a_hostname_into_an_origin(template):
    assert hosts.branded_url_template(template) == template


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{hostname}",
        "https://portal.example.com",
        "https://{hostname}/",
        "https://{hostname}/webex",
        "https://{hostname}?x",
        "https://{hostname}#x",
        "https://x.{hostname}",
        "https://{hostname}.example.com",
        "https://user@{hostname}",
        "https://{hostname}:{hostname}",
        "https://{hostname}:port",
        "https://{hostname}{0}",
        "https://{hostname}:80{x}",
        "ftp://{hostname}",
        "javascript://{hostname}",
    ],
)
def test_a_template_that_is_no_origin_is_refused(template):
    assert "BRANDED_URL_TEMPLATE" in refuse(hosts.branded_url_template, template)


@pytest.mark.parametrize(
    ("written", "as_browsers_spell_it"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.com:443/", "https://app.example.com"),
        ("https://app.example.com:08443", "https://app.example.com:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://acme.localhost:5173", "http://acme.localhost:5173"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:5173", "http://[::1]:5173"),
    ],
)
def test_an_origin_of_another_front_end_is_spelled_as_by_browsers(written, as_browsers_spell_it):
    assert hosts.cors_origins([written]) == [as_browsers_spell_it]


@pytest.mark.parametrize(
    "origin",
    [
        "*", "null", "app.example.com", "https://", "https://*.example.com", "https://a b.example",
        "https://app.example.com/path", "https://u@app.example.com", "https://app.example.com:0",
        "https://app.example.com:65536", "ftp://app.example.com", "http://app.example.com",
        "http://10.0.0.1", "http://localhost.example.com", "https://a.example#x", "https://[::g]",
    ],
)  # fmt: skip
def test_what_is_no_safe_origin_is_refused(origin):
    assert "CORS_ORIGINS" in refuse(hosts.cors_origins, [origin])


def test_a_database_must_be_named():
    assert "DATABASE_URL" in refuse(stores.database, "", ROOT)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql2://u:hunter2@h/db",
        "mysql://u:hunter2@h/db",
        "postgres://u:hunter2@h:x/db",
        "postgres://u:hunter2@[h/db",
    ],
)
def test_a_database_url_that_cannot_be_read_is_refused_without_its_password(url):
    message = refuse(stores.database, url, ROOT)

    assert "DATABASE_URL" in message
    assert "hunter2" not in message


def test_sqlite_waits_for_its_turn_and_takes_it_at_once():
    options = stores.database("sqlite:///portal.sqlite3", ROOT)["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] >= 5
    assert "journal_mode=WAL" in options["init_command"]


def test_postgresql_is_given_up_after_seconds_and_checked_before_use():
    config = stores.database("postgres://u:p@db.example.com/portal", ROOT)

    assert config["OPTIONS"]["connect_timeout"] <= 10
    assert config["CONN_HEALTH_CHECKS"] is True
