"""The portal's own hosts: the settings, the second factor, and a way in when a provider is dead."""

import pytest
from django.db.models import QuerySet

from accounts.models import User
from integrations import clock, sso_session
from integrations.models import (
    Identity,
    IdentityProvider,
    SecondFactor,
    SignInRule,
    kept_brands,
)
from integrations.single_sign_on import providers
from tests.conftest import H1
from tests.integrations.single_sign_on.conftest import (
    ADMIN,
    leave,
    register,
    serve,
    sign_in,
    who,
)

PASSWORD = {"username": "root", "password": "correct horse"}


@pytest.fixture
def own_provider(db, acme_idp):
    return register("Operator", acme_idp, portal_rule=SignInRule.SINGLE)


@pytest.fixture
def staff(make_user, own_provider):
    user = make_user("staff", is_staff=True)
    Identity.objects.create(
        provider=own_provider, subject="staff", user=user, created_at=user.date_joined
    )
    return user


@pytest.fixture
def desk(browser, own_provider):
    return browser(None, ADMIN)


@pytest.mark.parametrize("page", ["/sign-in/", "/admin/login/"])
def test_with_a_password_only_superusers_get_in_and_set_up_a_second_factor(
    desk, browser, make_user, root, page
):
    make_user("clerk", is_staff=True)
    clerk = browser(None, ADMIN)
    refused = clerk.post(page, PASSWORD | {"username": "clerk"})
    desk.post(page, PASSWORD)

    assert (refused.status_code, "__Host-sessionid" in clerk.cookies) == (200, False)
    assert who(clerk) == ""
    assert who(desk) == "root"
    assert desk.get("/admin/")["Location"].startswith("/admin/second-factor-set-up/")
    assert "only superusers" in clerk.get("/admin/login/").text


@pytest.mark.parametrize("is_enabled", [True, False])
def test_a_superuser_finds_the_way_in_and_others_read_that_it_is_not_theirs(
    desk, own_provider, is_enabled
):
    """Also from "All ways to sign in", while the provider is dead."""
    IdentityProvider.objects.update(is_enabled=is_enabled)

    assert 'href="/admin/login/"' in desk.get("/sign-in/").text
    assert "only superusers" in desk.get("/admin/login/").text


def test_a_password_session_from_before_ends_unless_it_is_a_superusers(
    browser, make_user, own_provider, root
):
    assert who(browser(make_user("clerk"), ADMIN)) == ""
    assert who(browser(root, ADMIN)) == "root"


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"portal_rule": "password"}])
def test_nothing_is_changed_in_a_session_whose_provider_another_process_closed(
    desk, staff, acme_idp, change
):
    sign_in(desk, acme_idp, "staff")
    assert who(desk) == "staff"

    QuerySet.update(IdentityProvider.objects.all(), **change)

    assert desk.post("/admin/accounts/user/add/")["Location"].startswith("/admin/login/")


def test_a_provider_that_was_deleted_serves_nobody_a_moment_longer(browser, root, own_provider):
    assert who(browser(root, ADMIN)) == "root"
    assert kept_brands.find(sso_session.PORTAL_RULE)

    providers.delete(own_provider, now=clock.now())

    assert kept_brands.find(sso_session.PORTAL_RULE) is None


def test_who_is_unlinked_is_signed_out_and_whoever_does_it_is_not(
    desk, staff, acme_idp, browser, root
):
    IdentityProvider.objects.update(portal_rule=SignInRule.BOTH)
    roots = browser(root, ADMIN)
    sign_in(desk, acme_idp, "staff")
    own = Identity.objects.create(
        provider=IdentityProvider.objects.get(), subject="root", user=root,
        created_at=root.date_joined,
    )  # fmt: skip
    assert who(desk) == "staff"

    for identity in (own, Identity.objects.exclude(pk=own.pk).get()):
        page = f"/admin/integrations/identity/{identity.pk}/delete/"
        roots.post(page, {"post": "yes"})

    assert not Identity.objects.exists()
    assert (who(desk), who(roots)) == ("", "root")


@pytest.mark.parametrize("rule", [SignInRule.SINGLE, SignInRule.BOTH])
def test_who_administers_more_than_a_brand_is_sent_where_they_get_in(
    desk, staff, acme, acme_idp, own_provider, rule
):
    """With no password where none is taken."""
    serve(H1, own_provider)
    IdentityProvider.objects.update(portal_rule=rule)

    page = sign_in(desk, acme_idp, "staff")
    checks = {each.code: each for each in providers.readiness(IdentityProvider.objects.get())}

    assert page.status_code == 403
    assert "1 person administers more" in checks["mightier"].sentence
    assert ("Sign in with your password" in page.text) is (rule == SignInRule.BOTH)
    assert ("asks a superuser" in page.text) is (rule == SignInRule.SINGLE)


COUNTS = [
    ({}, False), ({"amr": ["pwd", "mfa"]}, True), ({"acr": "mfa"}, True), ({"amr": "mfa"}, False),
    ({"amr": ["pwd"]}, False), ({"amr": [["mfa"]]}, False),
]  # fmt: skip


def test_its_word_counts_as_a_second_factor_where_the_provider_says_how(
    desk, staff, acme_idp, settings
):
    settings.SECOND_FACTOR_REQUIRED = True
    IdentityProvider.objects.update(second_factor_values="mfa, hwk")

    for claims, counts in COUNTS:
        sign_in(desk, acme_idp, "staff", **claims)

        assert (desk.get("/admin/").status_code == 200) is counts, claims


def test_without_such_a_word_an_own_second_factor_is_asked_for(desk, staff, acme_idp, travel):
    SecondFactor.objects.create(user=staff, confirmed_at=staff.date_joined)

    sign_in(desk, acme_idp, "staff", amr=["mfa"])

    assert desk.get("/admin/")["Location"].startswith("/admin/second-factor/")


def test_who_has_no_password_shows_once_more_at_the_provider_that_it_is_them(
    desk, acme_idp, own_provider, root
):
    Identity.objects.create(
        provider=own_provider, subject="root", user=root, created_at=root.date_joined
    )
    IdentityProvider.objects.update(second_factor_values="mfa")
    sign_in(desk, acme_idp, "root", amr=["mfa"])
    desk.get("/admin/")
    session = desk.session
    session["password_at"] = 0
    session.save()

    asked = desk.get("/admin/accounts/user/add/")["Location"]
    page = desk.get(asked).text
    assert 'name="for" value="anew"' in page
    assert 'type="password"' not in page
    url = leave(desk, **{"for": "anew", "next": "/admin/accounts/user/add/"})
    assert "max_age=0" in url
    for not_lately in (1, float("nan"), True):
        stale = desk.come_back(acme_idp.accept(url, "root", amr=["mfa"], auth_time=not_lately))
        assert stale.status_code == 503
        url = leave(desk, **{"for": "anew", "next": "/admin/accounts/user/add/"})
    back = desk.come_back(acme_idp.accept(url, "root", amr=["mfa"]))
    assert desk.get(back["Location"]).status_code == 200


def test_nobody_new_may_open_the_settings_through_the_portals_own_provider(desk, acme_idp):
    IdentityProvider.objects.update(settings_groups=["all"])

    sign_in(desk, acme_idp, "carol", groups=["all"])

    assert not User.objects.get().is_staff
    assert desk.get("/admin/")["Location"].startswith("/admin/login/")
