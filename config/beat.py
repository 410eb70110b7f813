"""The clock, which adds nothing to a queue that nobody works off."""

import logging
from copy import copy
from datetime import UTC, datetime
from typing import Any

from celery.beat import ScheduleEntry
from celery.beat import Scheduler as CeleryScheduler
from kombu.exceptions import ChannelError

from config.celery import note

logger = logging.getLogger(__name__)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ENOUGH = 1000  # messages; an expired one stays until a worker reads it


class Scheduler(CeleryScheduler):
    """Keeps nothing on disk: what is due is in the database. Everything is sent at the start."""

    is_closed = False

    def setup_schedule(self) -> None:
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at = LONG_AGO

    def close(self) -> None:
        self.is_closed = True
        super().close()

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        # SIGTERM closes us and raises SystemExit; in the middle of a send, redis-py was seen to
        # turn that into an error of its own, and the clock went on.
        if self.is_closed:
            raise SystemExit
        return super().tick(*args, **kwargs)

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        from integrations.tasks.guarded import good_for

        is_worked_off = self._waiting() < ENOUGH
        if not is_worked_off:
            logger.warning("%s messages wait for a worker: %s is not sent", ENOUGH, entry.name)
        schedule: Any = entry.schedule
        entry = copy(entry)  # or the clock would find its schedule changed
        entry.options = {"headers": good_for(schedule.run_every.total_seconds())}
        sent = super().apply_async(entry, *args, **kwargs) if is_worked_off else None
        note("beat")
        return sent

    def _waiting(self) -> int:
        channel: Any = self.connection.default_channel
        try:
            declared = channel.queue_declare(self.app.conf.task_default_queue, passive=True)
        except ChannelError:
            return 0  # Redis keeps no empty queue
        return int(declared.message_count)
