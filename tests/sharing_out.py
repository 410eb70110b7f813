"""How `pytest -n auto` shares the tests out: a file stays with one process, and all of e2e/ too.

pytest-xdist groups by marks with `--dist loadgroup`, but since pytest 9.2 without effect.
"""

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# These start processes or wait; they come first, so that none of them is left for the end.
FIRST = (
    "tests/e2e/",
    "tests/config/",
    "tests/integrations/admin/test_many_hostnames.py",
    "tests/integrations/linking/device/test_workers.py",
    "tests/integrations/renewal/",
)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two more than there are processors, for tests of time wait more than they compute."""
    return (os.cpu_count() or 1) + 2


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "ByFile":
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


def slow(*values: object) -> list[Any]:
    """Of a matrix, what is tried by .ci/run only."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


class ByFile(LoadScopeScheduling):
    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        """All that look at the demo share one."""
        file = nodeid.partition("::")[0]
        return FIRST[0] if file.startswith(FIRST[0]) else file
