"""What a process checks before it starts to work."""

import logging
import sys

from django.db import connection

from integrations.database import NOT_READY
from integrations.errors import WrongEncryptionKey
from integrations.models import KeyCanary

logger = logging.getLogger(__name__)


def check_key_or_exit() -> None:
    """A wrong key ends the process. A database that is down does not: that heals by itself."""
    try:
        KeyCanary.objects.verify()
    except WrongEncryptionKey as error:
        logger.critical("%s", error)
        sys.exit(f"Refusing to start: {error}")
    except (*NOT_READY, KeyCanary.DoesNotExist) as error:
        logger.error("Starting, but the database is not ready: %s", type(error).__name__)
    finally:
        connection.close()  # workers that are forked from here must not share it
