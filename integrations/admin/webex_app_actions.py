"""What the buttons of an integration do: clone, resume, disable, forget a secret, test a link."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from accounts.models import User
from integrations import clock, tasks
from integrations.admin import two_lists
from integrations.admin.administered import limits
from integrations.admin.deletion import DeletedByName
from integrations.admin.typed import ModelForm
from integrations.errors import CannotResume, NotReady
from integrations.linking import test_link
from integrations.models import WebexApp, administered
from integrations.operations import integrations


class CloneForm(ModelForm[WebexApp]):
    class Meta:
        model = WebexApp
        fields = ("name",)


class WithActions(DeletedByName[WebexApp]):
    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "integrations_webexapp"
        return [
            path("hostnames/", wrap(self.hostnames_view), name=f"{name}_hostnames"),
            path("<int:pk>/clone/", wrap(self.clone_view), name=f"{name}_clone"),
            path("<int:pk>/resume/", wrap(self.resume_view), name=f"{name}_resume"),
            path("<int:pk>/disable/", wrap(self.disable_view), name=f"{name}_disable"),
            path("<int:pk>/forget-secret/", wrap(self.forget_view), name=f"{name}_forget_secret"),
            path("<int:pk>/redirect-uris/", wrap(self.uris_view), name=f"{name}_redirect_uris"),
            path("<int:pk>/test/<int:hostname>/", wrap(self.test_view), name=f"{name}_test"),
            path("<int:pk>/test/<int:hostname>/progress/", wrap(self.progress_view)),
            *super().get_urls(),
        ]

    def clone_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if not self.has_clone_permission(request):
            raise PermissionDenied
        form = CloneForm(request.POST or None, initial={"name": _("Copy of %s") % app})
        if copy := self._cloned(app, form):
            text = _("“%s” is a copy and disabled. The panel says what is left to do.") % copy
            return self._back_to(request, copy, text, tab="general")
        context = {**self.admin_site.each_context(request), "form": form, "app": app}
        context |= {"opts": self.opts, "title": _("Clone “%s”") % app}
        return TemplateResponse(request, "admin/integrations/webexapp/clone.html", context)

    def has_clone_permission(self, request: HttpRequest) -> bool:
        """A copy has no hostname at first, so it would not be theirs who administer some."""
        return self.has_add_permission(request) and limits(request) is None

    def _cloned(self, app: WebexApp, form: CloneForm) -> WebexApp | None:
        if not form.is_valid():
            return None
        try:
            return integrations.clone(app, name=form.cleaned_data["name"], now=clock.now())
        except IntegrityError:  # a colleague took that name after it was looked at
            form.full_clean()
            return None

    def hostnames_view(self, request: HttpRequest) -> JsonResponse:
        """The next page of one of the two lists under URLs."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        get = request.GET.get
        app = self.get_object(request, get("app", ""))
        wanted, after = get("q", ""), get("after", "")
        shown = two_lists.page_of(
            get("side", ""), app, wanted=wanted, after=after, by=cast(User, request.user)
        )
        return JsonResponse(shown)

    def uris_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All of them, one a line, where they are too many for one page."""
        brands = self._object_or_404(request, pk).branded_urls.order_by("hostname").defer("logo")
        theirs = administered.visible(brands, by=cast(User, request.user))
        lines = "".join(f"{brand.redirect_uri}\n" for brand in theirs)
        return HttpResponse(lines, content_type="text/plain; charset=utf-8")

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if request.method != "POST" or not self.has_change_permission(request, app):
            raise PermissionDenied
        try:
            integrations.resume(app, now=clock.now())
        except CannotResume as error:
            return self._back_to(request, app, str(error), tab="general", level=messages.WARNING)
        tasks.wake_sweep()
        text = _("“%s” is tried now. Reload this page in a moment to see whether it works.") % app
        return self._back_to(request, app, text, tab="general")

    def disable_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if request.method != "POST" or not self.has_change_permission(request, app):
            raise PermissionDenied
        integrations.disable(app, now=clock.now())
        return self._back_to(request, app, _("“%s” is disabled.") % app, tab="general")

    def forget_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if request.method != "POST" or not self.has_change_permission(request, app):
            raise PermissionDenied
        if integrations.forget_previous_secret(app, now=clock.now()):
            text = _("The previous client secret of “%s” is forgotten.")
        else:
            text = _("“%s” keeps it, because Webex accepts no other; or it was gone already.")
        return self._back_to(request, app, text % app, tab="general")

    def test_view(self, request: HttpRequest, pk: int, hostname: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if request.method != "POST" or not self.has_change_permission(request, app):
            raise PermissionDenied
        try:
            url = test_link.begin(app, hostname, user=cast(User, request.user), now=clock.now())
        except NotReady:
            text = _("Fill in authorization URL, client ID and client secret first.")
            messages.error(request, text)
            return HttpResponseRedirect(f"{change_url(app)}#general")
        # A page, not a redirect: `form-action 'self'` holds for every hop that follows a form.
        return render(request, "admin/settings/taking_you_to_the_test.html", {"url": url})

    def progress_view(self, request: HttpRequest, pk: int, hostname: int) -> JsonResponse:
        """How the last "Test link" goes, for the tab in which it was pressed."""
        app, user = self._object_or_404(request, pk), cast(User, request.user)
        progress = test_link.progress(app, hostname, user=user, now=clock.now())
        return JsonResponse({"progress": progress})

    def _object_or_404(self, request: HttpRequest, pk: int) -> WebexApp:
        app = self.get_object(request, str(pk))
        if app is None or not self.has_view_or_change_permission(request, app):
            raise Http404
        return app

    def _back_to(
        self, request: HttpRequest, obj: WebexApp, text: str, *, tab: str,
        level: int = messages.SUCCESS,
    ) -> HttpResponse:  # fmt: skip
        messages.add_message(request, level, text)
        return HttpResponseRedirect(f"{change_url(obj)}#{tab}")


def change_url(app: WebexApp) -> str:
    return reverse("admin:integrations_webexapp_change", args=[app.pk])
