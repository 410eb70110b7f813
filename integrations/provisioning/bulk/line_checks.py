"""What is wrong with a line, found without asking anybody. Pure: sentences by column."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from integrations.models import BulkRow
from integrations.provisioning.bulk.columns import COLUMNS, NUMBERS, PACKAGES
from integrations.provisioning.bulk.csv_file import LONGEST_CELL, Line

NUMBER = re.compile(r"\+?[0-9](?:[ .()/-]{0,2}[0-9]){5,17}")
EXTENSION = re.compile(r"[0-9]{1,12}")
PROVISION, UPDATE, REMOVE = BulkRow.Operation
Problems = dict[str, str]


@dataclass(frozen=True)
class CheckedLine:
    line: Line
    operation: str
    problems: Problems = field(default_factory=dict)


def check(
    lines: Iterable[Line], *, otherwise: str, default_provisioning_id: str
) -> list[CheckedLine]:
    """`otherwise` is the operation of lines that name none."""
    lines = list(lines)
    twice = _twice(lines)
    return [_check(line, otherwise, default_provisioning_id, twice) for line in lines]


def _check(
    line: Line, otherwise: str, default_provisioning_id: str, twice: dict[str, list[int]]
) -> CheckedLine:
    operation = line.cells.get("operation", otherwise).lower()
    if operation not in BulkRow.Operation:
        text = _("Write provision, update or remove, or leave it empty.")
        return CheckedLine(line, otherwise, {"operation": text})
    problems = _missing(line, operation, default_provisioning_id) | _malformed(line, operation)
    others = [number for number in twice[_key(line)] if number != line.number]
    if others and "userId" in line.cells:
        problems["userId"] = _("Line %(line)s is about the same user.") % {"line": others[0]}
    if line.has_too_many_cells:
        problems["userId"] = _("The line has more cells than there are columns.")
    return CheckedLine(line, operation, problems)


def _twice(lines: list[Line]) -> dict[str, list[int]]:
    """The numbers of the lines about each user, two of them at most."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        if len(numbers[_key(line)]) < 2:
            numbers[_key(line)].append(line.number)
    return numbers


def _key(line: Line) -> str:
    return line.cells.get("userId", "").lower()


def _missing(line: Line, operation: str, default_provisioning_id: str) -> Problems:
    cells = line.cells
    required = [name for name, column in COLUMNS.items() if operation in column.required]
    problems = {name: _("Required.") for name in required if name not in cells}
    if operation == PROVISION and not cells.keys() & {"primaryPhoneNumber", "extension"}:
        problems["extension"] = _("An extension or a primary phone number is required.")
    if operation == PROVISION and not (cells.get("provisioningId") or default_provisioning_id):
        problems["provisioningId"] = _("Required: the integration has no default.")
    if operation == UPDATE and not _changes(cells):
        problems["userId"] = _("The line changes nothing: fill the cells that shall change.")
    return problems


def _changes(cells: dict[str, str]) -> set[str]:
    ids = ("operation", "userId", "spEnterpriseId")
    return {name for name in cells if UPDATE in COLUMNS[name].allowed and name not in ids}


def _malformed(line: Line, operation: str) -> Problems:
    problems: Problems = {}
    for name, cell in line.cells.items():
        if len(cell) > LONGEST_CELL or (name in ("userId", "spEnterpriseId") and len(cell) > 200):
            problems[name] = _("Too long.")
        elif operation == REMOVE:
            continue  # only who it is matters
        elif operation not in COLUMNS[name].allowed:
            problems[name] = _("This cannot be changed here: leave the cell empty.")
        elif sentence := _what_is_wrong(name, cell):
            problems[name] = sentence
    return problems


def _what_is_wrong(name: str, cell: str) -> str:
    if name == "package" and cell not in PACKAGES:
        return _("Write softphone, basic, standard or premium.")
    if name in NUMBERS and not NUMBER.fullmatch(cell):
        return _("Write the number with its country code, like +12405550123.")
    if name == "extension" and not EXTENSION.fullmatch(cell):
        return _("Digits only.")
    if name == "email" and not _is_email(cell):
        return _("This is no e-mail address.")
    return ""


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
