"""What a process checks before it starts to work."""

import logging
import sys

from django.db import connection

from integrations.database import NOT_READY
from integrations.errors import WrongEncryptionKey
from integrations.models import KeyCanary
from integrations.plain_text import one_line

logger = logging.getLogger(__name__)


def check_key_or_exit() -> None:
    """A wrong key ends the process. A database that is down does not: that heals by itself."""
    try:
        KeyCanary.objects.verify()
    except WrongEncryptionKey as error:
        logger.critical("%s", error)
        sys.exit(f"Refusing to start: {error}")
    except (*NOT_READY, KeyCanary.DoesNotExist) as error:
        reason = f"{type(error).__name__} {one_line(error)}"  # a host and a user, no password
        logger.error("Starting, but the database is not ready: %s", reason)
    finally:
        connection.close()  # workers that are forked from here must not share it
