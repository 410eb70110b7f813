"""Encrypted model fields that fail loudly where django-encrypted-model-fields is silent.

The library returns undecryptable ciphertext as if it were the value, encrypts the text of a query
expression, decrypts what a form hands in, and dumps plaintext. It also decrypts whatever is loaded;
here one unreadable row breaks no list, for a value is decrypted only where it is read.
"""

from dataclasses import dataclass, field
from functools import cached_property
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
        text: str = library.decrypt_str(ciphertext)
        return text
    except (InvalidToken, ValueError):
        pass
    raise UndecryptableValue(f"No configured key decrypts {name}.")


@dataclass(frozen=True)
class Ciphertext:
    """What a column holds. Its text is never part of a repr, a pickle or a deep copy."""

    stored: str = field(repr=False)
    column: str

    @cached_property
    def text(self) -> str:
        """Raises UndecryptableValue."""
        return decrypt(self.stored, name=self.column)

    def __reduce__(self) -> tuple[type["Ciphertext"], tuple[str, str]]:
        return Ciphertext, (self.stored, self.column)


class DecryptedOnAccess:
    """`grant.access_token`: the text of `grant.access_token_ciphertext`, None where it is NULL."""

    def __init__(self, field: "EncryptedTextField") -> None:
        self.field = field

    def __get__(self, row: models.Model | None, model: type[models.Model] | None = None) -> Any:
        if row is None:
            return self
        ciphertext = getattr(row, self.field.attname)
        return ciphertext.text if ciphertext else None

    def __set__(self, row: models.Model, value: Any) -> None:
        setattr(row, self.field.attname, self.field.encrypted(value))


class EncryptedTextField(library.EncryptedMixin, models.TextField):  # type: ignore  # untyped
    """Text that is ciphertext in the database; NULL stays NULL, and empty text becomes NULL.

    A row has two attributes for it, as for a foreign key: `access_token` is to
    `access_token_ciphertext` what `user` is to `user_id`. Django loads, saves, copies and defers
    the second, so whatever never touches the first neither decrypts nor re-encrypts. `values()`
    gives a Ciphertext. Neither forms nor fixtures know the field.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"serialize": False})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, options = super().deconstruct()
        del options["serialize"]
        return name, path, args, options

    def get_attname_column(self) -> tuple[str, str]:
        return f"{self.name}_ciphertext", self.db_column or self.name

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, DecryptedOnAccess(self))

    def encrypted(self, value: Any) -> Ciphertext | None:
        if hasattr(value, "resolve_expression"):
            raise FieldError(f"{self.name} is encrypted and cannot be set from an expression.")
        text = self.to_python(value)
        if text is None or isinstance(text, Ciphertext):
            return text
        return self._ciphertext(library.encrypt_str(text).decode())

    def _ciphertext(self, stored: str) -> Ciphertext:
        return Ciphertext(stored, f"{self.model.__name__}.{self.name}")

    def from_db_value(self, value: str | None, *_: Any) -> Ciphertext | None:
        return None if value is None else self._ciphertext(value)

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, Ciphertext):
            return value
        return str(value) or None

    def get_default(self) -> Ciphertext | None:
        return self.encrypted(super().get_default())

    def get_prep_value(self, value: Any) -> str | None:
        ciphertext = self.encrypted(value)
        return ciphertext.stored if ciphertext else None

    def get_db_prep_save(self, value: Any, connection: Any) -> str | None:
        return self.get_prep_value(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only IS NULL: ciphertext differs each time, so any other lookup would match nothing."""
        return IsNull if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> None:
        return None

    def formfield(self, **options: Any) -> None:
        """A form that takes a secret declares a field of its own, which never shows one."""
        return None
