"""Who may open the Webex pages, and how their answers redirect."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _

from integrations.portal_request import PortalRequest

View = Callable[..., HttpResponse]


class SeeOther(HttpResponseRedirect):
    """303: fetch the next page with GET, whatever this request was."""

    status_code = 303


def webex_user_required(view: View) -> Any:
    """Signed-out: to sign-in. Without `use_webex`: 403."""
    allowed = permission_required("integrations.use_webex", raise_exception=True)
    return login_required(allowed(view))


def webex_right_required(right: str) -> Callable[[View], Any]:
    """For pages that work with Webex: `use_webex` and this right, or 403."""

    def decorate(view: View) -> Any:
        rights = ["integrations.use_webex", f"integrations.{right}"]
        allowed = permission_required(rights, raise_exception=True)(view)

        @wraps(view)
        def answer(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated and is_fragment(request):
                return HttpResponse(headers={"HX-Refresh": "true"})  # the page knows where to go
            return login_required(allowed)(request, *args, **kwargs)

        return answer

    return decorate


def is_fragment(request: PortalRequest) -> bool:
    """Asked for by htmx, to be put into a page that is there already."""
    return request.headers.get("HX-Request") == "true"


def webex_user_or_json_error(view: View) -> View:
    """For what scripts ask. Signed-out: 401. Without `use_webex`: 403."""

    @wraps(view)
    def answer(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return signed_out()
        if not request.user.has_perm("integrations.use_webex"):
            return not_permitted()
        return view(request, *args, **kwargs)

    return answer


def signed_out() -> JsonResponse:
    return JsonResponse({"detail": _("Sign in first.")}, status=401)


def not_permitted() -> JsonResponse:
    return JsonResponse({"detail": _("You may not use Webex here.")}, status=403)
