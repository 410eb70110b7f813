"""What happened to a grant. Written on transitions, not on each renewal."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from integrations.actions import Action
from integrations.models.audit_event import AuditEvent
from integrations.models.grant import Grant
from integrations.models.notice import Notice, NoticeQuerySet

if TYPE_CHECKING:
    from accounts.models import User

# Reasons that the grant's own user may read. Whatever else stands there is for operators.
IN_WORDS = {
    "by an administrator": _("by an administrator"),
    "by a program": _("by a program of your operator"),
    "from another device": _("from another device"),
    "user deactivated": _("your account was deactivated"),
    "right withdrawn": _("you may no longer use Webex here"),
}


class GrantEventQuerySet(NoticeQuerySet):
    def record(self, kind: "GrantEvent.Kind", grant: Grant, *, now: datetime, **facts: Any) -> None:
        """`facts` are those of `record_each`."""
        self.record_each(kind, [grant], now=now, **facts)

    def record_each(
        self,
        kind: "GrantEvent.Kind",
        grants: Iterable[Grant],
        *,
        now: datetime,
        by: "User | None" = None,
        reason: str = "",
        tracking_id: str = "",
        notice_due: bool = False,
    ) -> None:
        """The one way in, so that a grant's own timeline and the audit trail cannot differ.

        Both are needed: an event may carry a mail still to be sent, is shown to its user and goes
        with its grant; a row of the audit trail never changes, and outlives both.
        """
        grants, noted = list(grants), {"reason": reason, "tracking_id": tracking_id}
        facts = {"kind": kind, "actor": by, "at": now, "notice_due": notice_due}
        with transaction.atomic():
            self.bulk_create(GrantEvent(grant=grant, **facts, **noted) for grant in grants)
            AuditEvent.objects.record_each(kind.action, grants, by=by, now=now, **noted)

    def disconnected(self, *, user_id: int, app_id: int, since: datetime) -> bool:
        """Whether the user ended the connection after that moment: it wins over linking."""
        theirs = self.filter(grant__user=user_id, grant__app=app_id, at__gt=since)
        return theirs.filter(kind=GrantEvent.Kind.DISCONNECTED).exists()

    def untold(self) -> Self:
        return self.filter(notice_due=True)


class GrantEvent(Notice):
    class Kind(models.TextChoices):
        LINKED = "LINKED", Action.GRANT_LINKED.label
        RELINKED = "RELINKED", Action.GRANT_RELINKED.label
        RECOVERED = "RECOVERED", Action.GRANT_RECOVERED.label
        REPLACED = "REPLACED", Action.GRANT_REPLACED.label
        DISCONNECTED = "DISCONNECTED", Action.GRANT_DISCONNECTED.label
        CONSENT_LOST = "CONSENT_LOST", Action.GRANT_CONSENT_LOST.label
        TRIED_AGAIN = "TRIED_AGAIN", Action.GRANT_TRIED_AGAIN.label
        EXPIRING = "EXPIRING", Action.GRANT_EXPIRING.label
        DECLINED = "DECLINED", Action.GRANT_DECLINED.label
        KEPT = "KEPT", Action.GRANT_KEPT.label
        RENEWAL_ASKED = "RENEWAL_ASKED", Action.GRANT_RENEWAL_ASKED.label
        RIGHT_LOST = "RIGHT_LOST", Action.GRANT_RIGHT_LOST.label
        RIGHT_RETURNED = "RIGHT_RETURNED", Action.GRANT_RIGHT_RETURNED.label

        @property
        def action(self) -> Action:
            return Action(f"grant.{self.lower()}")

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("what happened"), max_length=20, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    tracking_id = models.CharField(_("Webex tracking ID"), max_length=100, blank=True)
    at = models.DateTimeField(_("at"))
    notice_due = models.BooleanField(default=False, editable=False)  # an e-mail to the user

    objects = GrantEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant event")
        verbose_name_plural = _("grant events")
        indexes = [
            models.Index(fields=["grant", "-at"], name="events_of_a_grant_newest_first"),
            models.Index(fields=["at"], name="notices_due", condition=models.Q(notice_due=True)),
            models.Index(
                fields=["tracking_id"],
                name="events_by_tracking_id",
                condition=~models.Q(tracking_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def reason_for_user(self) -> str:
        if self.kind == self.Kind.REPLACED:
            return self.reason  # the two addresses
        return str(IN_WORDS.get(self.reason, ""))

    def mark_told(self, now: datetime) -> None:
        GrantEvent.objects.filter(pk=self.pk).update(notice_due=False)
