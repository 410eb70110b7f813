"""Numbered system checks: settings that work, but not the way somebody would want."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from config.guards.addresses import is_loopback_name


@register(Tags.security)
def portal_hosts_are_named(**kwargs: Any) -> list[CheckMessage]:
    if settings.PORTAL_HOSTS:
        return []
    hint = "Set PORTAL_HOSTS=admin.example.com, or nobody can open /admin/."
    return [Warning("PORTAL_HOSTS is empty.", hint=hint, id="integrations.W001")]


@register(Tags.security, deploy=True)
def portal_is_served_over_https(**kwargs: Any) -> list[CheckMessage]:
    if settings.HTTPS:
        return []
    hint = "Use BRANDED_URL_TEMPLATE=https://{hostname}; plain http is for *.localhost only."
    return [Warning("Portals are served over plain http.", hint=hint, id="integrations.W002")]


@register(Tags.security, deploy=True)
def mail_leaves_the_machine(**kwargs: Any) -> list[CheckMessage]:
    if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return []
    hint = "Set EMAIL_URL=smtp+tls://user:password@host:587."
    return [Warning("Mail is not sent by SMTP.", hint=hint, id="integrations.W003")]


@register(Tags.security, deploy=True)
def somebody_is_told(**kwargs: Any) -> list[CheckMessage]:
    if settings.ADMINS:
        return []
    hint = "Set ADMINS=operator@example.com, or nobody hears of an incident."
    return [Warning("ADMINS is empty.", hint=hint, id="integrations.W007")]


@register(Tags.security, deploy=True)
def webex_is_not_a_sandbox(**kwargs: Any) -> list[CheckMessage]:
    if not is_loopback_name(urlsplit(settings.WEBEX_API_URL).hostname or ""):
        return []
    hint = "Unset WEBEX_API_URL to talk to Webex itself."
    message = "WEBEX_API_URL leads to this machine, as for a sandbox."
    return [Warning(message, hint=hint, id="integrations.W008")]


@register(Tags.security, deploy=True)
def webhooks_leave_the_machine(**kwargs: Any) -> list[CheckMessage]:
    if not settings.WEBHOOK_LOOPBACK:
        return []
    hint = "Unset WEBHOOK_LOOPBACK: it is for a demo and for tests."
    return [Warning("Webhooks may go to this machine.", hint=hint, id="integrations.W009")]


@register(Tags.database, deploy=True)
def database_is_postgresql(**kwargs: Any) -> list[CheckMessage]:
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return []
    hint = "Set DATABASE_URL=postgres://user:password@host:5432/name."
    return [Warning("The database is not PostgreSQL.", hint=hint, id="integrations.W004")]


@register(Tags.security)
def sessions_cannot_be_rolled_back(**kwargs: Any) -> list[CheckMessage]:
    """A signed-cookie session survives sign-out: whoever kept the cookie is still signed in."""
    if not settings.SESSION_ENGINE.endswith("signed_cookies"):
        return []
    hint = "Use a session engine that keeps sessions on the server."
    return [Error("Sessions are kept in cookies.", hint=hint, id="integrations.E001")]


@register(Tags.security, deploy=True)
def broker_is_protected(**kwargs: Any) -> list[CheckMessage]:
    """Whoever can write to the broker can start tasks; on this machine nobody listens in."""
    url = urlsplit(settings.CELERY_BROKER_URL)
    local = url.scheme.endswith("socket") or is_loopback_name(url.hostname or "")
    if local or (url.scheme == "rediss" and url.password and _is_verified(url.query)):
        return []
    hint = (
        "Set REDIS_URL=rediss://:password@host:6379/0 (TLS and a password). For a certificate of "
        "your own add ?ssl_ca_certs=/path/to/ca.pem, never ssl_cert_reqs=none."
    )
    message = "The broker is reached without TLS, without a check of its certificate or a password."
    return [Warning(message, hint=hint, id="integrations.W005")]


def _is_verified(query: str) -> bool:
    asked = {name: value.lower() for name, value in parse_qsl(query)}
    required = asked.get("ssl_cert_reqs", "required").removeprefix("cert_") == "required"
    return required and asked.get("ssl_check_hostname") != "false"


@register(Tags.security, deploy=True)
def broker_keeps_its_messages(**kwargs: Any) -> list[CheckMessage]:
    policy = _eviction_policy()
    if policy in ("", "noeviction"):
        return []
    hint = "Set maxmemory-policy noeviction; until then a wake-up call may wait for the next sweep."
    message = f"The broker may drop messages (maxmemory-policy {policy})."
    return [Warning(message, hint=hint, id="integrations.W006")]


def _eviction_policy() -> str:
    """Empty where the broker is away, or does not tell: /readyz/ says whether it works."""
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://")
    try:
        options = {"socket_timeout": 2, "socket_connect_timeout": 2, "decode_responses": True}
        with redis.Redis.from_url(url, **options) as broker:
            return str(broker.config_get("maxmemory-policy").get("maxmemory-policy", ""))
    except (redis.RedisError, ValueError):
        return ""
