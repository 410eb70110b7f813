"""Text that others wrote: what no name may contain, and how such text is shown nevertheless; and
how large numbers and long lists are.

Line breaks forge lines and mail headers, escape sequences drive terminals, and bidirectional
controls reorder what stands around them (CVE-2021-42574).
"""

import re
import unicodedata
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

JOINERS = "\u200c\u200d"  # invisible as well, but Persian and Indic names are written with them
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
RIGHT_TO_LEFT = ("R", "AL")


def _is_hidden(character: str) -> bool:
    """Controls, formats, line and paragraph separators, halves of surrogate pairs."""
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs") and (
        character not in JOINERS
    )


def has_hidden(text: str) -> bool:
    return any(_is_hidden(character) for character in text)


def validate_visible(text: str) -> None:
    """For model fields. Raises ValidationError."""
    if has_hidden(text):
        raise ValidationError(
            _("It contains a line break or an invisible character. Please type it anew."),
            code="invisible",
        )


def one_line(text: object) -> str:
    """On one line and without invisible characters, whatever it was before."""
    spaced = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", str(text)).strip()
    if spaced.isascii():
        return spaced
    return "".join(character for character in spaced if not _is_hidden(character))


def isolated(text: object) -> str:
    """The same, and what is written from right to left moves nothing else on its line."""
    line = one_line(text)
    if line.isascii():
        return line
    if any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in line):
        return f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}"
    return line


def grouped(number: int) -> str:
    """10,000 as whoever reads it writes it."""
    return number_format(number, use_l10n=True, force_grouping=True)


def the_first(names: Sequence[str], most: int) -> str:
    """In a list; the rest, if there is any, as “…”."""
    return ", ".join([*names[:most], *(["…"] if len(names) > most else [])])
