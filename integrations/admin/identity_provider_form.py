"""The form of an identity provider: the secret goes in and never out, groups are lines of text."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations.admin import powers
from integrations.admin.client_secret_form import ClientSecretForm
from integrations.admin.lines_field import LinesField
from integrations.models import IdentityProvider

ARROW = "->"


class IdentityProviderForm(ClientSecretForm[IdentityProvider]):
    where_shown = gettext_lazy("The provider shows it when this portal is registered there.")
    roles = LinesField(
        label=gettext_lazy("Roles by group"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy(
            "One a line: group at the provider -> role here. At every sign-in these roles are "
            "given and taken, and no others."
        ),
    )
    settings_groups = LinesField(
        label=gettext_lazy("Groups that may open the settings"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy(
            "One a line. They administer the branded URLs of this provider and nothing else, with "
            "what their roles allow."
        ),
    )

    class Meta:
        model = IdentityProvider
        fields = (
            "name", "is_enabled", "issuer", "client_id", "scopes", "makes_people",
            "groups_claim", "settings_groups", "second_factor_values", "portal_rule",
        )  # fmt: skip
        widgets = {
            "issuer": forms.URLInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
            "client_id": forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        }

    user: User  # set by the admin

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        provider = kwargs.get("instance")
        if provider and provider.pk:
            rows = provider.mapped_groups.select_related("ours").order_by("theirs", "ours__name")
            lines = "\n".join(f"{row.theirs} {ARROW} {row.ours.name}" for row in rows)
            groups = "\n".join(provider.settings_groups)
            initial = {"roles": lines, "settings_groups": groups}
            kwargs["initial"] = {**(kwargs.get("initial") or {}), **initial}
        super().__init__(*args, **kwargs)

    def clean_issuer(self) -> str:
        """Another issuer means others by the same `sub`."""
        issuer: str = self.cleaned_data["issuer"]
        before = IdentityProvider.objects.filter(pk=self.instance.pk).exclude(issuer=issuer)
        if before.filter(identities__isnull=False).exists():
            raise ValidationError(_("People are linked with it already. Make a new one instead."))
        return issuer

    def clean_settings_groups(self) -> list[str]:
        lines: str = self.cleaned_data["settings_groups"]
        return lines.splitlines()

    def clean_roles(self) -> list[tuple[str, Group]]:
        allowed = {each.name: each for each in powers.grantable_groups(self.user)}
        found = []
        for line in self.cleaned_data["roles"].splitlines():
            theirs, arrow, ours = (
                part.strip() for part in line.replace("→", ARROW).rpartition(ARROW)
            )
            if not arrow or not theirs or len(theirs) > 200:
                text = _("“%(line)s” is not: group at the provider -> role here.")
                raise ValidationError(text, params={"line": line[:100]})
            if ours not in allowed:
                text = _("“%(role)s” is no role here, or may do more than you.")
                raise ValidationError(text, params={"role": ours[:100]})
            found.append((theirs, allowed[ours]))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        has_secret = cleaned.get("new_client_secret") or self.instance.client_secret_set_at
        if cleaned.get("is_enabled") and not has_secret:
            self.add_error("new_client_secret", _("To enable it, fill in the client secret."))
        return cleaned
