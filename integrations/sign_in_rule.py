"""Where a password lets nobody in, whichever page or API asks for it."""

from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.sign_in import LimitedBackend
from integrations import sso_session

REFUSED = ("integrations/single_sign_on/no_passwords.html", 403)


class RuledBackend(LimitedBackend):
    """Before LimitedBackend, which stays for sessions that began with it."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """At the portal's own hosts superusers always may, or a dead provider locks everybody out.

        Others with the right password are told what they are told for a wrong one.
        """
        if request is None or username is None or not hasattr(request, "brand"):
            return None
        takes_passwords = sso_session.door_of(request).takes_passwords
        if not takes_passwords and request.brand is not None:
            request.sign_in_refusal = REFUSED
            raise PermissionDenied
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None and not takes_passwords and not user.is_superuser:
            raise PermissionDenied
        return user
