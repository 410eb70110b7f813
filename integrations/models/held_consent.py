"""A finished consent by another Webex person than the linked one: kept until its user decides."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from integrations.fields import EncryptedTextField
from integrations.tokens import Person, TokenSet

if TYPE_CHECKING:
    from accounts.models import User
    from integrations.models.webex_app import WebexApp


class HeldConsent(models.Model):
    """Base of whatever can end in "replace A by B?"."""

    pending_tokens = EncryptedTextField(null=True)

    if TYPE_CHECKING:
        user: User
        app: WebexApp

    class Meta:
        abstract = True

    def hold(self, tokens: TokenSet, person: Person) -> None:
        held = {
            "access_token": tokens.access_token,
            "access_token_expires_at": tokens.access_token_expires_at.isoformat(),
            "refresh_token": tokens.refresh_token,
            "refresh_token_expires_at": tokens.refresh_token_expires_at
            and tokens.refresh_token_expires_at.isoformat(),
            "scope": None if tokens.scope is None else sorted(tokens.scope),
            "person": vars(person),
        }
        self.pending_tokens = json.dumps(held)
        self.save(update_fields=["pending_tokens"])

    def held(self) -> tuple[TokenSet, Person]:
        held = json.loads(self.pending_tokens or "")
        person = Person(**held.pop("person"))
        scope = held.pop("scope")
        for moment in ("access_token_expires_at", "refresh_token_expires_at"):
            held[moment] = held[moment] and datetime.fromisoformat(held[moment])
        return TokenSet(scope=None if scope is None else frozenset(scope), **held), person

    def drop_held(self) -> None:
        self.pending_tokens = None
        self.save(update_fields=["pending_tokens"])


def forget_all_held(*, user_id: int, app_id: int) -> None:
    """Whichever way it was begun."""
    for model in HeldConsent.__subclasses__():
        rows: models.QuerySet[Any] = model._default_manager.all()
        held = rows.filter(user=user_id, app=app_id, pending_tokens__isnull=False)
        held.update(pending_tokens=None)
