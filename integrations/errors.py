"""Everything that can go wrong, on one page. Each docstring says what the caller does next.

An error carries the HTTP status and Webex's tracking id where there was an answer; none carries a
token, a code or a secret, in its text or in its attributes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


class IntegrationError(Exception):
    """The root: lets a caller catch whatever this project raises on purpose."""


class ReasonedError(IntegrationError):
    """Of one kind for several reasons; `reason` is a word for code and log, not for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WebexError(IntegrationError):
    """Something Webex said, or did not say."""

    def __init__(self, reason: str = "", *, status: int = 0, tracking_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.tracking_id = tracking_id

    def __str__(self) -> str:
        details = [f"status {self.status}"] if self.status else []
        details += [self.tracking_id] if self.tracking_id else []
        return f"{self.reason} ({', '.join(details)})" if details else self.reason


class WebexUnavailable(WebexError):
    """No usable answer (network, 5xx, 429, nonsense). Keep everything; try again later.

    `retry_after` is how long Webex asked us to wait, where it did.
    """

    retry_after: timedelta | None = None


class AmbiguousOutcome(WebexUnavailable):
    """The request was sent and its answer lost. Never repeat a code exchange; a refresh once."""


class Locked(WebexUnavailable):
    """423: somebody else is changing this just now. Wait for `retry_after`, then ask again."""


class TokenLimit(WebexUnavailable):
    """The Webex account has too many live access tokens (`tokenlimit_reached`, contract 2.3).

    The consent lives on. Wait for an hour and longer; tell the user to end some sessions.
    """


class InvalidClient(WebexError):
    """Webex refuses the client id or secret. Pause the integration; no grant is at fault."""


class InvalidGrant(WebexError):
    """A standard `invalid_grant` (RFC 6749 section 5.2). Definite: never send that token again."""


class Refused(WebexError):
    """A bare 400 or 401 without a standard code. Suspect: ask once more, later, before judging."""


class NoRefreshToken(WebexError):
    """Webex granted access that cannot be renewed. Nothing is stored; tell the administrator."""


class InsufficientScope(WebexError):
    """403: the token lacks a scope or its owner a role. The token is fine; tell the user."""


@dataclass(frozen=True)
class Problem:
    """One entry of `errors` in an answer of Webex, in its own words; empty where it is silent."""

    code: int | None
    text: str
    field: str = ""


class Rejected(WebexError):
    """400, 404, 405, 409, 410, 415, 422: refused as it was asked. Say why; do not repeat it."""

    def __init__(
        self,
        reason: str = "rejected",
        *,
        status: int = 0,
        problems: tuple[Problem, ...] = (),
        tracking_id: str = "",
    ) -> None:
        super().__init__(reason, status=status, tracking_id=tracking_id)
        self.problems = problems


class AuthorizationFailed(WebexError):
    """Webex sent the browser back with an `error` (RFC 6749 section 4.1.2.1) in `reason`."""


class AccessDenied(AuthorizationFailed):
    """The user declined. Nothing changed; say so without alarm."""


class AuthorizationPending(WebexError):
    """RFC 8628 section 3.5: nobody has decided yet. Ask again after the interval."""


class SlowDown(AuthorizationPending):
    """RFC 8628 section 3.5: ask again, every time five seconds later than before, for good."""


class ExpiredDeviceCode(WebexError):
    """RFC 8628 section 3.5: nobody decided in time. Offer to start again."""


class TooManyStarts(IntegrationError):
    """This user or this integration started too often. Say when to come back."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("too many starts")
        self.retry_after = retry_after


class WrongCode(IntegrationError):
    """No code of this second factor, or one that was used. Ask once more; the failure counts."""


class TooManyCodes(IntegrationError):
    """Too many wrong codes in a row. Say until when to wait; nothing was looked at."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many wrong codes")
        self.until = until


class ConsentRefused(ReasonedError):
    """The callback does not belong to a consent under way here. Say nothing about why.

    `reason` is for the log only: a browser gets the same text for every reason.
    """


class NotReady(IntegrationError):
    """There is no enabled integration for this hostname, or it lacks its credentials."""


class NotLinked(IntegrationError):
    """The user has no usable grant. Offer them to link their Webex account."""


class NotOffered(IntegrationError):
    """This user cannot link at this hostname: no right, or no enabled integration."""


class LinkRefused(ReasonedError):
    """The link that support sent is not good (any more) for whoever opened it; see `reason`."""


class ProviderUnavailable(ReasonedError):
    """An identity provider gave no usable answer; see `reason`. Nobody signs in; try later."""


class ProviderMisconfigured(ReasonedError):
    """Its answer does not fit what is registered here. Tell the administrator; see `reason`."""


class IdTokenRefused(ProviderMisconfigured):
    """Its ID token is not what this sign-in needs. Nobody signs in; the log says which claim."""


class SignInRefused(ReasonedError):
    """Single sign-on ends here, for this `reason`. Nobody is signed in."""


class CannotResume(IntegrationError):
    """The integration is not paused, or Webex asked it to wait. Its message says so to whoever
    asked; nothing was changed.
    """


class InvalidHostname(IntegrationError, ValueError):
    """The text is not a hostname. Its message is a sentence for the person who typed it."""


class InvalidAuthorizationURL(IntegrationError, ValueError):
    """The pasted text is no Webex authorization URL. Its message says what is wrong with it."""


class InvalidCredential(IntegrationError, ValueError):
    """The pasted text can be neither client ID nor secret. Its message names the fault."""


class InvalidLogo(IntegrationError, ValueError):
    """The upload cannot become a logo. Its message is a sentence for the person who sent it."""


class UndecryptableValue(IntegrationError):
    """The ciphertext in the row does not belong to any configured key. Leave the bytes alone."""


class WrongEncryptionKey(IntegrationError):
    """FIELD_ENCRYPTION_KEY is not the one this database was written with. Refuse to run."""


@dataclass(frozen=True)
class Remark:
    """A sentence about one place in a document (RFC 6901): what is wrong, asked, or different."""

    path: str
    sentence: str


class InvalidConfiguration(IntegrationError):
    """The document cannot become the configuration. Nothing changed; show every fault."""

    def __init__(self, faults: "list[Remark]") -> None:
        super().__init__(" ".join(f"{fault.path} {fault.sentence}".strip() for fault in faults))
        self.faults = tuple(faults[:100])


class ConfigurationMoved(IntegrationError):
    """Somebody changed the configuration since it was looked at. Nothing changed; look again."""


class Unconfirmed(IntegrationError):
    """Users would lose something. Nothing changed; show the questions, and come back with a yes."""

    def __init__(self, questions: "list[Remark]", confirmation: str) -> None:
        super().__init__(f"{len(questions)} questions")
        self.questions, self.confirmation = tuple(questions), confirmation


class UnusableFile(IntegrationError, ValueError):
    """The upload is no table of people. Its message is a sentence for the person who sent it."""


class JobConflict(IntegrationError):
    """The bulk job is not as the page showed it, or another one is at work. Show it again."""


class WebhookOff(IntegrationError):
    """The webhook is off, or has no secret: nothing can be sent. Say so; offer to mend that."""


class WebhookOutOfReach(IntegrationError):
    """The event is not for this webhook any more: its limits say who may know. Say so."""


class AppendOnly(IntegrationError):
    """Somebody tried to change or delete a row of the audit trail. Nobody may."""


class CannotBeLimited(IntegrationError):
    """Superusers administer everything. Take that away first."""


class WebexBusy(IntegrationError):
    """All threads that may wait for Webex do. Say so at once."""


class KeyRefused(ReasonedError):
    """The API key is none of ours, or not any more: `reason` says which."""


class KeyRotated(IntegrationError):
    """The API key has a successor, or is alive no more. Show the list again."""


class JobHalted(IntegrationError):
    """The bulk job cannot go on by itself; its rows are at no fault. `reason` says why."""

    def __init__(self, reason: str, *, tracking_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.tracking_id = tracking_id
