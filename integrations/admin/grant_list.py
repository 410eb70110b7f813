"""The list of grants: what failing ones say besides, read for the whole page at once."""

from django.contrib.admin.views.main import ChangeList
from django.db.models import Max
from django.http import HttpRequest

from integrations.models import Grant, GrantEvent


class GrantList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown: list[Grant] = list(self.result_list)
        lost = [grant.pk for grant in shown if grant.status == Grant.Status.CONSENT_LOST]
        events = GrantEvent.objects.filter(grant__in=lost, kind=GrantEvent.Kind.CONSENT_LOST)
        lost_at = dict(events.order_by().values_list("grant").annotate(Max("at")))
        for grant in shown:
            grant.failing_since = grant.failing_since or lost_at.get(grant.pk)
        self.result_list = shown
