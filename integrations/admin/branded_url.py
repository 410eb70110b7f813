"""Branded URLs: which hostname looks how and uses which integration."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import languages
from accounts.models import User
from integrations import clock, colors, hostnames, logos
from integrations.admin.administered import limits
from integrations.admin.deletion import DeletedByName
from integrations.admin.shared_editing import SharedForm, Unseen
from integrations.errors import InvalidHostname, InvalidLogo
from integrations.models import BrandedURL, Grant, SignInRule, administered
from integrations.models.branded_url import logo_digest
from integrations.operations import branded_urls

SIGN_IN = ("sign_in_rule", "identity_provider")  # which other brands have which


class BrandedURLForm(SharedForm[BrandedURL]):
    rename_anyway = forms.BooleanField(
        label=gettext_lazy("Rename it although users may come through it"), required=False
    )
    new_logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG or JPEG, up to 100 KB. It is shown 34 pixels high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=lambda: [("", _("That of the installation")), *languages.by_own_name().items()],
        help_text=gettext_lazy(
            "Of its mails, and of its pages where no user and no browser chose one."
        ),
    )

    sign_in_rule = forms.ChoiceField(
        label=gettext_lazy("Sign-in"),
        required=False,
        choices=SignInRule.choices,
        help_text=gettext_lazy("How people get in here."),
    )

    unseen = {
        "new_logo": Unseen("logo_digest", "logo", logo_digest),
        "remove_logo": Unseen("logo_digest", "logo", lambda is_removed: ""),
    }

    class Meta:
        model = BrandedURL
        fields = (
            "hostname", "brand_name", "accent_color", "language", "sign_in_rule",
            "identity_provider",
        )  # fmt: skip
        widgets = {
            "hostname": forms.TextInput(
                attrs={"spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"}
            ),
            "accent_color": forms.TextInput(attrs={"type": "color"}),
        }
        help_texts = {
            "hostname": gettext_lazy("The name alone, such as portal.example.com."),
            "brand_name": gettext_lazy("Shown in the header. Empty: the hostname is shown."),
        }

    def clean_sign_in_rule(self) -> str:
        return self.cleaned_data["sign_in_rule"] or SignInRule.PASSWORD

    def clean_hostname(self) -> str:
        try:
            return hostnames.normalise(self.cleaned_data["hostname"])
        except InvalidHostname as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        provider = cleaned.get("identity_provider")
        is_single = cleaned.get("sign_in_rule") == SignInRule.SINGLE
        if provider and is_single and not provider.is_enabled:
            text = _("It is switched off, so nobody could sign in here. Enable it first.")
            self.add_error("identity_provider", text)
        hostname = cleaned.get("hostname")
        if hostname in (None, self.instance.hostname) or cleaned.get("rename_anyway"):
            return cleaned
        users = branded_urls.count_users(self.instance.app_id)
        if question := branded_urls.ask_before_leaving(self.instance.hostname, users):
            step = _("Register the new redirect URI at Webex first, or tick this and save again.")
            self.add_error("hostname", question)
            self.add_error("rename_anyway", step)
        return cleaned

    def clean_new_logo(self) -> bytes | None:
        upload = self.cleaned_data["new_logo"]
        if not upload:
            return None
        try:
            upload.seek(0)  # the form may be read twice
            return logos.png_from_upload(upload.read(logos.LARGEST_UPLOAD + 1))
        except InvalidLogo as error:
            raise forms.ValidationError(str(error)) from None


@admin.register(BrandedURL)
class BrandedURLAdmin(DeletedByName[BrandedURL]):
    form = BrandedURLForm
    fields = (
        "hostname", "rename_anyway", "brand_name", "accent_color", "language", "sign_in_rule",
        "identity_provider", "new_logo", "remove_logo",
    )  # fmt: skip
    list_display = ("hostname_in_both_forms", "brand", "integration", "last_return", "portal")
    list_select_related = ("app",)
    list_filter = ("app",)
    search_fields = ("hostname", "brand_name")
    search_help_text = gettext_lazy("Hostname or brand name")
    show_full_result_count = False
    ordering = ("hostname",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[BrandedURL]:
        return super().get_queryset(request).defer("logo")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Not to who administers some: with a name, what was ever told under it would be theirs."""
        return super().has_add_permission(request) and limits(request) is None

    def has_delete_permission(self, request: HttpRequest, obj: BrandedURL | None = None) -> bool:
        """Nor takes a provider from its hostnames who does not say where people sign in."""
        may = super().has_delete_permission(request, obj)
        is_signed_in_at = obj is not None and obj.identity_provider_id is not None
        return may and not (is_signed_in_at and limits(request) is not None)

    def get_readonly_fields(self, request: HttpRequest, obj: BrandedURL | None = None) -> Any:
        """For the same reason."""
        return () if limits(request) is None else ("hostname",)

    def get_fields(self, request: HttpRequest, obj: BrandedURL | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("hostname", "brand_name", "accent_color", "language")
        fields = self.fields if obj and obj.logo_digest else self.fields[:-1]
        hidden = set() if limits(request) is None else {"rename_anyway", *SIGN_IN}
        if not request.user.has_perm("integrations.view_identityprovider"):
            hidden |= {*SIGN_IN}
        return [name for name in fields if name not in hidden]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.logo_view)
        logo = path("<int:pk>/logo/", view, name="integrations_brandedurl_logo")
        return [logo, *super().get_urls()]

    def logo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        brand = self.get_object(request, str(pk))
        if brand is None or not brand.logo:
            raise Http404
        return HttpResponse(bytes(brand.logo), content_type="image/png")

    def save_model(self, request: HttpRequest, obj: BrandedURL, form: Any, change: bool) -> None:
        changed = set(form.changed_data)
        if form.cleaned_data["new_logo"] or form.cleaned_data.get("remove_logo"):
            obj.set_logo(form.cleaned_data["new_logo"])
            changed |= {"logo", "logo_digest"}
        branded_urls.save(obj, changed=changed, now=clock.now())
        if obj.unicode_hostname != obj.hostname:
            messages.warning(request, _homograph_warning(obj))
        if colors.contrast(obj.accent_color, colors.WHITE) < colors.STANDS_OUT:
            text = _("%s hardly stands out from a white page. A darker colour is easier to see.")
            messages.warning(request, text % obj.accent_color)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kw: Any) -> HttpResponse:
        brand = context.get("original")
        color = brand.accent_color if brand else BrandedURL().accent_color
        text = colors.readable_on(color)
        context |= {
            "brand": brand,
            "color": color,
            "on_color": text,
            "contrast_of_text": colors.contrast(color, text),
            "contrast_on_white": colors.contrast(color, colors.WHITE),
            "users": self._users(request, brand),
        }
        return super().render_change_form(request, context, *args, **kw)

    def _users(self, request: HttpRequest, brand: BrandedURL | None) -> int:
        if brand is None or brand.app_id is None:
            return 0
        linked = Grant.objects.active().filter(app=brand.app_id)
        return administered.visible(linked, by=cast(User, request.user)).count()

    def delete_model(self, request: HttpRequest, obj: BrandedURL) -> None:
        branded_urls.delete(obj, now=clock.now())

    def dependants(self, request: HttpRequest, obj: BrandedURL) -> int:
        return branded_urls.count_users(obj.app_id, by=cast(User, request.user))

    @admin.display(description=gettext_lazy("hostname"))
    def hostname_in_both_forms(self, brand: BrandedURL) -> str:
        return render_to_string("admin/settings/_hostname.html", {"brand": brand})

    @admin.display(description=gettext_lazy("brand"))
    def brand(self, brand: BrandedURL) -> str:
        return render_to_string("admin/settings/_brand_look.html", {"brand": brand})

    @admin.display(description=gettext_lazy("integration"))
    def integration(self, brand: BrandedURL) -> str:
        return render_to_string("admin/settings/_integration.html", {"app": brand.app})

    @admin.display(description=gettext_lazy("last successful return"))
    def last_return(self, brand: BrandedURL) -> str:
        return render_to_string("admin/settings/_moment.html", {"at": brand.last_return_at})

    @admin.display(description=gettext_lazy("portal"))
    def portal(self, brand: BrandedURL) -> str:
        return render_to_string("admin/settings/_portal_link.html", {"brand": brand})


def _homograph_warning(brand: BrandedURL) -> str:
    text = _(
        "%(hostname)s is shown as %(unicode)s in some places. Make sure that no letter only looks "
        "like another one."
    )
    return text % {"hostname": brand.hostname, "unicode": brand.unicode_hostname}
