"""What logs and error mails may say: ids and reasons, never a token, code, secret or verifier."""

import hashlib
import logging
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import connection
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter
from pythonjsonlogger.json import JsonFormatter

from integrations import actor

logger = logging.getLogger(__name__)

SECRET_PARAMETER = re.compile(
    r"""(?ix)
    ( \b(?:access_token|refresh_token|client_secret|code_verifier|device_code|code|state
         |authorization|password)
      ["']? \s* (?:=|:) \s* (?:b?["'])? (?:bearer\s+|basic\s+)? )
    [^\s"'&,;}]+
    """
)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# Webex tokens, Fernet ciphertext; not the digest that the audit trail has of an id at Webex.
LONG_RANDOM_TEXT = re.compile(r"""(?<!"object_id": ")\b[A-Za-z0-9=_-]{60,}""")
CONNECT_LINK = re.compile(r"(/webex/link/)[^/?\s\"']+")  # Django logs the path of what is refused


def redact(text: str) -> str:
    text = CONNECT_LINK.sub(r"\1[redacted]", SECRET_PARAMETER.sub(r"\1[redacted]", text))
    return LONG_RANDOM_TEXT.sub("[redacted]", text)


class RedactingFormatter(logging.Formatter):
    """The second line of defence, tracebacks included. The first: our code logs ids only."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """On one line: no path and no name ends it, forges another or speaks to a terminal."""
        request = f" request={actor.request_id()}" if actor.request_id() else ""
        line = super().formatMessage(record) + request
        return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], line)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JSONFormatter(JsonFormatter):
    """One object on each line; of what a record carries besides, only FACTS."""

    FACTS = ("method", "path", "status", "seconds", "client", "user_id", "brand_id")
    OURS = ("time", "level", "logger", "method", "client", "request_id")  # nobody's words

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts = {name: getattr(record, name, None) for name in self.FACTS}
        facts |= {"request_id": actor.request_id() or None, **message_dict}
        log_data |= {name: value for name, value in facts.items() if value is not None}

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Each text by itself: once it is JSON, the quotes in a text are escaped."""
        return {
            name: redact(value) if isinstance(value, str) and name not in self.OURS else value
            for name, value in log_data.items()
        }


class BareFormatter(logging.Formatter):
    """Lines that are whole by themselves, such as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(record.getMessage())


class NoTicks(logging.Filter):
    """Beat says what it sends, every few seconds, for ever."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Scheduler: Sending due task")


TASKS = "celery.app.trace"  # says it where one of ours raised, of which no page tells anybody


class DeservesMail(logging.Filter):
    """Not what any scanner can cause, nor what the log and /readyz/ say while we are not ready.

    A process that refuses to start writes nothing, not even that it mailed.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django"):
            is_ours = getattr(record, "status_code", 500) == 503
            return not is_ours and not record.name.startswith("django.security")
        if record.name == TASKS:
            from integrations.database import AWAY

            return not (record.exc_info and isinstance(record.exc_info[1], AWAY))
        return record.levelno >= logging.CRITICAL and record.name != "integrations.startup"


class OperatorMailHandler(logging.Handler):
    """One mail for each kind of error in ten minutes, and no request waits for it.

    Of several processes one mails; while the database is away, each does.
    """

    EVERY = timedelta(minutes=10)
    MOST_KINDS = 10  # in that time
    THREAD = "mail to operators"
    MORE = "For ten minutes, further errors of this kind are in the log only."

    def __init__(self) -> None:
        super().__init__()
        self._mailed_at: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if settings.ADMINS and self._is_news(kind := _kind(record)):
            subject = " ".join(redact(f"{record.levelname}: {record.getMessage()}").split())
            body = f"{self.format(record)}\n\n{self.MORE}"
            letter = kind, subject[:200], body
            threading.Thread(target=self._mail, args=letter, name=self.THREAD).start()

    def _is_news(self, kind: str) -> bool:
        now, every = time.monotonic(), self.EVERY.total_seconds()
        self._mailed_at = {k: at for k, at in self._mailed_at.items() if now - at < every}
        if kind in self._mailed_at or len(self._mailed_at) >= self.MOST_KINDS:
            return False
        self._mailed_at[kind] = now
        return True

    def _mail(self, kind: str, subject: str, body: str) -> None:
        try:
            if self._is_first_process(kind):
                mail.mail_admins(subject, body)
        except (OSError, ValueError) as error:
            logger.warning("The operators could not be mailed: %s", type(error).__name__)
        finally:
            connection.close()

    def _is_first_process(self, kind: str) -> bool:
        from integrations import clock
        from integrations.database import NOT_READY
        from integrations.models import Lease

        try:
            now = clock.now()
            return bool(Lease.objects.take([f"mail {kind}"], now=now, until=now + self.EVERY))
        except NOT_READY:
            return True


def _kind(record: logging.LogRecord) -> str:
    """Where it was said, and where an exception was raised; not what it was about."""
    said = f"{record.name} {record.pathname}:{record.lineno} {record.msg}"
    error, trace = record.exc_info[1:] if record.exc_info else (None, None)
    while trace and trace.tb_next:
        trace = trace.tb_next
    raised = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return hashlib.sha256(f"{said} {type(error)} {raised}".encode()).hexdigest()[:16]


class QuietExceptionReporter(ExceptionReporter):
    """Where it broke and why, without the request or any local variable.

    Library frames below ours hold tokens in plain variables, which marking our own functions
    `@sensitive_variables` would not hide.
    """

    def __init__(self, request: HttpRequest | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(None, *args, **kwargs)

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        for frame in data["frames"]:
            frame["vars"] = []
        return {**data, "settings": {}}

    def get_traceback_text(self) -> SafeString:
        return mark_safe(redact(super().get_traceback_text()))  # noqa: S308

    def get_traceback_html(self) -> SafeString:
        return mark_safe(redact(super().get_traceback_html()))  # noqa: S308
