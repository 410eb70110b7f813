"""Each numbered check fires, and only where it should."""

import re
from pathlib import Path

import pytest
import redis
from django.core import checks

from config import checks as ours
from tests.config.processes import manage
from tests.faults.servers import Broker

WRONG = {
    "integrations.W001": {"PORTAL_HOSTS": []},
    "integrations.W002": {"HTTPS": False},
    "integrations.W003": {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"},
    "integrations.W004": {"ENGINE": "django.db.backends.sqlite3"},
    "integrations.W005": {"CELERY_BROKER_URL": "redis://redis.example.com:6379/0"},
    "integrations.W007": {"ADMINS": []},
    "integrations.W008": {"WEBEX_API_URL": "http://127.0.0.1:9000/v1"},
    "integrations.W009": {"WEBHOOK_LOOPBACK": True},
    "integrations.E001": {"SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"},
}
RIGHT = {
    "integrations.W001": {"PORTAL_HOSTS": ["admin.example.com"]},
    "integrations.W002": {"HTTPS": True},
    "integrations.W003": {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"},
    "integrations.W004": {"ENGINE": "django.db.backends.postgresql"},
    "integrations.W005": {"CELERY_BROKER_URL": "rediss://:secret@redis.example.com:6380/0"},
    "integrations.W007": {"ADMINS": [("Operator", "ops@example.com")]},
    "integrations.W008": {"WEBEX_API_URL": "https://webexapis.com/v1"},
    "integrations.W009": {"WEBHOOK_LOOPBACK": False},
    "integrations.E001": {"SESSION_ENGINE": "django.contrib.sessions.backends.db"},
}


@pytest.fixture
def found(settings, monkeypatch):
    return lambda values: numbers_found(settings, monkeypatch, values)


def numbers_found(settings, monkeypatch, values):
    for name, value in values.items():
        if name == "ENGINE":
            monkeypatch.setitem(settings.DATABASES["default"], name, value)
        else:
            setattr(settings, name, value)
    messages = checks.run_checks(include_deployment_checks=True, tags=["security", "database"])
    return {message.id: message for message in messages}


@pytest.mark.parametrize("number", WRONG)
def test_a_check_fires_with_a_hint(found, number):
    message = found(WRONG[number])[number]

    assert message.hint.endswith(".")
    assert message.level == (checks.ERROR if ".E" in number else checks.WARNING)


@pytest.mark.parametrize("number", RIGHT)
def test_a_check_is_silent_where_all_is_well(found, number):
    assert number not in found(RIGHT[number])


def test_every_check_is_in_this_table():
    numbers = re.findall(r'id="([^"]+)"', Path(ours.__file__).read_text())

    assert sorted(numbers) == sorted([*WRONG, "integrations.W006"])
    assert sorted(WRONG) == sorted(RIGHT)


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.mark.parametrize(("policy", "warns"), [("allkeys-lru", True), ("noeviction", False)])
def test_a_broker_that_may_drop_messages_is_reported(found, broker, policy, warns):
    redis.Redis(unix_socket_path=str(broker.socket)).config_set("maxmemory-policy", policy)

    message = found({"CELERY_BROKER_URL": broker.url}).get("integrations.W006")

    assert (message is not None) == warns
    assert message is None or policy in message.msg


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1/"])
def test_a_broker_that_does_not_tell_is_not_reported(found, url):
    assert "integrations.W006" not in found({"CELERY_BROKER_URL": url})


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("redis://127.0.0.1:6379/0", False),
        ("redis://localhost/0", False),
        ("redis+socket:///run/broker.sock", False),
        ("rediss://:secret@redis.example.com:6379/0", False),
        ("rediss://:secret@redis.example.com/0?ssl_ca_certs=/etc/ca.pem", False),
        ("rediss://:secret@redis.example.com/0?ssl_cert_reqs=required", False),
        ("rediss://:secret@redis.example.com/0?ssl_cert_reqs=CERT_REQUIRED", False),
        ("rediss://:secret@redis.example.com/0?ssl_cert_reqs=none", True),
        ("rediss://:secret@redis.example.com/0?ssl_cert_reqs=CERT_NONE", True),
        ("rediss://:secret@redis.example.com/0?ssl_cert_reqs=optional", True),
        ("rediss://:secret@redis.example.com/0?ssl_check_hostname=False", True),
        ("redis://redis.example.com:6379/0", True),
        ("redis://:secret@redis.example.com:6379/0", True),
        ("rediss://redis.example.com:6379/0", True),
        ("redis://:secret@localhost.example.com/0", True),
    ],
)
def test_a_broker_without_password_or_tls_is_warned_about(found, url, warns):
    assert ("integrations.W005" in found({"CELERY_BROKER_URL": url})) == warns


def test_the_documented_production_environment_passes_every_check():
    done = manage("check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stdout
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"PORTAL_HOSTS": None}, "integrations.W001"),
        ({"BRANDED_URL_TEMPLATE": "http://{hostname}:8000"}, "integrations.W002"),
        ({"EMAIL_URL": "consolemail://"}, "integrations.W003"),
        ({"DATABASE_URL": "sqlite:////tmp/portal-check.sqlite3"}, "integrations.W004"),
        ({"WEBEX_API_URL": "http://127.0.0.1:9000/v1"}, "integrations.W008"),
        ({"ADMINS": None}, "integrations.W007"),
        ({"DEBUG": "true"}, "security.W018"),
    ],
)
@pytest.mark.slow
def test_a_deployment_that_strays_from_it_does_not_pass(change, number):
    done = manage("check", "--deploy", "--fail-level", "WARNING", **change)

    assert done.returncode != 0
    assert number in done.stdout
