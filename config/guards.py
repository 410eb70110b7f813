"""What the settings refuse, each with a sentence that says what to do. Shows no key material."""

import base64
import binascii
import ipaddress
import os
import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe(50))"'
MAKE_A_FERNET_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)

DATABASES = ("postgres", "postgresql", "sqlite")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a host that ends in one is an address (WHATWG URL)


def secret_key(value: str) -> str:
    if not value:
        raise ImproperlyConfigured(f"SECRET_KEY is not set. Make one with: {MAKE_ONE}")
    if len(value) < 50 or len(set(value)) < 10 or value.startswith("django-insecure-"):
        raise ImproperlyConfigured(
            "SECRET_KEY is too short, too regular, or an example from a manual. "
            f"Make a new one with: {MAKE_ONE}"
        )
    return value


def encryption_keys(values: list[str]) -> list[str]:
    """The first key encrypts, every key decrypts."""
    keys = [value.strip() for value in values if value.strip()]
    if not keys:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEY is not set. On a new installation make one with: "
            f"{MAKE_A_FERNET_KEY}  On an existing one put back the key it was started with: "
            "without it nobody can read the stored tokens."
        )
    for position, key in enumerate(keys, start=1):
        if not _is_random_fernet_key(key):
            raise ImproperlyConfigured(
                f"Key {position} in FIELD_ENCRYPTION_KEY is not a random Fernet key (32 bytes, "
                f"URL-safe base64). Make one with: {MAKE_A_FERNET_KEY}"
            )
    return keys


def _is_random_fernet_key(key: str) -> bool:
    try:
        raw = base64.b64decode(key, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    text = all(32 <= byte < 127 for byte in raw)  # somebody's sentence, base64-encoded
    return len(raw) == 32 and len(set(raw)) >= 16 and not text


def webex_api_url(value: str) -> str:
    """https only, because the client secret goes there; plain http for a sandbox on loopback."""
    url = _split(value)
    host = (url and url.hostname) or ""
    plain = url and url.username is None and not url.query and not url.fragment
    named = host and not _is_address(host) and not NUMBER.fullmatch(host.rpartition(".")[2])
    https = url and url.scheme == "https" and (named or is_loopback_name(host))
    if plain and (https or is_loopback_http(value)):
        return value
    raise ImproperlyConfigured(
        "WEBEX_API_URL must be an https URL with a hostname, such as https://webexapis.com/v1 "
        "(plain http is accepted only for a sandbox on 127.0.0.1, ::1 or localhost)."
    )


def is_loopback_http(value: str) -> bool:
    url = _split(value)
    return url is not None and url.scheme == "http" and is_loopback_name(url.hostname or "")


def _split(value: str) -> SplitResult | None:
    try:
        url = urlsplit(value)
        url.port  # noqa: B018  raises where it is none
    except ValueError:
        return None
    return url


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback_name(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def oauthlib_switches(api_url: str) -> None:
    """oauthlib reads these from the environment; they are set here and nowhere else."""
    if os.environ.get("OAUTHLIB_RELAX_TOKEN_SCOPE"):
        raise ImproperlyConfigured("Unset OAUTHLIB_RELAX_TOKEN_SCOPE: it hides changed scopes.")
    if is_loopback_http(api_url):
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    elif os.environ.get("OAUTHLIB_INSECURE_TRANSPORT"):
        raise ImproperlyConfigured(
            "Unset OAUTHLIB_INSECURE_TRANSPORT: with it, secrets could travel over plain http. "
            "Behind a proxy that ends TLS set BEHIND_TLS_PROXY instead."
        )


def branded_url_template(value: str) -> str:
    if re.fullmatch(r"https?://\{hostname\}(:[0-9]{1,5})?", value):
        return value
    raise ImproperlyConfigured(
        "BRANDED_URL_TEMPLATE must look like https://{hostname} or http://{hostname}:8000, "
        "without a path."
    )


def database(url: str) -> dict[str, Any]:
    problem = "cannot be read" if url else "is not set"
    # The scheme first: django-environ prints the password of a URL whose scheme it does not know.
    if _split(url) is None or url.partition(":")[0] not in DATABASES:
        raise ImproperlyConfigured(
            f"DATABASE_URL {problem}. Production: postgres://user:password@host:5432/name. "
            "To try things out: sqlite:///portal.sqlite3, or `python manage.py demo`."
        )
    config: dict[str, Any] = environ.Env.db_url_config(url)
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"].endswith("sqlite3"):
        # A power cut (not a crash) may undo the last commits; production is PostgreSQL.
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas}
    else:
        config |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
        # A statement on a dead connection ends within seconds, before its rows are adopted.
        quick = {"connect_timeout": 5, "tcp_user_timeout": 5000, "keepalives_idle": 5,
                 "keepalives_interval": 2, "keepalives_count": 2}  # fmt: skip
        config["OPTIONS"] = quick | options
    return config
