"""FIELD_ENCRYPTION_KEY is lost for good: what no key decrypts is given up, and all begins anew.

The canary comes last, so until a run has ended no process starts, and one that was killed goes on.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F

from integrations.actions import Action
from integrations.models import (
    AuditEvent,
    AuthorizationRequest,
    DeviceAuthorization,
    Grant,
    GrantEvent,
    IdentityProvider,
    KeyCanary,
    SecondFactor,
    WebexApp,
    WebhookEndpoint,
)
from integrations.operations import key_rotation

REASON = "the encryption key was lost"
SWITCHED_OFF = (IdentityProvider, WebexApp, WebhookEndpoint)
NO_SECRET = {"client_secret_set_at": None, "client_secret_fingerprint": ""}  # nor said to be set
BEGUN_AGAIN = (AuthorizationRequest, DeviceAuthorization, SecondFactor)  # by whose they are


def count() -> Counter[str]:
    """Rows with a value that no key decrypts, by model."""
    found: Counter[str] = Counter()
    for model, keys in key_rotation.unreadable_rows():
        found[model.__name__] += len(keys)
    return found


def start_over(*, now: datetime, advance: Callable[[int], None]) -> None:
    """`advance` hears rows done."""
    done = 0
    for model, keys in key_rotation.unreadable_rows():
        if model is not KeyCanary:
            _give_up(model, keys, now)
        done += len(keys)
        advance(done)
    with transaction.atomic():
        AuditEvent.objects.record(Action.KEY_GIVEN_UP, reason=f"{done} rows", now=now)
        KeyCanary.objects.all().delete()
        KeyCanary.objects.plant()


def _give_up(model: type[models.Model], keys: list[Any], now: datetime) -> None:
    rows = model._base_manager.filter(pk__in=keys)
    if model in BEGUN_AGAIN:
        rows.delete()
    elif model is Grant:
        _end(keys, now)
    else:
        columns = key_rotation.columns_of(model)
        disabled = {"is_enabled": False} if model in SWITCHED_OFF else {}
        unset = NO_SECRET if "client_secret" in columns else {}
        rows.update(**disabled, **unset, **dict.fromkeys(columns))
        if model is WebexApp:
            rows.update(client_answer="")
            changed = ["client_secret", "is_enabled"]
            AuditEvent.objects.record_each(
                Action.INTEGRATION_CHANGED, rows, changed=changed, reason=REASON, now=now
            )


@transaction.atomic
def _end(keys: list[int], now: datetime) -> None:
    """As if Webex had ended their consents; each user gets one mail."""
    grants = Grant.objects.filter(pk__in=keys)
    lost = list(grants.active().select_related("user", "app"))
    nothing = dict.fromkeys(key_rotation.columns_of(Grant))
    grants.active().update(status=Grant.Status.CONSENT_LOST, last_error=REASON, **nothing)
    grants.update(version=F("version") + 1, claimed_by=None, claimed_until=None, **nothing)
    kind = GrantEvent.Kind.CONSENT_LOST
    GrantEvent.objects.record_each(kind, lost, reason=REASON, notice_due=True, now=now)
