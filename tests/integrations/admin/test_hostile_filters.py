"""What somebody types into the address of a list."""

import pytest

from tests.integrations.refusals import raw

APPS, GRANTS = "/admin/integrations/webexapp/", "/admin/integrations/grant/"
BRANDS = "/admin/integrations/brandedurl/"
LISTS = [
    "accounts/user", "auth/group", "integrations/grant", "integrations/grantevent",
    "integrations/webexapp", "integrations/brandedurl",
]  # fmt: skip
FILTERS = [
    "username__regex=(a+)%2B$", "person_email__iregex=(a%7Caa)%2B$", "app__name__regex=.*",
    "user__username__regex=.*", "name__iregex=(a+)%2B$", "hostname__regex=.*",
    "app__id__exact=%00", "status__exact=%00", "username=a%00b", "is_active__exact=%00", "q=%00",
    "horizon=%00", "%00=1", "name=%00", "hostname=%00", "_changelist_filters=%00",
]  # fmt: skip
LOOKUPS = ("", "__startswith", "__contains", "__regex", "__gt", "__in", "__isnull")


@pytest.mark.parametrize("path", LISTS)
def test_a_hostile_filter_is_a_bad_request(browser, root, linked_alice, path):
    client = browser(root, "admin.example.com")

    answers = {filters: client.get(f"/admin/{path}/?{filters}").status_code for filters in FILTERS}

    assert {filters: status for filters, status in answers.items() if status != 400} == {}


@pytest.mark.parametrize("filters", ["", "?q=regex", "?q=alice__regex"])
def test_a_search_for_the_word_is_none(browser, root, linked_alice, filters):
    page = browser(root, "admin.example.com").get(f"/admin/accounts/user/{filters}")

    assert page.status_code == 200


@pytest.mark.parametrize(
    ("page", "column"),
    [(GRANTS, "access_token"), (GRANTS, "refresh_token"), (APPS, "client_secret")],
)
def test_a_filter_on_a_secret_column_reveals_nothing(the_root, linked_alice, page, column):
    for lookup in LOOKUPS:
        guesses = ["gAAAA", "(a+)+$", "zzz", "1"]

        answers = [the_root.get(page, {column + lookup: guess}, follow=True) for guess in guesses]

        found = {
            answer.context["cl"].result_count for answer in answers if answer.status_code == 200
        }
        assert {answer.status_code for answer in answers} <= {200, 400}
        assert len(found) <= 1, lookup


@pytest.mark.parametrize(
    ("page", "lookup"),
    [
        (GRANTS, "user__password__startswith"),
        (GRANTS, "app__client_secret__startswith"),
        (GRANTS, "app__client_secret__isnull"),
        (APPS, "grants__access_token__startswith"),
        (APPS, "grants__user__password__contains"),
        (APPS, "authorization_requests__state__startswith"),
        ("/admin/accounts/user/", "grants__refresh_token__contains"),
        ("/admin/accounts/user/", "authorization_requests__state__startswith"),
        ("/admin/accounts/user/", "password__startswith"),
        (BRANDS, "app__client_secret__startswith"),
    ],
)
def test_a_filter_through_a_relation_is_refused(the_root, linked_alice, page, lookup):
    response = the_root.get(page, {lookup: "gAAAA"})

    assert response.status_code == 400


@pytest.mark.parametrize("trick", ["o=1.2.3.99.-1", "o=access_token", "all=", "p=-1", "e=1"])
def test_odd_list_parameters_do_not_break_the_list(the_root, linked_alice, trick):
    assert the_root.get(f"{GRANTS}?{trick}", follow=True).status_code == 200


def test_a_search_looks_at_names_only(the_root, linked_alice):
    hits = [
        the_root.get(GRANTS, {"q": word}).context["cl"].result_count
        for word in ("alice", "gAAAA", linked_alice.refresh_token, raw(linked_alice, "scope"))
    ]

    assert hits == [1, 0, 0, 0]


def test_tokens_cannot_be_completed_or_exported(the_root, linked_alice):
    column = {"app_label": "integrations", "model_name": "grant", "field_name": "refresh_token"}
    completed = the_root.get("/admin/autocomplete/", {**column, "term": "gAAAA"})
    exported = the_root.post(
        GRANTS, {"action": "export", "_selected_action": [linked_alice.pk]}, follow=True
    )

    assert completed.status_code == 403
    assert linked_alice.refresh_token not in exported.text
