"""Django's classes with `[Model]` for who checks types; when the code runs, it is dropped."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.contrib.auth.admin import UserAdmin
    from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
    from django.core.paginator import Paginator
    from django.forms import ModelForm, ModelMultipleChoiceField
    from django.forms.models import ModelChoiceIterator
else:
    from django import forms
    from django.contrib import admin
    from django.contrib.auth import admin as auth_admin
    from django.contrib.auth import forms as auth_forms
    from django.core import paginator

    class Subscriptable:
        def __class_getitem__(cls, model):
            return cls

    class ModelAdmin(Subscriptable, admin.ModelAdmin):
        pass

    class UserChangeForm(Subscriptable, auth_forms.UserChangeForm):
        pass

    class AdminUserCreationForm(Subscriptable, auth_forms.AdminUserCreationForm):
        pass

    class ModelMultipleChoiceField(Subscriptable, forms.ModelMultipleChoiceField):
        pass

    class ModelChoiceIterator(Subscriptable, forms.models.ModelChoiceIterator):
        pass

    class UserAdmin(Subscriptable, auth_admin.UserAdmin):
        pass

    class Paginator(Subscriptable, paginator.Paginator):
        pass

    class ModelForm(Subscriptable, forms.ModelForm):
        pass


__all__ = [
    "AdminUserCreationForm",
    "ModelAdmin",
    "ModelChoiceIterator",
    "ModelForm",
    "ModelMultipleChoiceField",
    "Paginator",
    "UserAdmin",
    "UserChangeForm",
]
