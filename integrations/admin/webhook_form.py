"""The form of a webhook: its address, its events, and to what it is limited."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations.admin import hostname_lines
from integrations.admin.shared_editing import SharedForm
from integrations.events import CHOSEN
from integrations.models import WebexApp, WebhookEndpoint, administered
from integrations.models.limited_administrator import limits_of


class WebhookForm(SharedForm[WebhookEndpoint]):
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=lambda: [(each.value, f"{each.label} · {each.value}") for each in CHOSEN],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "ticks"}),
        error_messages={"required": gettext_lazy("Choose at least one event.")},
    )
    app_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Only of these integrations"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "ticks"}),
        help_text=gettext_lazy("None ticked: of all, also of those that come later."),
    )
    hostnames = hostname_lines.HostnameLinesField(
        label=gettext_lazy("Only of these hostnames"),
        required=False,
        help_text=gettext_lazy(
            "One a line. Empty: of all. Otherwise what belongs to no hostname is not told, such as "
            "the pause of an integration."
        ),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "is_enabled", "events", "app_ids", "hostnames")
        widgets = {"url": forms.URLInput(attrs={"spellcheck": "false", "autocomplete": "off"})}

    user: User  # set by the admin: who saves it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if instance := kwargs.get("instance"):
            lines = "\n".join(instance.hostnames)
            kwargs["initial"] = {**(kwargs.get("initial") or {}), "hostnames": lines}
        super().__init__(*args, **kwargs)
        if "app_ids" in self.fields:
            apps = administered.visible(WebexApp.objects.order_by("name"), by=self.user)
            known = dict(apps.values_list("pk", "name"))
            gone = [pk for pk in self.instance.app_ids if pk not in known]
            deleted = {pk: _("Integration %d, which was deleted") % pk for pk in gone}
            field: Any = self.fields["app_ids"]
            field.choices = list((known | deleted).items())
        if "hostnames" in self.fields and limits_of(self.user) is not None:
            hostname_lines.require(self.fields["hostnames"])

    def clean_hostnames(self) -> list[str]:
        typed = self.cleaned_data["hostnames"]
        return hostname_lines.branded(typed, by=self.user, kept=self.instance.hostnames)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        stored = WebhookEndpoint.objects.filter(pk=self.instance.pk, secret__isnull=True)
        if cleaned.get("is_enabled") and stored.exists():
            self.add_error("is_enabled", _("It has no secret to sign with. Make a new one first."))
        return cleaned
