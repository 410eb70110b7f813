"""Which client secret to use: during a change there are two, and Webex may accept either.

The new one first. Where Webex refuses that, the one before it is tried; once it worked it is the
first to be tried for ten minutes, so that not every call costs two.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from integrations.database import AWAY
from integrations.errors import (
    InvalidClient,
    Refused,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.models import WebexApp
from integrations.plain_text import one_line
from integrations.renewal.refusal_policy import Client
from integrations.webex import oauth

logger = logging.getLogger(__name__)

PREFERRED_FOR = timedelta(minutes=10)

T = TypeVar("T")


class Clients:
    """The integration's client with either secret; `current` is the one to use now."""

    def __init__(self, app: WebexApp, *, now: datetime, client_id: str = "") -> None:
        """Raises UndecryptableValue where the new secret cannot be read."""
        self.app, self.has_worked = app, False
        self._id = client_id or app.client_id
        self.new = oauth.Client(self._id, app.client_secret or "")
        self.previous = self._previous()
        self.current, self._other = self.new, self.previous
        if self.previous and self._is_preferred(now):
            self.current, self._other = self.previous, self.new

    def ask(self, call: Callable[[oauth.Client], T]) -> T:
        """`call` with one of them, and where Webex refuses that, with the other.

        Raises what `call` raises; where both are refused, what it raised first.
        """
        first: WebexError | None = None
        while True:
            try:
                answer = call(self.current)
            except WebexError as error:
                self.has_worked = _proves_the_client(error)
                if not _may_refuse_the_client(error):
                    raise
                first = first or error
            else:
                self.has_worked = True
                return answer
            if not self.switch():
                raise first

    def switch(self) -> bool:
        """To the one that was not tried yet; False where there is none."""
        if self._other is None:
            return False
        self.current, self._other = self._other, None
        return True

    def follow(self, answer: Client) -> bool:
        """What a probe found out; whether another one is used from now on."""
        accepted = {Client.ACCEPTED: self.new, Client.PREVIOUS: self.previous}.get(answer)
        if accepted is None or accepted is self.current:
            return False
        self.current, self._other = accepted, None
        return True

    def remember(self, *, now: datetime) -> None:
        """Which one worked, if one did. Without the database it is found out again."""
        if not self.has_worked:
            return
        with suppress(*AWAY):
            if self.current is self.previous and not self._is_preferred(now):
                self.note(Client.PREVIOUS, now=now)
            elif self.current is self.new and self.app.relies_on_previous_secret:
                self.note(Client.ACCEPTED, now=now)

    def note(self, answer: Client, *, now: datetime) -> None:
        """For the integration's page, and for whoever asks next."""
        app, columns = self.app, {"client_answer": answer, "client_asked_at": now}
        if answer is Client.PREVIOUS:
            columns["previous_client_secret_used_at"] = now
            text = (
                "Webex refuses the new client secret, not the old one; save it again: app=%s “%s”"
            )
            logger.warning(text, app.pk, one_line(app.name))
        # Not if the secret is new since: what the old one was told says nothing about it.
        ours = WebexApp.objects.filter(pk=app.pk, client_secret_set_at=app.client_secret_set_at)
        ours.update(**columns)
        app.client_answer, app.client_asked_at = answer, now

    def _previous(self) -> oauth.Client | None:
        try:
            secret = self.app.previous_client_secret
        except UndecryptableValue:
            return None
        return oauth.Client(self._id, secret) if secret else None

    def _is_preferred(self, now: datetime) -> bool:
        asked_at = self.app.client_asked_at
        is_recent = asked_at is not None and abs(now - asked_at) < PREFERRED_FOR
        return is_recent and self.app.relies_on_previous_secret


def _may_refuse_the_client(error: WebexError) -> bool:
    """A bare 401 is what a wrong secret gets, and perhaps a dead token, too (contract 4)."""
    return isinstance(error, InvalidClient) or (isinstance(error, Refused) and error.status == 401)


def _proves_the_client(error: WebexError) -> bool:
    """A standard code about something else than the client, which comes after it was accepted."""
    return not isinstance(error, InvalidClient | Refused | WebexUnavailable)
