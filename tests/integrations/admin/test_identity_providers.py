"""Settings → Identity providers: registered, checked, enabled, linked, and the secret kept."""

import pytest
from django.contrib.auth.models import Group, Permission

from integrations.models import AuditEvent, BrandedURL, Identity, IdentityProvider, SignInRule
from integrations.operations import key_rotation, limits
from tests.conftest import H1
from tests.identity_provider import SECRET, Provider, serving
from tests.integrations.single_sign_on.conftest import ADMIN, register

LIST = "/admin/integrations/identityprovider/"
FORM = {
    "name": "Acme", "issuer": "https://id.acme.example", "client_id": "portal",
    "new_client_secret": SECRET, "scopes": "openid profile email", "groups_claim": "groups",
    "portal_rule": "password", "makes_people": "on", "is_enabled": "on",
    "roles": "cn=portal,ou=x -> Webex users\n\ndesk→Webex support", "settings_groups": "desk\n",
}  # fmt: skip


@pytest.fixture
def idp(settings):
    settings.SSO_PRIVATE_HOSTS = ["127.0.0.1"]
    with serving(Provider()) as provider:
        yield provider


@pytest.fixture
def desk(browser, root):
    return browser(root, ADMIN)


@pytest.fixture
def manager(browser, make_user):
    """May manage providers, and is no superuser."""
    user = make_user("manager", is_staff=True)
    for verb in ("add", "change", "view"):
        for model in ("identityprovider", "identity", "brandedurl"):
            user.user_permissions.add(*Permission.objects.filter(codename=f"{verb}_{model}"))
    return user


def test_a_provider_is_added_and_its_secret_never_shown(desk):
    desk.post(f"{LIST}add/", FORM)

    provider = IdentityProvider.objects.get()
    assert (provider.client_secret, provider.is_enabled) == (SECRET, True)
    assert provider.settings_groups == ["desk"]
    rows = provider.mapped_groups.values_list("theirs", "ours__name")
    assert set(rows) == {("cn=portal,ou=x", "Webex users"), ("desk", "Webex support")}
    page = desk.get(f"{LIST}{provider.pk}/change/").text
    assert SECRET not in page
    assert provider.client_secret_fingerprint in page
    assert SECRET not in desk.get(LIST).text
    actions = AuditEvent.objects.values_list("action", flat=True)
    assert {"identity_provider.added", "secret.set"} <= set(actions)
    assert IdentityProvider in dict(key_rotation.encrypted_columns())


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("issuer", "http://id.acme.example", "Enter its https:// address"),
        ("issuer", "https://id.acme.example/?a=b", "Enter its https:// address"),
        ("scopes", "profile", "It must contain “openid”"),
        ("roles", "desk = Webex users", "is not: group at the provider"),
        ("roles", "desk -> Emperors", "is no role here"),
        ("new_client_secret", "••••••", "These are the dots"),
        ("new_client_secret", "portal", "This is the client ID, not the secret."),
        ("new_client_secret", "", "To enable it, fill in the client secret."),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(desk, field, value, sentence):
    page = desk.post(f"{LIST}add/", FORM | {field: value})

    assert sentence in page.text
    assert not IdentityProvider.objects.exists()


@pytest.mark.parametrize(("secret", "is_kept"), [(SECRET, True), ("••••••", False)])
def test_a_secret_outlives_a_refused_form_unless_it_was_refused_itself(desk, secret, is_kept):
    page = desk.post(f"{LIST}add/", FORM | {"new_client_secret": secret, "issuer": "x"}).text

    assert ('name="new_client_secret_kept"' in page) is is_kept
    assert SECRET not in page


def test_check_says_what_the_provider_answers(desk, idp, settings):
    provider = register("Acme", idp)

    def check():
        return desk.post(f"{LIST}{provider.pk}/check/", follow=True).text

    assert "It answers; signing keys: 1." in check()
    idp.metadata = {"issuer": "https://else.example"}
    assert "names another issuer" in check()
    idp.answers["/.well-known/openid-configuration"] = 500
    assert "gives no usable answer" in check()
    settings.SSO_PRIVATE_HOSTS = []
    IdentityProvider.objects.update(issuer="https://127.0.0.1:1")
    assert "SSO_PRIVATE_HOSTS" in check()


def test_a_hostname_chooses_its_provider_and_the_page_has_what_to_register(desk, acme, idp):
    provider = register("Acme", idp)
    brand = BrandedURL.objects.get(hostname=H1)
    url = f"/admin/integrations/brandedurl/{brand.pk}/change/"
    form = {"hostname": H1, "brand_name": "Acme", "accent_color": "#123456"}

    assert "Choose the identity provider" in desk.post(url, form | {"sign_in_rule": "single"}).text
    desk.post(url, form | {"sign_in_rule": "single", "identity_provider": provider.pk})

    brand.refresh_from_db()
    assert (brand.sign_in_rule, brand.identity_provider) == (SignInRule.SINGLE, provider)
    page = desk.get(f"{LIST}{provider.pk}/change/").text
    assert f'data-copy="https://{H1}/sign-in/callback/"' in page
    assert "Nobody has come back to" in page
    assert "while hostnames use it" in desk.get(f"{LIST}{provider.pk}/delete/").text
    desk.post(f"{LIST}{provider.pk}/delete/", {"post": "yes", "typed_name": "Acme"})
    assert IdentityProvider.objects.exists()  # a hostname uses it


def test_an_administrator_links_nobody_mightier_and_maps_to_no_role_beyond_their_own(
    browser, manager, idp, alice, root
):
    provider, desk = register("Acme", idp), browser(manager, ADMIN)
    add = "/admin/integrations/identity/add/"
    form = {"provider": provider.pk, "subject": "42"}

    assert "more than you" in desk.post(add, form | {"username": "root"}).text
    page = desk.post(f"{LIST}add/", FORM | {"name": "B", "roles": "x -> User administrators"})
    assert "may do more than you" in page.text
    assert not Identity.objects.exists()
    alice.groups.clear()
    desk.post(add, form | {"username": "alice"})
    assert Identity.objects.get().user == alice
    assert AuditEvent.objects.filter(action="identity.linked", subject_id=alice.pk).exists()


def test_only_superusers_say_who_opens_the_settings(browser, manager, idp):
    Group.objects.get(name="Webex users").user_set.clear()
    desk = browser(manager, ADMIN)

    desk.post(f"{LIST}add/", FORM | {"roles": ""})

    assert IdentityProvider.objects.get().settings_groups == []


def test_the_issuer_stays_once_people_are_linked(desk, idp, alice):
    provider = register("Acme", idp)
    Identity.objects.create(
        provider=provider, subject="a", user=alice, created_at=alice.date_joined
    )

    page = desk.post(f"{LIST}{provider.pk}/change/", FORM | {"new_client_secret": ""})

    assert "Make a new one instead" in page.text


def test_who_administers_some_hostnames_only_sees_no_provider(browser, manager, acme, idp):
    provider = register("Acme", idp)
    limits.limit(manager, [BrandedURL.objects.get(hostname=H1)], now=manager.date_joined)
    desk = browser(manager, ADMIN)

    assert desk.get(LIST).status_code == 403
    assert desk.get(f"{LIST}{provider.pk}/change/").status_code == 403
    assert desk.post(f"{LIST}{provider.pk}/check/").status_code == 404
    assert desk.get("/admin/integrations/identity/").status_code == 403
