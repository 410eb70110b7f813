"""What nobody clicks: forgotten authorization requests, tokens of users who left or may not."""

from datetime import datetime

from integrations.linking import disconnection, entitlement
from integrations.models import AuthorizationRequest, RenewalMinute


def tidy(*, now: datetime) -> None:
    AuthorizationRequest.objects.stale(now).delete()
    AuthorizationRequest.objects.undecided_too_long(now).update(pending_tokens=None)
    RenewalMinute.objects.forget_old(now)
    disconnection.end_for_inactive_users(now=now)
    entitlement.note_changes(now=now)
    entitlement.end_long_lost(now=now)
