"""What nobody clicks: forgotten requests and sessions, tokens of users who left or may not."""

from datetime import datetime
from importlib import import_module

from django.conf import settings

from integrations.linking import disconnection, entitlement
from integrations.models import AuthorizationRequest, Count, RenewalMinute, WatchedSubscriber
from integrations.operations import audit
from integrations.provisioning.bulk import jobs as bulk_jobs


def tidy(*, now: datetime) -> None:
    AuthorizationRequest.objects.stale(now).delete()
    AuthorizationRequest.objects.undecided_too_long(now).update(pending_tokens=None)
    RenewalMinute.objects.forget_old(now)
    audit.forget_old(now=now)
    bulk_jobs.forget_old(now=now)
    WatchedSubscriber.objects.no_longer_looked_at(now).delete()
    Count.objects.forget_old(now)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    disconnection.end_for_inactive_users(now=now)
    entitlement.note_changes(now=now)
    entitlement.end_long_lost(now=now)
