"""What a sweep and its drains do, in this process and at once."""

from collections import Counter

from integrations import clock
from integrations.renewal import drain
from integrations.renewal import sweep as sweeps
from integrations.renewal.outcomes import Outcome


def sweep(seconds: float = 10) -> Counter[Outcome]:
    outcomes: Counter[Outcome] = Counter()
    for app_id in sweeps.apps_with_work(clock.now()):
        outcomes += drain.drain(app_id, seconds=seconds)
    return outcomes
