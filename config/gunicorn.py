"""The web server: `gunicorn -c python:config.gunicorn config.wsgi`."""

import os
from typing import Any

from django.conf import settings
from gunicorn import glogging
from gunicorn.workers import gthread

from config.environment import load_settings_or_exit
from config.log import JSONFormatter, RedactingFormatter

load_settings_or_exit()


class logger_class(glogging.Logger):  # type: ignore[misc]  # untyped; the name is gunicorn's
    """Its own sentences, in our format. Requests are logged by config/access_log.py."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        is_json = settings.LOG_FORMAT == "json"
        formatter = JSONFormatter() if is_json else RedactingFormatter(self.error_fmt, self.datefmt)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter)


def post_fork(server: Any, worker: Any) -> None:
    from integrations.operations import metrics

    metrics.keep_telling()


def worker_exit(server: Any, worker: Any) -> None:
    from integrations.operations import metrics

    metrics.tell()


# Seconds for which a thread waits for the rest of a body that nobody read. Large bodies that come
# slowly are for the proxy in front to buffer.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.1

preload_app = True  # what cannot start ends at once, instead of starting workers for ever
worker_class = "config.patient_worker.PatientWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 60
# Seconds; longer than the minute for which common proxies keep an idle connection: whoever closes
# first must be the one that sends next, or a request is lost between the two (502).
keepalive = 75
limit_request_line = 8190  # a 4 KB authorization code must pass
control_socket_disable = True  # systemd and containers send signals; it would want a home folder
# No header moves a request or makes it https; what a proxy says is Django's to believe.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
