"""Style sheets and scripts in one piece, and static files under names that change with content.

A web server makes its own copies when it starts, hashed and compressed: no step to forget, and
nothing left over from another version.
"""

import atexit
import os
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command

LOOK = ("look/fonts.css", "look/tokens.css", "look/parts.css")
BUNDLES = {
    "look/portal.css": (
        *LOOK, "portal/portal.css", "portal/page.css", "portal/bare.css", "look/print.css",
    ),
    "look/settings.css": (
        *LOOK,
        *(f"settings/{name}.css" for name in (
            "theme", "shell", "parts", "narrow", "search", "lists", "list-rows", "forms",
            "controls", "tabs", "overview", "pages", "audit", "webhooks",
        )),
        "look/print.css",
    ),
    "portal/page.js": ("portal/menu.js", "portal/copy.js"),
    "settings/integration.js": (
        *(f"settings/{name}.js" for name in ("tabs", "redirect-uris", "two-lists", "paste")),
    ),
}  # fmt: skip


class BundleFinder(finders.BaseFinder):
    """Each bundle is one request instead of a dozen."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [str(_write(path))] if path in BUNDLES else []
        return found if find_all or not found else found[0]  # None would count as a match

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        for name in BUNDLES:
            _write(name)
            yield name, FileSystemStorage(_folder("bundles"))


def collect() -> None:
    """Before the first use of a static file, and before WhiteNoise looks for them."""
    settings.STATIC_ROOT = str(_folder("static"))
    call_command("collectstatic", interactive=False, verbosity=0)


def _write(name: str) -> Path:
    target = _folder("bundles") / name
    target.parent.mkdir(exist_ok=True)
    parts = [Path(str(finders.find(part))).read_text() for part in BUNDLES[name]]
    target.write_text("\n".join(parts))
    return target


@cache
def _folder(name: str) -> Path:
    folder, owner = Path(mkdtemp(prefix=f"portal-{name}-")), os.getpid()
    # The workers of a web server are copies of it, and each of them ends by itself.
    atexit.register(_remove, folder, owner)
    return folder


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
