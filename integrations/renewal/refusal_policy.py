"""Is a refused refresh token dead, or is something else wrong? The rules, without any I/O.

A drain reports what Webex answered, in that order. Before it decides it asks what the policy wants
to know: about the client (`client_probe`), about other grants (`cross_check`). Then:

1. Webex accepted somebody after the refusal: it is the grant's own. A standard `invalid_grant`
   stands, a bare refusal when it was repeated. In a burst both must be repeated.
2. Webex refuses the client: nobody is given up.
3. Webex refuses three or more and accepts nobody: nobody is given up for the first 45 minutes.
4. Only one or two are linked: the same as 1, if the client was proven good; else nobody.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from integrations.models.webex_app import PREVIOUS_ACCEPTED

EVERYBODY = 3  # refused grants, while nobody was accepted
BURST, BURST_SHARE = 3, 0.2  # refused grants, and their share of the last answers
RECENT = 50  # answers that are looked at
WITHOUT_PROOF = timedelta(minutes=45)  # a provider was wrong about everybody for half an hour
WITHOUT_ANY_PROOF = timedelta(days=1)  # not even the client can be told from a wrong one


class Client(StrEnum):
    """What a probe found out about client ID and secret."""

    ACCEPTED = "accepted"
    PREVIOUS = PREVIOUS_ACCEPTED  # the secret is refused, and the one before it accepted
    REFUSED = "refused"
    UNKNOWN = "unknown"  # a wrong one is answered alike, or not at all


class Others(StrEnum):
    """What Webex said about grants without trouble of their own."""

    NOT_ASKED = "not asked"
    REFUSED = "refused"
    NOBODY = "there is nobody else"


class Trouble(StrEnum):
    NONE = "none"
    CLIENT = "the client is refused"
    EVERYBODY = "everybody is refused"
    BURST = "many are refused, others are accepted"


class Verdict(StrEnum):
    CONSENT_LOST = "consent lost"
    DOUBT = "in doubt"


@dataclass(frozen=True)
class Refusal:
    is_definite: bool  # a standard `invalid_grant` (RFC 6749 section 5.2)
    is_repeated: bool  # a minute after the first one; or its answer before was lost
    doubted_for: timedelta = timedelta(0)
    org_id: str = ""
    is_explained: bool = False  # by a lost answer: it says nothing about the others
    at: int = field(default=0, compare=False)  # its place among the answers


class RefusalPolicy:
    def __init__(self) -> None:
        self.client = Client.UNKNOWN
        self.others = Others.NOT_ASKED
        self.burst_elsewhere = False  # an incident is open: another drain saw more
        self.suspects = 0  # refused before, or during the cross check
        self.refused_orgs: set[str] = set()
        self._recent: deque[bool] = deque(maxlen=RECENT)  # accepted?
        self._answers = self._refused = 0
        self._last_accepted_at = -1

    # --- what Webex answered ---------------------------------------------------------------------

    def accepted(self, count: int = 1) -> None:
        self._answers += count
        self._last_accepted_at = self._answers
        self._recent.extend([True] * count)

    def refused(self, refusal: Refusal) -> Refusal:
        """The same, with its place among the answers."""
        self._answers += 1
        self._refused += 1
        self.refused_orgs.add(refusal.org_id)
        if not refusal.is_explained:
            self._recent.append(False)
        return Refusal(**{**vars(refusal), "at": self._answers})

    # --- what that means -------------------------------------------------------------------------

    @property
    def has_accepted(self) -> bool:
        return self._last_accepted_at >= 0

    @property
    def is_burst(self) -> bool:
        refused = self._recent.count(False)
        return refused >= BURST and refused >= BURST_SHARE * len(self._recent)

    @property
    def must_repeat(self) -> bool:
        """In a burst not even a definite refusal stands alone."""
        return self.is_burst or self.burst_elsewhere

    @property
    def may_be_everybody(self) -> bool:
        """Enough for asking about the client and about others."""
        return not self.has_accepted and self._refused + self.suspects >= EVERYBODY

    @property
    def trouble(self) -> Trouble:
        if self.has_accepted:
            return Trouble.BURST if self.is_burst else Trouble.NONE
        if self.client is Client.REFUSED:
            return Trouble.CLIENT
        return Trouble.EVERYBODY if self.may_be_everybody else Trouble.NONE

    def wants_proof(self, refusal: Refusal) -> bool:
        """Whether it matters if somebody is accepted now."""
        could_stand = refusal.is_repeated or (refusal.is_definite and not self.must_repeat)
        return could_stand and refusal.at > self._last_accepted_at

    def verdict(self, refusal: Refusal) -> Verdict:
        return Verdict.CONSENT_LOST if self._stands(refusal) else Verdict.DOUBT

    def _stands(self, refusal: Refusal) -> bool:
        if refusal.at < self._last_accepted_at:
            return refusal.is_repeated or (refusal.is_definite and not self.must_repeat)
        if self.client is Client.REFUSED or self.others is Others.NOT_ASKED:
            return False
        if self.client is Client.UNKNOWN:
            doubted_enough = refusal.doubted_for >= WITHOUT_ANY_PROOF
            return refusal.is_definite and refusal.is_repeated and doubted_enough
        if self.may_be_everybody or self.has_accepted:
            return refusal.is_repeated and refusal.doubted_for >= WITHOUT_PROOF
        return refusal.is_definite or refusal.is_repeated
