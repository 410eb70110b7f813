"""What code, tests and documents refer to is in this repository: a clone explains itself."""

import inspect
import re
from functools import cache
from pathlib import Path

import pytest

from integrations.webex import authorizations, device, oauth, people
from tests.config.processes import ROOT
from tests.faults.cases import CASES

CONTRACT, MAP = Path("integrations/webex/CONTRACT.md"), Path("integrations/README.md")
SUFFIXES = {"", ".css", ".html", ".js", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}

NUMBER = r"\d+(?:\.\d+)?"
NUMBERS = rf"({NUMBER}(?:(?:,| and| to)\s+{NUMBER})*)"
OF_AN_RFC = re.compile(r"RFC \d{4},?\s+$")
DOCUMENT = re.compile(r"(?<![\w./-])[\w./-]*\w\.md\b")
CASE_NUMBER = re.compile(r"\b[RSQ]\d{1,2}b?\b")
LINK = re.compile(r"\]\(([^)#:]+)\)")
CODE = re.compile(r"`([a-z_/]+(?:\.py|/))`")


def test_nothing_is_left_over_of_a_merge():
    left = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)

    assert [str(path) for path, text in texts().items() if left.search(text)] == []


@cache
def texts() -> dict[Path, str]:
    """Whatever people read, by its path in the repository."""
    tops = [top for top in ROOT.iterdir() if top.name[0] != "." or top.name in (".ci", ".github")]
    files = [file for top in tops for file in (top.rglob("*") if top.is_dir() else [top])]
    readable = [file for file in files if file.is_file() and file.suffix in SUFFIXES]
    return {file.relative_to(ROOT): file.read_text(errors="replace") for file in readable}


def missing_sections(path: Path, word: str) -> list[str]:
    """Numbers after that word which are no heading of the contract."""
    text, headings = texts()[path], re.findall(rf"(?m)^##+ ({NUMBER})\.? ", texts()[CONTRACT])
    found = re.finditer(rf"\b{word}\s+{NUMBERS}", text, re.IGNORECASE)
    ours = [each[1] for each in found if not OF_AN_RFC.search(text[: each.start()])]
    cited = [number for each in ours for number in re.findall(NUMBER, each)]
    return [number for number in cited if number not in headings]


def test_the_contract_has_every_section_that_is_cited():
    wrong = [f"{path}: {each}" for path in texts() for each in missing_sections(path, "contract")]

    assert sum("(contract " in text for text in texts().values()) > 10
    assert wrong == []
    assert missing_sections(CONTRACT, "sections?") == []


def test_only_an_rfc_has_sections_elsewhere():
    wrong = [
        f"{path}: {text[max(found.start() - 30, 0) : found.end()]}"
        for path, text in texts().items()
        for found in re.finditer(rf"\bsections?\s+{NUMBER}", text)
        if path != CONTRACT and not OF_AN_RFC.search(text[: found.start()])
    ]

    assert wrong == []


@pytest.mark.parametrize("module", [authorizations, device, oauth, people])
def test_every_call_to_webex_names_its_source(module):
    ours = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__name__[0] != "_"]
    ours = [each for each in ours if each.__module__ == module.__name__]
    calls = [each for each in ours if "deadline" in inspect.signature(each).parameters]
    source = re.compile(r"RFC \d{4} section \d|https://developer\.webex\.com/")

    assert len(calls) >= 2
    assert [each.__name__ for each in calls if not source.search(each.__doc__ or "")] == []


def test_every_document_that_is_named_exists():
    wrong = [
        f"{path}: {name}"
        for path, text in texts().items()
        for name in DOCUMENT.findall(text)
        if not (ROOT / name).exists() and not (ROOT / path.parent / name).exists()
    ]

    assert wrong == []


def test_every_case_number_is_one_of_the_fault_suite():
    written = [path for path in texts() if path.suffix in (".html", ".md", ".py")]
    found = [(path, name) for path in written for name in CASE_NUMBER.findall(texts()[path])]

    assert [f"{path}: {name}" for path, name in found if name not in CASES] == []


@pytest.mark.parametrize("path", [path for path in texts() if path.suffix == ".md"], ids=str)
def test_every_link_of_a_document_leads_somewhere(path):
    links = LINK.findall(texts()[path])

    assert [link for link in links if not (ROOT / path.parent / link).exists()] == []


def test_the_map_names_what_is_there():
    named = CODE.findall(texts()[MAP])
    bases = [ROOT, ROOT / MAP.parent, ROOT / MAP.parent / "sandbox"]

    assert len(named) > 20
    assert [name for name in named if not any((base / name).exists() for base in bases)] == []
