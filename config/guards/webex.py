"""How Webex is reached, and what of it is believed."""

import os
import re
import ssl

from django.core.exceptions import ImproperlyConfigured

from config.guards.addresses import (
    is_address,
    is_loopback_http,
    is_loopback_name,
    is_number,
    split,
)

PATTERN = r"[a-z0-9*-]+(\.[a-z0-9-]+){2,}|[a-z0-9-]+\.[a-z0-9-]+"  # no * for a whole domain
PROXIES = ("http", "https", "socks5", "socks5h")


def api_url(value: str) -> str:
    """https only, because the client secret goes there; plain http for a sandbox on loopback."""
    url = split(value)
    host = (url and url.hostname) or ""
    plain = url and url.username is None and not url.query and not url.fragment
    named = host and not is_address(host) and not is_number(host)
    https = url and url.scheme == "https" and (named or is_loopback_name(host))
    if url and plain and (https or is_loopback_http(value)):
        return url._replace(netloc=url.netloc.lower(), path=url.path.rstrip("/")).geturl()
    raise ImproperlyConfigured(
        "WEBEX_API_URL must be an https URL with a hostname, such as https://webexapis.com/v1 "
        "(plain http is accepted only for a sandbox on 127.0.0.1, ::1 or localhost)."
    )


def oauthlib_switches(api_url: str) -> None:
    """oauthlib reads these from the environment; they are set here and nowhere else."""
    if os.environ.get("OAUTHLIB_RELAX_TOKEN_SCOPE"):
        raise ImproperlyConfigured("Unset OAUTHLIB_RELAX_TOKEN_SCOPE: it hides changed scopes.")
    if is_loopback_http(api_url):
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    elif os.environ.get("OAUTHLIB_INSECURE_TRANSPORT"):
        raise ImproperlyConfigured(
            "Unset OAUTHLIB_INSECURE_TRANSPORT: with it, secrets could travel over plain http. "
            "Behind a proxy that ends TLS set BEHIND_TLS_PROXY instead."
        )


def proxy(value: str) -> str:
    url = split(value)
    if not value or (url and url.scheme in PROXIES and url.hostname and url.path in ("", "/")):
        return value
    raise ImproperlyConfigured(
        "WEBEX_PROXY must look like http://proxy.example.com:3128, or "
        "http://user:password@proxy.example.com:3128 (percent-encode all but letters and digits)."
    )


def ca_file(value: str) -> str:
    """PEM; read here once, so that a mistake stops the start and not every call."""
    if value:
        try:
            ssl.create_default_context(cafile=value)
        except OSError:  # also ssl.SSLError: not PEM
            raise ImproperlyConfigured(
                "WEBEX_CA_FILE must name a file with certificates in PEM format."
            ) from None
    return value


def issuers(values: list[str]) -> list[str]:
    """Compared letter for letter (RFC 9207 section 2.4), so left as they are."""
    for value in values:
        url = split(value)
        if not url or url.scheme != "https" or not url.hostname or url.query or url.fragment:
            raise ImproperlyConfigured(
                "WEBEX_ISSUERS must be https URLs, separated by commas, such as "
                "https://idbroker.webex.com/idb."
            )
    return values


def verification_hosts(values: list[str]) -> list[str]:
    patterns = [value.lower().removesuffix(".") for value in values]
    for pattern in patterns:
        if not re.fullmatch(PATTERN, pattern) or is_number(pattern):
            raise ImproperlyConfigured(
                "WEBEX_VERIFICATION_HOSTS must be hostnames, separated by commas; * may stand in "
                "the first part, as in login-*.webex.com."
            )
    return patterns
