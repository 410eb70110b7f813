"""The database and the broker. No message shows a password."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.guards.addresses import split

POSTGRES, SQLITE = ("postgres", "postgresql"), "sqlite"
# A statement on a dead connection ends within seconds, before its rows are taken over.
QUICK = {
    "connect_timeout": 5,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}
# What accounts/statement.py asks for the fifth time is planned no more: planning is two thirds of
# what a short page costs the server. Not behind pgbouncer: config/deploy/README.md.
PREPARED = {"prepare_threshold": 5}
# A power cut (not a crash) may undo the last commits; production is PostgreSQL.
PATIENT = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}

# Each process has its own: nothing in it is worth a server.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 5_000},
    }
}


def database(value: str, folder: Path) -> dict[str, Any]:
    """A relative path of SQLite starts in the folder, wherever the process was started."""
    scheme, rest = value.partition(":")[0].lower(), value.partition(":")[2]
    if (scheme == SQLITE and rest.startswith("///")) or value == "sqlite://:memory:":
        return _sqlite(value, folder)
    # The scheme first: django-environ prints the password of a URL whose scheme it does not know.
    url = split(value)
    if scheme in POSTGRES and url and "@" not in url.path and not url.fragment:
        return _postgresql(value)
    raise _no_database("cannot be read" if value else "is not set")


def _no_database(problem: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"DATABASE_URL {problem}. Production: postgres://user:password@host:5432/name "
        "(percent-encode all but letters and digits). "
        "To try things out: sqlite:///portal.sqlite3, or `python manage.py demo`."
    )


def _sqlite(value: str, folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = environ.Env.db_url_config(value)
    name = unquote(urlsplit(value).path[1:])  # the library would take + for a blank
    if name not in ("", ":memory:"):
        config["NAME"] = str(folder / name)
    config["OPTIONS"] = PATIENT | config.get("OPTIONS", {})
    return config


def _postgresql(value: str) -> dict[str, Any]:
    config: dict[str, Any] = environ.Env.db_url_config(value)
    if not config["NAME"]:
        raise _no_database("names no database")
    config = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True} | config
    if not isinstance(config["CONN_MAX_AGE"], int | None):
        raise _no_database("has a conn_max_age that is no number of seconds")
    options = QUICK | PREPARED | config.get("OPTIONS", {})
    if options["prepare_threshold"] == "None":  # never; the library leaves the word as it is
        options["prepare_threshold"] = None
    config["OPTIONS"] = options
    return config


def broker(value: str) -> str:
    """Sentinel and cluster need options and a client of their own, which nobody here has tried."""
    url = split(value)
    scheme = url.scheme if url else ""
    if url and scheme in ("redis", "rediss"):
        is_right = url.hostname and re.fullmatch(r"(/[0-9]{0,4})?", url.path) and not url.fragment
    else:
        is_right = url and scheme == "redis+socket" and len(url.path) > 1 and not url.netloc
    if url and is_right and "," not in url.netloc and ";" not in url.netloc:
        return scheme + value[len(scheme) :]
    raise ImproperlyConfigured(
        "REDIS_URL must look like rediss://:password@host:6379/0, redis://127.0.0.1:6379/0 or "
        "redis+socket:///run/redis.sock (percent-encode all but letters and digits). "
        "Sentinel and cluster are not supported: name the address that follows the primary."
    )
