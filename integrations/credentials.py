"""Client ID and client secret as people paste them: what is wrong with one, in words."""

import re
import unicodedata

from django.utils.translation import gettext as _

from integrations.errors import InvalidCredential

MASKS = re.compile(r"[•●∙·⋅*]+")
QUOTES = "\"'`“”„‘’«»"


def check(text: str) -> None:
    """Printable ASCII (RFC 6749, appendices A.1 and A.2), and no trace of where it was copied.

    Raises InvalidCredential with a sentence that names the fault.
    """
    if MASKS.fullmatch(text):
        raise InvalidCredential(
            _("These are the dots that a page shows instead of it. Use the copy button of Webex.")
        )
    if text and (text[0] in QUOTES or text[-1] in QUOTES):
        raise InvalidCredential(_("It is in quotation marks. Paste it without them."))
    for character in text:
        if not " " <= character <= "~":
            raise InvalidCredential(_fault(character))


def _fault(character: str) -> str:
    if unicodedata.category(character)[0] in "CZM":
        text = _("It contains an invisible character (%(code)s). Type or copy it anew.")
        return text % {"code": f"U+{ord(character):04X}"}
    text = _("It contains “%(character)s”, which neither a client ID nor a client secret has.")
    return text % {"character": character}
