"""Standard Webhooks signatures: https://github.com/standard-webhooks/standard-webhooks (symmetric).

Receivers check them with any library of that name.
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
LENGTH = 32  # bytes; the specification asks for 24 to 64


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def headers(event_id: str, body: str, keys: Iterable[str], *, now: datetime) -> dict[str, str]:
    """One signature by each secret: while one replaces another, receivers may know either."""
    moment = str(int(now.timestamp()))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(_sign(f"{event_id}.{moment}.{body}", key) for key in keys),
    }


def _sign(text: str, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
