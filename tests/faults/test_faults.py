"""The suite itself is `python -m tests.faults`, a step of its own in .ci/run."""

from tests.faults.cases import CASES
from tests.faults.registry import runs


def test_the_short_run_covers_each_case_and_both_databases() -> None:
    short = runs(full=False, only=set(), database="both")

    assert {run.case.name for run in short} == set(CASES)
    assert {run.database for run in short} == {"sqlite", "postgres"}
    assert {run.rotation for run in short if run.case.name == "R25"} == {"none", "grace", "strict"}
