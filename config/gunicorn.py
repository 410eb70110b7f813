"""The web server: `gunicorn -c python:config.gunicorn config.wsgi`."""

from typing import Any

from gunicorn import glogging
from gunicorn.workers import gthread

from config.log import RedactingFormatter


class logger_class(glogging.Logger):  # type: ignore[misc]  # untyped; the name is gunicorn's
    """The path is logged as it was decoded: without ends of lines, and redacted like the rest."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log, text in (self.error_log, self.error_fmt), (self.access_log, self.access_fmt):
            for handler in log.handlers:
                handler.setFormatter(RedactingFormatter(text, self.datefmt))


# Seconds; then a connection that says nothing waits without a thread. With gunicorn's five, 64 of
# them hold every thread for twenty. Slow requests are for the proxy in front to buffer.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.1

preload_app = True  # what cannot start ends at once, instead of starting workers for ever
worker_class = "gthread"
workers = 2
threads = 8
timeout = 60
limit_request_line = 8190  # a 4 KB authorization code must pass
# No header moves a request or makes it https; what a proxy says is Django's to believe.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(M)sms'  # %(U)s: no query, so no code or state
