"""Anna administers Acme's hostnames: no page, list, file, button or route shows her anything of
Globex, or lets her change it. Found from the routes themselves, so that a new one is tried, too.
Pages of the portal: test_limits_of_the_portal.
"""

import json
import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import URLPattern, URLResolver

from integrations.admin.administered import Administered
from integrations.api.v1 import DOCUMENT
from integrations.models import ApiKey, WebexApp, administered
from integrations.models.api_key import KeyScope
from integrations.operations import limits
from tests.integrations.two_brands import FOUND_BY, MARK, World

ADMIN_HOST = "admin.example.com"
ANSWERS = {200, 302, 400, 403, 404, 405}
# Of the API: pages ask about their own user; a key is bounded by itself and by its maker.
BY_KEY = {
    "read_standing", "make_connect_link", "list_grants", "read_grant", "renew_grant",
    "disconnect_grant", "hand_out_access_token", "list_integrations", "read_integration",
    "list_hostnames", "read_configuration", "replace_configuration", "find_subscribers",
    "read_subscriber", "provision_subscriber", "change_subscriber", "remove_subscriber",
    "read_bulk_job",
}  # fmt: skip


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def anna(world, browser):
    return browser(world.anna, ADMIN_HOST)


def pages(patterns, prefix="") -> Iterator[tuple[str, str]]:
    """Address with its <arguments>, and name."""
    for each in patterns:
        address = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from pages(each.url_patterns, address)
        elif isinstance(each, URLPattern):
            yield address, each.name or ""


def admin_pages() -> list[str]:
    found = pages(admin.site.get_urls(), "/admin/")
    ends = ("logout", "password_change", "catch_all")
    return [address for address, name in found if "(?P" not in address and name not in ends]


def filled(address: str, world: World) -> Iterator[str]:
    """With the key of each row there is of that page's model, and each kind of file."""
    if "<" not in address:
        yield address
        return
    label = re.match(r"/admin/(\w+)/(\w+)/", address)
    model = label and next(
        (
            each
            for each in admin.site._registry
            if each._meta.label_lower == ".".join(label.groups())
        ),
        None,
    )
    rows = [row.pk for row in world.of(model)] if model else [1]
    for pk in rows:
        for brand in world.theirs[:1] if "<int:hostname>" in address else [None]:
            for kind in ("csv", "jsonl") if "<str:kind>" in address else [""]:
                text = address.replace("<int:hostname>", str(brand and brand.pk))
                yield re.sub(r"<[^>]+>", kind or str(pk), text)


def queries(address: str, world: World) -> list[str]:
    """What a list may be asked besides."""
    if address.count("/") != 4:
        return [""]
    asked = {
        "grant": f"app__id__exact={world.foreign.pk}",
        "user": f"groups__id__exact={world.group.pk}",
        "auditevent": f"person={world.zoe.pk}&object=user-{world.zoe.pk}",
    }
    kind = address.split("/")[3]
    return ["", f"?q={FOUND_BY}&_popup=1", *([f"?{asked[kind]}"] if kind in asked else [])]


def shown(answer) -> str:
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return text.decode(errors="replace") + str(answer.headers)


def is_shown(answer) -> bool:
    return MARK in shown(answer)


def test_every_model_with_pages_has_a_rule_and_keeps_to_it():
    for model, page in admin.site._registry.items():
        assert isinstance(page, Administered), model
        assert model in administered.SEEN


def test_every_route_of_the_api_is_declared():
    paths = json.loads(DOCUMENT.read_text())["paths"].values()
    named = {each["operationId"] for methods in paths for each in methods.values()}
    assert named == BY_KEY | {"read_session"}


@pytest.mark.parametrize("hostnames", [3, pytest.param(0, marks=pytest.mark.slow)])
def test_no_page_of_the_settings_shows_her_anything_of_globex(world, anna, hostnames):
    limits.limit(world.anna, world.hers[:hostnames], now=world.now)
    leaks, own = [], ""
    for address in admin_pages():
        for path in filled(address, world):
            for query in queries(path, world):
                answer = anna.get(path + query)
                assert answer.status_code in ANSWERS, path
                if is_shown(answer):
                    leaks.append(path + query)
                own += shown(answer) if answer.status_code == 200 else ""
    assert leaks == []
    assert ("ally@example.com" in own, "acme-2.example.com" in own) == (bool(hostnames),) * 2


def test_the_start_page_at_the_portals_own_address_lists_hers_only(world, anna):
    limits.limit(world.anna, world.hers, now=world.now)

    page = anna.get("/")

    assert "acme-2.example.com" in page.text
    assert not is_shown(page)


def test_sue_who_is_not_limited_sees_both(world, browser):
    world.anna.limited_administrator.delete()
    sue = browser(type(world.anna).objects.get(pk=world.anna.pk), ADMIN_HOST)

    assert is_shown(sue.get("/admin/integrations/grant/"))
    assert is_shown(sue.get(f"/admin/integrations/webexapp/{world.foreign.pk}/change/"))


ANYTHING = {
    "post": "yes", "typed_name": MARK, "confirmed": "yes", "name": "x", "username": "x",
    "password1": "a horse of another colour", "password2": "a horse of another colour",
    "usable_password": "true", "new_client_secret": "stolen", "is_enabled": "on",
    "hostnames_added": f"{MARK}.example.com", "hostnames_removed": f"{MARK}-shared.example.com",
    "new_hostnames": f"{MARK}.example.com", "administers_added": f"{MARK}.example.com",
    "hostname": "x.example.com", "hostnames": f"{MARK}.example.com", "url": "https://x.example.org",
    "events": ["grant.linked"], "may": ["tokens:read"], "days": "90", "is_active": "on",
    "accent_color": "#000000", "is_superuser": "on", "is_staff": "on",
}  # fmt: skip


@pytest.mark.slow
def test_nothing_she_posts_anywhere_changes_anything_of_globex(world, anna):
    before = world.state()
    only_read = re.compile(r"/(history|hostnames|redirect-uris|progress|logo|export/.*)/$")
    written = [address for address in admin_pages() if not only_read.search(address)]
    for path in [path for address in written for path in filled(address, world)]:
        with transaction.atomic():
            anna.post(path, ANYTHING)
            assert world.state() == before, path
            transaction.set_rollback(True)


def test_no_action_on_a_whole_list_reaches_globex(world, anna):
    before = world.state()
    for model, page in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        chosen = {"_selected_action": [row.pk for row in world.of(model)], "select_across": "1"}
        for action in {*(page.actions or ()), "delete_selected"}:
            with transaction.atomic():
                asked = anna.post(path, {"action": action, **chosen})
                assert not is_shown(asked), path
                anna.post(path, {"action": action, **chosen, "confirmed": "yes", "post": "yes"})
                assert world.state() == before, path
                transaction.set_rollback(True)


# --- Programs -----------------------------------------------------------------------------------


def routes(world: World) -> Iterator[tuple[str, str]]:
    grants = [row.pk for row in world.globex if row._meta.model_name == "grant"]
    ids = {
        "grants": grants,
        "integrations": [world.foreign.pk],
        "bulk-jobs": [row.pk for row in world.globex if row._meta.model_name == "bulkjob"],
        "subscribers": ["x"],
    }
    who = [world.zoe.username, world.sharon.username, "dora", "ally"]
    brands = [world.hers[0], world.hers[2], world.theirs[0]]
    asked = [f"?user={user}&hostname={brand}" for user in who for brand in brands]
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items():
        kind = path.split("/")[3]
        for method in methods:
            for pk in ids[kind] if "{id}" in path else [""]:
                for query in asked if kind in ("standing", "subscribers") else asked[:1]:
                    yield method.upper(), path.replace("{id}", str(pk)) + query


@pytest.mark.parametrize("is_limited", [True, False], ids=["key of hers", "key without a limit"])
def test_no_route_tells_a_program_of_hers_of_globex(world, browser, is_limited):
    ids = [each.pk for each in world.hers] if is_limited else None
    scopes = [each.value for each in KeyScope]
    _key, secret = ApiKey.objects.make(
        name="hers", scopes=scopes, hostname_ids=ids, created_by=world.anna, created_at=world.now
    )
    program, before = browser(None, ADMIN_HOST), world.state()
    auth = {"HTTP_AUTHORIZATION": f"Bearer {secret}", "content_type": "application/json"}
    seen = ""
    for method, path in routes(world):
        answer = program.generic(method, path, "{}", **auth)
        assert answer.status_code < 500, path
        assert not is_shown(answer), path
        seen += answer.text
    assert world.state() == before
    assert "ally" in seen
    link = {"hostname": "acme-1.example.com", "user": world.zoe.username}
    assert program.post("/api/v1/connect-links", json.dumps(link), **auth).status_code == 404


def test_a_key_loses_what_its_maker_loses(world, browser):
    _key, secret = ApiKey.objects.make(
        name="hers", scopes=["grants:read"], hostname_ids=[world.hers[0].pk],
        created_by=world.anna, created_at=world.now,
    )  # fmt: skip
    program = browser(None, ADMIN_HOST)

    def users():
        answer = program.get("/api/v1/grants", HTTP_AUTHORIZATION=f"Bearer {secret}")
        return {each["user"] for each in answer.json()["items"]}

    assert users() == {"ally", "dora"}
    limits.limit(world.anna, world.hers[1:], now=world.now)
    assert users() == set()


# --- What she may do ----------------------------------------------------------------------------


def test_her_own_session_at_her_hostname_asks_about_nobody_else(world, browser):
    client = browser(world.anna, "acme-1.example.com")

    for path in ("standing", "subscribers", "subscribers/x"):
        assert client.get(f"/api/v1/{path}?user={world.zoe.username}").status_code == 403


def test_she_adds_an_integration_for_a_free_hostname_of_hers_and_no_other(world, anna):
    form = {"name": "New", "client_id": "", "authorization_url": "", "hostnames_removed": ""}
    form |= {"default_provisioning_id": "", "new_client_secret": "", "new_hostnames": ""}
    world.acme.branded_urls.filter(hostname="acme-2.example.com").update(app=None)
    page = "/admin/integrations/webexapp/add/"

    for names in ("", f"{MARK}.example.com", "unheard-of.example.com"):
        assert anna.post(page, form | {"hostnames_added": names}).status_code == 200
    done = anna.post(page, form | {"hostnames_added": "acme-2.example.com"}, follow=True)

    assert done.status_code == 200
    assert WebexApp.objects.get(name="New").branded_urls.get().hostname == "acme-2.example.com"


def test_a_key_or_webhook_of_hers_names_a_hostname_of_hers(world, anna):
    key = {"name": "Hers", "may": ["grants:read"], "days": "90"}
    webhook = {"name": "Hers", "url": "https://hooks.example.net/", "events": ["grant.linked"]}
    for names, status in ((f"{MARK}.example.com", 200), ("", 200)):
        for form, page in ((key, "apikey"), (webhook, "webhookendpoint")):
            answer = anna.post(f"/admin/integrations/{page}/add/", form | {"hostnames": names})
            assert answer.status_code == status
            assert answer.context["adminform"].form.errors["hostnames"]

    made = anna.post("/admin/integrations/apikey/add/", key | {"hostnames": "acme-1.example.com"})
    assert "Copy the key now" in made.text
