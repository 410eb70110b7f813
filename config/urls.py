from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.defaults import page_not_found

from config.language import speak_to
from integrations.api.v1 import api
from integrations.views import health


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing about database or broker."""
    return HttpResponse("ok", content_type="text/plain")


def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("portal/icon.svg"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No view was found, so nobody chose the language yet."""
    speak_to(request)
    return page_not_found(request, exception)


handler404 = "config.urls.not_found"

urlpatterns = [
    path("healthz/", healthz, name="healthz"),
    path("readyz/", health.readyz, name="readyz"),
    path("readyz/background/", health.background, name="background"),
    path("metrics/", health.metrics, name="metrics"),
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("accounts.urls")),
    path("", include("integrations.urls")),
]
