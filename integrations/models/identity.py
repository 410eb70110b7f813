"""Who somebody is at an identity provider: its `sub`, and never an e-mail address or a name."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations import plain_text
from integrations.models.identity_provider import IdentityProvider


class Identity(models.Model):
    provider = models.ForeignKey(
        IdentityProvider,
        verbose_name=_("identity provider"),
        on_delete=models.PROTECT,
        related_name="identities",
    )
    subject = models.CharField(
        _("subject"),
        max_length=255,
        help_text=_("Their “sub” at the provider; the audit trail has that of who was refused."),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="identities",
    )
    made_user = models.BooleanField(default=False, editable=False)  # then it keeps their name, too
    # Numbers of the roles that its groups gave at the last sign-in; None: before that was kept.
    gives = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(_("linked"), editable=False)
    signed_in_at = models.DateTimeField(_("last sign-in"), null=True, editable=False)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        default_permissions = ("add", "delete", "view")
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="a_subject_is_one_user"),
            models.UniqueConstraint(fields=["provider", "user"], name="a_user_is_one_subject"),
        ]

    def __str__(self) -> str:
        return f"{plain_text.isolated(self.provider.name)}: {plain_text.isolated(self.subject)}"

    @property
    def audit_label(self) -> str:
        return f"{self.provider.name}: {self.subject}"
