"""What nobody clicks: forgotten authorization requests, tokens of users who left."""

from datetime import datetime

from integrations.linking import disconnection
from integrations.models import AuthorizationRequest, RenewalMinute


def tidy(*, now: datetime) -> None:
    AuthorizationRequest.objects.stale(now).delete()
    AuthorizationRequest.objects.undecided_too_long(now).update(pending_tokens=None)
    RenewalMinute.objects.forget_old(now)
    disconnection.end_for_inactive_users(now=now)
