"""A time during which an integration's renewals were paused: from the first pause to its end."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from integrations.models.grant import Grant
from integrations.models.notice import Notice, NoticeQuerySet
from integrations.models.webex_app import WebexApp


class AppIncidentQuerySet(NoticeQuerySet):
    def untold(self) -> Self:
        """One mail when it begins and one when it is over; one, if it is over by then."""
        return self.filter(Q(announced_at=None) | Q(ended_at__isnull=False, end_announced_at=None))

    def without_users(self) -> Self:
        """Nobody is linked with the integration whom it could renew."""
        renewable = Grant.objects.renewable().filter(app=OuterRef("app"), user__is_active=True)
        return self.filter(~Exists(renewable))


class AppIncident(Notice):
    app = models.ForeignKey(WebexApp, on_delete=models.CASCADE, related_name="incidents")
    reason = models.CharField(_("reason"), max_length=200)
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    announced_at = models.DateTimeField(null=True)
    end_announced_at = models.DateTimeField(null=True)

    objects = AppIncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(
                fields=["app"],
                condition=Q(ended_at=None),
                name="an_app_has_one_open_incident",
            )
        ]

    def __str__(self) -> str:
        return f"incident {self.pk}"

    def mark_told(self, now: datetime) -> None:
        AppIncident.objects.filter(pk=self.pk).update(
            announced_at=self.announced_at or now,
            end_announced_at=now if self.ended_at else None,
            notice_attempts=0,
            notice_after=None,
        )
