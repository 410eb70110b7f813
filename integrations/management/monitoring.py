"""What commands for monitors share: without an answer the exit code is that of the worst one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from integrations.database import NOT_READY
from integrations.errors import WrongEncryptionKey
from integrations.models import KeyCanary
from integrations.operations.check import Level


@contextmanager
def answered(urgent: int = Level.BLOCKS.exit_code) -> Iterator[None]:
    """Raises CommandError with a sentence if the database does not answer."""
    try:
        yield
    except (*NOT_READY, KeyCanary.DoesNotExist) as error:
        text = _(
            "The database does not answer (is it up, is DATABASE_URL right?), or “migrate” was "
            "never run: nothing is renewed."
        )
        raise CommandError(text, returncode=urgent) from error


@contextmanager
def checked(urgent: int = Level.BLOCKS.exit_code) -> Iterator[None]:
    """The same if the key is wrong, too."""
    try:
        with answered(urgent):
            KeyCanary.objects.verify()
            yield
    except WrongEncryptionKey as error:
        raise CommandError(str(error), returncode=urgent) from error
