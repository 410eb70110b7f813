"""No page is without a screen: whoever adds one adds it to tests/e2e/screens, or says why not."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from string import Formatter

from django.contrib import admin
from django.urls import URLResolver, get_resolver, resolve
from django.urls.exceptions import Resolver404

from tests.e2e.screens import list_of_portal, list_of_sandbox, list_of_settings
from tests.e2e.screens.screen import SANDBOX, WEBEX, Screen

SCREENS = [*list_of_portal.SCREENS, *list_of_settings.SCREENS]
WITHOUT = list_of_portal.NONE | list_of_settings.NONE
# What stands for the words in braces, so that a path can be resolved.
WORDS = {
    "replace": "/webex/replace/1/", "connect_link": "/webex/link/x/",
    "subscriber": "/webex/subscriber/x/", "subscriber_failed": "/webex/subscriber/x/",
    "billing_report": "/webex/reports/billing/x/", "billing_failed": "/webex/reports/billing/x/",
    **dict.fromkeys(("device", "device_over", "bulk_draft", "bulk_done", "bulk_removal"),
                    "00000000-0000-4000-8000-000000000000"),
}  # fmt: skip


def shown(screen: Screen) -> set[str]:
    if screen.template:
        return set(screen.shows)
    words = [word for _text, word, _format, _how in Formatter().parse(screen.path) if word]
    path = screen.path.format_map({word: WORDS.get(word, "1") for word in words})
    try:
        return {resolve(path.split("?")[0].split("#")[0]).view_name, *screen.shows}
    except Resolver404:
        return set(screen.shows)


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            space = f"{each.namespace}:" if each.namespace else ""
            yield from names(each, prefix + space)
        elif each.name:
            yield prefix + each.name


def test_every_page_has_a_screen_or_a_reason() -> None:
    found = set().union(*map(shown, SCREENS))
    every = {name for name in names(get_resolver()) if not name.startswith("api_v1:")}

    assert every - found - WITHOUT.keys() == set(), "add a screen to tests/e2e/screens"
    assert WITHOUT.keys() - every == set(), "a reason for what is gone"
    assert WITHOUT.keys() & found == set(), "a reason for what has a screen"


def test_every_model_of_the_settings_has_a_screen() -> None:
    registered = {
        f"{each._meta.app_label}/{each._meta.model_name}" for each in admin.site._registry
    }

    assert set(list_of_settings.MODELS) == registered


def test_each_screen_has_a_name_of_its_own() -> None:
    every = [*SCREENS, *list_of_sandbox.SCREENS]

    assert [name for name, count in Counter(each.name for each in every).items() if count > 1] == []


def test_each_list_of_the_settings_is_seen_empty_too() -> None:
    seen = defaultdict(set)
    for each in SCREENS:
        seen[each.path].add(each.is_empty)

    assert [
        path for path in list_of_settings.MODELS if seen[f"/admin/{path}/"] != {True, False}
    ] == []


def test_only_the_sandbox_has_its_origins() -> None:
    assert {each.at for each in list_of_sandbox.SCREENS} == {SANDBOX, WEBEX}
