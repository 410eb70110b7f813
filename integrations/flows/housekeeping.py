"""What nobody clicks: forgotten authorization requests, tokens of users who left."""

from datetime import datetime

from integrations.flows import withdrawal
from integrations.models import AuthorizationRequest


def tidy(*, now: datetime) -> None:
    AuthorizationRequest.objects.stale(now).delete()
    AuthorizationRequest.objects.undecided_too_long(now).update(pending_tokens=None)
    withdrawal.end_for_inactive_users(now=now)
