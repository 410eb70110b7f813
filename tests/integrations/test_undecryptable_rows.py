"""One row that no key decrypts, alone or among others: only its own secret is out of reach."""

import pytest

from accounts.models import User
from integrations import clock
from integrations.linking import disconnection
from integrations.models import AuthorizationRequest, BrandedURL, Grant, WebexApp
from integrations.operations import notices
from tests.conftest import CAROL_AT_WEBEX, H1
from tests.integrations.refusals import raw, spoil
from tests.sharing_out import slow

GRANTS, EVENTS = "/admin/integrations/grant/", "/admin/integrations/grantevent/"
APPS, BRANDS = "/admin/integrations/webexapp/", "/admin/integrations/brandedurl/"
USERS = "/admin/accounts/user/"

others = pytest.mark.parametrize("others", [0, 2, *slow(1, 12)])


@pytest.fixture
def sam(root, browser):
    return browser(root, "admin.example.com")


@pytest.fixture
def grants(acme, fill, others):
    """One of them is unreadable, in the middle."""
    filled = fill(acme, others + 1)
    unreadable = filled[others // 2]
    now = clock.now()
    brand = BrandedURL.objects.get(hostname=H1)
    begun = {"brand": brand, "browser_binding": "", "next_path": "", "now": now}
    request = AuthorizationRequest.objects.begin(user=unreadable.user, **begun)
    for row, columns in (
        (unreadable, ("access_token", "refresh_token")),
        (request, ("code_verifier", "pending_tokens")),
    ):
        for column in columns:
            spoil(row, column)
    return filled


def unreadable(grants):
    return grants[(len(grants) - 1) // 2]


def confirmed(grants, action):
    chosen = [grant.pk for grant in grants]
    return {"action": action, "_selected_action": chosen, "confirmed": "yes"}


@others
def test_every_page_shows_the_others_and_itself(sam, grants):
    grant = unreadable(grants)
    one_by_one = [f"{GRANTS}{grant.pk}/change/", f"{USERS}{grant.user_id}/change/"]
    one_by_one += [f"{USERS}{grant.user_id}/delete/", f"{APPS}{grant.app_id}/delete/"]

    for page in (GRANTS, EVENTS, APPS, BRANDS, USERS, "/admin/", *one_by_one):
        assert sam.get(page).status_code == 200, page
    assert sam.get(GRANTS).context["cl"].result_count == len(grants)


@others
def test_its_user_can_be_deleted(sam, grants):
    user = unreadable(grants).user

    response = sam.post(f"{USERS}{user.pk}/delete/", {"post": "yes"})

    assert response.status_code == 302
    assert not User.objects.filter(pk=user.pk).exists()
    assert Grant.objects.count() == len(grants) - 1


@others
def test_its_user_can_be_deleted_together_with_the_others(sam, grants):
    keys = [grant.user_id for grant in grants]
    fields = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}

    assert sam.post(USERS, fields).status_code == 302

    assert not User.objects.filter(pk__in=keys).exists()
    assert not Grant.objects.exists()


@others
def test_an_admin_can_disconnect_it_together_with_the_others(sam, grants):
    sam.post(GRANTS, confirmed(grants, "disconnect"))

    assert not Grant.objects.not_disconnected().exists()
    tokens = Grant.objects.values_list("access_token", "refresh_token")
    assert list(tokens) == [(None, None)] * len(grants)


@others
def test_an_admin_can_make_it_due_together_with_the_others(sam, grants):
    before = raw(unreadable(grants), "refresh_token")
    Grant.objects.update(refresh_due_at=None)

    sam.post(GRANTS, confirmed(grants, "refresh_now"))

    assert not Grant.objects.filter(refresh_due_at=None).exists()
    assert raw(unreadable(grants), "refresh_token") == before


@others
def test_it_ends_with_its_user_when_they_are_deactivated(grants):
    User.objects.update(is_active=False)

    assert disconnection.end_for_inactive_users(now=clock.now()) == len(grants)


@others
def test_its_user_is_told_like_the_others_that_it_ends(grants, mailoutbox):
    Grant.objects.update(refresh_token_expires_at=clock.now())

    notices.send_all(now=clock.now())

    assert {mail.to[0] for mail in mailoutbox} == {grant.user.email for grant in grants}


@pytest.mark.parametrize("others", [0, 2, *slow(1, 5)])
def test_an_integration_with_an_unreadable_secret_is_listed_saved_and_deleted(
    sam, make_app, others
):
    apps = [make_app(f"App {number}") for number in range(others + 1)]
    app = apps[others // 2]
    spoil(app, "client_secret")
    before = raw(app, "client_secret")

    for page in (APPS, "/admin/", f"{APPS}{app.pk}/change/", f"{APPS}{app.pk}/delete/"):
        assert sam.get(page).status_code == 200, page
    assert sam.post(f"{APPS}{app.pk}/disable/").status_code == 302
    assert raw(app, "client_secret") == before
    app.delete()
    assert WebexApp.objects.count() == others


@pytest.mark.parametrize("decision", ["look", "replace", "keep"])
def test_a_consent_that_waits_for_a_decision_can_be_declined(alice_browser, linked_alice, decision):
    question = alice_browser.link(CAROL_AT_WEBEX)["Location"]
    request = AuthorizationRequest.objects.latest("pk")
    spoil(request, "pending_tokens")

    if decision == "look":
        response = alice_browser.get(question, follow=True)
    else:
        response = alice_browser.post(question, {"decision": decision}, follow=True)

    told = "The portal can no longer read this consent." in response.text
    assert (response.status_code, told) == (200, decision != "keep")
    assert (raw(request, "pending_tokens") is None) == (decision == "keep")
    assert alice_browser.badge() == "linked"
