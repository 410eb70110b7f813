"""Who may open the Webex pages, and how their answers redirect."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse, HttpResponseRedirect

View = Callable[..., HttpResponse]


class SeeOther(HttpResponseRedirect):
    """303: fetch the next page with GET, whatever this request was."""

    status_code = 303


def webex_user_required(view: View) -> Any:
    """Signed-out: to sign-in. Without `use_webex`: 403."""
    allowed = permission_required("integrations.use_webex", raise_exception=True)
    return login_required(allowed(view))
