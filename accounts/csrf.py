"""The token of forms, masked as Django masks it, with one question for chance instead of 32.

At each of Django's the thread lets others go first: under load a tenth of what a page costs.
"""

import secrets
import string

from django.http import HttpRequest
from django.middleware import csrf
from django.utils.functional import SimpleLazyObject

LETTERS = string.ascii_letters + string.digits  # of which Django makes its secrets
PLACE = {letter: at for at, letter in enumerate(LETTERS)}


def csrf_token(request: HttpRequest) -> dict[str, object]:
    """A context processor. A page without a form gets no cookie, therefore late."""
    return {"csrf_token": SimpleLazyObject(lambda: _token(request))}


def _token(request: HttpRequest) -> str:
    if "CSRF_COOKIE" not in request.META:
        return csrf.get_token(request)  # makes a secret first
    request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
    return _masked(request.META["CSRF_COOKIE"])


def _masked(secret: str) -> str:
    mask = [byte % len(LETTERS) for byte in secrets.token_bytes(len(secret))]
    cipher = [PLACE[letter] + by for letter, by in zip(secret, mask, strict=True)]
    return "".join(LETTERS[at % len(LETTERS)] for at in mask + cipher)
