"""Speed only: what the interpreter would otherwise do again and again for thousands of tests."""

import gc
import os
import sys
from collections.abc import Generator

import pytest
from _pytest import runner

# What was compiled is kept, whatever the environment says: each process would compile all of it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Frames lie in pieces of 16 KB, and a loop that calls across the end of one has the system map and
# unmap the next at each turn: a fifth of all time. In a piece for so big a frame is room for all.
_below = runner.pytest_runtest_protocol
_below.__code__ = _below.__code__.replace(co_stacksize=100_000)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end, so nobody need look for garbage in it."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)
    gc.enable()
    return collected
