"""What is wrong with a line, found without asking anybody. Pure: remarks by column."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from integrations.models import BulkRow
from integrations.provisioning import fields
from integrations.provisioning.bulk.columns import CHANGEABLE, COLUMNS
from integrations.provisioning.bulk.csv_file import LONGEST_CELL, Line
from integrations.provisioning.bulk.remarks import Kept, Remark, about

PROVISION, UPDATE, REMOVE, _VERIFY = BulkRow.Operation
Problems = dict[str, Kept]


@dataclass(frozen=True)
class CheckedLine:
    line: Line
    operation: str
    problems: Problems = dataclass_field(default_factory=dict)


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
        return CheckedLine(line, otherwise, {"operation": about(Remark.OPERATION)})
    problems = _missing(line, operation, default_provisioning_id) | _malformed(line, operation)
    others = [number for number in twice[_key(line)] if number != line.number]
    if others and "userId" in line.cells:
        problems["userId"] = about(Remark.SAME_USER, line=others[0])
    if line.has_too_many_cells:
        problems["userId"] = about(Remark.MORE_CELLS)
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
    problems = {name: about(Remark.REQUIRED) for name in required if name not in cells}
    if operation == PROVISION and not cells.keys() & {"primaryPhoneNumber", "extension"}:
        problems["extension"] = about(Remark.NO_NUMBER)
    if operation == PROVISION and not (cells.get("provisioningId") or default_provisioning_id):
        problems["provisioningId"] = about(Remark.NO_DEFAULT)
    if operation == UPDATE and not cells.keys() & CHANGEABLE:
        problems["userId"] = about(Remark.CHANGES_NOTHING)
    return problems


def _malformed(line: Line, operation: str) -> Problems:
    problems: Problems = {}
    for name, cell in line.cells.items():
        if len(cell) > LONGEST_CELL or (name in ("userId", "spEnterpriseId") and len(cell) > 200):
            problems[name] = about(Remark.TOO_LONG)
        elif operation == REMOVE:
            continue  # only who it is matters
        elif operation not in COLUMNS[name].allowed:
            problems[name] = about(Remark.UNCHANGEABLE)
        elif wrong := _what_is_wrong(name, cell):
            problems[name] = about(wrong)
    return problems


def _what_is_wrong(name: str, cell: str) -> Remark | fields.Fault | None:
    if name == "package" and cell not in fields.PACKAGES:
        return Remark.PACKAGE
    field = fields.BY_NAME.get(name)
    return fields.fault(field, cell) if field else None
