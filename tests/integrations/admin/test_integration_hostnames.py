"""Hostnames of an integration: selected, pasted in bulk, taken by somebody else, set free."""

import pytest

from integrations.models import BrandedURL
from tests.conftest import H1, H2, H3
from tests.integrations.admin.conftest import change, errors
from tests.pages import fields_of

APPS = "/admin/integrations/webexapp/"


def listed(client, app, side="available", **query):
    answer = client.get(f"{APPS}hostnames/", {"side": side, "app": app.pk if app else "", **query})
    return answer.json()


def names(page):
    return [row["name"] for row in page["rows"]]


def test_a_taken_hostname_names_its_taker_and_does_not_count_as_available(
    paula, acme, globex, free
):
    page = listed(paula, acme)

    taken = {"name": H2, "shown": H2, "taker": "Globex"}
    assert page == {"rows": [{"name": free.hostname, "shown": free.hostname, "taker": ""}, taken],
                    "more": False, "count": 1}  # fmt: skip
    assert names(listed(paula, acme, "selected")) == [H1, H3]


def test_a_new_integration_has_none_selected(paula, acme, free):
    assert names(listed(paula, None, "selected")) == []
    assert names(listed(paula, None)) == [free.hostname, H1, H3]


@pytest.mark.parametrize("wanted", ["a2", "A2.Example", " a2 "])
def test_the_lists_are_searched(paula, acme, wanted):
    assert names(listed(paula, acme, "selected", q=wanted)) == [H3]


def test_an_international_name_is_found_as_it_is_written(paula, acme):
    BrandedURL.objects.create(hostname="xn--mnchen-3ya.example.com")

    assert "münchen.example.com" in listed(paula, acme, q="münchen.example.com")["rows"][0]["shown"]
    assert names(listed(paula, acme, q="ü ü")) == []


@pytest.mark.parametrize("odd", ["x", "²", "-1", "9" * 30])
def test_an_odd_integration_has_no_hostnames(paula, acme, odd):
    page = paula.get(f"{APPS}hostnames/", {"side": "selected", "app": odd})

    assert (page.status_code, page.json()["rows"]) == (200, [])


def test_who_may_not_see_integrations_may_not_list_hostnames(staff, acme):
    assert staff("nobody").get(f"{APPS}hostnames/").status_code == 403


def test_a_forged_selection_does_not_take_a_hostname_from_somebody_else(paula, acme, globex):
    taken = BrandedURL.objects.get(hostname=H2)

    response = change(paula, acme, hostnames=[taken, *acme.branded_urls.all()])

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


def test_every_pasted_hostname_that_cannot_be_had_is_listed(paula, acme, globex):
    response = change(paula, acme, new_hostnames="10.0.0.1 a_b.example.com good.example.com")

    text = errors(response)["new_hostnames"]
    assert "10.0.0.1" in text
    assert "a_b.example.com" in text
    assert "good.example.com" not in text


def test_a_homograph_is_stored_as_a_label_beside_the_name_it_imitates(paula, acme):
    change(paula, acme, new_hostnames="p\u043ertal-a.example.com")  # a Cyrillic o

    imitation = acme.branded_urls.exclude(hostname__in=[H1, H3]).get()
    assert imitation.hostname.startswith("xn--")
    page = paula.get(f"/admin/integrations/brandedurl/{imitation.pk}/change/").text
    assert imitation.unicode_hostname in page
    assert "only looks like another one" in page


def test_removing_a_hostname_sets_it_free(paula, acme):
    kept = acme.branded_urls.get(hostname=H1)

    change(paula, acme, hostnames=[kept])

    assert BrandedURL.objects.get(hostname=H3).app is None


def test_a_form_without_the_two_lists_leaves_the_hostnames_alone(paula, acme):
    change(paula, acme, hostnames_added=None, hostnames_removed=None, new_hostnames=None)

    assert acme.branded_urls.count() == 2


def test_ed_may_take_hostnames_and_create_none(ed, acme, free):
    change(ed, acme, hostnames=[free, *acme.branded_urls.all()])
    refused = change(ed, acme, new_hostnames="new.example.com")

    assert BrandedURL.objects.get(pk=free.pk).app == acme
    assert "may not create" in errors(refused)["new_hostnames"]


# --- Stale pages ---------------------------------------------------------------------------------


def test_a_colleagues_hostname_survives_a_page_opened_before(paula, acme, free):
    change(paula, acme, hostnames_added=free.hostname)
    change(paula, acme, name="Acme 2")  # of a page that showed two hostnames

    assert BrandedURL.objects.get(pk=free.pk).app == acme


def test_a_hostname_that_is_gone_is_named(paula, acme):
    response = change(paula, acme, hostnames_added="gone.example.com")

    assert "gone.example.com" in paula.get(response["Location"]).text
    assert not BrandedURL.objects.filter(hostname="gone.example.com").exists()


def test_what_was_moved_is_still_moved_after_a_form_error(paula, acme, free):
    page = change(paula, acme, name="", hostnames_added=free.hostname, hostnames_removed=H3)

    kept = fields_of(page.text, "webexapp_form")
    assert (kept["hostnames_added"], kept["hostnames_removed"]) == ([free.hostname], [H3])
