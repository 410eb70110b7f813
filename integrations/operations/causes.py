"""What renewals noted about a failure, in words for operators."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from integrations.plain_text import isolated
from integrations.renewal.outcomes import ANSWER_LOST, CLIENT_REFUSED, WORKER_DIED
from integrations.webex.answers import BARE_REFUSAL, TOKEN_LIMIT

# As WebexError.__str__ writes it: “reason (status 503, ROUTER_1)”, or less of it.
NOTED = re.compile(r"(?P<reason>.*?)(?: \((?:status (?P<status>\d+))?(?:, )?(?P<id>[^() ]*)\))?")
REFUSED_TOKENS = (BARE_REFUSAL, "invalid_grant", "invalid_refresh_token", "invalid_request")
UNREADABLE = ("undecryptable", "client secret cannot be decrypted")


@dataclass(frozen=True)
class Cause:
    reason: str
    status: int = 0
    tracking_id: str = ""

    @classmethod
    def of(cls, noted: str) -> "Cause":
        found = NOTED.fullmatch(noted)
        if found is None:
            return cls(noted)
        status = found["status"] or re.sub(r"token endpoint answered (\d+)|.*", r"\1", found[1])
        return cls(found["reason"], int(status or 0), found["id"] or "")

    @property
    def is_the_client(self) -> bool:
        return self.reason in (CLIENT_REFUSED, "invalid_client")

    @property
    def is_a_wait(self) -> bool:
        return self.status == 429

    @property
    def in_words(self) -> str:
        noted = _("What was noted: %s.") % isolated(self.reason)
        return self.known_words or (noted if self.reason else _("No reason was noted."))

    @property
    def known_words(self) -> str:
        """Empty for what nobody has put into words yet."""
        if self.is_a_wait:
            return _("Webex asks us to wait.")
        if self.status >= 500:
            return _("Webex answers with an error of its own (%(status)d).") % vars(self)
        if self.reason.startswith("no connection"):
            return _("Webex cannot be reached (%(reason)s).") % {"reason": isolated(self.reason)}
        if self.reason in UNREADABLE:
            return _("What is stored cannot be read with this encryption key.")
        return self._what_webex_says

    @property
    def _what_webex_says(self) -> str:
        if self.is_the_client:
            return _("Webex refuses the client ID and secret.")
        if self.reason == WORKER_DIED:
            return _("A worker ended while it asked Webex, and the answer was lost.")
        if self.reason.startswith(ANSWER_LOST):
            return _("Webex was asked, and its answer did not arrive.")
        if self.reason == TOKEN_LIMIT:
            return _("The Webex account has too many open sessions.")
        if self.reason == BARE_REFUSAL:
            return _("Webex refuses to renew the connection, without saying why.")
        if self.reason in REFUSED_TOKENS:
            return _("Webex refuses to renew the connection (%(reason)s).") % vars(self)
        return ""

    @property
    def next_step(self) -> str:
        """Empty where nobody has to do anything."""
        if self.is_the_client:
            return _("Copy both again from developer.webex.com. What you save is tried at once.")
        if self.is_a_wait:
            return _(
                "Renewals go on by themselves then; nobody has to link again. If Webex asks again "
                "and again, set REFRESH_CALLS_PER_MINUTE lower."
            )
        if self.reason == TOKEN_LIMIT:
            return _("The user is told where to end some; renewals are tried again until then.")
        if self.reason in UNREADABLE:
            return _("Start every process with the right FIELD_ENCRYPTION_KEY.")
        if self.status >= 500:
            return _("Look at status.webex.com. The users stay linked, and we go on trying.")
        if self.reason.startswith("no connection"):
            return _("Does this machine reach Webex: network, proxy, DNS, certificates?")
        if self.reason in REFUSED_TOKENS:
            return _(
                "Nobody has to link again while this is unclear. Has an organisation blocked the "
                "integration at Webex?"
            )
        return ""
