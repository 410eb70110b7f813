"""Encrypted model fields that fail loudly where django-encrypted-model-fields is silent.

The library returns undecryptable ciphertext as if it were the value, encrypts the text of a query
expression, decrypts what a form hands in, and dumps plaintext. Each method here mends one of these.
"""

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import IsNull
from encrypted_model_fields import fields as library

from integrations.errors import UndecryptableValue


def decrypt(ciphertext: str, *, name: str = "this value") -> str:
    """Raises UndecryptableValue."""
    try:
        return library.decrypt_str(ciphertext)
    except (InvalidToken, ValueError):
        pass
    raise UndecryptableValue(f"No configured key decrypts {name}.")


class EncryptedTextField(library.EncryptedMixin, models.TextField):
    """Text that is ciphertext in the database; NULL stays NULL."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if value is None:
            return None
        return decrypt(value, name=f"{self.model.__name__}.{self.name}")

    def to_python(self, value: Any) -> Any:
        return None if value in (None, "") else str(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if hasattr(value, "resolve_expression"):
            raise FieldError(f"{self.name} is encrypted and cannot be set from an expression.")
        return super().get_db_prep_save(value, connection)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only IS NULL: ciphertext differs each time, so any other lookup would match nothing."""
        return IsNull if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> None:
        return None

    def value_to_string(self, obj: models.Model) -> str:
        """What `dumpdata` writes: nothing. Secrets travel with the database, not with fixtures."""
        return ""
