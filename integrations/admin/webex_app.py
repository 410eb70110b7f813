"""Webex integrations: the client secret goes in and never comes out."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from integrations import clock
from integrations.errors import InvalidAuthorizationURL
from integrations.models import Grant, WebexApp
from integrations.webex import authorization_url


class WebexAppForm(forms.ModelForm):
    new_client_secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the one that is set."),
    )

    class Meta:
        model = WebexApp
        fields = (
            "name", "is_enabled", "authorization_url", "client_id", "default_provisioning_id",
            "device_linking_enabled",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._read_authorization_url(cleaned)
        secret = cleaned.get("new_client_secret") or self.instance.client_secret_set_at
        if cleaned.get("is_enabled") and not (
            secret and cleaned.get("client_id") and cleaned.get("authorization_url")
        ):
            text = _("To enable it, fill in authorization URL, client ID and client secret.")
            self.add_error("is_enabled", text)
        return cleaned

    def _read_authorization_url(self, cleaned: dict[str, Any]) -> None:
        """A pasted URL fills in an empty client ID and must agree with a given one."""
        if not cleaned.get("authorization_url"):
            return
        try:
            pasted = authorization_url.parse(cleaned["authorization_url"])
        except InvalidAuthorizationURL as error:
            self.add_error("authorization_url", str(error))
            return
        cleaned["client_id"] = cleaned.get("client_id") or pasted.client_id
        if cleaned["client_id"] != pasted.client_id:
            text = _("The pasted URL belongs to another client ID.")
            self.add_error("client_id", text)


@admin.register(WebexApp)
class WebexAppAdmin(admin.ModelAdmin):
    form = WebexAppForm
    list_display = ("name", "is_enabled", "hostnames")
    list_filter = ("is_enabled",)
    search_fields = ("name", "client_id", "branded_urls__hostname")
    fields = (
        "name", "is_enabled", "authorization_url", "client_id", "new_client_secret",
        "client_secret_set_at", "default_provisioning_id", "device_linking_enabled",
        "redirect_uris", "pause_reason",
    )  # fmt: skip
    readonly_fields = ("client_secret_set_at", "redirect_uris", "pause_reason")

    def get_fields(self, request: HttpRequest, obj: WebexApp | None = None) -> Any:
        """Who may only look has no use for the field that sets a secret."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fields
        return [name for name in self.fields if name != "new_client_secret"]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Disconnected grants go along, though nobody may delete one by hand."""
        deleted, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, forbidden - {Grant._meta.verbose_name}, protected

    def save_model(
        self, request: HttpRequest, obj: WebexApp, form: forms.ModelForm, change: bool
    ) -> None:
        now = clock.now()
        if secret := form.cleaned_data["new_client_secret"]:
            obj.replace_secret(secret, now=now)
        if "authorization_url" in form.changed_data:
            obj.authorization_url_pasted_at = now
        if not change:
            super().save_model(request, obj, form, change)
            return
        # Only what this form sets: a worker may have paused the integration meanwhile.
        columns = {*form.changed_data, "client_id", "updated_at"} - {"new_client_secret"}
        if secret:
            columns |= {"client_secret", "client_secret_set_at", "refresh_paused_until",
                        "pause_reason"}  # fmt: skip
        if "authorization_url" in columns:
            columns.add("authorization_url_pasted_at")
        obj.save(update_fields=columns)

    @admin.display(description=_("hostnames"))
    def hostnames(self, app: WebexApp) -> str:
        return ", ".join(app.branded_urls.values_list("hostname", flat=True)) or "–"

    @admin.display(description=_("redirect URIs"))
    def redirect_uris(self, app: WebexApp) -> str:
        rows = [(brand.redirect_uri,) for brand in app.branded_urls.all()] if app.pk else []
        return format_html_join("", "<code>{}</code><br>", rows) or "–"
