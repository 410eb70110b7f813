"""Integrations with so many hostnames that no page may show them all."""

import pytest

from integrations.models import BrandedURL
from tests.conftest import H1
from tests.integrations.admin.conftest import change
from tests.integrations.admin.test_integration_hostnames import APPS, listed, names
from tests.pages import fields_of


def make(acme, count):
    """So many hostnames of Acme, and as many free ones."""
    made = [(f"h{n:05}.example.com", acme) for n in range(count)]
    made += [(f"f{n:05}.example.com", None) for n in range(count)]
    BrandedURL.objects.bulk_create(BrandedURL(hostname=name, app=app) for name, app in made)


ROW = '<code id="uri-'


@pytest.fixture
def many(acme):
    make(acme, 20_000)


@pytest.fixture
def some(acme):
    """More than two pages."""
    make(acme, 250)


@pytest.mark.slow
def test_20_000_hostnames_hold_up_nobody(paula, acme, many):
    pasted = acme.authorization_url
    for registered in (H1, "www.example.com", "foreign.example.net"):
        acme.authorization_url = pasted.replace(H1, registered)
        acme.save(update_fields=["authorization_url"])
        page = paula.get(f"{APPS}{acme.pk}/change/")
        fields = fields_of(page.text, "webexapp_form")
        assert sum(len(values) for values in fields.values()) < 50
        assert len(page.content) < 400_000

        sent = fields | {"is_enabled": [], "name": [registered]}
        assert paula.post(f"{APPS}{acme.pk}/change/", sent).status_code == 302
        acme.refresh_from_db()
        assert (acme.name, acme.is_enabled) == (registered, False)
        assert acme.branded_urls.count() == 20_002


@pytest.mark.slow
def test_20_000_hostnames_are_selected_or_removed_at_once(paula, acme, many):
    added = "\n".join(f"f{n:05}.example.com" for n in range(20_000))
    removed = "\n".join(f"h{n:05}.example.com" for n in range(20_000))

    saved = change(paula, acme, hostnames_added=added, hostnames_removed=removed)

    assert saved.status_code == 302
    assert not acme.branded_urls.filter(hostname__startswith="h").exists()
    assert acme.branded_urls.count() == 20_002


def test_an_integration_with_more_hostnames_than_a_form_may_have_fields_is_saved(paula, acme):
    make(acme, 1_001)

    saved = change(paula, acme, new_client_secret="another", is_enabled=None)

    assert saved.status_code == 302
    acme.refresh_from_db()
    assert not acme.is_enabled


def test_the_lists_are_leafed_through(paula, acme, some):
    first = listed(paula, acme)
    second = listed(paula, acme, after=first["rows"][-1]["name"])

    assert (names(first)[0], names(second)[0]) == ("f00000.example.com", "f00100.example.com")
    assert (first["more"], first["count"]) == (True, 250)
    assert not listed(paula, acme, after="h00249.example.com")["more"]


def test_redirect_uris_come_by_pages_and_all_as_plain_text(paula, acme, some):
    path = f"{APPS}{acme.pk}/"

    last = paula.get(f"{path}change/?uris=11").text
    found = paula.get(f"{path}change/?find=H0012").text
    everything = paula.get(f"{path}redirect-uris/").text.splitlines()

    assert "251 to 252 of 252" in last
    assert (last.count(ROW), found.count(ROW)) == (2, 10)
    assert "<strong>0 of 252</strong> have returned" in last
    assert (len(everything), everything[0]) == (
        252,
        "https://h00000.example.com/webex/callback/",
    )


@pytest.mark.parametrize("number", ["0", "-1", "x", "999"])
def test_an_odd_page_of_redirect_uris_is_one_that_exists(paula, acme, number):
    page = paula.get(f"{APPS}{acme.pk}/change/?uris={number}")

    assert page.text.count(ROW) == 2
