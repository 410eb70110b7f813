"""What there is to translate, found without gettext's programs: `python -m tests.languages`.

It brings each catalogue up to date: new sentences come in empty, gone ones go, .mo is made anew;
and it prints what is left to translate. `--missing` only prints.
A sentence is translated in the .po.
"""

import ast
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import django
import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "config" / "locale"
DJANGO = Path(django.__file__).parent
THEIRS = ("admin", "auth", "contenttypes", "sessions")
STRING = r"""[uU]?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
IN_A_TEMPLATE = re.compile(
    rf"(?<![\w.])(?:(?:_|gettext)\(\s*{STRING}\s*\)|ngettext\(\s*{STRING}\s*,\s*{STRING}\s*,)"
)
CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2,
         "ngettext_lazy": 2}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|%%|\{\w*\}|<[^>]+>|&\w+;")
# Django's own, which stand after “vor”, “seit” and “in” with us: German wants the dative.
SPANS = [(f"%(num)d {unit}", f"%(num)d {unit}s")
         for unit in ("year", "month", "week", "day", "hour", "minute")]  # fmt: skip


@dataclass
class Message:
    singular: str
    plural: str = ""
    files: list[str] = field(default_factory=list)


def messages() -> dict[str, Message]:
    """By msgid, in the order of files and lines."""
    found = {one: Message(one, many, ["django/utils/timesince.py"]) for one, many in SPANS}
    for path in _sources():
        name = str(path.relative_to(ROOT))
        for singular, plural in _of_file(path):
            message = found.setdefault(singular, Message(singular))
            message.plural = message.plural or plural
            if name not in message.files:
                message.files.append(name)
    return found


def _sources() -> list[Path]:
    rooms = ("accounts", "config", "integrations", "templates")
    paths = [path for room in rooms for path in (ROOT / room).rglob("*.*")]
    return sorted(path for path in paths if path.suffix in (".py", ".html", ".txt"))


def _of_file(path: Path) -> Iterator[tuple[str, str]]:
    text = path.read_text()
    if path.suffix == ".py":
        yield from _of_python(ast.parse(text))
        return
    for match in IN_A_TEMPLATE.finditer(templatize(text)):
        literals = [ast.literal_eval(each) for each in match.groups() if each]
        yield literals[0], literals[1] if len(literals) > 1 else ""


def _of_python(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        count = CALLS.get(node.func.id, 0)
        texts = [each.value for each in node.args[:count] if isinstance(each, ast.Constant)]
        if count and len(texts) == count:
            yield texts[0], texts[1] if count == 2 else ""


def update(catalogue: polib.POFile, wanted: dict[str, Message]) -> None:
    known = {entry.msgid: entry for entry in catalogue}
    catalogue.clear()
    for message in wanted.values():
        entry = known.get(message.singular) or polib.POEntry(msgid=message.singular)
        if bool(entry.msgid_plural) != bool(message.plural):
            entry.msgstr, entry.msgstr_plural = "", {}
        entry.msgid_plural = message.plural
        if message.plural and not entry.msgstr_plural:
            entry.msgstr_plural = {0: "", 1: ""}
        entry.occurrences = [(name, "") for name in message.files]
        entry.flags = ["python-format"] if placeholders(message.singular) else []
        catalogue.append(entry)


def missing(catalogue: polib.POFile, wanted: dict[str, Message]) -> list[polib.POEntry]:
    """Sentences without a translation, as entries to fill in."""
    done = {entry.msgid for entry in catalogue if entry.translated()}
    everything = polib.POFile()
    update(everything, wanted)
    return [entry for entry in everything if entry.msgid not in done]


def placeholders(text: str) -> set[str]:
    return {each for each in PLACEHOLDER.findall(text) if each.startswith("%") and each != "%%"}


# --- A language that is no language: each sentence longer, with an accent on every letter -------

ACCENTS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áḃćďéḟǵĥíĵḱĺḿńőṕɋŕśťúṽẃẋýźÁḂĆĎÉḞǴĤÍĴḰĹḾŃŐṔɊŔŚŤÚṼẂẊÝŹ",
)  # fmt: skip
LONGER = 0.4


def pseudo(text: str) -> str:
    """40 % longer; placeholders, tags and entities stay."""
    kept = PLACEHOLDER.findall(text)
    between = [each.translate(ACCENTS) for each in PLACEHOLDER.split(text)]
    letters = sum(map(len, between))
    if not any(each.strip() for each in between):
        return text
    filling = " ".join(["ő" * min(letters, 6)] * max(1, math.ceil(letters * LONGER / 7)))
    body = "".join(a + b for a, b in zip(between, [*kept, ""], strict=True))
    stripped = body.rstrip("\n")
    return f"{stripped} {filling}" + body[len(stripped) :]


def write_pseudo(folder: Path) -> str:
    """A catalogue of ours and of Django's sentences under LOCALE_DIR; the code of the language."""
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8",
                          "Plural-Forms": "nplurals=2; plural=(n != 1);"}  # fmt: skip
    update(catalogue, messages())
    for name in ("conf", *(f"contrib/{app}" for app in THEIRS)):
        known = {(entry.msgctxt, entry.msgid) for entry in catalogue}
        theirs = polib.pofile(str(DJANGO / name / "locale" / "de" / "LC_MESSAGES" / "django.po"))
        catalogue.extend(each for each in theirs if (each.msgctxt, each.msgid) not in known)
    for entry in catalogue:
        entry.msgstr = "" if entry.msgid_plural else pseudo(entry.msgid)
        if entry.msgid_plural:
            entry.msgstr_plural = {0: pseudo(entry.msgid), 1: pseudo(entry.msgid_plural)}
    target = folder / "en_XA" / "LC_MESSAGES"
    target.mkdir(parents=True)
    catalogue.save_as_mofile(str(target / "django.mo"))
    return "en-xa"


def main() -> None:
    wanted, left = messages(), 0
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        catalogue = polib.pofile(str(path), wrapwidth=98)
        lacking = missing(catalogue, wanted)
        left += len(lacking)
        if "--missing" not in sys.argv:
            update(catalogue, wanted)
            catalogue.save()
            catalogue.save_as_mofile(str(path.with_suffix(".mo")))
        for entry in lacking:
            print(entry)
    sys.exit(f"{left} to translate." if left else 0)


if __name__ == "__main__":
    main()
