"""What people read says what happened and what to do, never our own words for the machinery."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = re.compile(
    r"\b(sweeps?|drain(s|ed|ing)?|claim(s|ed)?|suspects?|in doubt|canary|leases?|heartbeats?|"
    r"token endpoint|bare refusal|standard error code|consents? (was|were|is)? ?lost|"
    r"nobody is given up|orphans?|superseded|undecryptable|cross check|probe[sd]?|verdict)\b",
    re.IGNORECASE,
)
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
TAG = re.compile(r"\{% translate (?P<quote>[\"'])(.*?)(?P=quote)|_\(\"(.*?)\"\)")
BLOCK = re.compile(r"\{% blocktranslate.*?%\}(.*?)\{% endblocktranslate %\}", re.DOTALL)


def sentences() -> Iterator[tuple[str, str]]:
    for folder in ("accounts", "config", "integrations"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"sandbox", "migrations"} & set(path.parts):
                for text in in_code(path):
                    yield str(path.relative_to(ROOT)), text
    for path in sorted((ROOT / "templates").rglob("*.*")):
        for text in in_template(path.read_text()):
            yield str(path.relative_to(ROOT)), text


def in_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def in_template(source: str) -> Iterator[str]:
    for match in TAG.finditer(source):
        yield match[2] or match[3] or ""
    for block in BLOCK.findall(source):
        yield re.sub(r"\{[{%].*?[}%]\}", "", block)


def test_every_marked_sentence_is_found():
    found = [text for _where, text in sentences()]

    assert len(found) > 1000
    assert "Webex asked us to wait until %(until)s." in found  # of code
    assert "Every integration is ready." in found  # of a tag
    assert any("never sees your Webex password" in text for text in found)  # of a block


def test_no_sentence_names_the_machinery():
    found = [f"{where}: {text}" for where, text in sentences() if OURS.search(text)]

    assert found == []


@pytest.mark.parametrize("text", ["No sweep lately", "2 consents were lost", "it is in doubt"])
def test_our_own_words_are_known(text):
    assert OURS.search(text)
