"""A Django with one view and one query, and nothing before it: what `pages.py` measures against."""

from config.settings import *  # noqa: F403

MIDDLEWARE = []
ROOT_URLCONF = "tests.benchmarks.bare_settings"


def _urls():
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from accounts.models import User

    def bare(request: HttpRequest) -> HttpResponse:
        return HttpResponse(User.objects.get(username="carol").username)

    return [path("bare/", bare)]


def __getattr__(name: str):
    if name == "urlpatterns":
        return _urls()
    raise AttributeError(name)
