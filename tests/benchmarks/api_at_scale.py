"""The API at the same scale; asked by `admin_at_scale`, whose rows these are."""

from datetime import timedelta

from django.test import Client

from integrations import clock
from integrations.api import cursor
from integrations.models import BrandedURL, Grant
from integrations.models.api_key import KeyScope
from integrations.operations import api_keys

HOST = "admin.example.com"
LATE_PAGE = 10_000
PATHS = {
    "first page": "/grants",
    "next page": "/grants?cursor={next}",
    "page 10,000": "/grants?cursor={late}",
    "healthy": "/grants?health=healthy",
    "failing": "/grants?health=failing",
    "failing, late": "/grants?health=failing&cursor={late}",
    "right lost: none": "/grants?health=right_lost",
    "need the user": "/grants?health=needs_user",
    "disconnected": "/grants?health=disconnected",
    "of one integration": "/grants?integration=3",
    "of one, late": "/grants?integration=1&cursor={late}",
    "of an unused integration": "/grants?integration=9",
    "of one, failing": "/grants?integration=3&health=failing",
    "of an unused one, healthy": "/grants?integration=9&health=healthy",
    "of a hostname": "/grants?hostname=portal-7.example.com",
    "of a hostname, failing": "/grants?hostname=portal-7.example.com&health=failing",
    "of a hostname without grants": "/grants?hostname=portal-395.example.com",
    "of no such hostname": "/grants?hostname=nobody.example.com",
    "of a user": "/grants?user=user1234",
    "of nobody": "/grants?user=nobody-of-that-name",
    "one grant": "/grants/500",
    "standing": "/standing?user=user1234&hostname=portal-7.example.com",
    "integrations": "/integrations",
    "hostnames": "/hostnames",
    "configuration": "/configuration",
}
LIMITED = {
    "limited: first page": "/grants",
    "limited: failing": "/grants?health=failing",
    "limited: healthy": "/grants?health=healthy",
    "limited: late": "/grants?cursor={late}",
    "limited: integrations": "/integrations",
}


def programs() -> list[tuple[str, Client, dict[str, str]]]:
    """Of a key that reaches everything; one hostname; one without grants; one integration."""
    newest = Grant.objects.order_by("-pk").values_list("pk", flat=True)[0]
    places = {"next": cursor.write(newest - 49), "late": cursor.write(newest - 50 * LATE_PAGE)}

    def asked(paths: dict[str, str]) -> dict[str, str]:
        return {name: f"/api/v1{path.format(**places)}" for name, path in paths.items()}

    return [
        ("API", _program(), asked(PATHS)),
        ("API, key of a hostname", _program(hostname="portal-7.example.com"), asked(LIMITED)),
        ("API, of one without", _program(hostname="portal-395.example.com"), asked(LIMITED)),
        ("API, of an integration", _program(app=3), asked(LIMITED)),
        ("API, of an unused one", _program(app=9), asked(LIMITED)),
    ]


def _program(*, hostname: str = "", app: int | None = None) -> Client:
    now, brands = clock.now(), BrandedURL.objects.filter(hostname=hostname)
    _key, secret = api_keys.make(
        name="measured",
        scopes=list(KeyScope),
        app_ids=[app] if app else None,
        hostname_ids=list(brands.values_list("pk", flat=True)) or None,
        expires_at=now + timedelta(days=1),
        by=None,
        now=now,
    )
    return Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {secret}")
