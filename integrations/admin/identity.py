"""Who at an identity provider is which user: seen, linked by hand, and unlinked."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock
from integrations.admin import powers
from integrations.admin.identity_provider import ForAllBrands
from integrations.admin.lists import CappedPaginator
from integrations.admin.shared_editing import SharedAdmin
from integrations.admin.typed import ModelForm
from integrations.models import Identity
from integrations.single_sign_on import providers


class IdentityForm(ModelForm[Identity]):
    username = forms.CharField(label=gettext_lazy("User name"), max_length=150)
    user: User  # set by the admin

    class Meta:
        model = Identity
        fields = ("provider", "subject")

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        user = User.objects.filter(username=name).first()
        if user is None:
            raise ValidationError(_("Nobody here has this user name."))
        if powers.is_mightier(user, self.user):
            raise ValidationError(_("They may do more than you."))
        if Identity.objects.filter(user=user, provider=self.cleaned_data.get("provider")).exists():
            raise ValidationError(_("They are linked with this provider already."))
        self.instance.user = user
        return name


@admin.register(Identity)
class IdentityAdmin(ForAllBrands, SharedAdmin[Identity]):
    fields = ("provider", "subject", "username")
    list_display = ("user", "provider", "subject", "signed_in_at")
    list_select_related = ("user", "provider")
    list_filter = ("provider",)
    search_fields = ("subject", "user__username")
    search_help_text = gettext_lazy("User name or subject")
    ordering = ("-pk",)
    sortable_by = ()
    paginator = CappedPaginator
    show_full_result_count = False
    form = IdentityForm

    def get_fields(self, request: HttpRequest, obj: Identity | None = None) -> Any:
        return self.fields if obj is None else ("provider", "subject", "user", "created_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Identity | None = None) -> bool:
        actor = cast(User, request.user)
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or not powers.is_mightier(obj.user, actor))

    def save_model(self, request: HttpRequest, obj: Identity, form: Any, change: bool) -> None:
        providers.link(obj, now=clock.now())

    def delete_model(self, request: HttpRequest, obj: Identity) -> None:
        providers.unlink(obj, by=cast(User, request.user), now=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Identity]) -> None:
        for each in queryset:
            self.delete_model(request, each)
