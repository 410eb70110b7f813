"""One row that only the right FIELD_ENCRYPTION_KEY can read.

Without it, a process with the wrong key would write rows that nobody else can read.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.errors import UndecryptableValue, WrongEncryptionKey
from integrations.fields import EncryptedTextField

SONG = "tweet"


class KeyCanaryQuerySet(models.QuerySet["KeyCanary"]):
    def plant(self) -> None:
        if not self.exists():
            self.create(pk=1, song=SONG)  # type: ignore[misc]  # the plugin knows attnames only

    def verify(self) -> None:
        """Raises WrongEncryptionKey; DatabaseError where the database is down or empty."""
        try:
            sings = self.get(pk=1).song == SONG
        except UndecryptableValue:
            sings = False
        if not sings:
            raise WrongEncryptionKey(
                "FIELD_ENCRYPTION_KEY is not the key this database was written with. Nothing was "
                "read or written. Put back the key it was started with; to change keys, list the "
                "new one first and the old one after it."
            )


class KeyCanary(models.Model):
    song = EncryptedTextField()

    objects = KeyCanaryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("check of the key")

    def __str__(self) -> str:
        return f"key canary {self.pk}"
