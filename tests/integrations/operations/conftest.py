"""Signs of life of all that runs in the background, and Sam, who may look at everything."""

from io import StringIO

import pytest
from django.core.management import call_command

from integrations import clock
from integrations.operations import health
from tests.integrations.admin.conftest import sam, staff

__all__ = ["everything_runs", "sam", "staff"]


@pytest.fixture
def everything_runs(db):
    for name in ("sweep", "beat", "worker host-1"):
        health.beat(name, now=clock.now())


def status():
    """The exit code of `manage.py status`, and what it says."""
    out = StringIO()
    try:
        call_command("status", stdout=out, no_color=True)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()
