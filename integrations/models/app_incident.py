"""A time during which an integration's renewals were paused: from the first pause to its end."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.webex_app import WebexApp


class AppIncident(models.Model):
    app = models.ForeignKey(WebexApp, on_delete=models.CASCADE, related_name="incidents")
    reason = models.CharField(_("reason"), max_length=200)
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    announced_at = models.DateTimeField(null=True)
    end_announced_at = models.DateTimeField(null=True)

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
