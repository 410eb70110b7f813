"""The form behind General and URLs. `operations.readiness` says what is still missing."""

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock
from integrations.admin.client_secret_form import ClientSecretForm
from integrations.admin.two_lists import (
    HostnamesField,
    TwoLists,
    check_administered,
    not_a_hostname,
    read_each,
    words_of,
)
from integrations.models import BrandedURL, WebexApp
from integrations.models.limited_administrator import limits_of
from integrations.operations import integrations, readiness

MOST_NEW_HOSTNAMES = 500


class WebexAppForm(ClientSecretForm[WebexApp]):
    where_shown = gettext_lazy("Webex shows it only once, when the integration is created.")
    enable_anyway = forms.BooleanField(
        label=gettext_lazy("Enable it although there are things to check"), required=False
    )
    new_client_anyway = forms.BooleanField(
        label=gettext_lazy("Change it although users are linked with the present one"),
        required=False,
    )
    hostnames = HostnamesField(label=gettext_lazy("Hostnames"), required=False)
    new_hostnames = forms.CharField(
        label=gettext_lazy("Add many at once"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Paste hostnames, one per line or separated by commas. Those that exist are selected, "
            "the others are created."
        ),
    )

    class Meta:
        model = WebexApp
        fields = (
            "name", "is_enabled", "authorization_url", "client_id", "default_provisioning_id",
            "device_linking_enabled",
        )  # fmt: skip
        widgets = {
            "authorization_url": forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
            "client_id": forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    may_create_hostnames = True  # both set by the admin
    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if hostnames := self.fields.get("hostnames"):
            lists = cast(TwoLists, hostnames.widget)
            lists.app, lists.user = self.instance if self.instance.pk else None, self.user
        if name := self.fields.get("name"):
            name.widget.attrs["autofocus"] = self.instance.pk is None
        self.asks_to_enable = False
        self._was_enabled = self.instance.is_enabled
        self._client_id_before = self.instance.client_id
        self._blocked_before = self._blocking() if self.is_bound and self._was_enabled else set()

    def _blocking(self) -> set[str]:
        found = readiness.check_all([self.instance], now=clock.now(), by=self.user)
        return {check.code for check in found[self.instance.pk].blocking}

    def clean_hostnames(self) -> integrations.Hostnames:
        moved: integrations.Hostnames = self.cleaned_data["hostnames"]
        check_administered(moved.added | moved.removed, by=self.user)
        return moved

    def clean_new_hostnames(self) -> list[str]:
        words = words_of(self.cleaned_data["new_hostnames"])
        if len(words) > MOST_NEW_HOSTNAMES:
            raise ValidationError(_("Please paste at most 500 at a time."))
        hostnames = read_each(words, self._read_hostname)
        check_administered(hostnames, by=self.user)
        found = BrandedURL.objects.filter(hostname__in=hostnames).select_related("app")
        taken = [
            ValidationError(
                _("%(hostname)s is used by “%(taker)s”."),
                params={"hostname": brand.hostname, "taker": brand.app},
            )
            for brand in found.defer("logo")
            if brand.app and brand.app_id != self.instance.pk
        ]
        if taken:
            raise ValidationError(taken)
        new = set(hostnames) - {brand.hostname for brand in found}
        if new and not self.may_create_hostnames:
            text = _("You may not create branded URLs: %(names)s.")
            raise ValidationError(text, params={"names": ", ".join(sorted(new))})
        return list(dict.fromkeys(hostnames))

    @staticmethod
    def _read_hostname(word: str) -> str:
        brand = BrandedURL(hostname=word)
        try:
            brand.clean()
        except ValidationError as error:
            raise not_a_hostname(word, " ".join(error.messages)) from None
        return brand.hostname

    def _post_clean(self) -> None:
        super()._post_clean()
        self._check_client()
        if limits_of(self.user) and not self.errors and not self._brands_to_be(clock.now()):
            text = _("Choose at least one of your hostnames, or this integration is not yours.")
            self.add_error("hostnames", text)
        if not self.errors and self.instance.is_enabled:
            self._check_enabling()

    def _check_client(self) -> None:
        client_id = self.instance.client_id
        is_same = client_id == self._client_id_before or "client_id" in self.errors
        if is_same or self.cleaned_data.get("new_client_anyway"):
            return
        if question := integrations.ask_before_new_client(self.instance):
            self.add_error("client_id", question)
            self.add_error("new_client_anyway", _("Check this first, or tick this and save again."))

    def _check_enabling(self) -> None:
        readiness = self._readiness_to_be()
        blocking = readiness.obstacles(self._blocked_before)
        for check in blocking:
            self.add_error("is_enabled", f"{check.sentence} {check.next_step}")
        if self._was_enabled or blocking or not readiness.asking:
            return
        self.asks_to_enable = True
        if not self.cleaned_data.get("enable_anyway"):
            for check in readiness.asking:
                self.add_error("is_enabled", f"{check.sentence} {check.next_step}")
            self.add_error("enable_anyway", _("Check these first, or tick this and save again."))

    def _readiness_to_be(self) -> readiness.Readiness:
        app, now = self.instance, clock.now()
        has_secret = bool(app.client_secret_set_at or self.cleaned_data.get("new_client_secret"))
        brands = self._brands_to_be(now)
        if "authorization_url" in self.changed_data:
            app.authorization_url_pasted_at = now
        return readiness.check_to_be(app, brands, has_secret=has_secret, now=now, by=self.user)

    def _brands_to_be(self, now: datetime) -> list[BrandedURL]:
        app, chosen = self.instance, self.chosen_hostnames()
        present = app.branded_urls.order_by("hostname").defer("logo") if app.pk else ()
        kept = [brand for brand in present if brand.hostname not in chosen.removed]
        wanted = (chosen.added | chosen.new) - {brand.hostname for brand in kept}
        free = list(BrandedURL.objects.filter(hostname__in=wanted, app=None).defer("logo"))
        missing = chosen.new & wanted - {brand.hostname for brand in free}
        free += [BrandedURL(hostname=hostname) for hostname in missing]
        for brand in free:
            brand.assigned_at = now
        return kept + free

    def chosen_hostnames(self) -> integrations.Hostnames:
        moved = self.cleaned_data.get("hostnames") or integrations.Hostnames()
        return replace(moved, new=frozenset(self.cleaned_data.get("new_hostnames") or ()))
