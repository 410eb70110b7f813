"""One portal user's consent to one Webex integration, with its tokens."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from integrations.fields import EncryptedTextField
from integrations.models import renewal
from integrations.models.claim import Claimable
from integrations.models.webex_app import WebexApp
from integrations.tokens import Bearer, Person, TokenSet


class GrantQuerySet(renewal.RenewableQuerySet["Grant"]):
    def active(self) -> "GrantQuerySet":
        return self.filter(status=Grant.Status.ACTIVE)

    def not_disconnected(self) -> "GrantQuerySet":
        return self.exclude(status=Grant.Status.DISCONNECTED)

    def failing(self) -> "GrantQuerySet":
        return self.active().filter(failing_since__isnull=False)

    def due_in_app(self, app_id: int, now: datetime) -> "GrantQuerySet":
        """Most urgent first, of an integration whose own state the caller has looked at.

        Read through the partial index `due_grants_of_an_app`.
        """
        due = self.active().filter(app=app_id, refresh_due_at__lte=now, user__is_active=True)
        return due.unclaimed(now).order_by("refresh_due_at")

    def claimable(self, now: datetime) -> "GrantQuerySet":
        """Whose claim ran out must be taken over first (`outcomes.take_over_orphans`)."""
        return self.unclaimed(now).filter(claimed_by=None)

    def orphaned(self, now: datetime) -> "GrantQuerySet":
        return self.filter(self._is_over(now), claimed_by__isnull=False)

    def untroubled_in_app(self, app_id: int) -> "GrantQuerySet":
        """Due or not: what Webex answers about them, it answers about the integration."""
        return self.renewable().filter(app=app_id, last_error="", user__is_active=True)

    def healthy_in_app(self, app_id: int, now: datetime) -> "GrantQuerySet":
        return self.untroubled_in_app(app_id).claimable(now).order_by("refresh_due_at")

    def to_probe_with(self, app_id: int, now: datetime, *, most: int) -> "GrantQuerySet":
        """Of each organisation who was renewed last: no backup is older. Or else what is due."""
        healthy = self.healthy_in_app(app_id, now).reverse()
        keys: dict[str, int] = {}  # by organisation
        while len(keys) < most:
            elsewhere = healthy.exclude(org_id__in=[*keys]).values_list("org_id", "pk").first()
            if elsewhere is None:
                break
            keys.update([elsewhere])
        return healthy.filter(pk__in=[*keys.values()]) if keys else self.due_in_app(app_id, now)

    def renewable(self) -> "GrantQuerySet":
        return self.active().filter(right_lost_at=None)

    def of_inactive_users(self) -> "GrantQuerySet":
        return self.not_disconnected().filter(user__is_active=False)

    def of_person(self, person_id: str, *, client_id: str) -> "GrantQuerySet":
        """Webex tells no two of these apart, whoever they belong to here."""
        return self.not_disconnected().filter(person_id=person_id, app__client_id=client_id)


def protect_unless_disconnected(
    collector: Any, field: Any, grants: models.QuerySet["Grant"], using: str
) -> None:
    """An app takes its disconnected grants along when it is deleted, and no others."""
    in_use = grants.exclude(status=Grant.Status.DISCONNECTED).exists()
    on_delete = models.PROTECT if in_use else models.CASCADE
    on_delete(collector, field, grants, using)


class Grant(Claimable):
    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("Linked")
        CONSENT_LOST = "CONSENT_LOST", _("Needs the user")
        DISCONNECTED = "DISCONNECTED", _("Disconnected")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="grants",
        db_index=False,  # a_user_has_one_grant_for_each_app serves it; each renewal writes them all
    )
    app = models.ForeignKey(
        WebexApp,
        verbose_name=_("integration"),
        on_delete=protect_unless_disconnected,
        related_name="grants",
        db_index=False,  # grants_of_an_app_newest serves it
    )
    hostname = models.CharField(_("linked at"), max_length=253, null=True)
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DISCONNECTED
    )

    access_token = EncryptedTextField(null=True, editable=False)
    refresh_token = EncryptedTextField(null=True, editable=False)
    access_token_expires_at = models.DateTimeField(_("access token expires"), null=True)
    refresh_token_expires_at = models.DateTimeField(_("refresh token expires"), null=True)
    scope = models.TextField(_("granted scopes"), blank=True)

    person_id = models.CharField(_("Webex person ID"), max_length=200, blank=True)
    person_email = models.CharField(_("Webex e-mail"), max_length=254, blank=True)
    person_name = models.CharField(_("Webex name"), max_length=200, blank=True)
    org_id = models.CharField(_("Webex organisation ID"), max_length=200, blank=True)
    org_name = models.CharField(_("Webex organisation"), max_length=200, blank=True)

    granted_at = models.DateTimeField(_("linked"), null=True)
    refreshed_at = models.DateTimeField(_("last renewed"), null=True)
    refresh_due_at = models.DateTimeField(_("next renewal"), null=True)
    version = models.PositiveBigIntegerField(default=0, editable=False)

    failure_count = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    suspect_since = models.DateTimeField(_("refused since"), null=True)
    # Its user may not use Webex any more; `refresh_due_at` is NULL meanwhile, so nothing is due.
    right_lost_at = models.DateTimeField(_("right withdrawn"), null=True, editable=False)
    calls_reserved_until = models.DateTimeField(null=True, editable=False)  # REST calls of jobs
    # What its Webex person was last seen to be able to do; renewals neither read nor write it.
    capability = models.JSONField(null=True, editable=False)
    capability_seen_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    last_tracking_id = models.CharField(_("last tracking ID"), max_length=100, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        permissions = [
            ("use_webex", gettext_noop("Can link their own Webex account and work with it")),
            ("refresh_grant", gettext_noop("Can renew grants at once")),
            ("disconnect_grant", gettext_noop("Can disconnect grants of other users")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "app"], name="a_user_has_one_grant_for_each_app"
            ),
            models.CheckConstraint(
                name="an_active_grant_has_tokens",
                condition=~Q(status="ACTIVE")
                | Q(access_token__isnull=False, refresh_token__isnull=False),
            ),
            models.CheckConstraint(
                name="a_disconnected_grant_has_no_tokens",
                condition=~Q(status="DISCONNECTED")
                | Q(access_token__isnull=True, refresh_token__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["app", "refresh_due_at"],
                name="due_grants_of_an_app",
                condition=Q(status="ACTIVE"),
            ),
            models.Index(fields=["person_id"], name="grants_of_a_webex_person"),
            models.Index(
                fields=["person_email"],
                name="grants_by_start_of_email",
                opclasses=["varchar_pattern_ops"],
            ),
            models.Index(fields=["app", "-id"], name="grants_of_an_app_newest"),
            models.Index(fields=["hostname", "-id"], name="grants_of_a_hostname_newest"),
            models.Index(fields=["app", "status"], name="grants_of_an_app_by_status"),
            models.Index(
                fields=["refresh_token_expires_at"],
                name="active_grants_by_death",
                condition=Q(status="ACTIVE"),
            ),
            models.Index(
                fields=["failing_since"],
                name="failing_grants",
                condition=Q(failing_since__isnull=False),
            ),
            models.Index(
                fields=["right_lost_at"],
                name="grants_without_the_right",
                condition=Q(right_lost_at__isnull=False),
            ),
            models.Index(
                fields=["-id"], name="grants_that_need_the_user", condition=Q(status="CONSENT_LOST")
            ),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"

    @property
    def audit_label(self) -> str:
        return f"{self.user.get_username()} · {self.app.name}"

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope.split())

    @property
    def person(self) -> Person:
        return Person(
            id=self.person_id,
            email=self.person_email,
            name=self.person_name,
            org_id=self.org_id,
            org_name=self.org_name,
        )

    def bearer(self) -> Bearer:
        return Bearer(self.access_token or "")

    def is_usable(self, *, until: datetime) -> bool:
        return self.access_token_expires_at is not None and self.access_token_expires_at > until

    @staticmethod
    def claim_seconds() -> float:
        return float(settings.REFRESH_CLAIM)

    def rows_as_read(self) -> GrantQuerySet:
        return Grant.objects.active().filter(pk=self.pk, version=self.version)

    def store(
        self,
        tokens: TokenSet,
        *,
        now: datetime,
        person: Person | None = None,
        hostname: str | None = None,
    ) -> bool:
        """The one way for tokens into the database, whichever grant type they come from.

        With `person` it is a new consent, given at `hostname`, which always wins. Without, it is a
        renewal, stored only if nobody relinked or disconnected since this row was read: False means
        the tokens are already history.
        """
        row = Grant.objects.filter(pk=self.pk)
        columns = renewal.columns(tokens, now)
        if person is None:
            row = row.filter(version=self.version)  # newer tokens count, however late
        else:
            columns |= self._identity(person) | {"granted_at": now, "hostname": hostname}
            columns |= {"status": Grant.Status.ACTIVE, "right_lost_at": None}
        return self._write(row, columns)

    def mark_consent_lost(self, *, reason: str, tracking_id: str = "") -> bool:
        """Webex no longer accepts this consent. The tokens stay, and are never sent again."""
        return self._write_fenced(
            status=Grant.Status.CONSENT_LOST, last_error=reason, last_tracking_id=tracking_id
        )

    def postpone(self, until: datetime, **facts: Any) -> bool:
        """Ends the claim without new tokens; `facts` say why."""
        return self._write_fenced(refresh_due_at=until, **facts)

    def disconnect(self) -> bool:
        """Forgets the tokens, before any renewal in flight. False where another was faster."""
        columns = {
            "status": Grant.Status.DISCONNECTED,
            "access_token": None,
            "refresh_token": None,
            "access_token_expires_at": None,
            "refresh_token_expires_at": None,
            "refresh_due_at": None,
            "right_lost_at": None,
            **renewal.HEALTHY,
        }
        return self._write(Grant.objects.not_disconnected().filter(pk=self.pk), columns)

    @staticmethod
    def _identity(person: Person) -> dict[str, str]:
        return {
            "person_id": person.id,
            "person_email": person.email[:254],
            "person_name": person.name[:200],
            "org_id": person.org_id,
            "org_name": person.org_name[:200],
        }

    def _write_fenced(self, **columns: Any) -> bool:
        ours = Grant.objects.filter(
            pk=self.pk, version=self.version, claimed_by=self.claimed_by, status=self.status
        )
        return self._write(ours, columns)

    def _write(self, row: GrantQuerySet, columns: dict[str, Any]) -> bool:
        """Every write ends the claim and raises the version, so that a late writer sees it lost."""
        columns = {**columns, "claimed_by": None, "claimed_until": None}
        if row.update(version=F("version") + 1, **columns) != 1:
            return False
        self.version += 1
        for name, value in columns.items():
            setattr(self, name, value)
        return True
