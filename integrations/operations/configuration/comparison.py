"""What a document would change, what is wrong with that, and what is asked before.

By the rules of the models, and with the questions of the admin's pages.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from integrations.errors import Remark
from integrations.models import BrandedURL, WebexApp
from integrations.operations import branded_urls, integrations, readiness
from integrations.operations.configuration import words
from integrations.operations.configuration.document import Document, Entry, pointer
from integrations.operations.configuration.stored import Stored
from integrations.operations.configuration.words import Change, Kind

APP_COLUMNS = (
    "is_enabled", "client_id", "authorization_url", "default_provisioning_id",
    "device_linking_enabled",
)  # fmt: skip
BRAND_COLUMNS = ("brand_name", "accent_color", "language")
Row = WebexApp | BrandedURL
Path = tuple[str, str]
T = TypeVar("T")


@dataclass(frozen=True)
class Move:
    before: str | None  # names of integrations
    after: str | None


class Comparison:
    """`apps` and `brands` are as they shall be, and not saved."""

    def __init__(self, stored: Stored, document: Document, *, now: datetime) -> None:
        self.stored, self.document, self.now = stored, document, now
        self.changes: list[Change] = []
        self.questions: list[Remark] = []
        self.faults: list[Remark] = []
        self.apps: dict[str, WebexApp] = {}
        self.brands: dict[str, BrandedURL] = {}
        self.changed: dict[Path, set[str]] = {}
        self.moves: dict[str, Move] = {}  # by hostname
        self._count_users = cache(branded_urls.count_users)
        for name, entry in sorted(document.integrations.items()):
            self._app(("integrations", name), entry)
        for hostname, entry in sorted(document.hostnames.items()):
            self._brand(("hostnames", hostname), entry)
        for name, app in self.removed_apps.items():
            self._removed(("integrations", name), app, app.pk)
        for hostname, brand in self.removed_brands.items():
            self._removed(("hostnames", hostname), brand, brand.app_id)
        if not self.faults:
            for name in sorted(self.apps.keys() & self.stored.apps.keys()):
                self._check_enabled(name)

    @cached_property
    def removed_apps(self) -> dict[str, WebexApp]:
        kept = self.document.integrations
        return {name: app for name, app in self.stored.apps.items() if name not in kept}

    @cached_property
    def removed_brands(self) -> dict[str, BrandedURL]:
        kept = self.document.hostnames
        return {name: brand for name, brand in self.stored.brands.items() if name not in kept}

    @property
    def touched(self) -> set[Path]:
        """Whatever is written, of what there is and of what comes."""
        apps = self.removed_apps.keys() | self.leaving.keys() | self.coming.keys()
        brands = self.removed_brands.keys() | self.moves.keys()
        found = {("integrations", name) for name in apps} | {("hostnames", name) for name in brands}
        return found | self.changed.keys()

    @cached_property
    def leaving(self) -> dict[str, list[str]]:
        """Hostnames, by the integration that they leave."""
        return _grouped((move.before, hostname) for hostname, move in self.moves.items())

    @cached_property
    def coming(self) -> dict[str, list[str]]:
        return _grouped((move.after, hostname) for hostname, move in self.moves.items())

    def _app(self, path: Path, entry: Entry) -> None:
        name = path[1]
        before = self.stored.apps.get(name)
        app = self.apps[name] = copy(before) if before else WebexApp(name=name)
        if before is None and name != name.strip():
            self.faults.append(Remark(pointer(*path), _("It begins or ends with a blank.")))
        wanted = entry if before else entry | {"is_enabled": False}
        self._assign(path, app, before, wanted, APP_COLUMNS)
        changed = self.changed.get(path, ())
        if before and "authorization_url" in changed:
            app.authorization_url_pasted_at = self.now
        if before and "client_id" in changed:
            self._ask(integrations.ask_before_new_client(app), *path, "client_id")

    def _brand(self, path: Path, entry: Entry) -> None:
        hostname = path[1]
        before = self.stored.brands.get(hostname)
        brand = self.brands[hostname] = copy(before) if before else BrandedURL(hostname=hostname)
        self._assign(path, brand, before, entry, BRAND_COLUMNS)
        self._take_logo(path, brand, entry)
        user = self.stored.app_name(before) if before else None
        move = Move(user, entry.get("integration", user))
        if move.after is not None and move.after not in self.document.integrations:
            sentence = _("This document has no integration of that name.")
            self.faults.append(Remark(pointer(*path, "integration"), sentence))
        elif move.before != move.after:
            self._move(path, brand, move)

    def _move(self, path: Path, brand: BrandedURL, move: Move) -> None:
        self.moves[brand.hostname] = move
        place = pointer(*path, "integration")
        sentence = words.moved(brand.hostname, move.before, move.after)
        self.changes.append(Change(place, sentence, Kind.CHANGE))
        users = self._count_users(brand.app_id)
        self._ask(branded_urls.ask_before_leaving(brand.hostname, users), *path, "integration")
        brand.assigned_at = self.now

    def _assign(
        self, path: Path, row: Row, before: Row | None, entry: Entry, columns: Sequence[str]
    ) -> None:
        """What is as it is stored is not looked at: a rule may be younger than the row."""
        given = {name: entry[name] for name in columns if name in entry}
        given = {name: value for name, value in given.items() if value != getattr(row, name)}
        for name, value in given.items():
            setattr(row, name, value.strip() if isinstance(value, str) else value)
        if given or before is None:
            self._validate(path, row, columns)
        if before is None:
            self.changed[path] = set(columns)
            self.changes.append(Change(pointer(*path), words.added(row), Kind.ADD))
            return
        for name in columns:
            if getattr(row, name) != (old := getattr(before, name)):
                self.changed.setdefault(path, set()).add(name)
                sentence = words.changed(row, name, old)
                self.changes.append(Change(pointer(*path, name), sentence, Kind.CHANGE))

    def _validate(self, path: Path, row: Row, columns: Sequence[str]) -> None:
        skipped = {field.name for field in row._meta.fields} - {*columns, "name", "hostname"}
        try:
            row.full_clean(exclude=skipped, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                place = (*path, name) if name in columns else path
                self.faults.append(Remark(pointer(*place), " ".join(sentences)))

    def _take_logo(self, path: Path, brand: BrandedURL, entry: Entry) -> None:
        digest = entry.get("logo", brand.logo_digest) or ""
        if digest == brand.logo_digest:
            return
        place = pointer(*path, "logo")
        owner = BrandedURL.objects.filter(logo_digest=digest).first() if digest else None
        if digest and owner is None:
            sentence = _("No such logo is stored here. Leave this out, and upload it as a file.")
            self.faults.append(Remark(place, sentence))
            return
        brand.set_logo(bytes(owner.logo) if owner and owner.logo else None)
        self.changed.setdefault(path, set()).update({"logo", "logo_digest"})
        self.changes.append(Change(place, words.new_logo(brand), Kind.CHANGE))

    def _removed(self, path: Path, row: Row, app_id: int | None) -> None:
        place = pointer(*path)
        if users := self._count_users(app_id):
            self.faults.append(Remark(place, words.in_use(row, users)))
        self.changes.append(Change(place, words.removed(row), Kind.REMOVE))
        self._ask(words.ask_before_removing(row), *path)

    def _check_enabled(self, name: str) -> None:
        """As the form does: what blocks is refused, unless it did before; the rest is asked."""
        app, before, path = self.apps[name], self.stored.apps[name], ("integrations", name)
        if not app.is_enabled or not (
            path in self.changed or name in self.leaving or name in self.coming
        ):
            return
        found = (
            readiness.check_all([before], now=self.now)[before.pk] if before.is_enabled else None
        )
        known = {check.code for check in found.blocking} if found else set()
        has_secret = bool(before.client_secret_set_at)
        brands = self._brands_of.get(name, [])
        to_be = readiness.check_to_be(app, brands, has_secret=has_secret, now=self.now)
        for check in (obstacles := to_be.obstacles(known)):
            sentence = f"{check.sentence} {check.next_step}"
            self.faults.append(Remark(pointer(*path, "is_enabled"), sentence))
        if not before.is_enabled and not obstacles:
            asked = " ".join(f"{check.sentence} {check.next_step}" for check in to_be.asking)
            self._ask(asked, *path, "is_enabled")

    @cached_property
    def _brands_of(self) -> dict[str, list[BrandedURL]]:
        """As they shall be."""
        return _grouped(
            (self.moves[name].after if name in self.moves else self.stored.app_name(brand), brand)
            for name, brand in self.brands.items()
        )

    def _ask(self, sentence: str, *path: str) -> None:
        if sentence:
            self.questions.append(Remark(pointer(*path), sentence))


def _grouped(pairs: Iterable[tuple[str | None, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for name, each in pairs:
        if name is not None:
            found.setdefault(name, []).append(each)
    return found
