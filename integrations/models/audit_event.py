"""Who did what to which object, and when: written once by the verbs, never changed.

Names, not references: a row says the same when its people and objects are gone.
"""

import json
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Never

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from integrations import actions, actor
from integrations.actions import Action
from integrations.errors import AppendOnly
from integrations.models import announcement

if TYPE_CHECKING:
    from accounts.models import User

stream = logging.getLogger("audit")  # each row on a line of its own, as JSON: for a SIEM


@dataclass(frozen=True)
class AtWebex:
    """An object that has no row here."""

    kind: str
    id: str
    label: str

    @staticmethod
    def key_of(app_id: int, webex_id: str) -> str:
        """As of `WatchedSubscriber`: Webex's own ids may be longer than the column."""
        return sha256(f"{app_id} {webex_id}".encode()).hexdigest()


Object = models.Model | AtWebex


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def record(
        self, action: Action, of: Object | None = None, *, now: datetime, **facts: Any
    ) -> "AuditEvent":
        """In the transaction of what it tells. `facts` are those of `record_each`."""
        return self.record_each(action, [of], now=now, **facts)[0]

    def record_each(
        self,
        action: Action,
        objects: Iterable[Object | None],
        *,
        now: datetime,
        changed: Collection[str] = (),
        result: str = "done",
        reason: str = "",
        tracking_id: str = "",
        by: "User | None" = None,
    ) -> "list[AuditEvent]":
        """One row for each object. `changed`: names of fields, never a value.

        `by`: where it is not who runs this code, as with what was begun on another device.
        """
        who = actor.current().for_user(by) if by else actor.current()
        facts = {"action": action, "at": now, "changed": sorted(changed), "result": result}
        facts |= {"reason": reason[:200], "tracking_id": tracking_id[:100]}
        objects = list(objects)
        rows = [AuditEvent(**facts, **_actor(who), **_object(of, who)) for of in objects]
        rows = super().bulk_create(rows)
        if result == AuditEvent.Result.DONE:
            announcement.announce_recorded(action, objects, reason=reason, now=now)
        transaction.on_commit(partial(_log, rows))
        return rows

    def of(self, obj: models.Model) -> "AuditEventQuerySet":
        return self.filter(object_type=obj._meta.model_name, object_id=str(obj.pk))

    def newest_first(self) -> "AuditEventQuerySet":
        return self.order_by("-at", "-pk")

    def forget(self, *, before: datetime, most: int) -> int:
        """The only way out: what the retention time is over for, the oldest first. How many."""
        old = self.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[:most]
        return self.filter(pk__in=list(old))._raw_delete(self.db) or 0

    def update(self, **kwargs: Any) -> Never:
        raise AppendOnly

    def delete(self) -> Never:
        raise AppendOnly


class AuditEvent(models.Model):
    class Result(models.TextChoices):
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    at = models.DateTimeField(_("when"))
    action = models.CharField(_("action"), max_length=50)
    result = models.CharField(_("result"), max_length=10, choices=Result)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    changed = models.JSONField(_("changed fields"), default=list)

    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_id = models.BigIntegerField(_("user ID of the actor"), null=True)
    actor_name = models.CharField(_("by"), max_length=200, blank=True)
    hostname = models.CharField(_("hostname"), max_length=253, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    request_id = models.CharField(_("request ID"), max_length=50, blank=True)

    object_type = models.CharField(_("kind of object"), max_length=50, blank=True)
    object_id = models.CharField(_("object ID"), max_length=64, blank=True)
    object_label = models.CharField(_("object"), max_length=300, blank=True)
    subject_id = models.BigIntegerField(_("user ID of whom it concerns"), null=True)
    tracking_id = models.CharField(_("Webex tracking ID"), max_length=100, blank=True)

    objects = AuditEventQuerySet.as_manager()

    FACTS = (
        "at", "action", "result", "reason", "changed", "actor_kind", "actor_id", "actor_name",
        "hostname", "address", "request_id", "object_type", "object_id", "object_label",
        "subject_id", "tracking_id",
    )  # fmt: skip

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest_first"),
            models.Index(fields=["action", "-at", "-id"], name="audit_of_an_action"),
            models.Index(
                fields=["result", "-at", "-id"],
                name="audit_of_what_was_not_done",
                condition=~models.Q(result="done"),
            ),
            models.Index(fields=["hostname", "-at", "-id"], name="audit_at_a_hostname"),
            models.Index(fields=["actor_id", "-at", "-id"], name="audit_by_a_person"),
            models.Index(fields=["subject_id", "-at", "-id"], name="audit_about_a_person"),
            models.Index(
                fields=["object_type", "object_id", "-at", "-id"], name="audit_of_an_object"
            ),
            models.Index(
                fields=["object_label"],
                name="audit_by_start_of_object",
                opclasses=["varchar_pattern_ops"],
            ),
            models.Index(fields=["actor_name"], name="audit_by_name_of_actor"),
            models.Index(fields=["request_id"], name="audit_of_a_request"),
            models.Index(
                fields=["tracking_id"],
                name="audit_by_tracking_id",
                condition=~models.Q(tracking_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M:%S}"

    def save(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnly

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnly

    @property
    def in_words(self) -> str:
        return actions.in_words(self.action)

    def facts(self) -> dict[str, Any]:
        """For files and other systems, which know no moment but ISO 8601."""
        return {name: getattr(self, name) for name in self.FACTS} | {"at": self.at.isoformat()}


def _log(rows: Iterable[AuditEvent]) -> None:
    for row in rows:
        stream.info("%s", json.dumps(row.facts()))


def _actor(who: actor.Actor) -> dict[str, Any]:
    return {
        "actor_kind": who.kind,
        "actor_id": who.user_id,
        "actor_name": who.name[:200],
        "address": who.address,
        "request_id": who.request_id,
    }


def _object(of: Object | None, who: actor.Actor) -> dict[str, Any]:
    """Where the object has a hostname, that counts: whoever administers it may read the row."""
    if of is None:
        return {"hostname": who.hostname}
    if isinstance(of, AtWebex):
        facts = {"object_type": of.kind, "object_id": of.id, "object_label": of.label[:300]}
        return facts | {"hostname": who.hostname}
    is_user = isinstance(of, get_user_model())
    return {
        "object_type": of._meta.model_name,
        "object_id": str(of.pk),
        "object_label": str(getattr(of, "audit_label", of))[:300],
        "subject_id": of.pk if is_user else getattr(of, "user_id", None),
        "hostname": getattr(of, "hostname", None) or who.hostname,
    }
