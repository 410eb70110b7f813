"""Does single sign-on work? Seen by who tried to sign in: nobody asks a provider by itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from integrations.actions import Action
from integrations.models import AuditEvent, IdentityProvider
from integrations.operations.check import Check, Level
from integrations.operations.renewals import in_words
from integrations.plain_text import isolated, the_first

LATELY = timedelta(hours=1)
MOST_NAMED = 3


def trouble(now: datetime) -> Iterator[Check]:
    """Who was tried within the hour in vain, and let nobody in since."""
    failed = AuditEvent.objects.filter(
        action=Action.SIGN_IN_FAILED, result=AuditEvent.Result.FAILED
    )
    failed = failed.filter(object_type=IdentityProvider._meta.model_name, at__gt=now - LATELY)
    last = dict(failed.order_by("at").values_list("object_id", "at"))
    if last:
        providers = IdentityProvider.objects.filter(is_enabled=True, pk__in=last).order_by("name")
        for provider in providers:
            yield from _of(provider, last[str(provider.pk)], now)


def _of(provider: IdentityProvider, failed_at: datetime, now: datetime) -> Iterator[Check]:
    brands = provider.branded_urls.order_by("hostname").values_list("hostname", "last_sign_in_at")
    came = [provider.last_return_at, *(at for _hostname, at in brands)]
    if any(at and at > failed_at for at in came):
        return
    hosts = the_first([hostname for hostname, _at in brands], MOST_NAMED)
    sentence = _("Signing in with “%(name)s” (%(hosts)s) failed, the last time at %(at)s.") % {
        "name": isolated(provider.name),
        "hosts": hosts or _("the portal's own hosts"),
        "at": in_words(failed_at, now),
    }
    step = _("Press “Check” on its page under “Identity providers”; the audit trail says why.")
    yield Check("sign_in", Level.ASKS, sentence, step, is_trouble=True, since=failed_at)
