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

WHITENOISE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
PORTAL_HOST = django_settings.PORTAL_HOSTS[0]


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
