"""Who logs what, and where it goes: one line or JSON on stderr, errors by mail to operators."""

from typing import Any

from config.log import TASKS

FORMATTERS = {
    "line": {
        "()": "config.log.RedactingFormatter",
        "format": "{asctime} {levelname} {name} {message}",
        "style": "{",
    },
    "json": {"()": "config.log.JSONFormatter"},
    "bare": {"()": "config.log.BareFormatter"},
}
# At DEBUG these print codes, verifiers, secrets and tokens, so LOG_LEVEL does not reach them (nor
# SQL and templates, whose parameters include personal data).
TALKATIVE = (
    "requests_oauthlib",
    "requests_oauthlib.oauth2_session",
    "oauthlib",
    "urllib3",
    "django.db.backends",
    "django.template",
)
# A task that was taken and one that is done, each some fifty times a minute; failures are errors.
TICKING = ("celery.worker.strategy",)  # and TASKS


def configuration(level: str, output: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`; `output` is "line" or "json"."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "not_debugging": {"()": "django.utils.log.RequireDebugFalse"},
            "deserves_mail": {"()": "config.log.DeservesMail"},
            "no_ticks": {"()": "config.log.NoTicks"},
        },
        "formatters": FORMATTERS,
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": output},
            "stream": {"class": "logging.StreamHandler", "formatter": "bare"},
            "mail": {
                "class": "config.log.OperatorMailHandler",
                "level": "ERROR",
                "formatter": "line",
                "filters": ["not_debugging", "deserves_mail"],
            },
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": ["mail"], "level": level},
            "integrations": {"handlers": ["mail"]},
            "audit": {"handlers": ["stream"], "level": "INFO", "propagate": False},
            # Any scanner can fill the log with these.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "celery.beat": {"filters": ["no_ticks"]},
            **{name: {"level": "WARNING"} for name in TALKATIVE + TICKING},
            TASKS: {"level": "WARNING", "handlers": ["mail"]},
        },
    }
