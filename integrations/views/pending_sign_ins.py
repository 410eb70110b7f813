"""Sign-ins under way, in a signed cookie of this host only: who is nobody yet leaves no row behind.

Several at once, one for each tab. Each is good once: its return takes it out of the cookie.
"""

from dataclasses import asdict

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from integrations.single_sign_on.sign_in import LIFETIME, Pending

COOKIE = "__Host-sign-in" if settings.HTTPS else "sign-in"
SALT = "integrations.pending_sign_ins"
MOST, LONGEST = 3, 3800  # characters: browsers drop cookies of more than 4096


def add(request: HttpRequest, response: HttpResponse, pending: Pending) -> None:
    _keep(response, [*_read(request), pending][-MOST:])


def find(request: HttpRequest, state: str) -> Pending | None:
    return next((each for each in _read(request) if each.state == state), None)


def forget(request: HttpRequest, response: HttpResponse, state: str) -> None:
    _keep(response, [each for each in _read(request) if each.state != state])


def _keep(response: HttpResponse, pending: list[Pending]) -> None:
    value = signing.dumps([asdict(each) for each in pending], salt=SALT, compress=True)
    if len(value) > LONGEST:
        return _keep(response, pending[1:])
    if not pending:
        return response.delete_cookie(COOKIE, samesite="Lax")
    response.set_cookie(
        COOKIE, value, max_age=LIFETIME, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


def _read(request: HttpRequest) -> list[Pending]:
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFETIME)
        return [Pending(**each) for each in found]
    except (signing.BadSignature, TypeError):
        return []
