"""Celery, for subscribers that move at Webex: looks for what is due, and goes on while there is."""

from celery import shared_task

from integrations.provisioning import following
from integrations.tasks import publish, wake
from integrations.tasks.guarded import Guarded, good_for

GOOD_FOR = 5.0  # seconds, of a message
TIME_BOX = 8.0  # seconds; shorter than the pause between two sweeps


@shared_task(base=Guarded, name="integrations.tasks.follow_subscribers")
def follow_subscribers() -> None:
    if following.follow_due(seconds=TIME_BOX):
        publish(follow_subscribers, good_for(GOOD_FOR))  # behind whatever else is waiting


def wake_following() -> None:
    wake(follow_subscribers, good_for(GOOD_FOR))
