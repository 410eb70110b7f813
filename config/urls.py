from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import include, path

from integrations.api.v1 import api
from integrations.views import health


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing about database or broker."""
    return HttpResponse("ok", content_type="text/plain")


def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("portal/icon.svg"))


urlpatterns = [
    path("healthz/", healthz, name="healthz"),
    path("readyz/", health.readyz, name="readyz"),
    path("metrics/", health.metrics, name="metrics"),
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("accounts.urls")),
    path("", include("integrations.urls")),
]
