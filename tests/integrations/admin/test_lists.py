"""What narrows a list down is said above it, and ends with one press."""

import re
from html import unescape
from typing import Any

GRANTS, AUDIT = "/admin/integrations/grant/", "/admin/integrations/auditevent/"


def chips(page: Any) -> dict[str, str]:
    """Each in words, with where it leads."""
    found = re.findall(r'<a class="chip"\s+href="([^"]*)"[^>]*>(.*?)</a>', page.text, re.DOTALL)
    return {" ".join(re.sub(r"<[^>]+>", " ", text).split()): unescape(url) for url, text in found}


def test_each_filter_is_a_word_that_ends_it_and_leaves_the_others(browser, root, linked_alice):
    client = browser(root, "admin.example.com")
    app = linked_alice.app
    asked = f"?q=ali&status__exact=ACTIVE&app__id__exact={app.pk}"

    page = client.get(GRANTS + asked)

    found = chips(page)
    assert list(found) == ["Search: ali", "Status: Linked", f"Integration: {app.name}"]
    assert found["Status: Linked"] == f"?app__id__exact={app.pk}&q=ali"
    assert "Clear all" in page.text
    assert chips(client.get(GRANTS)) == {}
    (alone,) = chips(client.get(GRANTS + "?q=ali"))
    assert alone == "Search: ali"


def test_days_and_a_person_are_such_words_too_also_where_nothing_matches(browser, root):
    client = browser(root, "admin.example.com")

    page = client.get(f"{AUDIT}?since=2020-01-01&until=2020-01-02&person={root.pk}")

    days, person = chips(page).items()
    assert days == ("Days: 1 Jan 2020 – 2 Jan 2020", f"?person={root.pk}")
    assert person == (f"Person: {root.username}", "?since=2020-01-01&until=2020-01-02")
    assert "Nothing matches" in page.text


def test_a_filter_calls_things_as_the_rows_do(browser, root, linked_alice):
    client = browser(root, "admin.example.com")

    grants = client.get(GRANTS).text
    apps = client.get("/admin/integrations/webexapp/?is_enabled__exact=1")

    assert grants.count("Linked") == 2  # of the filter, and of the row
    assert "Status: Enabled" in chips(apps)
    assert re.search(r"Enabled\s*</span>", apps.text.split("<tbody")[1])
