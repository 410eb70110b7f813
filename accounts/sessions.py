"""Sessions that know whose they are, so that a session and its user are read together.

They are Django's own, in its own table. A row beside each names who signed in; a session without
one, as code before this release makes them, is read like any other, and its user after it.
"""

import re
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from accounts.models import SessionOwner, User
from accounts.statement import Statement

KEPT = """
    django_session kept
    LEFT JOIN accounts_sessionowner owner ON owner.session_id = kept.session_key
    LEFT JOIN accounts_user person ON person.id = owner.user_id
"""
UNDER_THIS_KEY = "kept.session_key = %s AND kept.expire_date > %s"
SESSION_AND_USER = Statement(
    f"SELECT {{person}}, kept.session_data FROM {KEPT} WHERE {UNDER_THIS_KEY}",  # noqa: S608
    person=User,
)
GET_USER = ModelBackend.get_user
KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(db.SessionStore):
    owner: User | None = None  # as it was when the session was read

    def _validate_session_key(self, key: str | None) -> bool:
        """Whatever a cookie says otherwise, a NUL for instance, PostgreSQL may refuse."""
        return bool(key and KEY.fullmatch(key))

    def load(self) -> dict[str, Any]:
        found = self._read()
        if found is None:
            self._session_key = None
            return {}
        self.owner, data = found
        return self.decode(data)

    def _read(self) -> list[Any] | None:
        """The user, and what is kept of the session."""
        return SESSION_AND_USER.first(self.session_key, timezone.now())

    def create(self) -> None:
        """Under a new key, which nobody owns yet."""
        self.owner = None
        super().create()

    def save(self, must_create: bool = False) -> None:
        super().save(must_create)
        user_id = self.get(SESSION_KEY)
        if user_id and not (self.owner and str(self.owner.pk) == user_id):
            SessionOwner.objects.bulk_create(
                [SessionOwner(session_id=self.session_key or "", user_id=user_id)],
                update_conflicts=True,
                unique_fields=["session"],
                update_fields=["user"],
            )


class SessionUserMiddleware(AuthenticationMiddleware):
    """Sets `request.user`, as Django's own does, mostly without a query."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]


def _user(request: Any) -> User | AnonymousUser:
    if not hasattr(request, "_cached_user"):
        request._cached_user = _trusted_owner(request.session) or auth.get_user(request)
        request.user = request._cached_user  # a page asks them thirty things, each by the lazy way
    return request._cached_user  # type: ignore[no-any-return]


def _trusted_owner(session: SessionStore) -> User | None:
    """Whom Django would let in as well; wherever there is a doubt, it is left to Django."""
    user_id, path = session.get(SESSION_KEY), session.get(BACKEND_SESSION_KEY)
    user = session.owner
    if user is None or str(user.pk) != user_id or path not in settings.AUTHENTICATION_BACKENDS:
        return None
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return None
    backend = load_backend(path)
    if not isinstance(backend, ModelBackend) or type(backend).get_user is not GET_USER:
        return None
    return user if backend.user_can_authenticate(user) else None
