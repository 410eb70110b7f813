"""Every variable, as people really write it: normalised, or refused with a sentence."""

import os
import re
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certifi
import django
import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from tests.config.processes import PRODUCTION, ROOT

SECRET, KEY, OLD_KEY = PRODUCTION["SECRET_KEY"], *(Fernet.generate_key().decode() for _ in "12")
THEIRS = Path(django.__file__).parent / "conf" / "locale"
REQUIRED = {"SECRET_KEY", "FIELD_ENCRYPTION_KEY", "DATABASE_URL"}


@dataclass
class Row:
    """`good` and every other spelling give `value`; every wrong one stops the start."""

    setting: str
    good: str
    value: Any
    spellings: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


def number(setting, good, lowest, highest, value=None):
    wrong = (f"{good}s", "ten", "-1", "1_0", "1e1", "٣", "inf", "nan", "0x10", "1,000", f"{good} 0",
             f"{highest}0", *([] if lowest == 0 else ["0", "0.0"]))  # fmt: skip
    return Row(setting, good, value if value is not None else int(good), (f"0{good}",), wrong)


def switch(setting, value):
    spellings = ("ON", "On", "true", "TRUE", "yes", "1")
    return Row(setting, "on", value, spellings, ("maybe", "2", "onn", "on off", "y e s"))


TABLE = {
    "SECRET_KEY": Row("SECRET_KEY", SECRET, SECRET, (), ("s3cr3t", "s3cr3t" * 10)),
    "FIELD_ENCRYPTION_KEY": Row(
        "FIELD_ENCRYPTION_KEY", f"{KEY},{OLD_KEY}", [KEY, OLD_KEY],
        (f" {KEY} , '{OLD_KEY}',", f'{KEY},"{OLD_KEY}"'), (KEY[:-2], f"{KEY};{OLD_KEY}"),
    ),
    "DATABASE_URL": Row(
        "DATABASES.default.NAME", "sqlite:///data/my%20portal.sqlite3",
        str(ROOT / "data" / "my portal.sqlite3"), ("SQLite:///data/my%20portal.sqlite3",),
        ("sqlite://", "sqlite://portal.sqlite3", "portal.sqlite3", "mysql://u:s3cr3t@h/n",
         "postgres://u:s3cr3t@h/", "postgres://u:s3cr3t@h:x/n", "postgres://u:12#s3cr3t@h/n",
         "postgres://u:12/s3cr3t@h/n", "postgres://u:p@h/n?conn_max_age=s3cr3t"),
    ),
    "REDIS_URL": Row(
        "CELERY_BROKER_URL", "rediss://:s3cr3t@redis.example.com:6379/0",
        "rediss://:s3cr3t@redis.example.com:6379/0", ("REDISS://:s3cr3t@redis.example.com:6379/0",),
        ("redis.example.com:6379", "redis://", "redis://h:x/0", "redis://:s3#cr3t@h/0",
         "redis://:12/s3cr3t@h/0", "redis://h/zero", "redis://h/0/1", "http://h/", "amqp://h//",
         "unix:///run/redis.sock", "redis+socket://run/redis.sock", "redis+socket:///",
         "sentinel://:s3cr3t@h:26379/0", "redis://:s3cr3t@a:6379,b:6379/0",
         "redis://:s3cr3t@a:6379;redis://b:6379", "redis+cluster://h:6379", "redis"),
    ),
    "CORS_ORIGINS": Row(
        "CORS_ORIGINS", "https://app.example.com,https://xn--mnchen-3ya.example.com:8443",
        ["https://app.example.com", "https://xn--mnchen-3ya.example.com:8443"],
        ("HTTPS://App.Example.COM:443/, https://münchen.example.com:8443",
         "'https://app.example.com' ,, https://xn--mnchen-3ya.example.com:08443"),
        ("*", "app.example.com", "https://app.example.com/spa", "http://app.example.com",
         "https://a.example.com https://b.example.com", "https://*.example.com", "null"),
    ),
    "PORTAL_HOSTS": Row(
        "PORTAL_HOSTS", "admin.example.com,xn--mnchen-3ya.example.com",
        ["admin.example.com", "xn--mnchen-3ya.example.com"],
        ("Admin.Example.COM, xn--mnchen-3ya.example.com", "admin.example.com.,münchen.example.com",
         "'admin.example.com' ,, \"MÜNCHEN.example.com.\"",
         "admin.example.com:443,xn--mnchen-3ya.example.com:443"),
        ("https://admin.example.com", "admin.example.com/admin/", "*", "*.example.com",
         "a.example.com b.example.com", "a.example.com;b.example.com", "admin..example.com",
         ".example.com", "admin@example.com", "a.example.com:99999x", "[::1", "-.example.com"),
    ),
    "EMAIL_URL": Row(
        "EMAIL_HOST", "smtp+tls://me:s3cr3t@mail.example.com:587", "mail.example.com",
        ("SMTP+TLS://me:s3cr3t@Mail.Example.com", "smtp://mail.example.com?timeout=20"),
        ("mail.example.com", "smtp://", "smtps://me:s3cr3t@h", "imap://h", "smtp://me:s3#cr3t@h",
         "smtp://me:12/s3cr3t@h", "smtp://h:x", "smtp://h?timeout=0", "smtp://h?timeout=10s",
         "smtp://h?ssl=true"),
    ),
    "FROM_EMAIL": Row(
        "DEFAULT_FROM_EMAIL", "Portal <portal@example.com>", "Portal <portal@example.com>", (),
        ("portal", "portal@", "@example.com", "a@example.com, b@example.com", "a b@example.com"),
    ),
    "ADMINS": Row(
        "ADMINS", "a@example.com,b@example.com",
        [("Operator", "a@example.com"), ("Operator", "b@example.com")],
        (" a@example.com , b@example.com,", "Ann <a@example.com>,b@example.com"),
        ("ann", "a@example.com;b@example.com", "a@example.com b@example.com", "('Ann', 'a@b.c')"),
    ),
    "BEHIND_TLS_PROXY": switch("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https")),
    "TRUSTED_PROXIES": number("TRUSTED_PROXIES", "2", 0, 10),
    "BRANDED_URL_TEMPLATE": Row(
        "BRANDED_URL_TEMPLATE", "https://{hostname}", "https://{hostname}",
        ("HTTPS://{hostname}", "https://{HOSTNAME}", "https://{hostname}:443"),
        ("https://portal.example.com", "{hostname}", "https://{hostname}/", "https://{hostname}:0",
         "https://{hostname}:65536", "ftp://{hostname}", "https://{host}"),
    ),
    "WEBEX_API_URL": Row(
        "WEBEX_API_URL", "https://webexapis.com/v1", "https://webexapis.com/v1",
        ("https://webexapis.com/v1/", "HTTPS://WebexAPIs.com/v1"),
        ("webexapis.com/v1", "http://webexapis.com/v1", "https://10.0.0.1/v1"),
    ),
    "WEBEX_TIMEOUT": number("WEBEX_TIMEOUT", "7", 1, 30),
    "WEBEX_PROXY": Row(
        "WEBEX_PROXY", "http://me:s3cr3t@proxy.example.com:3128",
        "http://me:s3cr3t@proxy.example.com:3128", (),
        ("proxy.example.com:3128", "http://", "ftp://h:1", "http://me:s3cr#3t@h:1", "http://h:x",
         "http://me:12/s3cr3t@h:1"),
    ),
    "WEBEX_CA_FILE": Row(
        "WEBEX_CA_FILE", certifi.where(), certifi.where(), (),
        ("/nowhere/ca.pem", "/", str(ROOT / "manage.py"), "/dev/null"),
    ),
    "WEBEX_ISSUERS": Row(
        "WEBEX_ISSUERS", "https://a.example.com/idb,https://b.example.com/IDB",
        ["https://a.example.com/idb", "https://b.example.com/IDB"],
        ("https://a.example.com/idb, https://b.example.com/IDB,",),
        ("idbroker.webex.com", "http://a.example.com/idb", "https://", "https://a/?x", "https://[x"),
    ),
    "WEBEX_VERIFICATION_HOSTS": Row(
        "WEBEX_VERIFICATION_HOSTS", "login-*.webex.com,a.wbx2.com",
        ["login-*.webex.com", "a.wbx2.com"],
        ("Login-*.Webex.com, a.wbx2.com.",),
        ("https://a.wbx2.com", "*", "*.com", "*.com.*", "wbx2", "a.wbx2.com/x", "10.0.0.1",
         "a.wbx2.com:1"),
    ),
    "WEBEX_RIGHT_LOST_DAYS": number("WEBEX_RIGHT_LOST_DAYS", "7", 0, 3650),
    "BULK_JOBS_KEPT_DAYS": number("BULK_JOBS_KEPT_DAYS", "7", 1, 365),
    "WEBHOOK_TIMEOUT": number("WEBHOOK_TIMEOUT", "7", 1, 30),
    "WEBHOOK_LOOPBACK": switch("WEBHOOK_LOOPBACK", True),
    "WEBHOOKS_KEPT_DAYS": number("WEBHOOKS_KEPT_DAYS", "7", 4, 365),
    "WEBEX_JOB_CALLS_PER_MINUTE": number("WEBEX_JOB_CALLS_PER_MINUTE", "120", 0, 1_000_000),
    "REFRESH_SWEEP_EVERY": number("REFRESH_SWEEP_EVERY", "30", 1, 3600),
    "REFRESH_TIME_BOX": number("REFRESH_TIME_BOX", "30", 1, 300),
    "REFRESH_DRAINS_PER_APP": number("REFRESH_DRAINS_PER_APP", "3", 1, 100),
    "REFRESH_CONCURRENCY": number("REFRESH_CONCURRENCY", "9", 1, 512),
    "REFRESH_BATCH": number("REFRESH_BATCH", "99", 1, 10_000),
    "REFRESH_CLAIM": number("REFRESH_CLAIM", "40", 12, 300),
    "REFRESH_CALLS_PER_MINUTE": number("REFRESH_CALLS_PER_MINUTE", "600", 0, 1_000_000),
    "HISTORY_DAYS": number("HISTORY_DAYS", "90", 30, 3650),
    "AUDIT_DAYS": number("AUDIT_DAYS", "90", 1, 36_500),
    "API_REQUESTS_PER_MINUTE": number("API_REQUESTS_PER_MINUTE", "600", 0, 1_000_000),
    "METRICS_TOKEN": Row("METRICS_TOKEN", SECRET, SECRET, (), ("x", "changeme", "s3cr3t")),
    "SIGN_IN_FAILURE_LIMIT": number("SIGN_IN_FAILURE_LIMIT", "5", 1, 1000),
    "SECOND_FACTOR_REQUIRED": switch("SECOND_FACTOR_REQUIRED", True),
    "SSO_TIMEOUT": number("SSO_TIMEOUT", "7", 1, 15, 7.0),
    "SSO_SESSION_AGE": number("SSO_SESSION_AGE", "3600", 300, 1_209_600),
    "SSO_PRIVATE_HOSTS": Row(
        "SSO_PRIVATE_HOSTS", "id.example.internal,127.0.0.1",
        ["id.example.internal", "127.0.0.1"], ("ID.Example.internal, '127.0.0.1',,",),
        ("https://id.example.internal", "id.example.internal:8443", "*.internal", "10.0.0.0/8"),
    ),
    "TIME_ZONE": Row(
        "TIME_ZONE", "Europe/Berlin", "Europe/Berlin", ("europe/berlin", "EUROPE/BERLIN"),
        ("Europe", "Berlin", "../UTC", "/etc/passwd", "+01:00"),
    ),
    "LANGUAGE_CODE": Row("LANGUAGE_CODE", "de", "de", ("DE", " de "), ("xx", "German", "de,en")),
    "LOCALE_DIR": Row(
        "LOCALE_PATHS", str(THEIRS), [str(THEIRS), str(ROOT / "config" / "locale")],
        (f" {THEIRS} ",), ("/no/such/folder", str(ROOT)),
    ),
    "LOG_LEVEL": Row("LOG_LEVEL", "WARNING", "WARNING", ("warning", "Warning"), ("loud", "30")),
    "LOG_FORMAT": Row("LOG_FORMAT", "json", "json", ("JSON", "Json"), ("xml", "jsonl")),
    "DEBUG": switch("DEBUG", True),
}  # fmt: skip


@pytest.fixture
def read(monkeypatch):
    """The settings, as the environment of production with changes (None: left out) makes them."""

    def run(**changes):
        with monkeypatch.context() as patch:
            for name in [*TABLE, "OAUTHLIB_INSECURE_TRANSPORT"]:
                patch.delenv(name, raising=False)
            for name, value in (PRODUCTION | changes).items():
                if value is None:
                    patch.delenv(name, raising=False)
                else:
                    patch.setenv(name, value)
            before = dict(os.environ)
            try:
                return runpy.run_path(str(ROOT / "config" / "settings.py"))
            finally:
                os.environ.clear()
                os.environ.update(before)

    return run


def value_of(settings, path):
    for name in path.split("."):
        settings = settings[name]
    return settings


@pytest.mark.parametrize("name", TABLE)
def test_every_spelling_of_a_value_means_the_same(read, name):
    row = TABLE[name]
    around = [f" {row.good}\n", f"{row.good}\r\n", f'"{row.good}"', f"' {row.good}'\n"]

    for text in (row.good, *row.spellings, *around):
        assert value_of(read(**{name: text}), row.setting) == row.value, text


@pytest.mark.parametrize("name", TABLE)
def test_a_wrong_value_stops_the_start_with_a_sentence(read, name):
    for text in TABLE[name].wrong:
        sentence = refusal(read, text, **{name: text})

        assert name in sentence
        assert "s3cr3t" not in sentence


def refusal(read, text="", **changes):
    with pytest.raises(ImproperlyConfigured) as caught:
        pytest.fail(f"{text!r} became {type(read(**changes))}")
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert re.search(r"[.)\"`]$", str(caught.value))
    return str(caught.value)


@pytest.mark.parametrize("name", TABLE)
def test_a_blank_value_is_none(read, name):
    setting = TABLE[name].setting
    for blank in ("", "  ", "\n", '""', "' '"):
        if name in REQUIRED:
            assert f"{name} is not set" in refusal(read, **{name: blank})
        else:
            assert value_of(read(**{name: blank}), setting) == value_of(
                read(**{name: None}), setting
            )


@pytest.mark.parametrize("name", TABLE)
def test_a_character_that_cannot_be_seen_is_refused(read, name):
    good = TABLE[name].good
    for character in ("\n", "\r", "\x1b", "\u200b", "\u202e", "\ufeff", "\xa0"):
        assert name in refusal(read, **{name: f"{good[0]}{character}{good}"}), ascii(character)


def test_every_variable_is_in_the_table():
    listed = re.findall(r"(?m)^(\w+)=", (ROOT / ".env.example").read_text())

    assert sorted(TABLE) == sorted(listed)


def test_behind_a_proxy_that_ends_tls_one_is_trusted(read):
    assert read()["TRUSTED_PROXIES"] == 0
    assert read(BEHIND_TLS_PROXY="on")["TRUSTED_PROXIES"] == 1
    assert read(BEHIND_TLS_PROXY="on", TRUSTED_PROXIES="2")["TRUSTED_PROXIES"] == 2
