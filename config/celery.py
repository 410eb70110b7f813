"""The worker and its clock: `celery -A config worker`, `celery -A config beat`."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery, signals

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_django_logging(**kwargs: Any) -> None:
    """Celery would install its own handlers, which do not redact."""


@signals.worker_init.connect
def _check_key(**kwargs: Any) -> None:
    from integrations.readiness import check_key_or_exit

    check_key_or_exit()
