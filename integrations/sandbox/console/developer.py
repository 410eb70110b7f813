"""The developer portal: create and edit integrations (contract 9). No sign-in: it is a sandbox."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from integrations.sandbox.core.entities import Integration
from integrations.sandbox.core.http import Request, Response, Routes, redirect
from integrations.sandbox.core.scopes import KMS, MINIMUM_SCOPES, SCOPES
from integrations.sandbox.core.state import State
from integrations.sandbox.wire.pages import PageError, check_origin, english_page

routes = Routes()


@dataclass
class IntegrationForm:
    name: str = ""
    redirect_uris: str = ""
    scopes: tuple[str, ...] = MINIMUM_SCOPES
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def sent(cls, request: Request) -> IntegrationForm:
        form = request.form
        scopes = tuple(dict.fromkeys(form.all("scopes")))
        return cls(form.get("name", "").strip(), form.get("redirect_uris", ""), scopes)

    @property
    def uris(self) -> tuple[str, ...]:
        lines = (line.strip() for line in self.redirect_uris.splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    def is_valid(self) -> bool:
        refused = [uri for uri in self.uris if not is_acceptable(uri)]
        if not self.name:
            self.errors["name"] = "Give the integration a name."
        if not self.uris:
            self.errors["redirect_uris"] = "Enter at least one redirect URI."
        elif refused:
            self.errors["redirect_uris"] = (
                f"{refused[0]} is not acceptable: use https, or http on localhost."
            )
        if not self.scopes or not {*SCOPES, KMS}.issuperset(self.scopes):
            self.errors["scopes"] = "Choose at least one of these scopes."
        return not self.errors


def is_acceptable(uri: str) -> bool:
    """https anywhere, http on this machine only; no fragment (RFC 6749 section 3.1.2)."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or "#" in uri or not uri.isprintable() or " " in uri:
        return False
    is_local = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    return parts.scheme == "https" or (parts.scheme == "http" and is_local)


@routes("GET", "/")
@routes("GET", "/my-apps")
@routes("GET", "/my-apps/")
def my_apps(state: State, request: Request) -> Response:
    apps = [
        {"id": app.id, "name": app.name, "client_id": app.client_id, "uris": app.redirect_uris}
        for app in state.integrations.values()
    ]
    return english_page("apps.html", {"apps": apps, "section": "apps"})


@routes("GET", "/my-apps/new")
def new_page(state: State, request: Request) -> Response:
    return _form_page("app_new.html", IntegrationForm())


@routes("POST", "/my-apps/new")
def create(state: State, request: Request) -> Response:
    check_origin(request)
    form = IntegrationForm.sent(request)
    if request.form.get("action") == "minimum":
        form.scopes = MINIMUM_SCOPES
        return _form_page("app_new.html", form)
    if not form.is_valid():
        return _form_page("app_new.html", form, status=400)
    app = state.register(name=form.name, redirect_uris=form.uris, scopes=form.scopes)
    app.secret_was_shown = False  # still to be shown, on the page that follows
    return redirect(f"/my-apps/{app.id}", 303)


@routes("GET", "/my-apps/{}")
def app_page(state: State, request: Request, app_id: str) -> Response:
    """Shows a fresh client secret, the one time."""
    app = _integration(state, app_id)
    secret = "" if app.secret_was_shown else app.client_secret
    if secret:
        app.secret_was_shown = True
        state.changed()
    return _app_page(app, _form_of(app), secret=secret)


@routes("POST", "/my-apps/{}")
def change(state: State, request: Request, app_id: str) -> Response:
    check_origin(request)
    app = _integration(state, app_id)
    action = request.form.get("action")
    if action == "regenerate":
        app.client_secret = secrets.token_hex(32)
        app.secret_was_shown = False
    elif action == "delete":
        del state.integrations[app.client_id]
        state.changed()
        return redirect("/my-apps/", 303)
    else:
        form = IntegrationForm.sent(request)
        if action == "minimum":
            form.scopes = MINIMUM_SCOPES
            return _app_page(app, form)
        if not form.is_valid():
            return _app_page(app, form, status=400)
        app.name, app.redirect_uris, app.scopes = form.name, form.uris, form.scopes
    state.changed()
    return redirect(f"/my-apps/{app.id}", 303)


def _integration(state: State, app_id: str) -> Integration:
    for app in state.integrations.values():
        if app.id == app_id:
            return app
    raise PageError(404, "Not found", "There is no such integration.")


def _form_of(app: Integration) -> IntegrationForm:
    return IntegrationForm(app.name, "\n".join(app.redirect_uris), app.scopes)


def _app_page(
    app: Integration, form: IntegrationForm, *, secret: str = "", status: int = 200
) -> Response:
    shown = {
        "id": app.id,
        "name": app.name,
        "client_id": app.client_id,
        "client_secret": secret,
        "authorization_url": app.authorization_url,
    }
    return _form_page("app.html", form, app=shown, status=status)


def _form_page(
    template: str, form: IntegrationForm, *, app: dict[str, str] | None = None, status: int = 200
) -> Response:
    context = {
        "form": form,
        "app": app,
        "section": "apps",
        "minimum": _choices(form, MINIMUM_SCOPES),
        "others": _choices(form, tuple(SCOPES)[len(MINIMUM_SCOPES) :]),
    }
    return english_page(template, context, status)


def _choices(form: IntegrationForm, scopes: tuple[str, ...]) -> list[dict[str, object]]:
    return [
        {"name": scope, "words": SCOPES[scope], "is_chosen": scope in form.scopes}
        for scope in scopes
    ]
