"""Why somebody is not signed in, and what they can do. The log says more."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from integrations.errors import ProviderUnavailable, SignInRefused, WebexBusy
from integrations.single_sign_on.doors import Door


@dataclass(frozen=True)
class Trouble:
    status: int
    sentence: str
    next_step: str
    can_try_again: bool


def of(error: Exception, door: Door) -> Trouble:
    name = {"provider": door.provider or _("the identity provider")}
    if isinstance(error, WebexBusy):
        sentence = _("Many people are waiting for %(provider)s at the moment.") % name
        return Trouble(503, sentence, _("Please try again in a few seconds."), True)
    if isinstance(error, ProviderUnavailable):
        sentence = _("%(provider)s does not answer as it should.") % name
        return Trouble(503, sentence, _("Please try again in a minute."), True)
    if isinstance(error, SignInRefused):
        sentence, next_step = _refusals(door)[error.reason]
        can_try_again = error.reason in ("state", "issuer", "declined", "ended")
        return Trouble(400 if can_try_again else 403, sentence % name, next_step, can_try_again)
    sentence = _("%(provider)s and this portal do not fit together at the moment.") % name
    next_step = _("Please tell your administrator: the settings of the identity provider say more.")
    return Trouble(503, sentence, next_step, True)


def _refusals(door: Door) -> dict[str, tuple[str, str]]:
    begun_elsewhere = (
        _("This sign-in was not begun in this browser, is too old, or was used already."),
        _("Please begin again."),
    )
    ask = _("Please ask your administrator.")
    return {
        "off": (_("Single sign-on is switched off at this address."), ask),
        "state": begun_elsewhere,
        "issuer": begun_elsewhere,
        "declined": (
            _("You were not signed in, because it was declined at %(provider)s."),
            _("You can begin again at any time."),
        ),
        "ended": (_("%(provider)s ended the sign-in."), _("Please begin again.")),
        "inactive": (_("Your account here is switched off."), ask),
        "unknown_person": (
            _("%(provider)s knows you, but this portal does not yet."),
            _("Please ask your administrator to link you."),
        ),
        "administrator": (
            _("Who administers more than the brands of %(provider)s does not sign in with it."),
            _("Sign in with your password at the portal's own address.")
            if door.takes_passwords or not door.is_portal
            else _("Superusers sign in with their password. Everybody else asks a superuser."),
        ),
        "linked_already": (
            _("You, or this account at %(provider)s, are linked with somebody else already."),
            ask,
        ),
    }
