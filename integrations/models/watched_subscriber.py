"""A BroadWorks subscriber that somebody here looks at or changed: what Webex last said of it.

Webex tells nobody when provisioning ends, so what moves is asked about again (contract 16.10).
"""

from datetime import datetime, timedelta
from hashlib import sha256

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from integrations.models.grant import Grant
from integrations.models.webex_app import WebexApp

MOVING = ("provisioning", "updating")
WAITING = ("pending_email_input", "pending_email_validation", "pending_user_migration")
SETTLED = ("provisioned", "error")
KEPT = timedelta(days=1)  # since somebody last looked


class WatchedSubscriberQuerySet(models.QuerySet["WatchedSubscriber"]):
    def due(self, now: datetime) -> "WatchedSubscriberQuerySet":
        return self.filter(ask_at__lte=now, grant__isnull=False)

    def shown_to(self, grant: Grant) -> "WatchedSubscriberQuerySet":
        """Whom Webex shows them at all, `views/subscribers/finding.py` sees to."""
        return self.filter(app=grant.app_id, org_id=grant.org_id)

    def no_longer_looked_at(self, now: datetime) -> "WatchedSubscriberQuerySet":
        return self.filter(seen_at__lt=now - KEPT)

    def no_newer_than(self, changed_at: datetime | None) -> "WatchedSubscriberQuerySet":
        """An answer that took long must not undo what a later one brought."""
        return (
            self.filter(Q(changed_at=None) | Q(changed_at__lte=changed_at)) if changed_at else self
        )


class WatchedSubscriber(models.Model):
    key = models.CharField(primary_key=True, max_length=64)  # see `key_of`
    app = models.ForeignKey(WebexApp, on_delete=models.CASCADE, related_name="+")
    org_id = models.CharField(max_length=200)
    # In whose name it is asked about: whoever looked last.
    grant = models.ForeignKey(Grant, on_delete=models.SET_NULL, null=True, related_name="+")

    webex_id = models.CharField(max_length=200)
    person_id = models.CharField(max_length=200, blank=True)
    broadworks_user_id = models.CharField(max_length=320, blank=True)
    enterprise_id = models.CharField(max_length=320, blank=True)
    package = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=100, blank=True)
    changed_at = models.DateTimeField(null=True)  # its status, by Webex's clock

    followed_since = models.DateTimeField()  # in this status
    ask_at = models.DateTimeField(null=True, db_index=True)
    asked_at = models.DateTimeField(null=True)
    looked_up_at = models.DateTimeField(null=True)  # by its id, lists may lag behind
    seen_at = models.DateTimeField(db_index=True)

    objects = WatchedSubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("BroadWorks subscriber")
        verbose_name_plural = _("BroadWorks subscribers")
        default_permissions = ()
        permissions = [
            (
                "view_subscribers",
                gettext_noop("Can see BroadWorks subscribers and people at Webex"),
            ),
            (
                "change_subscribers",
                gettext_noop("Can provision, change and remove BroadWorks subscribers"),
            ),
            ("run_bulk", gettext_noop("Can provision, change and remove many subscribers at once")),
            ("see_reports", gettext_noop("Can export subscribers and see billing reports")),
        ]

    def __str__(self) -> str:
        return f"{self.broadworks_user_id} ({self.enterprise_id})"

    @staticmethod
    def key_of(app_id: int, webex_id: str) -> str:
        """The same for ever, so that the audit trail finds it when this row is long gone."""
        return sha256(f"{app_id} {webex_id}".encode()).hexdigest()

    @property
    def is_moving(self) -> bool:
        return self.status in MOVING

    @property
    def is_waiting(self) -> bool:
        return self.status in WAITING
