"""The short form of the fault suite as tests: one for each case, from one run of its command."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.cases import CASES
from tests.faults.registry import runs
from tests.faults.servers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = Path(tmp_path_factory.mktemp("faults")) / "results.json"
    command = [sys.executable, "-m", "tests.faults", "--json", str(file)]
    end = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return {"code": end.returncode, "text": end.stdout + end.stderr, "rows": _rows(file)}


def _rows(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text()) if file.exists() else []


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_promise_is_kept(played: dict[str, Any], name: str) -> None:
    rows = [row for row in played["rows"] if row["case"] == name]

    assert rows, played["text"][-3000:]
    assert [row["broken"] for row in rows if row["broken"]] == []


def test_the_command_says_so_with_its_exit_code(played: dict[str, Any]) -> None:
    assert played["code"] == 0, played["text"][-6000:]


def test_the_short_run_covers_each_case_and_both_databases() -> None:
    short = runs(full=False, only=set(), database="both")

    assert {run.case.name for run in short} == set(CASES)
    assert {run.database for run in short} == {"sqlite", "postgres"}
    assert {run.rotation for run in short if run.case.name == "R25"} == {"none", "grace", "strict"}
