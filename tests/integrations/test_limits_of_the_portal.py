"""Pages of the portal act with the reader's own link, whatever they administer: none of them shows
Anna anything of Globex, or lets her change it. Found from the routes themselves, so that a new one
is walked, too.
"""

import re
from collections.abc import Iterator

import pytest
from django.http import HttpResponse

from config.urls import urlpatterns
from integrations.models import AuthorizationRequest, BulkJob, DeviceAuthorization
from integrations.operations import limits
from tests import linked
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.test_limited_administrators import ANYTHING, is_shown, pages, shown
from tests.integrations.two_brands import FOUND_BY, MARK, World

ELSEWHERE = ("/admin/", "/api/v1/")  # see test_limited_administrators
LAST = ("/disconnect/", "/sign-out/")  # for want of a link she would be refused, too
ANSWERS = {200, 302, 303, 400, 403, 404, 405, 410, 422, 429, 503}
# Whose keys stand in an address. Whoever adds another kind says so here.
ROWS = {
    "/webex/bulk/": BulkJob,
    "/webex/device/": DeviceAuthorization,
    "/webex/replace/": AuthorizationRequest,
}


@pytest.fixture
def world(db, sandbox) -> World:
    """Anna linked at both of her integrations: it is not for want of a link that she is refused."""
    world = World()
    for app, brand in ((world.acme, world.hers[0]), (world.shared, world.hers[2])):
        registered = sandbox.register(redirect_uris=[brand.redirect_uri])
        app.client_id = registered.client_id
        app.authorization_url = registered.authorization_url
        app.replace_secret(registered.client_secret, now=world.now)
        app.device_linking_enabled = True
        app.save()
        brand.refresh_from_db()
        linked.link(world.anna, brand, sandbox, email=ALICE_AT_WEBEX)
    return world


def portal_pages() -> list[str]:
    found = [address for address, _name in pages(urlpatterns, "/")]
    return [address for address in found if not address.startswith(ELSEWHERE)]


def filled(address: str, world: World) -> Iterator[str]:
    """With whatever there is of Globex's."""
    if "<" not in address:
        yield address
        return
    stem, argument = re.match(r"(/\w+/[\w-]*/?)[^<]*<([^>]+)>", address).groups()
    if stem in ROWS:
        keys = [row.pk for row in world.globex if type(row) is ROWS[stem]]
    else:
        keys = {"path:id": [FOUND_BY], "path:name": [FOUND_BY], "slug:ticket": [MARK],
                "str:token": [world.token], "slug:digest": [MARK]}[argument]  # fmt: skip
    assert keys, address
    for key in keys:
        yield re.sub(r"<[^>]+>", str(key), address)


def walk(somebody, world: World) -> Iterator[tuple[str, HttpResponse]]:
    """Looks at every page, and then presses every button."""
    paths = [path for address in portal_pages() for path in filled(address, world)]
    for path in paths:
        yield f"GET {path}", somebody.get(path)
    for path in sorted(paths, key=lambda path: path.endswith(LAST)):
        yield f"POST {path}", somebody.post(path, ANYTHING)


@pytest.mark.parametrize(
    "hostnames", [2, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 1, 3))]
)
def test_no_page_of_the_portal_shows_or_changes_anything_of_globex(world, browser, hostnames):
    limits.limit(world.anna, world.hers[:hostnames], now=world.now)
    before, own = world.state(), {}
    for host in ("admin.example.com", "acme-1.example.com", "acme-shared.example.com"):
        for asked, answer in walk(browser(world.anna, host), world):
            assert answer.status_code in ANSWERS, (host, asked)
            assert not is_shown(answer), (host, asked)
            own[host, asked] = shown(answer)
        assert world.state() == before, host
    assert ALICE_AT_WEBEX in own["acme-1.example.com", "GET /webex/"]
    home = own["admin.example.com", "GET /"]
    assert ("acme-1.example.com" in home, "acme-2.example.com" in home) == (
        hostnames > 0,
        hostnames > 1,
    )


def test_at_globex_itself_she_is_a_user_like_others(world, browser):
    """Its name and look are there for everybody, and a test link is for whoever has it; nobody of
    there is shown to her.
    """
    world.globex = [row for row in world.globex if not getattr(row, "is_test", False)]
    before, theirs = world.state(), re.compile(rf"{MARK}(-(?!app)|@)")
    for asked, answer in walk(browser(world.anna, f"{MARK}.example.com"), world):
        assert not theirs.search(shown(answer)), asked
    assert world.state() == before


def test_whose_it_is_sees_it(world, browser):
    """Or the walk would look for what nobody ever sees."""
    seen = set()
    for user in (world.zoe, world.dora):
        user.user_permissions.set(world.anna.user_permissions.all())
        client = browser(user, f"{MARK}.example.com")
        for address in (each for each in portal_pages() if each.startswith(tuple(ROWS))):
            answers = [client.get(path) for path in filled(address, world)]
            seen |= {address for each in answers if each.status_code == 200 and is_shown(each)}
    assert seen >= {
        "/webex/bulk/", "/webex/bulk/<uuid:id>/", "/webex/device/<uuid:id>/",
        "/webex/device/<uuid:id>/replace/", "/webex/replace/<int:id>/",
    }  # fmt: skip
