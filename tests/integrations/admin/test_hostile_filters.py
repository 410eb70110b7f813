"""What somebody types into the address of a list."""

import pytest

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


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("filters", FILTERS)
def test_a_hostile_filter_is_a_bad_request(browser, root, linked_alice, path, filters):
    page = browser(root, "admin.example.com").get(f"/admin/{path}/?{filters}")

    assert page.status_code == 400


@pytest.mark.parametrize("filters", ["", "?q=regex", "?q=alice__regex"])
def test_a_search_for_the_word_is_none(browser, root, linked_alice, filters):
    page = browser(root, "admin.example.com").get(f"/admin/accounts/user/{filters}")

    assert page.status_code == 200
