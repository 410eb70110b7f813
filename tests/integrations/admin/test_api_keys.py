"""Keys are made, rotated and revoked in the settings, and shown once."""

import re
from datetime import timedelta

import pytest

from accounts.models import User
from integrations import clock
from integrations.models import ApiKey, AuditEvent
from integrations.operations import api_keys
from tests.conftest import H1, H2
from tests.integrations.admin.conftest import ADMIN_HOST, errors
from tests.integrations.api.conftest import Program

KEYS = "/admin/integrations/apikey/"
FILLED_IN = {"name": "Billing", "may": ["standing:read", "grants:read"], "days": "365"}


@pytest.fixture
def keeper(staff):
    return staff("keeper", "manage_apikey")


def shown(page) -> str:
    found = re.search(r"<code>(wim_[\w-]{43})</code>", page.text)
    assert found, page.text
    return found[1]


def test_a_key_is_shown_once_and_works(keeper, acme, alice):
    page = keeper.post(f"{KEYS}add/", FILLED_IN | {"apps": [acme.pk], "hostnames": f"{H1}\n"})

    secret, key = shown(page), ApiKey.objects.get()
    assert "no-store" in page["Cache-Control"]
    assert (key.app_ids, key.hostname_ids) == ([acme.pk], [acme.branded_urls.get(hostname=H1).pk])
    assert (key.expires_at - key.created_at, key.created_by.username) == (
        timedelta(days=365), "keeper",
    )  # fmt: skip
    answer = Program(secret).ask("GET", f"/standing?user=alice&hostname={H1}")
    assert answer.json()["state"] == "not_linked"
    for path in (KEYS, f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/history/"):
        assert secret not in keeper.get(path).text


def test_what_is_not_ticked_is_not_limited(keeper, acme):
    keeper.post(f"{KEYS}add/", FILLED_IN | {"hostnames": "  ", "days": ""})

    key = ApiKey.objects.get()
    assert (key.app_ids, key.hostname_ids, key.expires_at) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "required"),
        ("may", [], "required"),
        ("may", ["everything"], "not one of the available choices"),
        ("hostnames", H2, "No branded URL of this portal"),
        ("hostnames", "a b_c!", "Enter the full name"),
        ("days", "-1", "not one of the available choices"),
    ],
)
def test_a_key_that_nobody_meant_is_not_made(keeper, acme, field, value, sentence):
    page = keeper.post(f"{KEYS}add/", FILLED_IN | {field: value})

    assert sentence in errors(page)[field]
    assert not ApiKey.objects.exists()


def test_a_successor_works_beside_the_old_key_until_that_is_revoked(keeper, acme):
    old = shown(keeper.post(f"{KEYS}add/", FILLED_IN))
    key = ApiKey.objects.get()

    new = shown(keeper.post(f"{KEYS}{key.pk}/rotate/"))
    assert "has a successor already" in keeper.post(f"{KEYS}{key.pk}/rotate/", follow=True).text
    page = keeper.post(f"{KEYS}{key.pk}/revoke/", follow=True)

    assert "is revoked and works no more." in page.text
    statuses = [Program(each).ask("GET", "/standing").status_code for each in (old, new)]
    assert statuses == [401, 422]


def test_who_may_only_look_changes_nothing(staff, keeper):
    keeper.post(f"{KEYS}add/", FILLED_IN)
    key, vera = ApiKey.objects.get(), staff("vera", "view_apikey")

    assert vera.get(KEYS).status_code == 200
    assert "Revoke" not in vera.get(f"{KEYS}{key.pk}/change/").text
    for path in ("add/", *(f"{key.pk}/{name}/" for name in ("rotate", "take_over", "revoke"))):
        assert vera.post(f"{KEYS}{path}", FILLED_IN).status_code == 403
    assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (lambda user: user.delete(), "has no account any more"),
        (lambda user: User.objects.filter(pk=user.pk).update(is_active=False), "is switched off"),
        (lambda user: user.user_permissions.clear(), "may not manage keys any more"),
    ],
)
def test_a_key_outlives_who_made_it_until_somebody_takes_it_over(keeper, staff, acme, leave, words):
    secret = shown(keeper.post(f"{KEYS}add/", FILLED_IN))
    leave(User.objects.get(username="keeper"))
    key, kim = ApiKey.objects.get(), staff("kim", "manage_apikey")

    assert Program(secret).ask("GET", "/grants").status_code == 200
    pages = [kim.get(path).text for path in (KEYS, f"{KEYS}{key.pk}/change/")]
    assert all(words in page for page in pages)
    assert [each.code for each in api_keys.trouble(clock.now())] == ["api_key"]

    page = kim.post(f"{KEYS}{key.pk}/take_over/", follow=True).text

    assert "You answer for “Billing” from now on" in page.replace("\u2068", "").replace(
        "\u2069", ""
    )
    assert words not in page
    assert not list(api_keys.trouble(clock.now()))
    (event,) = AuditEvent.objects.filter(action="api_key.taken_over")
    assert (event.actor_name, event.object_id) == ("kim", str(key.pk))


@pytest.mark.parametrize("path", [KEYS, f"{KEYS}add/", f"{KEYS}1/change/"])
def test_others_do_not_even_see_that_there_are_keys(paula, sam, path):
    for client in (paula, sam):
        assert client.get(path).status_code == 403
        assert KEYS not in client.get("/admin/").text


def test_a_key_asks_for_the_password_again(browser, root, travel):
    admin = browser(root, ADMIN_HOST)
    for _ in range(7):
        travel(timedelta(minutes=10))
        admin.get("/admin/")

    page = admin.post(f"{KEYS}add/", FILLED_IN)
    assert page.status_code == 200  # a form that was open for long can be sent
    for _ in range(7):
        travel(timedelta(minutes=10))
        admin.get("/admin/")
    key = ApiKey.objects.get()
    assert "/password-again/" in admin.post(f"{KEYS}{key.pk}/rotate/")["Location"]
    assert "/password-again/" in admin.get(f"{KEYS}add/")["Location"]


@pytest.mark.parametrize("number", [1, 2, 12])
def test_many_keys_of_many_makers_cost_as_many_queries_as_one(
    keeper, staff, acme, number, django_assert_num_queries
):
    hostname = acme.branded_urls.get(hostname=H1)
    for each in range(number):
        staff(f"maker{each}", "manage_apikey")
        api_keys.make(
            name=f"Key {each}", scopes=["grants:read"], app_ids=[acme.pk, acme.pk + each],
            hostname_ids=[hostname.pk], expires_at=clock.now() + timedelta(days=1),
            by=User.objects.get(username=f"maker{each}"), now=clock.now(),
        )  # fmt: skip
    keeper.get(KEYS)

    with django_assert_num_queries(11):
        page = keeper.get(KEYS).text

    assert page.count(H1) == number
