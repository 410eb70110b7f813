"""CSV that a spreadsheet opens and runs nothing of (OWASP: CSV injection)."""

import csv
import io
from collections.abc import Iterable, Iterator

BOM = "\ufeff"  # or Excel takes UTF-8 for something else
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Written one by one, so that a file of any size needs no memory."""
    line = io.StringIO()
    line.write(BOM)
    writer = csv.writer(line)
    for row in rows:
        writer.writerow(map(_safe, row))
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _safe(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
