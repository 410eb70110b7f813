"""From an uploaded or pasted file to a table. Pure: no database, no Webex."""

import csv
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.errors import UnusableFile
from integrations.provisioning.bulk.columns import COLUMNS, RESULTS
from integrations.spreadsheet import unguarded

LARGEST_FILE = 2 * 1024 * 1024  # bytes; 10,000 lines are about 1.5 MB
MOST_LINES = 10_000
LONGEST_CELL = 500  # characters


@dataclass(frozen=True)
class Line:
    number: int  # in the file, as an editor counts
    cells: dict[str, str]  # by column, without the empty ones
    has_too_many_cells: bool = False


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def read(content: bytes | str) -> Table:
    """Raises UnusableFile, whose message is a sentence for the person who sent it."""
    text = _decoded(content)
    rows = _rows(text, ";" if _is_semicolon(text) else ",")
    _first, names = next(rows, (0, []))
    columns = _columns(names)
    lines: list[Line] = []
    for number, cells in rows:
        if len(lines) == MOST_LINES:
            raise UnusableFile(_("The file has more than 10,000 lines. Split it into several."))
        lines.append(_line(number, columns, cells))
    if not lines:
        raise UnusableFile(_("There is no line below the names of the columns."))
    return Table(tuple(name for name in columns if name not in RESULTS), tuple(lines))


def _decoded(content: bytes | str) -> str:
    if isinstance(content, str):
        content = content.encode()
    if len(content) > LARGEST_FILE:
        raise UnusableFile(_("The file is larger than 2 MB. Split it into several."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        raise UnusableFile(
            _("This is no UTF-8 text. In Excel choose “CSV UTF-8 (Comma delimited)” to save it.")
        )
    return text


def _is_semicolon(text: str) -> bool:
    names = text.lstrip().partition("\n")[0]
    return names.count(";") > names.count(",")


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Without the empty ones, each with the number of the line it begins at."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            cells = [unguarded(cell.strip()) for cell in cells]
            if any(cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        sentence = _("Line %(line)s cannot be read: a quotation mark is missing or too many.")
        raise UnusableFile(sentence % {"line": begins}) from None


def _columns(names: list[str]) -> list[str]:
    known = {name.lower(): name for name in (*COLUMNS, *RESULTS)}
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        raise UnusableFile(_unknown(unknown, list(known.values())))
    columns = [known[name.lower()] for name in names]
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice:
        raise UnusableFile(_("There are two columns “%(name)s”.") % {"name": twice})
    if "userId" not in columns:
        raise UnusableFile(
            _("The first line must name the columns, and “userId” must be one of them.")
        )
    return columns


def _unknown(unknown: list[str], known: list[str]) -> str:
    listed = ", ".join(f"“{name[:40]}”" for name in unknown[:5])
    text = ngettext("Unknown column: %(names)s.", "Unknown columns: %(names)s.", len(unknown))
    sentence = text % {"names": listed}
    close = difflib.get_close_matches(unknown[0], known, n=1)
    if close:
        sentence += " " + _("Did you mean “%(name)s”?") % {"name": close[0]}
    return sentence


def _line(number: int, columns: list[str], cells: list[str]) -> Line:
    named = zip(columns, cells, strict=False)
    filled = {name: cell for name, cell in named if cell and name not in RESULTS}
    return Line(number, filled, any(cells[len(columns) :]))
