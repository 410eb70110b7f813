"""Another name for a hostname that may be in use."""

import pytest

from integrations import clock
from integrations.models import BrandedURL, Grant
from integrations.operations import branded_urls, mails, readiness
from tests.conftest import H1
from tests.integrations.admin.conftest import ADMIN_HOST, change, errors

NEW = "new.example.com"


def rename(client, brand, hostname=NEW, **posted):
    fields = {"brand_name": brand.brand_name, "accent_color": brand.accent_color}
    path = f"/admin/integrations/brandedurl/{brand.pk}/change/"
    return client.post(path, {**fields, "hostname": hostname, **posted})


@pytest.fixture
def brand(acme):
    BrandedURL.objects.filter(hostname=H1).update(last_return_at=clock.now())
    return BrandedURL.objects.get(hostname=H1)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(["alice"], "1 linked user may"), (["alice", "carol"], "2 linked users may")],
)
def test_it_asks_with_the_number_of_users(paula, brand, acme, link, names, sentence):
    for name in names:
        link(name, acme)

    asked = rename(paula, brand)

    assert f"{sentence} come through {H1}" in errors(asked)["hostname"]
    assert "rename_anyway" in errors(asked)
    assert BrandedURL.objects.get(pk=brand.pk).hostname == H1
    assert rename(paula, brand, rename_anyway="on").status_code == 302
    assert BrandedURL.objects.get(pk=brand.pk).hostname == NEW


def test_it_does_not_ask_where_nobody_is_linked(paula, brand, acme, globex, link):
    link("bob", globex)
    link("alice", acme).disconnect()

    assert rename(paula, brand).status_code == 302


def test_it_does_not_ask_about_a_free_hostname(paula, free):
    assert rename(paula, free).status_code == 302


@pytest.mark.parametrize("spelling", [H1, H1.upper(), f" {H1}. "])
def test_it_does_not_ask_where_the_name_stays(paula, brand, acme, link, spelling):
    link("alice", acme)

    assert rename(paula, brand, spelling, brand_name="Acme Telecom").status_code == 302

    now = BrandedURL.objects.get(pk=brand.pk)
    assert (now.hostname, now.brand_name) == (H1, "Acme Telecom")
    assert now.last_return_at == brand.last_return_at


def test_nothing_is_proven_of_the_new_redirect_uri(paula, brand, acme):
    assert "<strong>1 of 2</strong> have returned" in paula.get(f"{page_of(acme)}").text

    rename(paula, brand)

    now = BrandedURL.objects.get(pk=brand.pk)
    assert now.last_return_at is None
    assert now.assigned_at > acme.authorization_url_pasted_at
    assert "<strong>1 of 2</strong> have returned" not in paula.get(page_of(acme)).text
    found = readiness.check_all([acme], now=clock.now())[acme.pk]
    asked = {check.code for check in found.asking}
    assert asked & {"added_later", "foreign_redirect_uri"}


def page_of(app):
    return f"/admin/integrations/webexapp/{app.pk}/change/"


def test_mails_to_who_linked_at_the_old_name_still_speak_with_the_brand(
    paula, brand, linked_alice, acme
):
    rename(paula, brand, rename_anyway="on")

    grant = Grant.objects.select_related("app").get()
    assert (grant.hostname, mails.brand_of(grant)) == (NEW, brand)


def test_renaming_does_not_undo_what_happened_to_the_hostname_meanwhile(paula, brand, acme, globex):
    stale = BrandedURL.objects.get(pk=brand.pk)
    BrandedURL.objects.filter(pk=brand.pk).update(app=globex)
    stale.brand_name = "Other"

    branded_urls.save(stale, changed={"brand_name"}, now=clock.now())

    assert BrandedURL.objects.get(pk=brand.pk).app == globex


@pytest.mark.parametrize("hostname", [ADMIN_HOST, "ADMIN.example.com."])
def test_the_portals_own_host_cannot_become_a_branded_url(paula, free, acme, hostname):
    renamed = rename(paula, free, hostname)
    added = paula.post(
        "/admin/integrations/brandedurl/add/", {"hostname": hostname, "accent_color": "#1f5fbf"}
    )
    pasted = change(paula, acme, new_hostnames=hostname)

    assert "portal's own hostname" in errors(renamed)["hostname"]
    assert "portal's own hostname" in errors(added)["hostname"]
    assert "portal's own hostname" in errors(pasted)["new_hostnames"]
    assert not BrandedURL.objects.filter(hostname=ADMIN_HOST).exists()
