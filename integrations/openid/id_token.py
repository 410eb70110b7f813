"""Is this ID token theirs, for us, for this sign-in, and of now? (OpenID Connect Core 3.1.3.7)"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from integrations.errors import IdTokenRefused

# Signatures with a public key: neither `none`, nor one with a secret that both sides know.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
CLOCK_SKEW = 60  # seconds by which the provider's clock may differ from ours
LONGEST_SUBJECT = 255  # characters (OpenID Connect Core, 2)

REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
REGISTRY.max_header_length = 16_384  # bytes: some put certificates there, which we never read


def verify(
    token: str,
    keys: Callable[[bool], KeySet],
    *,
    issuer: str,
    client_id: str,
    now: datetime,
    **expected: str,
) -> dict[str, Any]:
    """Its claims. `keys(True)` asks for them anew. Raises IdTokenRefused."""
    claims = _signed_claims(token, keys)
    wanted: dict[str, Any] = {"iss": {"essential": True, "value": issuer}}
    wanted |= {name: {"essential": True} for name in ("sub", "exp", "iat")}
    wanted["aud"] = {"essential": True, "value": client_id}
    wanted |= {name: {"essential": True, "value": value} for name, value in expected.items()}
    registry = jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=CLOCK_SKEW, **wanted)
    try:
        registry.validate(claims)
    except JoseError as error:
        raise IdTokenRefused(_reason(error)) from None
    others = claims["aud"] not in (client_id, [client_id])
    if claims.get("azp", None if others else client_id) != client_id:
        raise IdTokenRefused("azp")
    if not _is_subject(claims["sub"]):
        raise IdTokenRefused("sub")
    return claims


def auth_time(claims: dict[str, Any]) -> float | None:
    """When they showed who they are, in seconds since 1970; None where that is not told."""
    at = claims.get("auth_time")
    is_moment = isinstance(at, int | float) and not isinstance(at, bool) and at == at  # no NaN
    return at if is_moment else None


def _is_subject(found: object) -> bool:
    """Text that a database can keep: neither NUL nor half of a surrogate pair."""
    if not isinstance(found, str) or "\x00" in found:
        return False
    return 0 < len(found) <= LONGEST_SUBJECT and not re.search("[\ud800-\udfff]", found)


def _signed_claims(token: str, keys: Callable[[bool], KeySet]) -> dict[str, Any]:
    try:
        try:
            return jwt.decode(token, keys(False), registry=REGISTRY).claims
        except (InvalidKeyIdError, BadSignatureError):  # keys are rotated, some under one name
            return jwt.decode(token, keys(True), registry=REGISTRY).claims
    except (JoseError, ValueError, TypeError) as error:
        raise IdTokenRefused(_reason(error)) from None


def _reason(error: Exception) -> str:
    """A word of the library's, or the name of a claim: nothing of what the token says."""
    claim = getattr(error, "claim", "")
    return f"{getattr(error, 'error', '') or 'malformed'} {claim}".strip()
