"""Variables of the environment in one spelling, or refused with a sentence that says what to do."""

import os
import re
import secrets
import sys
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ImproperlyConfigured

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMATS = ("line", "json")
YES, NO = ("on", "true", "yes", "1"), ("off", "false", "no", "0")
LINE = re.compile(r"(?:export )?([A-Za-z_0-9]+)=(.*)")


def load_settings_or_exit() -> None:
    """The sentence alone: to whoever reads it, 50 lines of Django's would say nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    try:
        settings.INSTALLED_APPS  # noqa: B018  the first access reads them
    except ImproperlyConfigured as error:
        sys.exit(f"Refusing to start: {error}")


def forget() -> None:
    """As if no setting were set, whatever the environment and .env say."""
    ours = re.findall(r"(?m)^(\w+)=", EXAMPLE.read_text("utf-8"))
    for name in (*ours, "OAUTHLIB_INSECURE_TRANSPORT", "OAUTHLIB_RELAX_TOKEN_SCOPE"):
        os.environ.pop(name, None)
    os.environ["ENV_FILE"] = os.devnull


def use_passing_keys() -> None:
    """For what reads and writes nothing: help, and the sandbox alone."""
    from cryptography.fernet import Fernet

    forget()
    os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    os.environ["FIELD_ENCRYPTION_KEY"] = Fernet.generate_key().decode()
    os.environ["DATABASE_URL"] = "sqlite:///:memory:"


def read_file(chosen: str, *, otherwise: Path) -> None:
    """Adds what an .env file sets; the real environment wins."""
    path = Path(chosen or otherwise)
    if not chosen and not path.exists():
        return
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"The file {path} cannot be read ({type(error).__name__}). Name another in ENV_FILE."
        ) from None
    found = {}  # where a name stands twice, the last one counts, as in a shell
    for position, line in enumerate(map(str.strip, lines), start=1):
        if pair := LINE.fullmatch(line):
            found[pair[1]] = _bare(pair[2])
        elif line and not line.startswith("#"):
            raise ImproperlyConfigured(
                f"Line {position} of {path} is not NAME=value, without blanks around the name."
            )
    os.environ.update(found | os.environ)


def text(name: str, default: str = "") -> str:
    """Without the blanks, quotes and ends of lines that come along; nothing means the default."""
    value = _bare(os.environ.get(name, ""))
    if not value.isprintable():
        raise ImproperlyConfigured(
            f"{name} contains a character that cannot be seen, such as an end of line. Type it."
        )
    return value or default


def _bare(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1].strip()
    return value


def items(name: str, default: str = "") -> list[str]:
    """Separated by commas."""
    found = (_bare(item) for item in text(name, default).split(","))
    return [item for item in found if item]


def switch(name: str, *, default: bool) -> bool:
    value = text(name, "on" if default else "off").lower()
    if value not in YES + NO:
        raise ImproperlyConfigured(f"{name} must be on or off.")
    return value in YES


def number(name: str, default: float, *, at_least: float, at_most: float) -> float:
    value = text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value) or not (
        at_least <= float(value) <= at_most
    ):
        raise ImproperlyConfigured(
            f"{name} must be a number from {at_least:g} to {at_most:g}, without a unit."
        )
    return float(value)


def whole_number(name: str, default: int, *, at_least: int, at_most: int) -> int:
    value = text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", value) or not at_least <= int(value) <= at_most:
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {at_least} to {at_most}, without a unit."
        )
    return int(value)


def log_level(name: str, default: str) -> str:
    value = text(name, default).upper()
    if value not in LEVELS:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(LEVELS)}.")
    return value


def log_format(name: str, default: str) -> str:
    value = text(name, default).lower()
    if value not in FORMATS:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(FORMATS)}.")
    return value


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    try:
        return ZoneInfo(value).key
    except (OSError, ValueError, KeyError):
        spelled = {known.lower(): known for known in available_timezones()}
    if value.lower() in spelled:
        return spelled[value.lower()]
    raise ImproperlyConfigured(f"{name} must be a name such as UTC or Europe/Berlin.")
