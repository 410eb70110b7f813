"""“Administers only”, on the page of a user: who limits whom to which hostnames."""

import pytest

from integrations import clock
from integrations.models import AuditEvent, BrandedURL
from integrations.models.limited_administrator import limits_of
from integrations.operations import limits
from tests.conftest import H1, H2, H3
from tests.integrations.admin.conftest import errors
from tests.integrations.admin.test_user_administration import USERS, save

NOTHING = {"administers_added": "", "administers_removed": ""}


def hostnames(user):
    found = limits_of(type(user).objects.get(pk=user.pk))
    return found and set(found.hostnames)


def limit(user, *names):
    limits.limit(user, BrandedURL.objects.filter(hostname__in=names), now=clock.now())


@pytest.fixture
def ben(make_user, acme, globex):
    """Administers Acme's hostnames, and may manage users."""
    user = make_user("ben", is_staff=True)
    limit(user, H1, H3)
    return user


@pytest.fixture
def lena(make_user, ben):
    """Helps Ben with one of them."""
    user = make_user("lena", may_use_webex=False)
    limit(user, H1)
    return user


@pytest.fixture
def bens(ben, staff):
    client = staff("other", group="User administrators")
    other = type(ben).objects.get(username="other")
    limit(other, H1, H3)
    return client


def test_a_user_is_limited_narrowed_and_freed_again_all_on_record(the_root, alice, acme, globex):
    alice.groups.clear()
    added = NOTHING | {"administers_added": f"{H1} {H2}"}
    assert save(the_root, alice, is_limited="on", **added).status_code == 302
    assert hostnames(alice) == {H1, H2}

    removed = NOTHING | {"administers_removed": H2}
    save(the_root, alice, is_limited="on", **removed)
    assert hostnames(alice) == {H1}

    save(the_root, alice, is_limited="on", **(NOTHING | {"administers_removed": H1}))
    assert hostnames(alice) == set()  # nothing, which is not all

    save(the_root, alice, **NOTHING)
    assert hostnames(alice) is None
    told = AuditEvent.objects.filter(action__contains="limited").order_by("pk")
    assert list(told.values_list("action", "reason", "actor_name")) == [
        ("user.limited", f"{H1}, {H2}", "root"),
        ("user.limited", H1, "root"),
        ("user.limited", "–", "root"),
        ("user.unlimited", "", "root"),
    ]


def test_who_may_do_everything_is_not_limited(the_root, alice, acme):
    page = save(the_root, alice, is_superuser="on", is_limited="on", **NOTHING)

    assert "administers all hostnames" in errors(page)["is_limited"]
    assert hostnames(alice) is None


def test_nobody_limits_or_frees_themselves(bens, the_root, root):
    me = type(root).objects.get(username="other")

    save(the_root, root, is_limited="on", **NOTHING)
    save(bens, me, **NOTHING)

    assert (hostnames(root), hostnames(me)) == (None, {H1, H3})


def test_who_is_limited_gives_no_hostname_that_they_lack_and_lifts_no_limit(bens, lena):
    page = save(bens, lena, **(NOTHING | {"administers_added": H2}))
    assert "none that you administer" in errors(page)["administers"]

    assert save(bens, lena, **NOTHING).status_code == 302
    assert hostnames(lena) == {H1}

    assert save(bens, lena, **(NOTHING | {"administers_added": H3})).status_code == 302
    assert hostnames(lena) == {H1, H3}

    page = save(bens, lena, **(NOTHING | {"administers_removed": f"{H1}\n{H3}"}))
    assert "Leave at least one" in errors(page)["administers"]


def test_the_lists_show_no_hostname_that_the_reader_does_not_administer(bens, the_root, lena):
    def names(client, side):
        page = client.get(f"{USERS}hostnames/", {"app": lena.pk, "side": side})
        return [row["name"] for row in page.json()["rows"]]

    assert (names(bens, "available"), names(bens, "selected")) == ([H3], [H1])
    assert names(the_root, "available") == [H3, H2]


def test_whom_they_add_is_theirs(bens, lena):
    fields = {"username": "otto", "usable_password": "false"}

    page = bens.post(f"{USERS}add/", fields, follow=True)

    assert page.status_code == 200
    assert hostnames(type(lena).objects.get(username="otto")) == {H1, H3}
