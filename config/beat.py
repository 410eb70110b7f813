"""The clock, which adds nothing to a queue that nobody works off."""

import logging
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from kombu.exceptions import ChannelError

from config.celery import note

logger = logging.getLogger(__name__)

ENOUGH = 1000  # messages; an expired one stays until a worker reads it


class Scheduler(PersistentScheduler):
    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        if self._waiting() < ENOUGH:
            return super().apply_async(entry, *args, **kwargs)
        note("beat")
        logger.warning("%s messages wait for a worker: %s is not sent", ENOUGH, entry.name)
        return None

    def _waiting(self) -> int:
        channel: Any = self.connection.default_channel
        try:
            declared = channel.queue_declare(self.app.conf.task_default_queue, passive=True)
        except ChannelError:
            return 0  # Redis keeps no empty queue
        return int(declared.message_count)
