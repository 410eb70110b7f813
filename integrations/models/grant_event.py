"""What happened to a grant. Written on transitions, not on each renewal."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.grant import Grant
from integrations.models.notice import Notice, NoticeQuerySet

# Reasons that the grant's own user may read. Whatever else stands there is for operators.
IN_WORDS = {
    "by an administrator": _("by an administrator"),
    "from another device": _("from another device"),
    "user deactivated": _("your account was deactivated"),
    "right withdrawn": _("you may no longer use Webex here"),
}


class GrantEventQuerySet(NoticeQuerySet):
    def disconnected(self, *, user_id: int, app_id: int, since: datetime) -> bool:
        """Whether the user ended the connection after that moment: it wins over linking."""
        theirs = self.filter(grant__user=user_id, grant__app=app_id, at__gt=since)
        return theirs.filter(kind=GrantEvent.Kind.DISCONNECTED).exists()

    def untold(self) -> Self:
        return self.filter(notice_due=True)


class GrantEvent(Notice):
    class Kind(models.TextChoices):
        LINKED = "LINKED", _("Linked")
        RELINKED = "RELINKED", _("Linked again")
        REPLACED = "REPLACED", _("Replaced by another Webex account")
        DISCONNECTED = "DISCONNECTED", _("Disconnected")
        CONSENT_LOST = "CONSENT_LOST", _("Webex no longer accepts the consent")
        TRIED_AGAIN = "TRIED_AGAIN", _("Tried again with a new client secret")
        EXPIRING = "EXPIRING", _("The consent ends soon")
        DECLINED = "DECLINED", _("Linking again was declined at Webex")
        KEPT = "KEPT", _("Kept; another Webex account was turned down")
        RENEWAL_ASKED = "RENEWAL_ASKED", _("Renewal asked for")
        RIGHT_LOST = "RIGHT_LOST", _("The right to use Webex was withdrawn")
        RIGHT_RETURNED = "RIGHT_RETURNED", _("The right to use Webex was given back")

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
