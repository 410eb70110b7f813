"""Every page opens, for who may open it."""

import pytest

APPS, BRANDS = "/admin/integrations/webexapp/", "/admin/integrations/brandedurl/"
GRANTS, EVENTS = "/admin/integrations/grant/", "/admin/integrations/grantevent/"


@pytest.mark.parametrize("who", ["paula", "vera", "sam"])
def test_every_page_opens_for_who_may_look(request, who, linked_alice, acme):
    client, brand = request.getfixturevalue(who), acme.branded_urls.first()
    pages = ["/admin/", APPS, BRANDS, GRANTS, EVENTS, "/admin/who-gets-what/"]
    pages += [f"{APPS}{acme.pk}/change/", f"{APPS}{acme.pk}/history/"]
    pages += [f"{BRANDS}{brand.pk}/change/", f"{GRANTS}{linked_alice.pk}/change/"]

    assert {path: client.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)


def test_an_empty_portal_says_everywhere_what_to_do_next(paula):
    pages = {path: paula.get(path).text for path in ("/admin/", APPS, BRANDS, GRANTS, EVENTS)}

    assert "Create your first integration" in pages["/admin/"]
    assert "Add the first integration" in pages[APPS]
    assert "Add the first hostname" in pages[BRANDS]
    assert "Nobody has linked yet" in pages[GRANTS]
    assert "Nothing happened yet" in pages[EVENTS]


def test_the_form_for_a_new_integration_opens(paula):
    assert paula.get(f"{APPS}add/").status_code == 200


def test_what_django_would_list_by_app_is_the_overview(paula):
    assert paula.get("/admin/integrations/")["Location"] == "/admin/"
