"""The list of integrations: what each row says is read for the whole page at once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypedDict, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock
from integrations.models import WebexApp
from integrations.operations import dashboard
from integrations.operations.dashboard import IntegrationFigures

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class Columns(TypedDict):
        figures: IntegrationFigures

    ListedApp = WithAnnotations[WebexApp, Columns]
else:
    ListedApp = WebexApp


class EnabledFilter(admin.BooleanFieldListFilter):
    """In the words that stand in the rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = gettext_lazy("status")

    def choices(self, changelist: Any) -> Iterator[Any]:
        texts = (_("All"), _("Enabled"), _("Off"))
        for choice, text in zip(super().choices(changelist), texts, strict=True):
            yield choice | {"display": text}


class IntegrationList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown = cast(list[ListedApp], list(self.result_list))
        figures = dashboard.figures_by_integration(
            shown, now=clock.now(), by=cast(User, request.user)
        )
        for app in shown:
            app.figures = figures[app.pk]
        self.result_list = shown
