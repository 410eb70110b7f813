"""Keys and tokens that we are given. No message shows any of them."""

import base64
import binascii

from django.core.exceptions import ImproperlyConfigured

MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe(50))"'
MAKE_A_FERNET_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


def secret_key(value: str) -> str:
    if not value:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set. Make one with: {MAKE_ONE}  Every setting is listed in "
            ".env.example. To try things out without any: python manage.py demo."
        )
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


def metrics_token(value: str) -> str:
    if value and len(value) < 16:
        raise ImproperlyConfigured(
            f"METRICS_TOKEN is too short to be a secret. Make one with: {MAKE_ONE} "
            "Leave it empty to have no /metrics/."
        )
    return value
