"""What users depend on stays; what nobody needs goes when its name is typed."""

import pytest

from integrations.models import BrandedURL, Grant, WebexApp

APPS, BRANDS = "/admin/integrations/webexapp/", "/admin/integrations/brandedurl/"


def test_an_integration_in_use_says_how_many_users_depend_on_it(paula, linked_alice, acme):
    page = paula.get(f"{APPS}{acme.pk}/delete/").text

    assert "1 user depends on it" in page
    assert "Disable it" in page

    paula.post(f"{APPS}{acme.pk}/delete/", {"post": "yes", "typed_name": "Acme"})
    assert WebexApp.objects.filter(pk=acme.pk).exists()


def test_it_can_be_disabled_instead(paula, linked_alice, acme):
    paula.post(f"{APPS}{acme.pk}/disable/")

    acme.refresh_from_db()
    assert not acme.is_enabled
    assert Grant.objects.get().status == "ACTIVE"
    page = paula.get(f"{APPS}{acme.pk}/change/").text
    assert "nothing is renewed: the first user turns red on" in page


@pytest.mark.parametrize("typed", ["", "acme", "Acme 2", "<script>"])
def test_another_name_than_its_own_deletes_nothing(paula, acme, typed):
    path, posted = f"{APPS}{acme.pk}/delete/", {"post": "yes", "typed_name": typed}
    page = paula.post(path, posted, follow=True)

    assert WebexApp.objects.filter(pk=acme.pk).exists()
    assert "not the same" in page.text
    assert "<script>" not in page.text


def test_its_own_name_deletes_it_with_its_disconnected_grants(
    paula, alice_browser, linked_alice, acme
):
    alice_browser.post("/webex/disconnect/")

    paula.post(f"{APPS}{acme.pk}/delete/", {"post": "yes", "typed_name": " Acme "})

    assert not WebexApp.objects.exists()
    assert not Grant.objects.exists()
    assert set(BrandedURL.objects.values_list("app", flat=True)) == {None}


def test_a_hostname_of_an_integration_in_use_stays(paula, linked_alice, acme):
    brand = acme.branded_urls.first()

    page = paula.get(f"{BRANDS}{brand.pk}/delete/").text
    paula.post(f"{BRANDS}{brand.pk}/delete/", {"post": "yes", "typed_name": brand.hostname})

    assert "1 user depends on it" in page
    assert "Take it off that integration first" in page
    assert BrandedURL.objects.filter(pk=brand.pk).exists()


def test_a_free_hostname_goes_when_it_is_typed(paula):
    brand = BrandedURL.objects.create(hostname="free.example.com")

    paula.post(f"{BRANDS}{brand.pk}/delete/", {"post": "yes", "typed_name": "free.example.com"})

    assert not BrandedURL.objects.exists()


@pytest.mark.parametrize("path", [APPS, BRANDS])
def test_nothing_can_be_deleted_in_bulk(paula, acme, path):
    rows = [acme.pk, *(brand.pk for brand in acme.branded_urls.all())]

    page = paula.get(path).text
    paula.post(path, {"action": "delete_selected", "_selected_action": rows, "post": "yes"})

    assert "delete_selected" not in page
    assert (WebexApp.objects.count(), BrandedURL.objects.count()) == (1, 2)


@pytest.mark.parametrize("who", ["vera", "ed", "sam"])
def test_who_may_not_delete_sees_no_way_to(request, who, acme):
    client = request.getfixturevalue(who)

    refused = client.post(f"{APPS}{acme.pk}/delete/", {"post": "yes", "typed_name": "Acme"})

    assert refused.status_code == 403
    assert WebexApp.objects.filter(pk=acme.pk).exists()


@pytest.mark.parametrize("who", ["vera", "sam"])
def test_who_may_not_change_may_not_disable(request, who, acme):
    assert request.getfixturevalue(who).post(f"{APPS}{acme.pk}/disable/").status_code == 403
    acme.refresh_from_db()
    assert acme.is_enabled
