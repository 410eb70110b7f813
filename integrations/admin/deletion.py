"""What users depend on cannot be deleted; what nobody needs is deleted by typing its name."""

from typing import Any, TypeVar

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from integrations.admin.shared_editing import SharedAdmin
from integrations.plain_text import one_line

M = TypeVar("M", bound=Model)


class DeletedByName(SharedAdmin[M]):
    delete_confirmation_template = "admin/settings/delete_by_name.html"

    def dependants(self, request: HttpRequest, obj: M) -> int:
        """How many users would lose something."""
        raise NotImplementedError

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Without Django's collector, which would load every grant there is."""
        protected = [str(obj) for obj in objs if self.dependants(request, obj)]
        return [str(obj) for obj in objs], {}, set(), protected

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is not None:
            dependants = self.dependants(request, obj)
            extra_context = {**(extra_context or {}), "dependants": dependants}
            typed, name = one_line(request.POST.get("typed_name", "")), one_line(obj)
            if request.method == "POST" and not dependants and typed != name:
                messages.error(request, _("The name you typed is not the same. Nothing happened."))
                return HttpResponseRedirect(request.path)
        return super().delete_view(request, object_id, extra_context)
