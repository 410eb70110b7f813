"""Signs of life of all that runs in the background, and Sam, who may look at everything."""

import pytest

from integrations import clock
from integrations.operations import health
from tests.integrations.admin.conftest import sam, staff

__all__ = ["everything_runs", "sam", "staff"]


@pytest.fixture
def everything_runs(db):
    for name in ("sweep", "beat", "worker host-1"):
        health.beat(name, now=clock.now())
