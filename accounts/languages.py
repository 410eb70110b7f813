"""Which language somebody reads: what they chose, else their browser's, else that of the place."""

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def by_own_name() -> dict[str, str]:
    """Codes of what is offered, with the name that each has for itself."""
    return dict(settings.LANGUAGES)


def of_browser(accept_language: str) -> str:
    """The first of an Accept-Language header that is offered (RFC 9110, 12.5.4), or nothing."""
    for code, _quality in parse_accept_lang_header(accept_language.lower()):
        if code == "*":
            break
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return ""


def first_offered(*wanted: str | None) -> str:
    """Of several wishes, the most important first; one that is offered no more is passed over."""
    return next((code for code in wanted if code in by_own_name()), settings.LANGUAGE_CODE)
