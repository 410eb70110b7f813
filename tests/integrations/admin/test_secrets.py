"""The admin takes secrets in and never gives one out, whatever an URL asks for."""

import re

import pytest

from integrations import clock
from integrations.models import WebexApp
from integrations.renewal import client_probe
from tests.integrations.refusals import raw, spoil

APPS, GRANTS = "/admin/integrations/webexapp/", "/admin/integrations/grant/"
BRANDS = "/admin/integrations/brandedurl/"


@pytest.fixture
def secrets_of(linked_alice, acme):
    stored = [raw(linked_alice, "access_token"), raw(linked_alice, "refresh_token")]
    plain = [linked_alice.access_token, linked_alice.refresh_token, acme.client_secret]
    return [*plain, *stored, raw(acme, "client_secret")]


def pages(grant, app):
    yield from (f"{GRANTS}{grant.pk}/{page}" for page in ("change/", "history/", "delete/"))
    yield from (f"{APPS}{app.pk}/{page}" for page in ("change/", "history/", "delete/"))
    yield from (GRANTS, APPS, f"{APPS}add/", "/admin/", f"/admin/accounts/user/{grant.user_id}/")
    yield from (f"{GRANTS}?_popup=1", f"{GRANTS}?q=alice", f"{APPS}?q=Acme")


@pytest.mark.parametrize("who", ["vera", "ed", "the_root"])
def test_no_admin_page_shows_a_secret(request, linked_alice, acme, secrets_of, who):
    client = request.getfixturevalue(who)

    answers = [client.get(page, follow=True) for page in pages(linked_alice, acme)]

    assert 200 in {answer.status_code for answer in answers}
    assert {answer.status_code for answer in answers} <= {200, 403}
    assert not any(secret in answer.text for secret in secrets_of for answer in answers)


def test_who_may_only_look_gets_no_field_for_the_secret(vera, acme):
    page = vera.get(f"{APPS}{acme.pk}/change/")

    assert page.status_code == 200
    assert "new_client_secret" not in page.text


# --- The secret is write-only -------------------------------------------------------------------


def fields(app, **changes):
    values = {
        "name": app.name,
        "is_enabled": "on",
        "authorization_url": app.authorization_url,
        "client_id": app.client_id,
        "new_client_secret": "",
        "default_provisioning_id": "",
    }
    return values | changes


def test_saving_without_a_secret_leaves_the_column_as_it_is(ed, acme):
    before = raw(acme, "client_secret"), raw(acme, "client_secret_set_at")

    response = ed.post(f"{APPS}{acme.pk}/change/", fields(acme, name="Acme 2"))

    assert response.status_code == 302
    assert raw(acme, "name") == "Acme 2"
    assert (raw(acme, "client_secret"), raw(acme, "client_secret_set_at")) == before


def test_a_new_secret_replaces_the_old_one_and_is_dated(ed, acme):
    before = raw(acme, "client_secret_set_at")

    ed.post(f"{APPS}{acme.pk}/change/", fields(acme, new_client_secret="  the-new-secret "))

    assert WebexApp.objects.get(pk=acme.pk).client_secret == "the-new-secret"
    assert raw(acme, "client_secret_set_at") > before
    history = ed.get(f"{APPS}{acme.pk}/history/").text
    assert "Secret set" in history
    assert "the-new-secret" not in history


@pytest.fixture
def changed(acme):
    """A secret was just replaced, and the one before it is kept."""
    acme.replace_secret("the-new-secret", now=clock.now())
    acme.save()
    return acme


def test_the_one_before_is_shown_as_kept_without_its_text_and_can_be_forgotten(ed, changed):
    page = ed.get(f"{APPS}{changed.pk}/change/").text
    assert "Still kept" in page
    assert changed.previous_client_secret_fingerprint in page
    assert changed.previous_client_secret not in page

    page = ed.post(f"{APPS}{changed.pk}/forget-secret/", follow=True).text

    assert "is forgotten" in page
    assert "Still kept" not in page
    assert raw(changed, "previous_client_secret") is None
    assert "Previous secret forgotten" in ed.get(f"{APPS}{changed.pk}/history/").text


def test_the_only_one_that_webex_accepts_cannot_be_forgotten(ed, changed):
    client_probe.check(changed, now=clock.now())
    assert "Forget it now" not in ed.get(f"{APPS}{changed.pk}/change/").text

    page = ed.post(f"{APPS}{changed.pk}/forget-secret/", follow=True).text

    assert "keeps it, because Webex accepts no other" in page
    assert raw(changed, "previous_client_secret") is not None


@pytest.mark.parametrize("who", ["vera", "ed"])
def test_it_is_forgotten_by_a_post_of_somebody_who_may_change_it(request, who, changed):
    client, url = request.getfixturevalue(who), f"{APPS}{changed.pk}/forget-secret/"

    statuses = {client.get(url).status_code, client.post(url).status_code}

    assert statuses == ({403, 302} if who == "ed" else {403})
    assert (raw(changed, "previous_client_secret") is None) is (who == "ed")


def test_a_form_with_an_error_does_not_echo_the_secret(ed, acme):
    page = ed.post(f"{APPS}{acme.pk}/change/", fields(acme, name="", new_client_secret="typed-it"))

    assert page.status_code == 200
    assert "typed-it" not in page.text
    assert WebexApp.objects.get(pk=acme.pk).client_secret != "typed-it"


def kept_in(page):
    return re.search(r'name="new_client_secret_kept" value="([^"]+)"', page.text)


def test_a_typed_secret_outlives_a_form_with_an_error(ed, acme):
    page = ed.post(f"{APPS}{acme.pk}/change/", fields(acme, name="", new_client_secret="typed-it"))

    ed.post(f"{APPS}{acme.pk}/change/", fields(acme, new_client_secret_kept=kept_in(page)[1]))

    assert WebexApp.objects.get(pk=acme.pk).client_secret == "typed-it"


def test_a_secret_that_was_refused_itself_is_not_kept(ed, acme):
    typed = {"new_client_secret": acme.client_id}

    assert not kept_in(ed.post(f"{APPS}{acme.pk}/change/", fields(acme, **typed)))


def test_no_other_ciphertext_counts_as_a_typed_secret(ed, acme, linked_alice):
    before = raw(acme, "client_secret")
    foreign = {"new_client_secret_kept": raw(linked_alice, "access_token")}

    ed.post(f"{APPS}{acme.pk}/change/", fields(acme, **foreign))

    assert raw(acme, "client_secret") == before


def test_the_form_says_since_when_a_secret_is_set(ed, acme):
    page = ed.get(f"{APPS}{acme.pk}/change/").text

    assert str(acme.client_secret_set_at.year) in page


def test_pasting_ciphertext_stores_it_as_any_other_text(ed, acme):
    ciphertext = raw(acme, "client_secret")

    page = ed.post(f"{APPS}{acme.pk}/change/", fields(acme, new_client_secret=ciphertext))

    assert page.status_code == 302
    assert WebexApp.objects.get(pk=acme.pk).client_secret == ciphertext


def test_an_undecryptable_secret_can_be_replaced(ed, the_root, linked_alice, acme):
    spoil(acme, "client_secret")

    for page in (APPS, GRANTS, BRANDS, f"{BRANDS}add/", f"{GRANTS}{linked_alice.pk}/change/"):
        assert the_root.get(page).status_code == 200
    assert ed.get(f"{APPS}{acme.pk}/change/").status_code == 200
    ed.post(f"{APPS}{acme.pk}/change/", fields(acme, new_client_secret="the-new-secret"))

    assert WebexApp.objects.get(pk=acme.pk).client_secret == "the-new-secret"


def test_grants_with_undecryptable_tokens_are_shown(the_root, linked_alice):
    spoil(linked_alice, "access_token")

    assert the_root.get(GRANTS).status_code == 200
    assert the_root.get(f"{GRANTS}{linked_alice.pk}/change/").status_code == 200
