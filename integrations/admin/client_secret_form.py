"""The form of an OAuth client: its secret goes in and never out, and empty keeps what is stored."""

from typing import Any, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations import credentials
from integrations.admin.kept_secret import KeptSecret
from integrations.admin.shared_editing import REPLACED, SharedForm, Unseen
from integrations.errors import InvalidCredential
from integrations.models.webex_app import fingerprint

M = TypeVar("M", bound=Model)


class ClientSecretForm(SharedForm[M]):
    where_shown: str | Promise  # a sentence: where its owner finds a first one
    new_client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        max_length=500,
        widget=KeptSecret(attrs={"autocomplete": "new-password"}),
    )
    unseen = {
        "new_client_secret": Unseen("client_secret_fingerprint", "client_secret", fingerprint)
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if secret := self.fields.get("new_client_secret"):
            secret.help_text = self._secret_help()

    def _secret_help(self) -> str:
        client: Any = self.instance
        if not client.client_secret_set_at:
            return str(self.where_shown)
        return _("Set on %(date)s, fingerprint %(fingerprint)s. Leave empty to keep it.") % {
            "date": formats.date_format(client.client_secret_set_at),
            "fingerprint": client.client_secret_fingerprint or "–",
        }

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        if field == "new_client_secret" and getattr(error, "code", "") != REPLACED:
            cast(KeptSecret, self.fields[field].widget).is_refused = True

    def clean_new_client_secret(self) -> str:
        text: str = self.cleaned_data["new_client_secret"]
        try:
            credentials.check(text)
        except InvalidCredential as error:
            raise ValidationError(str(error)) from None
        return text

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        client: Any = self.instance
        if client.client_id and self.cleaned_data.get("new_client_secret") == client.client_id:
            self.add_error("new_client_secret", _("This is the client ID, not the secret."))
