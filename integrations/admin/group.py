"""Groups: Django's own page, for two admins at once like all others here."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group

from integrations.admin.shared_editing import SharedAdmin, SharedForm

admin.site.unregister(Group)


class GroupForm(SharedForm[Group]):
    class Meta:
        model = Group
        fields = ("name", "permissions")


@admin.register(Group)
class GroupAdmin(SharedAdmin[Group], DjangoGroupAdmin):
    form = GroupForm
