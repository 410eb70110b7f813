"""What production installs by hash is what people read in requirements.txt."""

from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def pins(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text()
    lines = [line.partition("#")[0].rstrip("\\ ") for line in text.splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith((" ", "-"))]
    return {canonicalize_name(each.name): str(each.specifier) for each in found}


def test_the_lock_has_every_package_of_requirements_txt_in_the_same_version():
    asked, locked = pins("requirements.txt"), pins("requirements.lock")

    assert {name: locked.get(name) for name in asked} == asked, (
        "Make it anew, with the command in its second line."
    )


def test_production_installs_neither_the_demos_broker_nor_the_tests_tools():
    locked = pins("requirements.lock")

    assert locked.keys().isdisjoint(pins("config/demo/requirements.txt"))
    assert locked.keys().isdisjoint(pins("tests/requirements.txt"))
