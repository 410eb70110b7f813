"""What an identity provider tells of a person, as our columns can take it."""

import re
import secrets
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import User
from integrations import plain_text

LONGEST_NAME = 150
FURTHER = 20  # alice-2 to alice-20, then at random


def free_username(claims: dict[str, Any]) -> str:
    """As they are called there if nobody has that name here; whoever has it keeps it."""
    name = _name(claims)
    numbered = (f"{name}-{number}" for number in range(2, FURTHER + 1))
    for candidate in (name, *numbered):
        if not User.objects.filter(username__iexact=candidate).exists():
            return candidate
    return random_username(claims)


def random_username(claims: dict[str, Any]) -> str:
    """For one of many with the same name at once."""
    return f"{_name(claims)}-{secrets.token_hex(4)}"


def _name(claims: dict[str, Any]) -> str:
    told = _text(claims, "preferred_username") or _text(claims, "email") or "person"
    return re.sub(r"[^\w.@+-]+", "", unicodedata.normalize("NFKC", told))[:140] or "person"


def update(user: User, claims: dict[str, Any]) -> None:
    """Names and e-mail address as they are there now; what is not told stays."""
    told = {
        "first_name": _text(claims, "given_name") or _text(claims, "name").partition(" ")[0],
        "last_name": _text(claims, "family_name") or _text(claims, "name").partition(" ")[2],
        "email": _email(claims),
    }
    changed = {name: text for name, text in told.items() if text and text != getattr(user, name)}
    for name, text in changed.items():
        setattr(user, name, text)
    if changed and user.pk:
        user.save(update_fields=list(changed))


def _email(claims: dict[str, Any]) -> str:
    """Mails go there; nobody is recognised by it."""
    text = _text(claims, "email")
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return "" if claims.get("email_verified") is False or len(text) > 254 else text


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return plain_text.one_line(value)[:LONGEST_NAME] if isinstance(value, str) else ""
