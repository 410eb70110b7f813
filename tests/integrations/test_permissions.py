"""Who may do what, and what happens to the consents of people who left."""

import pytest
from django.contrib.auth.models import Permission
from django.db.models import ProtectedError

from accounts.models import User
from integrations import clock
from integrations.linking import disconnection
from integrations.models import AuthorizationRequest, Grant, WebexApp
from integrations.operations import housekeeping
from integrations.renewal import on_demand
from integrations.scopes import MINIMUM
from tests import threads
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX, H1
from tests.integrations import sweeping
from tests.integrations.refusals import raw, rows

PORTAL_HOST = "admin.example.com"
PAGES = ["/webex/", "/webex/profile/", "/webex/status/", "/webex/callback/", "/webex/replace/1/"]
ACTIONS = ["/webex/connect/", "/webex/disconnect/", "/webex/replace/1/"]
REVOCABLE = ("identity:tokens_read", "identity:tokens_write")


# --- Without the permission ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", path) for path in PAGES] + [("POST", path) for path in ACTIONS],
)
def test_nina_may_not_open_webex_pages(browser, nina, acme, sandbox, method, path):
    response = browser(nina).generic(method, path)

    assert response.status_code == 403
    assert not sandbox.ledger.calls
    assert not AuthorizationRequest.objects.exists()


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
def test_nina_gets_nowhere_with_other_methods(browser, nina, acme, method):
    client = browser(nina)

    statuses = {client.generic(method, path).status_code for path in PAGES + ACTIONS}

    assert statuses <= {403, 405}


def test_nina_sees_no_mark_and_no_menu_entry(browser, nina, acme):
    client = browser(nina)

    assert client.badge() == ""
    assert all("ebex" not in client.get(path).text for path in ("/", "/my-account/"))


@pytest.mark.parametrize("path", ["/", "/my-account/", "/webex/", "/webex/profile/"])
def test_signed_out_visitors_are_sent_to_sign_in(browser, acme, path):
    response = browser(None).get(path)

    assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={path}")


def test_an_account_without_the_right_keeps_its_grant_but_cannot_use_it(
    alice_browser, linked_alice, alice
):
    alice.groups.clear()

    assert alice_browser.get("/webex/profile/").status_code == 403
    assert alice_browser.badge() == ""
    assert Grant.objects.get(pk=linked_alice.pk).status == "ACTIVE"


# --- Other people's things ----------------------------------------------------------------------


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("POST", 303)])
def test_a_choice_of_somebody_else_is_like_one_that_never_was(
    alice_browser, linked_alice, browser, mallory, method, status
):
    undecided = alice_browser.link(CAROL_AT_WEBEX)["Location"]
    before = rows(Grant), rows(AuthorizationRequest)

    theirs = browser(mallory).generic(method, undecided)
    nobodys = browser(mallory).generic(method, "/webex/replace/999999/")

    assert (theirs.status_code, nobodys.status_code) == (status, status)
    assert theirs.content == nobodys.content
    assert (rows(Grant), rows(AuthorizationRequest)) == before


def test_an_id_beyond_every_integer_is_just_unknown(alice_browser):
    assert alice_browser.get(f"/webex/replace/{10**30}/").status_code == 404


def test_disconnecting_without_a_grant_touches_nobody_elses(
    linked_alice, browser, mallory, sandbox
):
    before = rows(Grant)

    response = browser(mallory).post("/webex/disconnect/")

    assert response["Location"] == "/webex/"
    assert rows(Grant) == before


def test_nobody_sees_anybody_elses_webex_account(linked_alice, browser, bob):
    client = browser(bob)

    pages = [client.get(path).text for path in ("/", "/my-account/", "/webex/", "/webex/status/")]

    assert all(ALICE_AT_WEBEX not in page for page in pages)
    assert "Link your Webex account to see your profile here." in client.get("/webex/profile/").text


# --- People who leave ---------------------------------------------------------------------------


def test_a_deactivated_user_is_not_renewed_and_loses_the_tokens(alice_browser, linked_alice, alice):
    on_demand.make_due([linked_alice], now=clock.now())
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert not sweeping.sweep(seconds=1)
    housekeeping.tidy(now=clock.now())

    assert Grant.objects.get().status == "DISCONNECTED"
    assert (raw(linked_alice, "access_token"), raw(linked_alice, "refresh_token")) == (None, None)


@pytest.fixture
def revocable_alice(browser, alice, make_app):
    make_app("Revocable", H1, scopes=[*MINIMUM, *REVOCABLE])
    browser(alice).link(ALICE_AT_WEBEX)
    return Grant.objects.get()


def leave_by_deactivation(client, user):
    form = client.get(f"/admin/accounts/user/{user.pk}/change/").context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value and name != "password"}
    fields["groups"] = []
    fields.pop("is_active")
    fields.pop("user_permissions", None)
    return client.post(f"/admin/accounts/user/{user.pk}/change/", fields)


def leave_by_deletion(client, user):
    return client.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"})


def leave_in_a_batch(client, user):
    fields = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    return client.post("/admin/accounts/user/", fields)


@pytest.mark.parametrize("leave", [leave_by_deactivation, leave_by_deletion, leave_in_a_batch])
@pytest.mark.parametrize("webex_answers", [True, False], ids=["Webex up", "Webex down"])
def test_who_leaves_is_revoked_at_webex_after_the_commit(
    revocable_alice, alice, root, browser, sandbox, leave, webex_answers,
    django_capture_on_commit_callbacks,
):  # fmt: skip
    if not webex_answers:
        sandbox.fault("/v1/authorizations*", status=503, times=None)
    sandbox.ledger.clear()

    with django_capture_on_commit_callbacks() as callbacks:
        response = leave(browser(root, PORTAL_HOST), alice)
    assert response.status_code == 302
    assert not sandbox.ledger.calls  # never inside the transaction
    for callback in callbacks:
        callback()
    threads.finish(disconnection.THREAD)

    assert all(grant.refresh_token is None for grant in Grant.objects.all())
    assert sandbox.ledger.count("/v1/authorizations", method="GET") == 1
    deleted = [call for call in sandbox.ledger.calls if call.method == "DELETE"]
    assert bool(deleted) is webex_answers


# --- Integrations in use ------------------------------------------------------------------------


def test_an_integration_in_use_cannot_be_deleted(linked_alice, acme, root, browser):
    with pytest.raises(ProtectedError):
        acme.delete()

    page = browser(root, PORTAL_HOST).post(
        f"/admin/integrations/webexapp/{acme.pk}/delete/", {"post": "yes"}
    )

    assert (page.status_code, WebexApp.objects.count()) == (200, 1)


def test_an_integration_can_be_deleted_after_everybody_disconnected(
    alice_browser, linked_alice, acme
):
    alice_browser.post("/webex/disconnect/")

    acme.delete()

    assert not Grant.objects.exists()


# --- Admins who may only look -------------------------------------------------------------------


@pytest.fixture
def staff(make_user):
    def make(username, *codenames):
        user = make_user(username, may_use_webex=False, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        assert user.user_permissions.count() == len(codenames)
        return user

    return make


@pytest.mark.parametrize("action", ["refresh_now", "disconnect", "delete_selected"])
def test_an_action_without_its_permission_does_nothing(linked_alice, staff, browser, action):
    vera = browser(staff("vera", "view_grant", "view_webexapp"), PORTAL_HOST)
    before = rows(Grant)

    page = vera.get("/admin/integrations/grant/").text
    chosen = {"_selected_action": [linked_alice.pk], "confirmed": "yes", "post": "yes"}
    vera.post("/admin/integrations/grant/", {"action": action, **chosen})

    assert action not in page
    assert rows(Grant) == before


def test_each_action_has_a_permission_of_its_own(linked_alice, staff, browser):
    rita = browser(staff("rita", "view_grant", "refresh_grant"), PORTAL_HOST)

    page = rita.get("/admin/integrations/grant/").text

    assert ('value="refresh_now"' in page, 'value="disconnect"' in page) == (True, False)


def test_the_disconnect_action_ends_the_grant_and_says_who_did_it(
    linked_alice, staff, browser, alice_browser
):
    dora = staff("dora", "view_grant", "disconnect_grant")

    browser(dora, PORTAL_HOST).post(
        "/admin/integrations/grant/",
        {"action": "disconnect", "_selected_action": [linked_alice.pk], "confirmed": "yes"},
    )

    assert alice_browser.badge() == "not-linked"
    event = linked_alice.events.latest("at")
    assert (event.kind, event.actor) == ("DISCONNECTED", dora)


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_nobody_makes_or_deletes_a_grant_by_hand(linked_alice, root, browser, path):
    page = browser(root, PORTAL_HOST).get(
        f"/admin/integrations/grant/{path.format(pk=linked_alice.pk)}"
    )

    assert page.status_code == 403
