"""Hostnames of an integration: selected, pasted in bulk, taken by somebody else, set free."""

import pytest

from integrations.models import BrandedURL
from tests.conftest import H1, H2, H3
from tests.integrations.admin.conftest import change, errors

APPS = "/admin/integrations/webexapp/"


def test_a_taken_hostname_names_its_taker_and_cannot_be_selected(paula, acme, globex):
    page = paula.get(f"{APPS}{acme.pk}/change/").text

    option = page.partition(f'data-hostname="{H2}"')[0].rpartition("<option")[2]
    assert "disabled" in option
    assert 'data-taker="Globex"' in option


def test_a_forged_selection_does_not_take_a_hostname_from_somebody_else(paula, acme, globex):
    taken = BrandedURL.objects.get(hostname=H2)

    response = change(paula, acme, hostnames=[taken.pk])

    assert response.status_code == 302
    taken.refresh_from_db()
    assert taken.app == globex
    assert H2 in paula.get(response["Location"]).text


def test_many_hostnames_pasted_at_once_are_selected_or_created(paula, acme, free):
    change(paula, acme, new_hostnames="FREE.example.com.\n new-1.example.com, new-2.example.com;")

    names = set(acme.branded_urls.values_list("hostname", flat=True))
    assert names == {H1, H3, "free.example.com", "new-1.example.com", "new-2.example.com"}


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        ("https://portal.example.com", "hostname only"),
        ("portal.example.com:8443", "hostname only"),
        ("portal.example.com/admin", "hostname only"),
        ("user@portal.example.com", "hostname only"),
        ("10.0.0.1", "not an IP address"),
        ("a" * 64 + ".example.com", "not a valid hostname"),
        ("-a.example.com", "not a valid hostname"),
        ("a_b.example.com", "not a valid hostname"),
        (H2, "is used by “Globex”"),
    ],
)
def test_a_pasted_hostname_that_cannot_be_had_is_named(paula, acme, globex, pasted, sentence):
    response = change(paula, acme, new_hostnames=f"good.example.com\n{pasted}")

    assert sentence in errors(response)["new_hostnames"]
    assert not BrandedURL.objects.filter(hostname="good.example.com").exists()


def test_a_homograph_is_stored_as_a_label_beside_the_name_it_imitates(paula, acme):
    change(paula, acme, new_hostnames="p\u043ertal-a.example.com")  # a Cyrillic o

    imitation = acme.branded_urls.exclude(hostname__in=[H1, H3]).get()
    assert imitation.hostname.startswith("xn--")
    page = paula.get(f"/admin/integrations/brandedurl/{imitation.pk}/change/").text
    assert imitation.unicode_hostname in page
    assert "only looks like another one" in page


def test_removing_a_hostname_sets_it_free(paula, acme):
    kept = acme.branded_urls.get(hostname=H1)

    change(paula, acme, hostnames=[kept.pk])

    assert BrandedURL.objects.get(hostname=H3).app is None


def test_a_form_without_the_two_lists_leaves_the_hostnames_alone(paula, acme):
    change(paula, acme, hostnames_shown=None, hostnames=None)

    assert acme.branded_urls.count() == 2


def test_ed_may_take_hostnames_and_create_none(ed, acme, free):
    change(ed, acme, hostnames=[free.pk, *(brand.pk for brand in acme.branded_urls.all())])
    refused = change(ed, acme, new_hostnames="new.example.com")

    assert BrandedURL.objects.get(pk=free.pk).app == acme
    assert "may not create" in errors(refused)["new_hostnames"]
