"""From + to an enabled integration, and everything that is refused on the way."""

import pytest

from integrations import clock
from integrations.models import BrandedURL, WebexApp
from tests.conftest import H1
from tests.integrations.admin.conftest import change, errors

APPS = "/admin/integrations/webexapp/"


def add(client, **posted):
    names = ("authorization_url", "client_id", "new_client_secret", "default_provisioning_id")
    empty = dict.fromkeys([*names, "new_hostnames"], "")
    return client.post(f"{APPS}add/", {**empty, "name": "New", **posted})


def test_after_the_first_save_the_admin_lands_at_the_redirect_uris(paula, free):
    response = add(paula, hostnames_added=free.hostname)

    app = WebexApp.objects.get()
    assert response["Location"] == f"{APPS}{app.pk}/change/#redirect-uris"
    assert free_now(free).app == app
    assert free.redirect_uri in paula.get(f"{APPS}{app.pk}/change/").text


def free_now(brand):
    return BrandedURL.objects.get(pk=brand.pk)


def test_without_hostnames_the_admin_lands_where_they_are_selected(paula):
    response = add(paula)

    assert response["Location"].endswith("/change/#urls")


def test_the_add_form_has_no_redirect_uris_yet(paula):
    page = paula.get(f"{APPS}add/").text

    assert ('id="tab-general"' in page, 'id="tab-urls"' in page) == (True, True)
    assert 'id="tab-redirect-uris"' not in page


def test_a_new_integration_is_off(paula):
    add(paula)

    assert not WebexApp.objects.get().is_enabled


def test_the_pasted_url_fills_in_the_client_id(paula, acme):
    pasted, client_id = acme.authorization_url, acme.client_id

    add(paula, authorization_url=f"\r\n  {pasted[:90]}\r\n{pasted[90:]}  \r\n")

    made = WebexApp.objects.get(name="New")
    assert (made.client_id, made.authorization_url) == (client_id, pasted)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://", "javascript:"),
        ("http://", "https:"),
        ("http://", "//"),
        ("http://", "data:text/html,"),
        ("127.0.0.1", "127.0.0.1.evil.example.com"),
        ("127.0.0.1", "evil.example.com\\@127.0.0.1"),
        ("127.0.0.1", "webexapis.com@127.0.0.1"),
        ("/v1/authorize", "/v1/authorize/../access_token"),
        ("response_type=code", "response_type=token"),
        ("client_id=", "client_id=other&client_id="),
        ("scope=", "scope=%3Cscript%3E%22%20&x="),
        ("response_type=code", "response_type=code#fragment"),
    ],
)
def test_a_url_that_is_not_webexs_is_a_form_error(paula, acme, old, new):
    assert old in acme.authorization_url

    response = change(paula, acme, authorization_url=acme.authorization_url.replace(old, new, 1))

    assert response.status_code == 200
    assert "authorization_url" in errors(response)
    assert "<script>" not in response.text
    assert WebexApp.objects.get(pk=acme.pk).authorization_url == acme.authorization_url


def test_a_url_of_another_client_is_a_form_error(paula, acme, globex):
    response = change(paula, acme, authorization_url=globex.authorization_url)

    assert "another client ID" in errors(response)["client_id"]


@pytest.mark.parametrize(
    "extra", ["&state=set_state_here", "&prompt=none&nonce=1&anything=%3Cb%3E"]
)
def test_what_webex_adds_to_its_url_reaches_nobodys_browser(paula, acme, alice, browser, extra):
    change(paula, acme, authorization_url=acme.authorization_url + extra)

    target = browser(alice, H1).start()
    assert not any(part in target for part in ("set_state_here", "prompt", "nonce", "anything"))
    assert target.count("redirect_uri=") == target.count("state=") == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("authorization_url", "", "OAuth Authorization URL is missing"),
        ("hostnames", [], "No hostname uses this integration"),
    ],
)
def test_an_enabled_integration_cannot_lose_what_it_needs(paula, acme, field, value, sentence):
    response = change(paula, acme, **{field: value})

    assert sentence in errors(response)["is_enabled"]
    assert acme.branded_urls.count() == 2


def test_it_cannot_be_enabled_while_something_blocks(paula, free):
    response = add(paula, hostnames_added=free.hostname, is_enabled="on")

    found = errors(response)["is_enabled"]
    assert "client secret is missing" in found
    assert "OAuth Authorization URL is missing" in found
    assert not WebexApp.objects.exists()


def test_the_minimum_scopes_block_too(paula, make_app):
    app = make_app("Narrow", "narrow.example.com", scopes=("spark:people_read",))
    WebexApp.objects.update(is_enabled=False)
    app.refresh_from_db()

    response = change(paula, app, is_enabled="on")

    assert "8 of the nine scopes" in errors(response)["is_enabled"]


def test_enabling_with_something_to_check_asks_first(paula, make_app):
    app = make_app("Fresh", "fresh.example.com")
    WebexApp.objects.filter(pk=app.pk).update(
        is_enabled=False,
        authorization_url=app.authorization_url.replace("fresh.example.com", "www.example.com"),
    )
    BrandedURL.objects.update(last_return_at=None)
    app.refresh_from_db()

    asked = change(paula, app, is_enabled="on")

    assert "placeholder" in errors(asked)["is_enabled"]
    assert "enable_anyway" in errors(asked)
    assert change(paula, app, is_enabled="on", enable_anyway="on").status_code == 302
    assert WebexApp.objects.get(pk=app.pk).is_enabled


def test_a_tab_with_an_error_is_marked(paula, acme):
    page = change(paula, acme, new_hostnames="not/a/hostname").text

    urls_tab = page.partition('id="tab-urls"')[2].partition("</button>")[0]
    general_tab = page.partition('id="tab-general"')[2].partition("</button>")[0]
    assert ("data-has-error" in urls_tab, "data-has-error" in general_tab) == (True, False)


def test_saving_comes_back_to_the_tab_it_was_on(paula, acme):
    assert change(paula, acme, tab="urls")["Location"].endswith("#urls")
    assert change(paula, acme, tab="javascript:alert(1)")["Location"].endswith("#general")


# --- The secret ---------------------------------------------------------------------------------


def test_a_fingerprint_tells_two_secrets_apart_and_gives_neither_away(paula, acme):
    before = acme.client_secret_fingerprint

    change(paula, acme, new_client_secret="another-secret")

    acme.refresh_from_db()
    page = paula.get(f"{APPS}{acme.pk}/change/").text
    assert len(acme.client_secret_fingerprint) == 8
    assert acme.client_secret_fingerprint != before
    assert acme.client_secret_fingerprint in page
    assert "another-secret" not in page


@pytest.mark.parametrize(
    ("field", "pasted", "sentence"),
    [
        ("new_client_secret", "•" * 20, "dots"),
        ("new_client_secret", "\u200b9a1c9a1c", "invisible character"),
        ("client_id", "“C9a1c”", "quotation marks"),
    ],
)
def test_a_credential_with_a_trace_of_where_it_was_copied_is_refused(
    paula, acme, field, pasted, sentence
):
    before = acme.client_secret_fingerprint

    response = change(paula, acme, **{field: pasted})

    assert sentence in errors(response)[field]
    assert "another client ID" not in errors(response).get("client_id", "")
    acme.refresh_from_db()
    assert acme.client_secret_fingerprint == before


def test_the_client_id_is_not_taken_for_the_secret(paula, acme):
    response = change(paula, acme, new_client_secret=f" {acme.client_id} ")

    assert "This is the client ID" in errors(response)["new_client_secret"]


def test_a_new_integration_does_not_take_the_client_id_of_its_url_for_the_secret(paula, acme):
    pasted, client_id = acme.authorization_url, acme.client_id

    response = add(paula, authorization_url=pasted, new_client_secret=client_id)

    assert "This is the client ID" in errors(response)["new_client_secret"]


def test_a_new_secret_resumes_a_paused_integration(paula, acme):
    WebexApp.objects.filter(pk=acme.pk).update(
        refresh_paused_until=clock.now().replace(year=2099), pause_reason="invalid_client"
    )
    acme.refresh_from_db()
    assert "Webex refuses the client ID and secret." in paula.get(f"{APPS}{acme.pk}/change/").text

    change(paula, acme, new_client_secret="another-secret")

    acme.refresh_from_db()
    assert (acme.refresh_paused_until, acme.pause_reason) == (None, "")


# --- Clone --------------------------------------------------------------------------------------


def test_a_clone_is_off_and_has_neither_hostnames_nor_secret(paula, acme):
    response = paula.post(f"{APPS}{acme.pk}/clone/", {"name": "Acme 2"})

    copy = WebexApp.objects.get(name="Acme 2")
    assert response["Location"] == f"{APPS}{copy.pk}/change/#general"
    assert (copy.is_enabled, copy.client_secret, copy.client_secret_set_at) == (False, None, None)
    assert (copy.authorization_url, copy.branded_urls.count()) == (acme.authorization_url, 0)
    page = paula.get(f"{APPS}{copy.pk}/change/").text
    assert "The client secret is missing." in page
    assert "also used by Acme" in page


def test_a_clone_needs_a_name_of_its_own(paula, acme):
    assert paula.post(f"{APPS}{acme.pk}/clone/", {"name": "Acme"}).status_code == 200
    assert WebexApp.objects.count() == 1


@pytest.mark.parametrize("who", ["vera", "ed", "sam"])
def test_who_may_not_add_may_not_clone(request, who, acme):
    client = request.getfixturevalue(who)

    assert client.post(f"{APPS}{acme.pk}/clone/", {"name": "Mine"}).status_code == 403
    assert WebexApp.objects.count() == 1
