"""ID tokens that do not fit, or that nobody but Mallory signed."""

import base64
import hmac
import json
import time

from joserfc.jwk import RSAKey

from tests.identity_provider import KEYS, SECRET, signed
from tests.integrations.single_sign_on.conftest import refused, sign_in, who

MALLORYS_KEY = RSAKey.generate_key(2048, {"kid": "one"})


NOW, HOUR = int(time.time()), 3600
UNFIT = [
    {"iss": "https://evil.example"}, {"aud": "somebody else"}, {"aud": None},
    {"aud": ["portal of Acme", "somebody else"]}, {"azp": "somebody else"},
    {"aud": "somebody else", "azp": "portal of Acme"},
    {"nonce": "of another sign-in"}, {"nonce": None}, {"sub": None}, {"sub": ""}, {"sub": 42},
    {"sub": "x" * 256}, {"exp": None}, {"iat": None}, {"exp": "soon"}, {"exp": True},
    {"exp": NOW - HOUR}, {"iat": NOW + HOUR}, {"nbf": NOW + HOUR},
]  # fmt: skip


def test_a_token_that_does_not_fit_is_refused(visitor, acme_idp):
    for acme_idp.claims in UNFIT:
        assert refused(sign_in(visitor, acme_idp)), acme_idp.claims


def test_clocks_may_differ_by_a_minute(visitor, acme_idp, browser):
    acme_idp.claims = {"iat": int(time.time()) + 50, "aud": ["portal of Acme"]}
    assert sign_in(visitor, acme_idp).status_code == 303
    acme_idp.claims = {"exp": int(time.time()) - 50}
    assert sign_in(browser(None), acme_idp).status_code == 303


def forged(claims, alg, key=b""):
    parts = ({"alg": alg, "kid": "one"}, claims)
    text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    signature = hmac.digest(key, text.encode(), "sha256") if key else b""
    return f"{text}.{_base64(signature)}"


def _base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


FORGERIES = {
    "other key": lambda claims: signed(claims, MALLORYS_KEY),
    "key in the token": lambda claims: signed(
        claims, MALLORYS_KEY, jwk=MALLORYS_KEY.as_dict(private=False)
    ),
    "HS256 with the public key": lambda claims: forged(
        claims, "HS256", KEYS[0].as_pem(private=False)
    ),
    "HS256 with the secret": lambda claims: forged(claims, "HS256", SECRET.encode()),
    "none": lambda claims: forged(claims, "none"),
    "no token": lambda claims: "not.a.token",
    "empty": lambda claims: "",
}


def test_a_token_that_the_provider_did_not_sign_is_refused(visitor, acme_idp):
    for name, acme_idp.sign in FORGERIES.items():
        assert refused(sign_in(visitor, acme_idp)), name


def test_rotated_keys_are_found_and_unknown_ones_asked_for_once_a_minute(
    visitor, browser, acme_idp
):
    sign_in(visitor, acme_idp)
    acme_idp.keys = [KEYS[1]]
    assert sign_in(browser(None), acme_idp).status_code == 303
    asked = acme_idp.calls.count("/keys")

    for number in range(5):
        acme_idp.sign = lambda claims, kid=f"unknown-{number}": signed(claims, KEYS[1], kid=kid)
        assert sign_in(browser(None), acme_idp).status_code == 503

    assert acme_idp.calls.count("/keys") == asked == 2


def test_keys_that_were_rotated_under_one_name_are_found_too(visitor, browser, acme_idp):
    sign_in(visitor, acme_idp)
    acme_idp.keys = [MALLORYS_KEY]  # now Acme's own, and called as the one before

    assert sign_in(browser(None), acme_idp).status_code == 303


def test_a_token_may_be_as_large_as_a_certificate_and_a_thousand_groups(visitor, acme_idp):
    acme_idp.sign = lambda claims: signed(claims, KEYS[0], x5c=["A" * 4000])

    groups = [f"c0ffee00-0000-4000-8000-{number:012}" for number in range(1000)]
    assert sign_in(visitor, acme_idp, groups=groups).status_code == 303


UNREADABLE = [
    {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA"}, {"kty": "EC", "crv": "P-999"}, {"kty": 5},
    {"kty": "OKP", "crv": "X25519", "x": "AAAA"}, {"kty": "RSA", "n": 5, "e": "AQAB"}, "no key",
]  # fmt: skip


def test_a_key_that_we_cannot_read_takes_no_other_along(visitor, acme_idp):
    """As while a provider adds one of a new kind (RFC 7517 section 5)."""
    acme_idp.answers["/keys"] = {"keys": [*UNREADABLE, KEYS[0].as_dict(private=False)]}

    assert sign_in(visitor, acme_idp).status_code == 303


def test_userinfo_of_somebody_else_is_refused(visitor, acme_idp, browser):
    acme_idp.metadata = {"userinfo_endpoint": f"{acme_idp.url}/userinfo"}
    acme_idp.answers["/userinfo"] = {"sub": "mallory", "preferred_username": "root"}
    assert refused(sign_in(visitor, acme_idp))

    acme_idp.answers["/userinfo"] = {"sub": "alice-at-acme", "preferred_username": "alice"}
    sign_in(visitor, acme_idp)
    assert who(visitor) == "alice"
