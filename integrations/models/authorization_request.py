"""A consent under way: from "Link my Webex account" to the return from Webex."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.fields import EncryptedTextField
from integrations.models import entitlement
from integrations.models.branded_url import BrandedURL
from integrations.models.pending_consent import PendingConsent
from integrations.models.webex_app import WebexApp

if TYPE_CHECKING:
    from accounts.models import User

LIFETIME = timedelta(minutes=10)
OPEN_PER_USER = 10
KEPT_PER_USER = 100  # the answered ones too, for a week

STILL_WANTED = f"""
    SELECT {entitlement.MAY_USE_WEBEX}
    FROM integrations_authorizationrequest request
    JOIN integrations_webexapp app ON app.id = request.app_id
    JOIN accounts_user person ON person.id = request.user_id
    WHERE request.id = %s AND app.is_enabled AND app.client_id = request.client_id
"""  # noqa: S608  constants only


def binding_digest(browser_binding: str) -> str:
    return hashlib.sha256(browser_binding.encode()).hexdigest()


class AuthorizationRequestQuerySet(models.QuerySet["AuthorizationRequest"]):
    def open(self, now: datetime) -> "AuthorizationRequestQuerySet":
        return self.filter(consumed_at=None, created_at__gt=now - LIFETIME)

    def still_wanted(self, pk: int) -> bool:
        """Whether user and integration are what they were when the browser left for Webex."""
        with connection.cursor() as cursor:
            cursor.execute(STILL_WANTED, [pk])
            found = cursor.fetchone()
        if found is None or entitlement.is_known_in_sql():
            return bool(found and found[0])
        return self.get(pk=pk).user.has_perm("integrations.use_webex")

    def stale(self, now: datetime) -> "AuthorizationRequestQuerySet":
        return self.filter(created_at__lt=now - timedelta(days=7))

    def note_return(self, state: str, *, now: datetime) -> None:
        """The browser came back, though what it brought was not accepted. Spends nothing."""
        self.filter(state=state, returned_at=None).update(returned_at=now)

    def undecided(self, user: "User", now: datetime) -> "AuthorizationRequestQuerySet":
        """Consents by another Webex person that wait for "replace A by B?"."""
        waiting = self.filter(user=user, pending_tokens__isnull=False)
        return waiting.filter(consumed_at__gt=now - LIFETIME)

    def undecided_too_long(self, now: datetime) -> "AuthorizationRequestQuerySet":
        return self.filter(pending_tokens__isnull=False, consumed_at__lte=now - LIFETIME)

    def begin(
        self,
        *,
        user: "User",
        brand: BrandedURL,
        browser_binding: str,
        next_path: str,
        now: datetime,
        is_test: bool = False,
    ) -> "AuthorizationRequest":
        assert brand.app is not None
        request = self.create(
            user=user,
            app=brand.app,
            client_id=brand.app.client_id,
            client_secret_fingerprint=brand.app.client_secret_fingerprint,
            hostname=brand.hostname,
            redirect_uri=brand.redirect_uri,
            browser_binding=binding_digest(browser_binding),
            next_path=next_path,
            is_test=is_test,
            created_at=now,
        )
        self.filter(user=user, consumed_at=None)._keep_newest(OPEN_PER_USER)
        self.filter(user=user)._keep_newest(KEPT_PER_USER)
        return request

    def _keep_newest(self, most: int) -> None:
        surplus = self.order_by("-pk").values_list("pk", flat=True)[most : most + 1]
        for pk in surplus:
            self.filter(pk__lte=pk).delete()

    def consume(
        self, state: str, *, user: "User", brand: BrandedURL, browser_binding: str, now: datetime
    ) -> "AuthorizationRequest | None":
        """Ends it, once: one conditional UPDATE decides among callers that race (RFC 9700, 4.7.1).

        None unless the state is open and belongs to this user, browser, hostname and integration
        with the very credentials it was started with.
        """
        app = brand.app
        if app is None or not app.is_enabled:
            return None
        ours = self.open(now).filter(
            is_test=False,
            state=state,
            user=user,
            browser_binding=binding_digest(browser_binding),
            redirect_uri=brand.redirect_uri,
            app=app,
            client_id=app.client_id,
        )
        same = Q(client_secret_fingerprint=app.client_secret_fingerprint)
        ours = ours.filter(same | Q(client_secret_fingerprint=None))
        if ours.update(consumed_at=now) != 1:
            return None
        request = self.get(state=state)
        request.user, request.app = user, app  # known already: no query
        return request


class AuthorizationRequest(PendingConsent):
    state = models.CharField(max_length=64, unique=True, default=secrets.token_urlsafe)
    code_verifier = EncryptedTextField(default=secrets.token_urlsafe)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="authorization_requests"
    )
    app = models.ForeignKey(
        WebexApp, on_delete=models.CASCADE, related_name="authorization_requests"
    )
    client_id = models.CharField(max_length=200)
    redirect_uri = models.CharField(max_length=300)
    browser_binding = models.CharField(max_length=64)
    next_path = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)  # not as it left: without its session, say
    is_test = models.BooleanField(default=False)  # an admin tries the link; nothing is kept

    objects = AuthorizationRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("authorization request")
        verbose_name_plural = _("authorization requests")
        indexes = [
            models.Index(fields=["user", "-created_at"], name="requests_of_a_user_newest"),
            models.Index(fields=["created_at"], name="requests_oldest_first"),
        ]

    def __str__(self) -> str:
        return f"authorization request {self.pk}"
