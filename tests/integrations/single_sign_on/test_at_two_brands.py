"""Where signing in through a provider meets those who administer some hostnames only."""

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.db.models.signals import pre_save
from joserfc import jws

from accounts.models import User
from integrations import clock
from integrations.errors import SignInRefused
from integrations.models import (
    ApiKey,
    BrandedURL,
    Grant,
    Identity,
    IdentityProvider,
    SignInRule,
    administered,
)
from integrations.models.api_key import Reach
from integrations.models.limited_administrator import limits_of
from integrations.operations import api_keys, branded_urls, limits, people
from integrations.single_sign_on import admission
from integrations.single_sign_on.doors import Door
from tests.conftest import H1, H2, H3
from tests.identity_provider import KEYS
from tests.integrations.single_sign_on.conftest import ADMIN, serve, sign_in

CLAIMS = {"sub": "alice-at-acme"}


def of_acme(user):
    limits.limit(user, [BrandedURL.objects.get(hostname=H1)], now=clock.now())
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize(
    "close",
    [
        lambda: IdentityProvider.objects.update(is_enabled=False),
        lambda: BrandedURL.objects.update(identity_provider=None),
        lambda: BrandedURL.objects.filter(hostname=H1).update(identity_provider=None),
        lambda: BrandedURL.objects.filter(hostname=H1).update(sign_in_rule=SignInRule.PASSWORD),
        lambda: BrandedURL.objects.filter(hostname=H1).delete(),
    ],
)
def test_a_door_closed_during_the_call_lets_nobody_in(acme_provider, root, close):
    """Nor is it a provider of the portal by that, whose word would count for everybody."""
    serve(H3, acme_provider)
    door = Door(H1, SignInRule.BOTH, acme_provider, is_portal=False)
    close()
    Identity.objects.create(
        provider=acme_provider, subject="root", user=root, created_at=clock.now()
    )

    for subject in ("root", "alice-at-acme"):
        with pytest.raises(SignInRefused, match="off"):
            admission.admit(acme_provider, {"sub": subject}, door=door, links=None, now=clock.now())
    assert User.objects.get() == root


@pytest.mark.parametrize("subject", ["\ud800", ["alice"], {"alice": 1}])
def test_a_subject_that_no_database_keeps_is_refused(visitor, acme_idp, subject):
    def sign(claims):
        text = json.dumps(claims | {"sub": subject})  # escaped, as a JSON text may be
        return jws.serialize_compact({"alg": "RS256", "kid": "one"}, text.encode(), KEYS[0])

    acme_idp.sign = sign

    assert "do not fit together" in sign_in(visitor, acme_idp).text
    assert not User.objects.exists()


def test_who_signs_in_at_globex_too_is_not_acmes_to_change(
    acme_provider, globex_provider, make_user, alice
):
    anna = of_acme(make_user("anna", is_staff=True))
    acme = BrandedURL.objects.get(hostname=H1)
    Grant.objects.create(user=alice, app=acme.app, hostname=H1, granted_at=clock.now())
    assert administered.may_change(alice, anna)

    Identity.objects.create(
        provider=globex_provider, subject="alice", user=alice, created_at=clock.now()
    )

    assert administered.may_see(alice, anna)
    assert not administered.may_change(alice, anna)


@pytest.mark.parametrize("serves_acme", [True, False])
def test_who_signs_in_at_the_portals_own_hosts_is_not_acmes_to_change(
    acme_provider, acme_idp, make_user, alice, serves_acme
):
    """The operator's people; but those of a provider that serves Acme, too, are Acme's."""
    anna = of_acme(make_user("anna", is_staff=True))
    acme = BrandedURL.objects.get(hostname=H1)
    Grant.objects.create(user=alice, app=acme.app, hostname=H1, granted_at=clock.now())
    IdentityProvider.objects.update(portal_rule=SignInRule.BOTH)
    if not serves_acme:
        BrandedURL.objects.update(identity_provider=None, sign_in_rule=SignInRule.PASSWORD)

    Identity.objects.create(
        provider=acme_provider, subject="alice", user=alice, created_at=clock.now()
    )

    assert administered.may_see(alice, anna)
    assert administered.may_change(alice, anna) is serves_acme


def test_of_globexs_people_acmes_programs_may_not_ask_by_name(
    acme_provider, globex_provider, make_user, bob
):
    anna = of_acme(make_user("anna", is_staff=True))
    assert administered.may_name(bob, None, anna)

    Identity.objects.create(
        provider=globex_provider, subject="bob", user=bob, created_at=clock.now()
    )

    assert not administered.may_name(bob, None, anna)


def key_of(maker):
    made = {"name": "CRM", "scopes": [], "app_ids": None, "hostname_ids": None}
    return api_keys.make(**made, expires_at=None, by=maker, now=clock.now())


def reach_of(secret):
    return api_keys.authenticate(secret, address="", now=clock.now()).reach


@pytest.mark.parametrize("what", ["delete", "take_over", "rotate"])
def test_a_key_from_before_its_maker_was_limited_stays_within_that(
    acme_provider, globex_provider, make_user, root, what
):
    anna = make_user("anna", is_staff=True)
    _key, secret = key_of(anna)
    anna = of_acme(anna)
    key = ApiKey.objects.get()

    if what == "delete":
        people.delete(anna, by=root, now=clock.now())
    elif what == "take_over":
        api_keys.take_over(key, by=root, now=clock.now())
    else:
        _key, secret = api_keys.rotate(key, by=root, now=clock.now())

    acme = BrandedURL.objects.get(hostname=H1)
    assert reach_of(secret) == Reach(hostname_ids=frozenset([acme.pk]))


# --- Who manages providers, and is no superuser ---------------------------------------------------


@pytest.fixture
def manager(browser, make_user):
    user = make_user("manager", is_staff=True)
    for verb in ("change", "view", "delete"):
        user.user_permissions.add(Permission.objects.get(codename=f"{verb}_identityprovider"))
    return browser(user, ADMIN)


@pytest.mark.parametrize("gives", ["a role", "the settings"])
def test_a_provider_that_gives_more_than_its_manager_has_is_not_theirs_to_change(
    acme_provider, manager, gives
):
    """Another group, claim or issuer for the same role, and they would have that role."""
    if gives == "a role":
        strong = Group.objects.get(name="User administrators")
        acme_provider.mapped_groups.create(theirs="admins", ours=strong)
    else:
        IdentityProvider.objects.update(settings_groups=["admins"])
    page = f"/admin/integrations/identityprovider/{acme_provider.pk}/change/"
    form = {
        "name": "Acme", "issuer": acme_provider.issuer, "client_id": acme_provider.client_id,
        "scopes": "openid", "groups_claim": "name", "portal_rule": "password",
        "roles": "admins -> User administrators\neverybody -> User administrators"
        if gives == "a role" else "",
    }  # fmt: skip

    assert manager.get(page).status_code == 200
    assert manager.post(page, form).status_code == 403
    assert acme_provider.mapped_groups.filter(theirs="everybody").count() == 0
    acme_provider.mapped_groups.all().delete()
    IdentityProvider.objects.update(settings_groups=[])
    assert manager.post(page, form | {"roles": ""}).status_code == 302


# --- What a provider revokes ----------------------------------------------------------------------


def test_who_is_limited_gives_no_password_to_whom_the_provider_lets_in(
    acme_provider, acme_idp, browser
):
    """Least of all themselves: they would stay when the provider has let them go."""
    acme_provider.mapped_groups.create(
        theirs="desk", ours=Group.objects.get(name="User administrators")
    )
    IdentityProvider.objects.update(portal_rule=SignInRule.BOTH, settings_groups=["desk"])
    anna = browser(None, ADMIN)
    sign_in(anna, acme_idp, groups=["desk"])
    user = User.objects.get()
    page = f"/admin/accounts/user/{user.pk}/password/"
    new = "a long enough word 42"

    anna.post(page, {"password1": new, "password2": new, "usable_password": "true"})

    assert not User.objects.get().has_usable_password()
    assert "Set a new password" not in anna.get(f"/admin/accounts/user/{user.pk}/change/").text


def test_a_silent_sign_in_at_the_provider_is_no_showing_once_more(acme_idp, acme_provider, browser):
    acme_provider.mapped_groups.create(
        theirs="desk", ours=Group.objects.get(name="User administrators")
    )
    IdentityProvider.objects.update(portal_rule=SignInRule.BOTH, settings_groups=["desk"])
    anna = browser(None, ADMIN)

    sign_in(anna, acme_idp, groups=["desk"], auth_time=1)

    assert anna.get("/admin/").status_code == 200
    asked = anna.get("/admin/accounts/user/add/")
    assert asked.status_code == 302
    assert asked["Location"].startswith("/admin/password-again/")


def test_who_is_limited_takes_no_hostname_from_its_provider(
    acme_provider, globex_provider, make_user, browser
):
    """Without one it would be the portal's own, whose word counts for everybody."""
    user = make_user("anna", is_staff=True)
    for verb in ("delete", "view"):
        user.user_permissions.add(Permission.objects.get(codename=f"{verb}_brandedurl"))
    IdentityProvider.objects.filter(pk=acme_provider.pk).update(portal_rule=SignInRule.BOTH)
    of_acme(user)
    acme = BrandedURL.objects.get(hostname=H1)
    anna, page = browser(user, ADMIN), f"/admin/integrations/brandedurl/{acme.pk}/delete/"

    assert anna.get(page).status_code == 403
    BrandedURL.objects.filter(pk=acme.pk).update(identity_provider=None)
    assert anna.get(page).status_code == 200


@pytest.mark.parametrize("left", [0, 1])
def test_a_hostname_that_goes_to_another_provider_is_lost_to_people_of_the_first(
    acme_idp, acme_provider, globex_provider, browser, make_user, left
):
    """At once, and also where it was their last one."""
    IdentityProvider.objects.filter(pk=acme_provider.pk).update(
        portal_rule=SignInRule.BOTH, settings_groups=["desk"]
    )
    if left:
        serve(H3, acme_provider)
    anna = browser(None, ADMIN)
    sign_in(anna, acme_idp, groups=["desk"])
    brand = BrandedURL.objects.get(hostname=H1)
    by_hand = of_acme(make_user("by-hand", is_staff=True))

    brand.identity_provider = globex_provider
    branded_urls.save(brand, changed={"identity_provider"}, now=clock.now())

    kept = {H3} if left else set()
    user = User.objects.exclude(pk=by_hand.pk).get()
    assert limits_of(user).hostnames == kept
    sign_in(anna, acme_idp, groups=["desk"])
    assert limits_of(User.objects.get(pk=user.pk)).hostnames == kept
    assert limits_of(User.objects.get(pk=by_hand.pk)).hostnames == {H1}


def test_three_people_of_one_name_who_come_at_once_all_get_in(visitor, acme_idp):
    """As where the provider tells no names, and they all begin to work at nine."""

    def be_faster(instance, **_about):
        if instance.username in ("carol", "carol-2"):
            User.objects.bulk_create([User(username=instance.username)])

    pre_save.connect(be_faster, User)
    try:
        assert sign_in(visitor, acme_idp, preferred_username="carol").status_code == 303
    finally:
        pre_save.disconnect(be_faster, User)


@pytest.mark.parametrize("off", [False, True])
def test_a_role_stays_while_one_of_two_providers_gives_it(
    browser, alice, acme_idp, globex_idp, acme_provider, globex_provider, off
):
    for provider in (acme_provider, globex_provider):
        provider.mapped_groups.create(theirs="portal", ours=Group.objects.get(name="Webex users"))
        Identity.objects.create(
            provider=provider, subject="alice", user=alice, created_at=clock.now()
        )

    sign_in(browser(None), acme_idp, "alice", groups=["portal"])
    sign_in(browser(None, H2), globex_idp, "alice", groups=[])
    assert alice.groups.count() == 1

    if off:
        acme_provider.is_enabled = False
        acme_provider.save()
        sign_in(browser(None, H2), globex_idp, "alice", groups=[])
    else:
        sign_in(browser(None), acme_idp, "alice", groups=[])
    assert not alice.groups.exists()
