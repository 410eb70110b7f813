"""The list of integrations: what each row says is read for the whole page at once."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from integrations import clock
from integrations.operations import dashboard


class IntegrationList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown: list[Any] = list(self.result_list)
        figures = dashboard.figures_by_integration(shown, now=clock.now())
        for app in shown:
            vars(app).update(vars(figures[app.pk]))
        self.result_list = shown
