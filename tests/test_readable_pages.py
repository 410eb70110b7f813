"""Templates and style sheets stay readable; djlint holds the form and indentation of templates."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 120
MEAN = 60
OPENS = re.compile(r"<[a-z]")


def found(ending: str) -> list[Path]:
    rooms = (ROOT / "templates", ROOT / "integrations")
    return [path for room in rooms for path in room.rglob(f"*.{ending}")]


@pytest.fixture(scope="module")
def template_lines() -> dict[str, str]:
    return {
        f"{path.relative_to(ROOT)}:{number}": line
        for path in found("html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
    }


def test_no_template_line_is_over_120_characters(template_lines: dict[str, str]) -> None:
    assert [where for where, line in template_lines.items() if len(line) > LONGEST] == []


def test_a_template_line_is_short_on_average(template_lines: dict[str, str]) -> None:
    assert sum(map(len, template_lines.values())) / len(template_lines) < MEAN


def test_a_template_line_opens_one_element(template_lines: dict[str, str]) -> None:
    assert [where for where, line in template_lines.items() if len(OPENS.findall(line)) > 1] == []


def test_a_style_sheet_has_one_declaration_on_a_line() -> None:
    crowded = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in found("css")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"[;{}].*\S", line.split("/*")[0].rstrip())
    ]

    assert crowded == []
