"""Integrations and their hostnames, to read. Changing them is `configuration`."""

from datetime import datetime

from django.db.models import Prefetch, QuerySet
from ninja import Router, Schema

from integrations.api import problems
from integrations.api.authentication import ApiRequest, Client
from integrations.api.cursor import page_of
from integrations.api.routing import route
from integrations.api.schemas import Cursor, Id, Limit, Page
from integrations.models import BrandedURL, WebexApp
from integrations.models.api_key import KeyScope

router = Router(tags=["integrations"])
SCOPE = KeyScope.INTEGRATIONS_READ


class Integration(Schema):
    id: int
    name: str
    enabled: bool
    client_id: str
    scopes: list[str]
    device_linking_enabled: bool
    paused_until: datetime | None
    pause_reason: str
    hostnames: list[str]


class BrandedHostname(Schema):
    id: int
    hostname: str
    brand_name: str
    integration: int | None
    redirect_uri: str


class Integrations(Page):
    items: list[Integration]


class BrandedHostnames(Page):
    items: list[BrandedHostname]


@route(router, "GET", "/integrations", scope=SCOPE, answer=Integrations, known=[404])
def list_integrations(
    request: ApiRequest, cursor: Cursor | None = None, limit: Limit = 50
) -> Integrations:
    """Integrations that the key reaches, newest first."""
    apps, next_cursor = page_of(_apps(request.auth), cursor, limit)
    return Integrations(items=[_integration(app) for app in apps], next_cursor=next_cursor)


@route(router, "GET", "/integrations/{id}", scope=SCOPE, answer=Integration, known=[404])
def read_integration(request: ApiRequest, id: Id) -> Integration:
    """One integration, with the hostnames that the key reaches."""
    app = _apps(request.auth).filter(pk=id).first()
    if app is None:
        raise problems.not_found("integration")
    return _integration(app)


@route(router, "GET", "/hostnames", scope=SCOPE, answer=BrandedHostnames, known=[404])
def list_hostnames(
    request: ApiRequest, cursor: Cursor | None = None, limit: Limit = 50
) -> BrandedHostnames:
    """Branded hostnames that the key reaches, newest first."""
    found, next_cursor = page_of(_brands(request.auth), cursor, limit)
    items = [
        BrandedHostname(
            id=brand.pk,
            hostname=brand.hostname,
            brand_name=brand.brand_name,
            integration=brand.app_id,
            redirect_uri=brand.redirect_uri,
        )
        for brand in found
    ]
    return BrandedHostnames(items=items, next_cursor=next_cursor)


def _apps(client: Client) -> QuerySet[WebexApp]:
    """Where hostnames are limited: the integrations that serve these."""
    apps, reach = WebexApp.objects.all(), client.reach
    if reach.app_ids is not None:
        apps = apps.filter(pk__in=reach.app_ids)
    if reach.hostname_ids is not None:
        serving = BrandedURL.objects.filter(pk__in=reach.hostname_ids, app__isnull=False)
        apps = apps.filter(pk__in=serving.values("app"))
    brands = _brands(client).order_by("hostname")
    return apps.prefetch_related(Prefetch("branded_urls", brands, to_attr="brands_reached"))


def _brands(client: Client) -> QuerySet[BrandedURL]:
    brands, reach = BrandedURL.objects.defer("logo"), client.reach
    if reach.app_ids is not None:
        brands = brands.filter(app__in=reach.app_ids)
    if reach.hostname_ids is not None:
        brands = brands.filter(pk__in=reach.hostname_ids)
    return brands


def _integration(app: WebexApp) -> Integration:
    return Integration(
        id=app.pk,
        name=app.name,
        enabled=app.is_enabled,
        client_id=app.client_id,
        scopes=app.scopes,
        device_linking_enabled=app.device_linking_enabled,
        paused_until=app.refresh_paused_until,
        pause_reason=app.pause_reason,
        hostnames=[brand.hostname for brand in getattr(app, "brands_reached", ())],
    )
