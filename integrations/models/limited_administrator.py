"""A person who administers some hostnames only. It is this row that limits, not what is in it:
whoever loses the last hostname sees nothing, not everything.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property  # which prefetching knows
from django.utils.translation import gettext_lazy as _

from integrations.models.branded_url import BrandedURL

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


@dataclass(frozen=True)
class Limits:
    """The branded URLs that somebody administers: keys, and names."""

    ids: frozenset[int]
    hostnames: frozenset[str]


class LimitedAdministrator(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="limited_administrator"
    )
    hostnames = models.ManyToManyField(
        BrandedURL, verbose_name=_("administers only"), related_name="limited_administrators"
    )

    class Meta:
        verbose_name = _("limit of an administrator")
        verbose_name_plural = _("limits of administrators")
        default_permissions = ()

    def __str__(self) -> str:
        return f"limited administrator {self.pk}"

    @cached_property
    def brands(self) -> list[BrandedURL]:
        """Without their logos; WebhookEndpointQuerySet reads those of many at once."""
        return list(self.hostnames.only("hostname"))

    @cached_property
    def limits(self) -> Limits:
        """As they were when this was read."""
        names = frozenset(each.hostname for each in self.brands)
        return Limits(frozenset(each.pk for each in self.brands), names)


def limits_of(user: "User | AnonymousUser | None") -> Limits | None:
    """None where nothing limits them: nobody has a row, and superusers are above it."""
    row: LimitedAdministrator | None = getattr(user, "limited_administrator", None)
    return None if row is None or (user and user.is_superuser) else row.limits
