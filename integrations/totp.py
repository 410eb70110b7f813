"""One-time passwords by time (RFC 6238): what an authenticator app shows for a secret."""

import hmac
from datetime import datetime

from pyotp import TOTP, random_base32

SECONDS = 30  # what every app takes without asking


def new_secret() -> str:
    """160 bits (RFC 4226 section 4, R6) in base32, as apps want it."""
    return random_base32()


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // SECONDS


def code_at(secret: str, step: int) -> str:
    return TOTP(secret).generate_otp(step)


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
    return TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)
