"""A finished consent by another Webex person than the linked one: kept until its user decides."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from integrations.fields import EncryptedTextField
from integrations.tokens import Person, TokenSet

if TYPE_CHECKING:
    from accounts.models import User
    from integrations.models.webex_app import WebexApp


class PendingConsent(models.Model):
    """Base of whatever can end in "replace A by B?"."""

    hostname = models.CharField(max_length=253, null=True)  # where it was begun
    # Of the secret it was begun with; NULL where that was not noted yet.
    client_secret_fingerprint = models.CharField(max_length=8, null=True)
    pending_tokens = EncryptedTextField(null=True)

    if TYPE_CHECKING:
        user: User
        user_id: int
        app: WebexApp
        app_id: int

    class Meta:
        abstract = True

    def store_pending_tokens(self, tokens: TokenSet, person: Person) -> None:
        pending = {
            "access_token": tokens.access_token,
            "access_token_expires_at": tokens.access_token_expires_at.isoformat(),
            "refresh_token": tokens.refresh_token,
            "refresh_token_expires_at": tokens.refresh_token_expires_at
            and tokens.refresh_token_expires_at.isoformat(),
            "scope": None if tokens.scope is None else sorted(tokens.scope),
            "person": vars(person),
        }
        self.pending_tokens = json.dumps(pending)
        self.save(update_fields=["pending_tokens"])

    def load_pending_tokens(self) -> tuple[TokenSet, Person]:
        pending = json.loads(self.pending_tokens or "")
        person = Person(**pending.pop("person"))
        scope = pending.pop("scope")
        for moment in ("access_token_expires_at", "refresh_token_expires_at"):
            pending[moment] = pending[moment] and datetime.fromisoformat(pending[moment])
        return TokenSet(scope=None if scope is None else frozenset(scope), **pending), person

    def record_decision(self, *, replaced: bool) -> None:
        self.pending_tokens = None
        self.save(update_fields=["pending_tokens"])
