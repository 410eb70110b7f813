"""What REST answers have in common: sentences, moments and booleans (contract 8.1, 15)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.sandbox.core.http import ApiError
from integrations.sandbox.core.state import State

NOT_FOUND = "The requested resource could not be found."
MALFORMED = (
    "The request could not be understood by the server due to malformed syntax. "
    "See 'errors' for more details."
)


def not_found() -> ApiError:
    return ApiError(404, NOT_FOUND, NOT_FOUND)


def malformed(description: str, field: str) -> ApiError:
    return ApiError(400, MALFORMED, {"description": description, "fieldName": field})


def moment(at: float) -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def moment_of(text: str, field: str) -> float:
    """Seconds, of milliseconds or an ISO 8601 moment. Raises ApiError 400."""
    try:
        if text.isascii() and text.isdigit():
            return int(text[:20]) / 1000
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise malformed(f"{field} is a time.", field) from None


def boolean(state: State, value: bool, *, is_text: bool = False) -> Any:
    """Webex writes some booleans as texts; the scenario may want all of them alike."""
    is_text = {"strings": True, "real": False}.get(state.scenario.booleans, is_text)
    return ("true" if value else "false") if is_text else value
