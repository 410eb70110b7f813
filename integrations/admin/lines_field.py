"""A form field with a value on each line."""

from typing import Any

from django import forms


class LinesField(forms.CharField):
    """The same lines are the same value: browsers send CRLF, also from a hidden field that was
    given LF (HTML, form submission), and nobody means an empty line.
    """

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        return "\n".join(dict.fromkeys(self.lines_of(super().to_python(value) or "")))

    def lines_of(self, text: str) -> list[str]:
        return [line.strip() for line in text.splitlines() if line.strip()]
