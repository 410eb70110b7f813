"""What an identity provider says of itself (OpenID Connect Discovery 1.0), and its signing keys.

Kept for an hour in each process. A key that is not known yet makes us ask for the keys again, but
once a minute at most, whatever key ids tokens come with.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from integrations.errors import ProviderMisconfigured
from integrations.openid.transport import JSON, fetch_json
from integrations.provider_address import is_url_allowed
from integrations.webex.http import Deadline, Request

KEPT_FOR = 3600  # seconds
BETWEEN_REFETCHES = 60  # seconds
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True)
class Metadata:
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    wants_secret_in_body: bool = False
    names_itself: bool = False  # `iss` comes with every return (RFC 9207)


def discover(issuer: str, deadline: Deadline, *, anew: bool = False) -> Metadata:
    """Raises ProviderUnavailable or ProviderMisconfigured."""
    key = _key("metadata", issuer)
    found = None if anew else cache.get(key)
    if found is None:
        url = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
        found = _read(fetch_json(Request("GET", url, JSON), deadline), issuer)
        cache.set(key, found, KEPT_FOR)
    return Metadata(**found)


def signing_keys(metadata: Metadata, deadline: Deadline, *, anew: bool = False) -> KeySet:
    """Raises ProviderUnavailable or ProviderMisconfigured."""
    key = _key("keys", metadata.jwks_uri)
    found = None if anew else cache.get(key)
    if found is None:
        found = fetch_json(Request("GET", metadata.jwks_uri, JSON), deadline)
        _imported(found)
        cache.set(key, found, KEPT_FOR)
    return _imported(found)


def may_ask_again(metadata: Metadata) -> bool:
    return bool(cache.add(_key("asked", metadata.jwks_uri), True, BETWEEN_REFETCHES))


def _read(document: dict[str, Any], issuer: str) -> dict[str, Any]:
    """The issuer is exactly the one that was asked, or somebody else answers (Discovery 4.3)."""
    if document.get("issuer") != issuer:
        raise ProviderMisconfigured("other_issuer")
    if "S256" not in _listed(document, "code_challenge_methods_supported", "S256"):
        raise ProviderMisconfigured("no_pkce")
    found: dict[str, Any] = {"issuer": issuer}
    for name in (*ENDPOINTS, *OPTIONAL):
        url = document.get(name)
        if url is None and name in OPTIONAL:
            url = ""
        if not isinstance(url, str) or (url and not is_url_allowed(url)):
            raise ProviderMisconfigured("endpoint")
        found[name] = url
    methods = _listed(document, "token_endpoint_auth_methods_supported", "client_secret_basic")
    found["wants_secret_in_body"] = "client_secret_basic" not in methods
    found["names_itself"] = document.get("authorization_response_iss_parameter_supported") is True
    return found


def _listed(document: dict[str, Any], name: str, default: str) -> list[Any]:
    """Some write `null` for what they do not say."""
    found = document.get(name)
    return [default] if found is None else found if isinstance(found, list) else [found]


def _imported(document: dict[str, Any]) -> KeySet:
    """Keys for signatures only: one that is shared or for encryption signs nothing."""
    listed = document.get("keys")
    keys = [key for each in (listed if isinstance(listed, list) else []) for key in _readable(each)]
    if not keys:
        raise ProviderMisconfigured("keys")
    return KeySet(keys)


def _readable(key: Any) -> list[Key]:
    """Itself; nothing where we do not understand it: others still sign (RFC 7517 section 5)."""
    if not isinstance(key, dict) or key.get("kty") == "oct" or key.get("use", "sig") != "sig":
        return []
    try:
        return list(KeySet.import_key_set({"keys": [key]}))
    except (JoseError, ValueError, TypeError, KeyError):
        return []


def _key(what: str, url: str) -> str:
    return f"openid-{what}-{hashlib.sha256(url.encode()).hexdigest()}"
