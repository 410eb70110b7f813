"""Through the provider of a brand and back: who that is here, and what they may do."""

import pytest
from django.contrib.auth.models import Group
from django.core import signing

from accounts.models import User
from integrations.models import AuditEvent, BrandedURL, Identity, IdentityProvider, SignInRule
from integrations.models.limited_administrator import limits_of
from integrations.single_sign_on.sign_in import SALT
from tests.browsing import query
from tests.conftest import H1, H2, H3
from tests.integrations.single_sign_on.conftest import leave, serve, sign_in, who


def test_somebody_new_becomes_a_user_and_stays_the_same_one(visitor, acme_idp, browser):
    claims = {"preferred_username": "alice", "name": "Alice Adams", "email": "alice@acme.example"}
    response = sign_in(visitor, acme_idp, **claims)

    assert (response.status_code, response["Location"]) == (303, "/")
    user = User.objects.get()
    assert (user.username, user.get_full_name(), user.email) == (
        "alice", "Alice Adams", "alice@acme.example"
    )  # fmt: skip
    assert (user.has_usable_password(), user.is_staff) == (False, False)
    sign_in(browser(None), acme_idp, **claims | {"preferred_username": "renamed"})
    assert User.objects.get().username == "alice"
    assert "Signed in through" in visitor.get("/my-account/").text


def test_what_is_sent_to_the_provider_is_bound_to_this_attempt(visitor, acme_idp):
    one, two = query(leave(visitor)), query(leave(visitor))

    assert one["redirect_uri"] == f"https://{H1}/sign-in/callback/"
    assert (one["code_challenge_method"], one["scope"]) == ("S256", "openid profile email")
    assert all(one[each] != two[each] for each in ("state", "nonce", "code_challenge"))


def test_the_way_on_stays_within_this_portal(visitor, acme_idp):
    there = visitor.come_back(acme_idp.accept(leave(visitor, next="/webex/")))
    visitor.post("/sign-out/")
    elsewhere = visitor.come_back(acme_idp.accept(leave(visitor, next="//evil.com")))

    assert (there["Location"], elsewhere["Location"]) == ("/webex/", "/")


def test_who_lost_the_cookie_meanwhile_still_arrives_where_they_wanted(visitor, acme_idp):
    url = acme_idp.accept(leave(visitor, next="/webex/?a=b"))
    visitor.cookies.clear()

    lost = visitor.come_back(url)
    assert (lost.status_code, who(visitor)) == (400, "")
    assert '<input type="hidden" name="next" value="/webex/">' in lost.text
    assert 'href="/sign-in/?next=/webex/"' in lost.text

    sign_in(visitor, acme_idp)
    again = visitor.come_back(url)
    assert again["Location"] == "/webex/"
    assert "You are signed in already." in visitor.get("/").text


@pytest.mark.parametrize("path", ["/webex/link/TOKEN/", "/webex/?q=Alice", f"/{'x' * 500}"])
def test_the_provider_does_not_read_what_is_searched_or_who_was_sent_a_link(
    visitor, acme_idp, path
):
    told = query(leave(visitor, next=path))["state"].partition(".")[2]

    expected = {"/webex/?q=Alice": [H1, "/webex/"]}.get(path)
    assert (signing.loads(told, salt=SALT) if told else None) == expected


def test_the_way_on_is_that_of_this_hostname_only(visitor, browser, acme_idp, globex_provider):
    url = acme_idp.accept(leave(visitor, next="/webex/"))

    assert "/webex/" not in browser(None, H2).come_back(url.replace(H1, H2)).text


def test_the_sign_in_is_on_record_with_the_provider(visitor, acme_idp):
    sign_in(visitor, acme_idp, preferred_username="alice")

    event = AuditEvent.objects.get(action="sign_in.succeeded")
    assert (event.actor_name, event.reason, event.hostname) == ("alice", "Acme", H1)
    assert BrandedURL.objects.get(hostname=H1).last_sign_in_at


# --- Nobody takes over an account -----------------------------------------------------------------


def test_a_name_or_an_address_that_somebody_has_gives_nothing(visitor, acme_idp, alice):
    claims = {"preferred_username": "Alice", "email": alice.email, "email_verified": True}
    sign_in(visitor, acme_idp, **claims)

    assert who(visitor) == "Alice-2"
    assert not Identity.objects.filter(user=alice).exists()


ODD = {
    "": "person", "\x00": "person-2", "\u202e\u200b": "person-3", "<script>": "script",
    "a" * 500: "a" * 140, "ＡＬＩＣＥ": "ALICE",
}  # fmt: skip


def test_an_odd_name_becomes_a_plain_one(visitor, acme_idp):
    for number, (name, plain) in enumerate(ODD.items()):
        sign_in(visitor, acme_idp, str(number), preferred_username=name, given_name=name)

        assert who(visitor) == plain


def test_the_same_subject_of_two_providers_is_two_people(
    visitor, browser, acme_idp, globex_idp, globex_provider
):
    sign_in(visitor, acme_idp, "42", preferred_username="carol")
    sign_in(browser(None, H2), globex_idp, "42", preferred_username="carol")

    assert {user.username for user in User.objects.all()} == {"carol", "carol-2"}


def test_an_inactive_user_stays_out(visitor, acme_idp):
    sign_in(visitor, acme_idp)
    visitor.post("/sign-out/")
    User.objects.update(is_active=False)

    response = sign_in(visitor, acme_idp)

    assert response.status_code == 403
    assert "switched off" in response.text
    assert AuditEvent.objects.get(action="sign_in.refused").reason == (
        "Acme: inactive, sub alice-at-acme"
    )


def test_who_is_unknown_is_refused_where_people_are_linked_by_hand(
    visitor, acme_idp, acme_provider, alice
):
    IdentityProvider.objects.update(makes_people=False)
    assert "not yet" in sign_in(visitor, acme_idp).text
    assert User.objects.count() == 1

    Identity.objects.create(
        provider=acme_provider, subject="alice-at-acme", user=alice, created_at=alice.date_joined
    )
    sign_in(visitor, acme_idp, name="Somebody Else", email="else@acme.example")

    alice.refresh_from_db()
    assert (who(visitor), alice.email) == ("alice", "alice@example.com")


def test_who_is_signed_in_with_a_password_links_themselves(
    browser, alice, bob, acme_provider, acme_idp
):
    alices, bobs = browser(alice), browser(bob)
    asked = leave(alices, **{"for": "link"})
    assert query(asked)["prompt"] == "login"
    assert alices.come_back(acme_idp.accept(asked))["Location"] == "/my-account/"
    again = leave(alices, **{"for": "link"})  # in a tab that was open before
    assert alices.come_back(acme_idp.accept(again))["Location"] == "/my-account/"
    taken = bobs.come_back(acme_idp.accept(leave(bobs, **{"for": "link"})))

    assert Identity.objects.get().user == alice
    assert "somebody else already" in taken.text
    fresh = browser(None)
    sign_in(fresh, acme_idp)
    assert who(fresh) == "alice"


def test_a_link_that_alice_began_is_not_finished_by_bob(
    browser, alice, bob, acme_provider, acme_idp
):
    client = browser(alice)
    asked = leave(client, **{"for": "link"})
    client.force_login(bob, "django.contrib.auth.backends.ModelBackend")

    assert client.come_back(acme_idp.accept(asked)).status_code == 400
    assert not Identity.objects.exists()


# --- Roles ----------------------------------------------------------------------------------------


def test_groups_give_and_take_the_roles_they_are_mapped_to_and_no_others(
    visitor, acme_idp, acme_provider, browser
):
    users, support, by_hand = (
        Group.objects.get(name=name) for name in ("Webex users", "Webex support", "Auditors")
    )
    acme_provider.mapped_groups.create(theirs="portal", ours=users)
    acme_provider.mapped_groups.create(theirs="desk", ours=support)

    sign_in(visitor, acme_idp, groups=["portal", "desk", "Auditors"])
    user = User.objects.get()
    assert set(user.groups.all()) == {users, support}
    user.groups.add(by_hand)
    sign_in(browser(None), acme_idp, groups="portal")
    assert set(user.groups.all()) == {users, by_hand}
    sign_in(browser(None), acme_idp)
    assert set(user.groups.all()) == {by_hand}


def test_groups_that_are_too_many_to_tell_take_no_role_away(visitor, acme_idp, acme_provider):
    """They are told elsewhere (OpenID Connect Core 5.6.2), as of people in hundreds of them."""
    users = Group.objects.get(name="Webex users")
    acme_provider.mapped_groups.create(theirs="portal", ours=users)
    sign_in(visitor, acme_idp, groups=["portal"])

    page = sign_in(visitor, acme_idp, _claim_names={"groups": "src1"})

    assert page.status_code == 503
    assert users in User.objects.get().groups.all()
    assert AuditEvent.objects.get(action="sign_in.failed").reason == "groups_elsewhere"
    acme_provider.mapped_groups.all().delete()  # then nobody asks
    assert sign_in(visitor, acme_idp, _claim_names={"groups": "src1"}).status_code == 303


def test_a_mapping_opens_the_settings_of_the_brand_and_of_no_other(
    browser, acme_idp, acme_provider, globex
):
    support = Group.objects.get(name="Webex support")
    acme_provider.mapped_groups.create(theirs="desk", ours=support)
    IdentityProvider.objects.update(portal_rule=SignInRule.BOTH, settings_groups=["desk"])
    at_portal = browser(None, "admin.example.com")

    sign_in(at_portal, acme_idp, groups=["desk"])

    user = User.objects.get()
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert limits_of(user).hostnames == {H1}
    assert at_portal.get("/admin/").status_code == 200
    serve(H3, acme_provider)
    sign_in(at_portal, acme_idp, groups=[])
    user = User.objects.get()
    assert (user.is_staff, set(user.groups.all())) == (False, set())
    assert limits_of(user).hostnames == {H1, H3}


@pytest.mark.parametrize("power", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}])
def test_a_brands_provider_speaks_for_nobody_who_administers_more(
    browser, acme_idp, acme_provider, make_user, power
):
    mighty = make_user("mighty", **power)
    IdentityProvider.objects.update(portal_rule=SignInRule.BOTH)
    Identity.objects.create(
        provider=acme_provider, subject="m", user=mighty, created_at=mighty.date_joined
    )
    auditors = Group.objects.get(name="Auditors")
    acme_provider.mapped_groups.create(theirs="all", ours=auditors)

    at_portal, at_brand = browser(None, "admin.example.com"), browser(None)
    assert "administers more than the brands of" in sign_in(at_portal, acme_idp, "m").text
    sign_in(at_brand, acme_idp, "m", groups=["all"])

    assert who(at_portal) == ""
    assert who(at_brand) == ("" if mighty.is_superuser else "mighty")
    assert not mighty.groups.filter(pk=auditors.pk).exists()
