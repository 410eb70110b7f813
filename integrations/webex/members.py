"""Members of a JSON object (RFC 8259) that Webex sent: of another type than documented, they are
left empty, so that one odd value never costs the whole answer."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST_ID = 200  # characters
STORABLE = re.compile(r"[^\x00\ud800-\udfff]*")  # no database takes a NUL or half a character


def text(value: Any) -> str:
    return value if isinstance(value, str) and STORABLE.fullmatch(value) else ""


def identifier(value: Any) -> str:
    """Cut short it would be another id, so one that is too long is none."""
    found = text(value)
    return found if len(found) <= LONGEST_ID else ""


def texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(text, value))) if isinstance(value, list) else ()


def objects(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def whole_number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def switch(value: Any) -> bool:
    """Booleans come as words in some of Webex's own examples (contract 15)."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def moment(value: Any) -> datetime | None:
    """ISO 8601, with milliseconds or microseconds; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
