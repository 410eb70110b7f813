"""The OAuth Authorization URL: reading the one an admin pastes, building the one a browser gets."""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.errors import InvalidAuthorizationURL
from integrations.scopes import SCOPE

LONGEST_URL = 8000
ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,200}")


@dataclass(frozen=True)
class Pasted:
    client_id: str
    scopes: tuple[str, ...]
    redirect_uri: str


def parse(text: str) -> Pasted:
    """What the pasted text says. All else in it, such as `state=set_state_here`, is dropped.

    Raises InvalidAuthorizationURL with a sentence that says what is wrong.
    """
    return _parse(unwrapped(text), authorize_endpoint())


@lru_cache(maxsize=1000)  # of what can be used: the badge asks for each request
def _parse(text: str, endpoint: str) -> Pasted:
    _check_endpoint(text, endpoint)
    parameters = _parameters(urlsplit(text).query)
    if parameters.get("response_type", "code") != "code":
        raise InvalidAuthorizationURL(_("Its response_type is not “code”."))
    client_id = parameters.get("client_id", "")
    if not CLIENT_ID.fullmatch(client_id):
        raise InvalidAuthorizationURL(_("It contains no valid client_id."))
    scopes = _scopes(parameters.get("scope", ""))
    return Pasted(client_id, scopes, parameters.get("redirect_uri", ""))


def scopes(text: str) -> tuple[str, ...]:
    """What users are asked to grant; nothing where the URL cannot be used."""
    try:
        return parse(text).scopes
    except InvalidAuthorizationURL:
        return ()


def _scopes(text: str) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys(text.split()))
    if not scopes:
        raise InvalidAuthorizationURL(_("It lists no scopes."))
    if re.search(r"[,;]", text):
        raise InvalidAuthorizationURL(
            _("Its scopes are separated by commas. Webex puts a blank (%20) between them.")
        )
    if not all(SCOPE.fullmatch(scope) for scope in scopes):
        raise InvalidAuthorizationURL(_("One of its scopes contains a character no scope may."))
    return scopes


def unwrapped(text: str) -> str:
    """On one line: mails and terminals break a long URL."""
    return re.sub(r"\s*[\r\n]+\s*", "", text).strip()


def _check_endpoint(text: str, expected: str) -> None:
    if "&amp;" in text:
        raise InvalidAuthorizationURL(
            _("It has “&amp;” in place of “&”. Copy it from the page, not from its source.")
        )
    if len(text) > LONGEST_URL or not text.isascii() or re.search(r"[\s\\\x00-\x1f]", text):
        raise InvalidAuthorizationURL(
            _("Paste the URL alone: it has no blanks and only plain characters.")
        )
    if text.partition("?")[0] != expected or "#" in text:
        raise InvalidAuthorizationURL(
            _("It must start with %(endpoint)s? and nothing else.") % {"endpoint": expected}
        )


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise InvalidAuthorizationURL(_("Its parameters cannot be read.")) from None
    names = [name for name, value in pairs]
    for name in names:
        if names.count(name) > 1:
            raise InvalidAuthorizationURL(_("It contains a parameter more than once."))
    parameters = dict(pairs)
    if any(ENCODED.search(parameters.get(name, "")) for name in ("client_id", "scope")):
        raise InvalidAuthorizationURL(
            _("It is encoded twice (%253A, %2520). Copy it again from Webex.")
        )
    return parameters


def build(
    *, client_id: str, scopes: Iterable[str], redirect_uri: str, state: str, code_verifier: str
) -> str:
    """RFC 6749 section 4.1.1 with PKCE S256 (RFC 7636), from constants and the given values."""
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": code_challenge(code_verifier),
        "code_challenge_method": "S256",
    }
    return f"{authorize_endpoint()}?{urlencode(parameters, quote_via=quote)}"


def authorize_endpoint() -> str:
    return f"{settings.WEBEX_API_URL}/authorize"


def code_challenge(code_verifier: str) -> str:
    digest = hashlib.sha256(code_verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
