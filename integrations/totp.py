"""One-time passwords by time (RFC 6238): what an authenticator app shows for a secret."""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

SECONDS, DIGITS = 30, 6  # what every app takes without asking
SECRET_BYTES = 20  # RFC 4226 section 4, R6


def new_secret() -> str:
    """In base32 (RFC 4648 section 6), as apps want it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // SECONDS


def code_at(secret: str, step: int) -> str:
    """RFC 4226 section 5.3."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def find_step(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """The step whose code it is, one before or after now at most (RFC 6238 section 5.2).

    A code is good once: `after` is the last step that was accepted. One far in the future was
    accepted while the clock was ahead, and counts no more.
    """
    present = step_of(now)
    steps = [present - 1, present, present + 1]
    allowed = [step for step in steps if step > after or after > present + 1]
    typed = code.encode()
    matching = [s for s in allowed if hmac.compare_digest(code_at(secret, s).encode(), typed)]
    return matching[0] if matching else None


def uri(secret: str, *, issuer: str, account: str) -> str:
    """What a QR code holds for authenticator apps (their Key URI format)."""
    label = quote(f"{issuer}:{account}", safe=":@")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"
