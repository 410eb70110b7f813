"""Ursula manages users, puts them into "Webex users", and makes nobody mightier than herself."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils.html import strip_tags

from tests.integrations.admin.conftest import ADMIN_HOST

USERS, GROUPS = "/admin/accounts/user/", "/admin/auth/group/"
PASSWORD = "a horse of another colour"


@pytest.fixture
def ursula(staff):
    return staff("ursula", group="User administrators")


@pytest.fixture
def me(ursula):
    return Group.objects.get(name="User administrators").user_set.get()


def group(name):
    return Group.objects.get(name=name).pk


def save(client, user, **changes):
    fields = {
        "username": user.username, "email": user.email, "first_name": user.first_name,
        "last_name": user.last_name, "is_active": "on", "groups": [],
    }  # fmt: skip
    fields |= {"last_login_0": "2026-01-01", "last_login_1": "10:00:00"}
    fields |= {"date_joined_0": "2026-01-01", "date_joined_1": "10:00:00"}
    return client.post(f"{USERS}{user.pk}/change/", fields | changes)


def names(user):
    return set(user.groups.values_list("name", flat=True))


def test_she_puts_people_into_webex_users_and_takes_them_out(ursula, nina):
    assert save(ursula, nina, groups=[group("Webex users")]).status_code == 302
    assert names(nina) == {"Webex users"}

    assert save(ursula, nina).status_code == 302
    assert names(nina) == set()


def test_she_makes_new_people(ursula, nina):
    fields = {"username": "otto", "usable_password": "true"}
    fields |= {"password1": PASSWORD, "password2": PASSWORD}

    assert ursula.post(f"{USERS}add/", fields).status_code == 302
    assert not type(nina).objects.get(username="otto").is_staff


def test_she_makes_nobody_superuser_or_staff(ursula, nina, me):
    every = list(Permission.objects.values_list("pk", flat=True))
    for user in (nina, me):
        save(ursula, user, is_superuser="on", is_staff="on", user_permissions=every)

    for user in (nina, me):
        user.refresh_from_db()
        assert not user.is_superuser
        assert not user.user_permissions.exists()
    assert not nina.is_staff


@pytest.mark.parametrize("name", ["Provisioning administrators", "Webex support"])
def test_she_gives_nobody_a_role_with_more_than_she_has(ursula, nina, me, name):
    for user in (nina, me):
        page = save(ursula, user, groups=[group(name)])

        assert page.status_code == 200
        assert "not one of the available choices" in page.text
        assert name not in names(user)


@pytest.mark.parametrize("power", ["superuser", "group", "permission", "inactive"])
def test_she_does_not_touch_who_is_mightier(ursula, nina, power):
    if power == "superuser":
        nina.is_superuser = True
    nina.is_active = power != "inactive"
    if power in ("group", "inactive"):
        nina.groups.add(group("Provisioning administrators"))
    if power == "permission":
        nina.user_permissions.add(Permission.objects.get(codename="change_webexapp"))
    nina.save()
    before = nina.password

    new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    answers = [
        save(ursula, nina, username="stolen"),
        ursula.post(f"{USERS}{nina.pk}/password/", new),
        ursula.post(f"{USERS}{nina.pk}/delete/", {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    nina.refresh_from_db()
    assert (nina.username, nina.password) == ("nina", before)
    assert ursula.get(f"{USERS}{nina.pk}/change/").status_code == 200  # to look at


def test_she_changes_no_group(staff, db):
    gina = staff("gina", "view_group", "add_group", "change_group", "delete_group")
    every = list(Permission.objects.values_list("pk", flat=True))
    page = f"{GROUPS}{group('Webex users')}/"

    assert gina.post(f"{page}change/", {"name": "x", "permissions": every}).status_code == 403
    assert gina.post(f"{GROUPS}add/", {"name": "y", "permissions": every}).status_code == 403
    assert gina.post(f"{page}delete/", {"post": "yes"}).status_code == 403


def test_a_superuser_may_everything(browser, root, nina):
    client = browser(root, ADMIN_HOST)

    save(client, nina, is_staff="on", groups=[group("Provisioning administrators")])

    nina.refresh_from_db()
    assert nina.is_staff
    assert names(nina) == {"Provisioning administrators"}
    assert client.get(f"{GROUPS}add/").status_code == 200


def test_a_group_is_offered_what_a_page_asks_for_and_keeps_what_it_had(browser, root):
    group = Group.objects.create(name="Old hands")
    group.permissions.add(Permission.objects.get(codename="view_contenttype"))

    page = browser(root, ADMIN_HOST).get(f"{GROUPS}{group.pk}/change/")

    field = page.context["adminform"].form.fields["permissions"]
    offered = set(field.queryset.values_list("codename", flat=True))
    assert {"use_webex", "view_grant", "change_webexapp", "view_auditevent", "run_bulk"} <= offered
    assert not offered & {"add_session", "delete_contenttype", "add_grant", "view_heartbeat"}
    assert "view_contenttype" in offered
    headings = dict(field.choices)
    assert [strip_tags(label) for _value, label in headings["Branded URLs"]] == [
        f"{word} Branded URLs" for word in ("See", "Add", "Change", "Delete")
    ]


def test_the_roles_of_the_portal_have_names_in_every_language(browser, root, nina):
    Group.objects.create(name="Webex users of Acme")
    client = browser(root, ADMIN_HOST)
    paths = (f"{USERS}{nina.pk}/change/", USERS, GROUPS)

    pages = [client.get(path, headers={"accept-language": "de"}).text for path in paths]

    assert ["Integrationsadministratoren" in page for page in pages] == [True] * 3
    assert ["Webex users of Acme" in page for page in pages] == [True] * 3
    assert Group.objects.filter(name="Provisioning administrators").exists()
