"""The checklist of a new installation. It fills itself."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from integrations.operations.dashboard import Dashboard


@dataclass(frozen=True)
class Step:
    is_done: bool
    text: str
    more: str


def steps(figures: Dashboard) -> list[Step]:
    return [
        Step(
            figures.integrations > 0,
            _("Register an integration at developer.webex.com"),
            _("With https://www.example.com as redirect URI for now, and the nine minimum scopes."),
        ),
        Step(
            figures.integrations > 0,
            _("Add it here"),
            _("Paste its OAuth Authorization URL and its client secret."),
        ),
        Step(
            figures.hostnames > 0,
            _("Choose the hostnames that use it"),
            _("Each gets a redirect URI to register at Webex."),
        ),
        Step(
            figures.returned > 0,
            _("Test the link of one hostname"),
            _("It shows that Webex knows the redirect URI, and keeps nothing."),
        ),
        Step(
            figures.enabled > 0,
            _("Enable the integration"),
            _("Users then see a red mark at My Account."),
        ),
        Step(
            figures.linked > 0,
            _("The first user links their account"),
            _("The mark turns green, and stays so by itself."),
        ),
    ]
