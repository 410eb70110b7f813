"""What happened to an object: the newest of it on its own page, more of it under History."""

from typing import Any, TypeVar, cast

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from accounts.models import User
from integrations.admin.administered import Administered
from integrations.models import administered

LATELY, MOST = 5, 200

M = TypeVar("M", bound=Model)


class WithTimeline(Administered[M]):
    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        """Django's own log would be a second truth: verbs write the audit trail."""

    log_change = log_deletions = log_addition

    def render_change_form(self, request: Any, context: Any, *args: Any, **kw: Any) -> HttpResponse:
        if obj := context.get("original"):
            context["lately"] = administered.told_of(obj, by=request.user)[:LATELY]
        return super().render_change_form(request, context, *args, **kw)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """In place of Django's, which knows only what was saved in the admin."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %s") % obj,
            "opts": self.opts,
            "original": obj,
            "timeline": administered.told_of(obj, by=cast(User, request.user))[:MOST],
            "most": MOST,
            "may_read_all": request.user.has_perm("integrations.view_auditevent"),
        }
        return TemplateResponse(request, "admin/settings/history.html", context)
