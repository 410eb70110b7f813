"""A typed secret outlives a form that was refused: Webex shows it only once.

The page gets it back as ciphertext, which only this portal reads, for an hour.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString
from encrypted_model_fields import fields as library

from integrations.models.webex_app import fingerprint

KEPT_FOR = timedelta(hours=1)
MARK = "typed client secret:"  # no other ciphertext of ours is taken for one


class KeptSecret(forms.PasswordInput):
    template_name = "admin/settings/kept_secret.html"
    is_refused = False  # set by the form: what is no secret is not kept

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return super().render(name, value, attrs, TemplatesSetting())

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        if value and not self.is_refused:
            kept = library.encrypt_str(f"{MARK}{value}").decode()
            context |= {"kept": kept, "fingerprint": fingerprint(value)}
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        typed = data.get(name, "")
        return typed or _read(data.get(f"{name}_kept", ""))


def _read(ciphertext: str) -> str:
    try:
        seconds = int(KEPT_FOR.total_seconds())
        text: str = library.get_crypter().decrypt(ciphertext.encode(), ttl=seconds).decode()
    except (InvalidToken, ValueError):
        return ""
    return text.removeprefix(MARK) if text.startswith(MARK) else ""
