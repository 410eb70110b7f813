"""Paula opens a page; Petra, a colleague, saves the same page before her."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from integrations.models import BrandedURL, WebexApp
from tests.integrations.admin.conftest import ADMIN_HOST, errors
from tests.pages import fields_of


class Opened:
    """A change page as it was when it was opened."""

    def __init__(self, client, row):
        self.client, self.name = client, row._meta.model_name
        self.path = f"/admin/{row._meta.app_label}/{self.name}/{row.pk}/change/"
        self.fields = fields_of(client.get(self.path).text, f"{self.name}_form")

    def save(self, **changes):
        """None takes the field out, like an unticked box."""
        posted = {**self.fields, **changes}
        return self.client.post(self.path, {k: v for k, v in posted.items() if v is not None})


@pytest.fixture
def petra(staff):
    return staff("petra", group="Provisioning administrators")


@pytest.fixture
def both(paula, petra):
    def open_both(row):
        return Opened(paula, row), Opened(petra, row)

    return open_both


def logo(color):
    image = BytesIO()
    Image.new("RGB", (10, 10), color).save(image, "PNG")
    return SimpleUploadedFile("logo.png", image.getvalue())


def stored(row):
    return type(row).objects.get(pk=row.pk)


def test_a_page_that_nobody_touched_changes_nothing(both, acme):
    before = WebexApp.objects.values().get(pk=acme.pk)

    assert both(acme)[0].save().status_code == 302

    after = WebexApp.objects.values().get(pk=acme.pk)
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


def test_what_only_the_colleague_changed_stays(both, acme):
    paulas, petras = both(acme)

    petras.save(name="Acme 2", device_linking_enabled="on", default_provisioning_id="P1")
    assert paulas.save(default_provisioning_id="").status_code == 302

    now = stored(acme)
    assert (now.name, now.device_linking_enabled) == ("Acme 2", True)
    assert now.default_provisioning_id == "P1"


def test_switched_off_by_the_colleague_it_stays_off(both, acme):
    paulas, petras = both(acme)

    petras.save(is_enabled=None)
    paulas.save(default_provisioning_id="P1")

    assert (stored(acme).is_enabled, stored(acme).default_provisioning_id) == (False, "P1")


def test_what_both_changed_is_refused_once_and_says_who_wrote_what(both, acme):
    paulas, petras = both(acme)
    petras.save(name="Acme of Petra")

    refused = paulas.save(name="Acme of Paula", default_provisioning_id="P1")

    assert "petra changed this to “Acme of Petra”" in errors(refused)["name"]
    assert (stored(acme).name, stored(acme).default_provisioning_id) == ("Acme of Petra", "")

    again = fields_of(refused.text, "webexapp_form")
    assert paulas.client.post(paulas.path, again).status_code == 302
    assert (stored(acme).name, stored(acme).default_provisioning_id) == ("Acme of Paula", "P1")


def test_what_both_changed_alike_is_no_conflict(both, acme):
    paulas, petras = both(acme)

    assert petras.save(name="Acme 2").status_code == paulas.save(name="Acme 2").status_code == 302


def test_of_two_secrets_the_later_does_not_win_unseen_and_is_kept_for_a_second_look(both, acme):
    paulas, petras = both(acme)
    petras.save(new_client_secret="typed-by-petra")

    refused = paulas.save(new_client_secret="typed-by-paula")

    assert "petra set another one" in errors(refused)["new_client_secret"]
    assert stored(acme).client_secret == "typed-by-petra"
    assert "typed-by" not in refused.text
    again = fields_of(refused.text, "webexapp_form")
    assert paulas.client.post(paulas.path, again).status_code == 302
    assert stored(acme).client_secret == "typed-by-paula"


@pytest.mark.parametrize("paulas_secret", ["", "typed-by-petra"])
def test_a_colleagues_secret_is_no_conflict_for_whoever_typed_none_or_the_same(
    both, acme, paulas_secret
):
    paulas, petras = both(acme)
    petras.save(new_client_secret="typed-by-petra")

    assert paulas.save(name="Acme 2", new_client_secret=paulas_secret).status_code == 302
    assert (stored(acme).name, stored(acme).client_secret) == ("Acme 2", "typed-by-petra")


def test_a_colleagues_logo_is_neither_replaced_nor_removed_unseen(both, acme):
    brand = acme.branded_urls.first()
    paulas, petras = both(brand)
    petras.save(new_logo=logo("red"))
    petras_logo = stored(brand).logo_digest

    refused = paulas.save(new_logo=logo("blue"))

    assert "petra set another one" in errors(refused)["new_logo"]
    assert stored(brand).logo_digest == petras_logo
    opened = Opened(paulas.client, brand)
    petras = Opened(petras.client, brand)
    petras.save(new_logo=logo("green"))
    assert "petra set another one" in errors(opened.save(remove_logo="on"))["remove_logo"]
    assert stored(brand).logo


@pytest.mark.parametrize(
    ("field", "petras", "paulas"),
    [
        ("hostname", "petra.example.com", "paula.example.com"),
        ("brand_name", "Petra", "Paula"),
        ("accent_color", "#111111", "#222222"),
    ],
)
def test_what_both_wrote_of_a_brand_is_told(both, acme, field, petras, paulas):
    first, second = both(acme.branded_urls.first())
    second.save(**{field: petras}, rename_anyway="on")

    refused = first.save(**{field: paulas}, rename_anyway="on")

    assert f"petra changed this to “{petras}”" in errors(refused)[field]


def test_what_both_pasted_is_told(both, acme):
    paulas, petras = both(acme)
    petras.save(authorization_url=acme.authorization_url + "&x=1")

    refused = paulas.save(authorization_url=acme.authorization_url + "&x=2")

    assert "petra changed this to" in errors(refused)["authorization_url"]


def test_what_both_wrote_of_a_user_or_a_group_is_told(browser, root, alice):
    client = browser(root, ADMIN_HOST)
    for row, field in ((alice, "email"), (Group.objects.get(name="Webex support"), "name")):
        first, second = Opened(client, row), Opened(client, row)
        second.save(**{field: "second@example.com"})
        refused = first.save(**{field: "first@example.com"})
        assert "root changed this to “second@example.com”" in errors(refused)[field]


def test_a_change_that_no_person_made_is_somebodys(both, acme):
    paulas, _ = both(acme)
    WebexApp.objects.update(name="By a script")

    assert "Somebody changed this to “By a script”" in errors(paulas.save(name="Mine"))["name"]


def test_a_brand_keeps_what_only_the_colleague_changed(both, acme):
    brand = acme.branded_urls.first()
    paulas, petras = both(brand)

    petras.save(brand_name="By Petra")
    paulas.save(accent_color="#123456")

    assert (stored(brand).brand_name, stored(brand).accent_color) == ("By Petra", "#123456")


@pytest.mark.parametrize("begin", [[], ["Webex users"], ["Webex users", "Webex support"]])
def test_groups_of_a_user_are_merged(browser, root, nina, begin):
    nina.groups.set(Group.objects.filter(name__in=begin))
    client = browser(root, ADMIN_HOST)
    first, second = Opened(client, nina), Opened(client, nina)
    support, users = (Group.objects.get(name=name) for name in ("Webex support", "Webex users"))

    second.save(groups=[])  # the colleague takes all of them away
    first.save(groups=[*first.fields.get("groups", []), support.pk])

    names = set(nina.groups.values_list("name", flat=True))
    assert names == (set() if "Webex support" in begin else {"Webex support"})
    assert users.name not in names


def test_a_right_the_colleague_withdrew_stays_withdrawn(browser, root, alice):
    client = browser(root, ADMIN_HOST)
    first, second = Opened(client, alice), Opened(client, alice)

    second.save(groups=[], is_active=None)
    first.save(first_name="Alicia")

    alice = User.objects.get(pk=alice.pk)
    assert (alice.first_name, alice.groups.count(), alice.is_active) == ("Alicia", 0, False)


def test_permissions_of_a_group_are_merged(browser, root):
    group = Group.objects.get(name="Webex support")
    client = browser(root, ADMIN_HOST)
    first, second = Opened(client, group), Opened(client, group)
    added = Permission.objects.get(codename="add_group")
    removed = group.permissions.first()

    second.save(permissions=[pk for pk in second.fields["permissions"] if pk != str(removed.pk)])
    first.save(permissions=[*first.fields["permissions"], added.pk])

    assert added in group.permissions.all()
    assert removed not in group.permissions.all()


def test_a_row_the_colleague_deleted_is_said_to_be_gone(paula, acme, monkeypatch):
    brand = BrandedURL.objects.create(hostname="free.example.com")
    opened = Opened(paula, brand)
    brand.delete()

    page = opened.client.post(opened.path, opened.fields, follow=True)

    assert "Perhaps it was deleted?" in page.text
    assert not BrandedURL.objects.filter(hostname="free.example.com").exists()
