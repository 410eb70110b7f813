"""CSV that a spreadsheet opens and runs nothing of (OWASP: CSV injection)."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

BOM = "\ufeff"  # or Excel takes UTF-8 for something else
# A cell's beginning, also for a spreadsheet that splits lines where a semicolon is, as in German:
# for that one our quotes are its own.
FORMULA = re.compile(r"""\A(?=[=+\-@\t\r\n])|(?<=[;\t\r\n])(?="*[=+\-@])""")
GUARD = re.compile(r"""\A'(?=[=+\-@\t\r\n])|(?<=[;\t\r\n])'(?="*[=+\-@])""")


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Written one by one, so that a file of any size needs no memory."""
    line = io.StringIO()
    line.write(BOM)
    writer = csv.writer(line)
    for row in rows:
        writer.writerow("" if cell is None else guarded(str(cell)) for cell in row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def guarded(text: str) -> str:
    return FORMULA.sub("'", text)


def unguarded(text: str) -> str:
    """As it was: somebody mends a file of ours and sends it again."""
    return GUARD.sub("", text)
