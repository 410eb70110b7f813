"""The form of the document: what may stand in it, and what is wrong with one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from types import NoneType
from typing import Any

from django.utils.translation import gettext as _

from integrations import hostnames
from integrations.errors import InvalidConfiguration, InvalidHostname, Remark

VERSION = 1
LARGEST = 10_000_000  # bytes: fifty thousand hostnames
LONGEST_NAME_IN_A_PATH = 100
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # in PostgreSQL; in UTF-8: halves of surrogate pairs

Entry = dict[str, Any]
FIELDS: dict[str, dict[str, tuple[type, ...]]] = {
    "integrations": {
        "is_enabled": (bool,),
        "client_id": (str,),
        "client_secret_is_set": (bool,),  # is told, and changes nothing
        "authorization_url": (str,),
        "default_provisioning_id": (str,),
        "device_linking_enabled": (bool,),
    },
    "hostnames": {
        "integration": (str, NoneType),
        "brand_name": (str,),
        "accent_color": (str,),
        "language": (str,),
        "logo": (str, NoneType),  # the digest of one that is stored
    },
}


@dataclass(frozen=True)
class Document:
    integrations: dict[str, Entry]  # by name
    hostnames: dict[str, Entry]

    @property
    def content(self) -> dict[str, Any]:
        return {"version": VERSION, **vars(self)}

    @property
    def text(self) -> str:
        return json.dumps(self.content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @property
    def fingerprint(self) -> str:
        return sha256(self.text.encode()).hexdigest()[:32]


def pointer(*names: str) -> str:
    """RFC 6901: where in the document."""
    cut = (UNSTORABLE.sub("?", name[:LONGEST_NAME_IN_A_PATH]) for name in names)
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in cut)


def read(text: str | bytes) -> Document:
    """Raises InvalidConfiguration with everything that is wrong with its form."""
    found = _parse(text)
    if faults := list(_faults(found)):
        raise InvalidConfiguration(faults)
    named = {hostnames.normalise(name): entry for name, entry in found["hostnames"].items()}
    return Document(found["integrations"], named)


def _parse(text: str | bytes) -> Any:
    if len(text) > LARGEST:
        raise InvalidConfiguration([Remark("", _("It is larger than 10 MB."))])
    try:
        return json.loads(text, object_pairs_hook=_named_once)
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        sentence = _("It is no JSON: see line %(line)d, column %(column)d.") % where
    except (ValueError, RecursionError):
        sentence = _("It is no JSON in UTF-8, or nested too deeply.")
    raise InvalidConfiguration([Remark("", sentence)])


def _named_once(pairs: list[tuple[str, Any]]) -> Entry:
    found: Entry = {}
    for name, value in pairs:
        if name in found:
            raise InvalidConfiguration([Remark(pointer(name), _("This name stands there twice."))])
        found[name] = value
    return found


def _faults(found: Any) -> Iterator[Remark]:
    if not isinstance(found, dict):
        yield Remark("", _("It must be an object with version, integrations and hostnames."))
        return
    for name in sorted(found.keys() - FIELDS.keys() - {"version"}):
        yield Remark(pointer(name), _("There is no such field."))
    if type(found.get("version")) is not int or found["version"] != VERSION:
        yield Remark("/version", _("It must be %d.") % VERSION)
    for kind, fields in FIELDS.items():
        entries = found.get(kind)
        if not isinstance(entries, dict):
            yield Remark(pointer(kind), _("It must be an object; what is not in it is removed."))
            continue
        for name, entry in entries.items():
            yield from _faults_of_entry((kind, name), entry, fields)
        if kind == "hostnames":
            yield from _faults_of_hostnames(entries)


def _faults_of_entry(
    path: tuple[str, str], entry: Any, fields: dict[str, tuple[type, ...]]
) -> Iterator[Remark]:
    if not _is_storable(path[1]):
        yield Remark(pointer(*path), _("It contains a character that cannot be stored."))
    if not isinstance(entry, dict):
        yield Remark(pointer(*path), _("It must be an object."))
        return
    for name, value in entry.items():
        if name not in fields:
            yield Remark(pointer(*path, name), _("There is no such field."))
        elif type(value) not in fields[name]:
            yield Remark(pointer(*path, name), _in_words(fields[name]))
        elif not _is_storable(value):
            sentence = _("It contains a character that cannot be stored.")
            yield Remark(pointer(*path, name), sentence)


def _faults_of_hostnames(entries: Entry) -> Iterator[Remark]:
    seen: set[str] = set()
    for name in entries:
        try:
            hostname = hostnames.normalise(name)
        except InvalidHostname as error:
            yield Remark(pointer("hostnames", name), str(error))
            continue
        if hostname in seen:
            sentence = _("It is %s, which stands there in another spelling.") % hostname
            yield Remark(pointer("hostnames", name), sentence)
        seen.add(hostname)


def _is_storable(value: Any) -> bool:
    return not isinstance(value, str) or not UNSTORABLE.search(value)


def _in_words(kinds: tuple[type, ...]) -> str:
    if bool in kinds:
        return _("It must be true or false.")
    return _("It must be a text or null.") if NoneType in kinds else _("It must be a text.")
