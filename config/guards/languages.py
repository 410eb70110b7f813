"""Which languages there are: English, and each that has a catalogue."""

from collections.abc import Iterable
from pathlib import Path

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import to_language


def offered(folders: Iterable[str]) -> list[tuple[str, str]]:
    """Code and own name of each. Raises ImproperlyConfigured for a folder without a catalogue."""
    codes = {"en"}
    for folder in folders:
        found = [path.parts[-3] for path in Path(folder).glob("*/LC_MESSAGES/django.mo")]
        if not found:
            raise ImproperlyConfigured(
                "LOCALE_DIR must be a folder with a file such as fr/LC_MESSAGES/django.mo in it."
            )
        codes.update(map(to_language, found))
    return sorted((code, _own_name(code)) for code in codes)


def _own_name(code: str) -> str:
    return str(LANG_INFO.get(code, {}).get("name_local", code)).capitalize()


def usual(code: str, languages: Iterable[tuple[str, str]]) -> str:
    codes = [each for each, _name in languages]
    if code not in codes:
        raise ImproperlyConfigured(f"LANGUAGE_CODE must be one of {', '.join(codes)}.")
    return code
