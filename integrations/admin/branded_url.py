"""Branded URLs: which hostname looks how and uses which integration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from integrations import logos
from integrations.errors import InvalidLogo
from integrations.models import BrandedURL


class BrandedURLForm(forms.ModelForm):
    new_logo = forms.FileField(
        label=_("Logo"), required=False, help_text=_("PNG or JPEG, up to 100 KB.")
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    class Meta:
        model = BrandedURL
        fields = ("hostname", "brand_name", "accent_color", "app")

    def clean_new_logo(self) -> bytes | None:
        upload = self.cleaned_data["new_logo"]
        if not upload:
            return None
        try:
            return logos.png_from_upload(upload.read(logos.LARGEST_UPLOAD + 1))
        except InvalidLogo as error:
            raise forms.ValidationError(str(error)) from None


@admin.register(BrandedURL)
class BrandedURLAdmin(admin.ModelAdmin):
    form = BrandedURLForm
    list_display = ("hostname", "brand_name", "app")
    list_select_related = ("app",)
    search_fields = ("hostname", "brand_name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BrandedURL]:
        return super().get_queryset(request).defer("logo", "app__client_secret")

    def save_model(self, request: HttpRequest, obj: BrandedURL, form: Any, change: bool) -> None:
        if form.cleaned_data["new_logo"] or form.cleaned_data["remove_logo"]:
            obj.set_logo(form.cleaned_data["new_logo"])
        super().save_model(request, obj, form, change)
