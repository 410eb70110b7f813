"""The Keys page: which encryption key is in use for what, and what to do next."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from integrations import clock, tasks
from integrations.models.limited_administrator import limits_of
from integrations.operations import encryption_keys


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """A POST has a worker count."""
    if not request.user.has_perm("integrations.view_keycensus"):
        raise PermissionDenied
    if limits_of(request.user) is not None:
        context |= {"title": _("This page is about all hostnames")}
        return TemplateResponse(request, "admin/settings/about_all.html", context, status=403)
    if request.method == "POST":
        tasks.wake_count_of_keys()
        messages.success(request, _("A worker counts now. Load this page again in a minute."))
        return HttpResponseRedirect(request.path)
    context |= {"title": _("Keys"), "overview": encryption_keys.overview(now=clock.now())}
    return TemplateResponse(request, "admin/settings/keys.html", context)
