"""Is this user linked here, and must they do something? The one answer behind badge and pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import scopes
from integrations.errors import NotLinked
from integrations.models import BrandedURL, Grant, standing
from integrations.models.standing import Standing
from integrations.webex import authorizations
from integrations.webex.answers import TOKEN_LIMIT


class State(StrEnum):
    NOT_OFFERED = "not_offered"  # no permission, or no enabled integration for this hostname
    RIGHT_LOST = "right_lost"  # linked, and not permitted any more
    NOT_LINKED = "not_linked"
    CONSENT_LOST = "consent_lost"
    SCOPES_MISSING = "scopes_missing"
    LINKED = "linked"


@dataclass(frozen=True)
class LinkStatus:
    state: State
    grant: Grant | None = None
    missing: tuple[str, ...] = ()  # scopes without which the portal cannot work
    could_add: tuple[str, ...] = ()  # scopes asked for by now, not granted then
    may_use_webex: bool = True

    @property
    def is_offered(self) -> bool:
        return self.state not in (State.NOT_OFFERED, State.RIGHT_LOST)

    @property
    def is_linked(self) -> bool:
        """Green. Trouble the user cannot mend stays green: there is nothing for them to do."""
        return self.state is State.LINKED

    @property
    def is_retrying(self) -> bool:
        return self.is_linked and self.grant is not None and self.grant.failing_since is not None

    @property
    def has_too_many_sessions(self) -> bool:
        """Webex issues no further access token to this account until some have ended."""
        return self.is_retrying and self.grant is not None and self.grant.last_error == TOKEN_LIMIT

    @property
    def webex_email(self) -> str:
        known = self.grant and self.state is not State.NOT_LINKED
        return self.grant.person_email if self.grant and known else ""

    @property
    def label(self) -> str:
        """What the badge says, here and in other front ends."""
        return _("Webex linked") if self.is_linked else _("Link your Webex account")

    @property
    def reason(self) -> str:
        if self.has_too_many_sessions:
            page = {"page": authorizations.TOKENS_PAGE}
            text = _("Your Webex account has too many open sessions. End some at %(page)s.")
            return text % page
        if self.is_retrying and self.grant:
            text = _("Nothing to do: the connection could not be renewed since %s, and is retried.")
            return text % date_format(timezone.localtime(self.grant.failing_since), "j F, H:i e")
        if self.could_add:
            return _("Reconnect to grant new permissions.")
        return str(SENTENCES[self.state])


SENTENCES = {
    State.NOT_OFFERED: gettext_lazy("Webex is not offered to you at this address."),
    State.RIGHT_LOST: gettext_lazy(
        "You may no longer use Webex here. Your account is still linked."
    ),
    State.NOT_LINKED: gettext_lazy("Link your Webex account."),
    State.CONSENT_LOST: gettext_lazy("Webex ended the connection. Link your account again."),
    State.SCOPES_MISSING: gettext_lazy("Permissions are missing. Link your account again."),
    State.LINKED: gettext_lazy("Your Webex account is linked."),
}


def for_user(user: User, brand: BrandedURL | None, found: Standing | None = None) -> LinkStatus:
    """`found`: how they stand, where that was read already."""
    return _of(found or standing.of_user(user, brand.pk if brand else None))


def for_username(username: str, brand: BrandedURL) -> LinkStatus | None:
    """The same for other programs. None where there is no such user."""
    found = standing.of_username(username, brand.pk)
    return _of(found) if found else None


def _of(found: Standing) -> LinkStatus:
    grant = found.grant
    if not found.may_use_webex:
        if grant is None or grant.status == Grant.Status.DISCONNECTED:
            return LinkStatus(State.NOT_OFFERED, may_use_webex=False)
        return LinkStatus(State.RIGHT_LOST, grant, may_use_webex=False)
    if not found.is_offered:
        return LinkStatus(State.NOT_OFFERED)
    return for_grant(grant, found.asked_scopes)


def usable_grant(user: User, brand: BrandedURL | None) -> Grant:
    """To call Webex with. Raises NotLinked."""
    here = Grant.objects.active().filter(user=user, app__branded_urls=brand, app__is_enabled=True)
    grant = here.select_related("app", "user").first() if brand else None
    if grant is None:
        raise NotLinked
    return grant


def for_grant(grant: Grant | None, asked_scopes: Iterable[str]) -> LinkStatus:
    if grant is None or grant.status == Grant.Status.DISCONNECTED:
        return LinkStatus(State.NOT_LINKED, grant)
    if grant.status == Grant.Status.CONSENT_LOST:
        return LinkStatus(State.CONSENT_LOST, grant)
    missing = tuple(scopes.missing(scopes.MINIMUM, grant.scopes))
    could_add = tuple(scopes.missing(asked_scopes, grant.scopes))
    state = State.SCOPES_MISSING if missing else State.LINKED
    return LinkStatus(state, grant, missing, could_add)
