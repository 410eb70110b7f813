"""The form of a new bulk job: a file or pasted lines."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import BulkRow
from integrations.provisioning.bulk.csv_file import LARGEST_FILE


class BulkForm(forms.Form):
    operation = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=BulkRow.Operation.choices,
        initial=BulkRow.Operation.PROVISION,
    )
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste its lines"),
        required=False,
        strip=False,
        max_length=LARGEST_FILE,
        widget=forms.Textarea(
            attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off", "wrap": "off"}
        ),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        file, text = given.get("file"), (given.get("text") or "").strip()
        if not self.errors and bool(file) == bool(text):
            sentence = (
                _("Choose a file, or paste its lines.")
                if not file
                else _("There are both a file and pasted lines: which of them is meant?")
            )
            raise forms.ValidationError(sentence)
        return given

    @property
    def content(self) -> bytes | str:
        """A little more than is allowed is enough to be refused."""
        file = self.cleaned_data["file"]
        content: bytes | str = file.read(LARGEST_FILE + 1) if file else self.cleaned_data["text"]
        return content

    @property
    def file_name(self) -> str:
        file = self.cleaned_data["file"]
        return str(file.name) if file else ""
