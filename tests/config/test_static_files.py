"""Static files as a web server hands them out that just started."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from config import static_files
from integrations.models import BrandedURL, WebexApp

WHITENOISE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
PORTAL_HOST = django_settings.PORTAL_HOSTS[0]
FORM = "/admin/integrations/webexapp/"


@pytest.fixture
def started(settings, db) -> Iterator[Client]:
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": WHITENOISE}}
    static_files.collect()
    yield Client(HTTP_HOST=PORTAL_HOST, headers={"accept-encoding": "gzip"})
    settings.STATIC_ROOT = None


def test_static_files_are_hashed_compressed_and_kept_for_a_year(started: Client) -> None:
    url = staticfiles_storage.url("look/settings.css")

    answer = started.get(url, secure=True)

    assert re.fullmatch(r"/static/look/settings\.[0-9a-f]{12}\.css", url)
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Encoding"] == "gzip"
    text = gzip.decompress(answer.getvalue()).decode()
    assert "--accent:" in text  # the tokens, and what uses them, in one request
    assert ".side-nav" in text
    font = re.search(r'url\("(inter-latin\.[0-9a-f]{12}\.woff2)"\)', text)[1]
    answer = started.get(f"/static/look/{font}", secure=True)
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Type"] == "font/woff2"
    assert answer.getvalue().startswith(b"wOF2")


def test_every_style_sheet_of_the_settings_is_in_a_bundle() -> None:
    statics = Path(static_files.__file__).parents[1] / "integrations" / "static"
    there = {str(path.relative_to(statics)) for path in statics.glob("[ls]*/*.css")}
    bundled = {part for parts in static_files.BUNDLES.values() for part in parts}

    assert there - bundled == set()


@pytest.mark.parametrize("hostnames", [1, 200, 2_000])
def test_the_form_of_an_integration_is_light(started, root, acme, globex, hostnames) -> None:
    for app in acme, globex:
        BrandedURL.objects.bulk_create(
            BrandedURL(hostname=f"portal-{n:04}.{app.pk}.customers.example.com", app=app)
            for n in range(hostnames)
        )
    WebexApp.objects.filter(pk=globex.pk).update(name="Umbrella Telecom and Broadband" * 2)
    started.force_login(root)

    page = started.get(f"{FORM}{acme.pk}/change/", secure=True)

    parts = {page.request["PATH_INFO"]: page}
    for url in set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.content.decode())):
        parts[url] = started.get(url, secure=True)
    weights = {url: len(answer.getvalue()) for url, answer in parts.items()}
    assert {answer.status_code for answer in parts.values()} == {200}
    assert any(url.endswith(".woff2") for url in weights)
    assert len(weights) < 12, weights
    assert sum(weights.values()) < 150_000, weights
