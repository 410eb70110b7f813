"""What is missing or unsafe stops the process with a sentence, and no key in it."""

import re

import pytest
from cryptography.fernet import Fernet

from tests.config.processes import PRODUCTION, ROOT, manage, python

BAD = {
    "no SECRET_KEY": ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
    "a short SECRET_KEY": ({"SECRET_KEY": "hunter2"}, "SECRET_KEY is too short"),
    "no encryption key": ({"FIELD_ENCRYPTION_KEY": None}, "FIELD_ENCRYPTION_KEY is not set"),
    "a malformed encryption key": (
        {"FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode()[:-2]},
        "Key 1 in FIELD_ENCRYPTION_KEY is not a random Fernet key",
    ),
    "no database": ({"DATABASE_URL": None}, "DATABASE_URL is not set"),
    "an unknown database": (
        {"DATABASE_URL": "mysql2://portal:hunter2@db/portal"},
        "DATABASE_URL cannot be read",
    ),
    "metadata service": ({"WEBEX_API_URL": "http://169.254.169.254"}, "WEBEX_API_URL must be"),
    "plain http": ({"WEBEX_API_URL": "http://webexapis.com/v1"}, "WEBEX_API_URL must be"),
    "insecure oauthlib": (
        {"OAUTHLIB_INSECURE_TRANSPORT": "1"},
        "Unset OAUTHLIB_INSECURE_TRANSPORT",
    ),
    "lax oauthlib": ({"OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}, "Unset OAUTHLIB_RELAX_TOKEN_SCOPE"),
    "a template with a path": (
        {"BRANDED_URL_TEMPLATE": "https://{hostname}/x"},
        "BRANDED_URL_TEMPLATE must look like",
    ),
}


def assert_shows_no_secret(output, changes):
    texts = [value for value in (PRODUCTION | changes).values() if value]
    passwords = re.findall(r":([^:@/]+)@", " ".join(texts))
    keys = [text for name, text in (PRODUCTION | changes).items() if text and "KEY" in name]
    assert [secret for secret in (*keys, *passwords) if secret in output] == []


IN_EVERY_RUN = ("no SECRET_KEY", "a malformed encryption key", "an unknown database", "plain http")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in IN_EVERY_RUN else pytest.mark.slow) for name in BAD],
)
def test_an_unsafe_environment_does_not_start(name):
    changes, sentence = BAD[name]

    done = python("-c", "import config.wsgi", **changes)

    assert done.returncode != 0
    assert f"Refusing to start: {sentence}" in done.stdout
    assert_shows_no_secret(done.stdout, changes)


def test_the_example_file_alone_does_not_start():
    nothing_else = {name: None for name in PRODUCTION if name != "DJANGO_SETTINGS_MODULE"}
    example = {**nothing_else, "ENV_FILE": str(ROOT / ".env.example")}

    done = python("-c", "import config.wsgi", **example)

    assert done.returncode != 0
    assert "Refusing to start: SECRET_KEY is not set" in done.stdout


@pytest.mark.parametrize("file", [".env.example", "README.md"])
def test_no_published_text_contains_a_usable_key(file):
    text = (ROOT / file).read_text()

    assert re.findall(r"\b[A-Za-z0-9_-]{43}=", text) == []
    assert re.findall(r"(?m)^(?:SECRET_KEY|FIELD_ENCRYPTION_KEY)=\S+", text) == []


DEFAULTS = {
    "DEBUG": False,
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SESSION_COOKIE_NAME": "__Host-sessionid",
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 63_072_000,
    "SECURE_PROXY_SSL_HEADER": None,
    "WEBEX_API_URL": "https://webexapis.com/v1",
    "WEBEX_PROXY": "",
}


def test_production_values_are_the_defaults():
    code = f"from config import settings; print([getattr(settings, n) for n in {list(DEFAULTS)}])"

    assert python("-c", code).stdout.strip() == str(list(DEFAULTS.values()))


def test_the_real_environment_wins_over_the_file_and_there_the_last_line(tmp_path):
    lines = ("DEBUG=true", "TIME_ZONE=UTC", "TIME_ZONE=Europe/Berlin")
    (tmp_path / "env").write_text("\n".join(lines))
    code = "from config import settings; print(settings.DEBUG, settings.TIME_ZONE)"

    done = python("-c", code, ENV_FILE=str(tmp_path / "env"), DEBUG="false")

    assert done.stdout.strip() == "False Europe/Berlin"


def test_a_command_refuses_like_the_server():
    done = manage("check", FIELD_ENCRYPTION_KEY=None)

    assert done.returncode != 0
    assert "FIELD_ENCRYPTION_KEY is not set" in done.stdout
