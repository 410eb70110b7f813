"""What the codes of single sign-on mean to whoever administers it."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

NO_ANSWER: dict[str, Promise] = {
    "name": gettext_lazy("its name is not found"),
    "connection": gettext_lazy("it refuses connections"),
    "slow": gettext_lazy("it did not answer in time"),
    "tls": gettext_lazy("it does not speak TLS as we do"),
    "certificate": gettext_lazy("its certificate is not trusted"),
    "too_large": gettext_lazy("its answer is too large"),
    "no_json": gettext_lazy("its answer is no JSON"),
}
CLOCK = gettext_lazy("Its clock and that of this portal differ by more than a minute. Check both.")
UNUSABLE: dict[str, Promise] = {
    "other_issuer": gettext_lazy(
        "Its discovery document names another issuer. Copy it from there, letter by letter."
    ),
    "private_address": gettext_lazy(
        "It is at a private address. Whoever runs this portal can allow it: SSO_PRIVATE_HOSTS."
    ),
    "no_pkce": gettext_lazy("It does not know PKCE with S256. Switch that on there."),
    "keys": gettext_lazy("It publishes no key that a signature could be checked with."),
    "endpoint": gettext_lazy("It names no https:// address for what is needed, or a broken one."),
    "groups_elsewhere": gettext_lazy(
        "Somebody is in too many groups for it to list. Let it send only those that count here."
    ),
    "auth_time": gettext_lazy(
        "It does not say that somebody has just signed in there once more. Let it send auth_time."
    ),
    "expired_token exp": CLOCK,
    "invalid_claim iat": CLOCK,
    "invalid_claim nbf": CLOCK,
    "invalid_client": gettext_lazy("It refuses the client ID or the client secret."),
}
REFUSED: dict[str, Promise] = {
    "off": gettext_lazy("single sign-on was switched off meanwhile"),
    "inactive": gettext_lazy("the user is not active"),
    "unknown_person": gettext_lazy("no user here is linked with this account"),
    "administrator": gettext_lazy("it lets in nobody who administers more than its brand"),
    "linked_already": gettext_lazy("the user or this account is linked already"),
}


def no_answer(reason: str) -> str:
    return _("It gives no usable answer: %(why)s.") % {"why": NO_ANSWER.get(reason, reason)}


def unusable(reason: str, otherwise: str) -> str:
    """`otherwise` has a place for the reason."""
    return str(UNUSABLE.get(reason, otherwise % {"reason": reason}))


def failed(reason: str) -> str:
    """Why nobody gets in, of any code that providers cause."""
    is_status = reason.startswith("status_") and not reason.startswith("status_4")
    if reason in NO_ANSWER or is_status or reason.startswith(("status_429", "libcurl_")):
        return no_answer(reason)
    return unusable(reason, _("Its answer does not fit what is registered here (%(reason)s)."))


def refused(provider: str, code: str, subject: str) -> str:
    facts = {"provider": provider, "why": REFUSED.get(code, code), "subject": subject}
    return _("%(provider)s: %(why)s (sub %(subject)s)") % facts
