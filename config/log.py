"""What logs and error mails may say: ids and reasons, never a token, code, secret or verifier."""

import logging
import re
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter

SECRET_PARAMETER = re.compile(
    r"""(?ix)
    ( \b(?:access_token|refresh_token|client_secret|code_verifier|device_code|code|state
         |authorization|password)
      ["']? \s* (?:=|:) \s* (?:b?["'])? (?:bearer\s+|basic\s+)? )
    [^\s"'&,;}]+
    """
)
LONG_RANDOM_TEXT = re.compile(r"\b[A-Za-z0-9=_-]{60,}")  # Webex tokens, Fernet ciphertext


def redact(text: str) -> str:
    return LONG_RANDOM_TEXT.sub("[redacted]", SECRET_PARAMETER.sub(r"\1[redacted]", text))


class RedactingFormatter(logging.Formatter):
    """The second line of defence, tracebacks included. The first: our code logs ids only."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


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
        if "exception_value" in data:
            data["exception_value"] = redact(data["exception_value"])
        return {**data, "settings": {}}
