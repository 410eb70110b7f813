"""The language of a page: what its reader chose, else their browser's, else the brand's."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from accounts import languages
from accounts.models import User
from config.guards import languages as guard
from integrations.models import BrandedURL
from tests.conftest import H1

GERMAN, FRENCH = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}, {"Accept-Language": "fr"}


@pytest.fixture(autouse=True)
def _english_again():
    yield
    translation.activate("en")


def language_of(browser, path="/my-account/", **headers):
    answer = browser.get(path, headers=headers)
    assert f'<html lang="{answer["Content-Language"]}"' in answer.text
    return answer["Content-Language"]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("de-CH", "de"), ("fr, de;q=0.3", "de"), ("fr", ""), ("*", ""), ("", ""), ("en;q=x, ;", ""),
     ("DE", "de"), ("de;q=0.2, en;q=0.8", "en")],
)  # fmt: skip
def test_the_first_language_that_a_browser_asks_for_and_we_have_is_taken(accepted, expected):
    assert languages.of_browser(accepted) == expected


def test_a_page_speaks_the_browsers_language_and_says_so_to_caches(alice_browser):
    answer = alice_browser.get("/my-account/", headers=GERMAN)

    assert "Accept-Language" in answer["Vary"]
    assert language_of(alice_browser, **GERMAN) == "de"
    assert language_of(alice_browser, **FRENCH) == "en"


def test_what_a_user_chose_is_kept_and_wins_until_they_take_it_back(alice_browser, browser, alice):
    alice_browser.post("/my-account/language/", {"language": "de"})

    assert language_of(alice_browser, **{"Accept-Language": "en"}) == "de"
    assert language_of(browser(User.objects.get(pk=alice.pk)), "/no/such/page/") == "de"

    alice_browser.post("/my-account/language/", {"language": ""})
    assert language_of(alice_browser, **GERMAN) == "de"
    assert language_of(alice_browser) == "en"


@pytest.mark.parametrize("nonsense", ["xx", "../de", "d" * 300])
def test_a_language_that_is_not_offered_is_not_kept(alice_browser, alice, nonsense):
    answer = alice_browser.post("/my-account/language/", {"language": nonsense, "next": "//evil"})

    assert (answer.status_code, answer["Location"]) == (302, "/my-account/")
    alice.refresh_from_db()
    assert alice.language == ""


def test_a_brand_decides_where_the_browser_asks_for_nothing_we_have(alice_browser):
    BrandedURL.objects.filter(hostname=H1).update(language="de")

    assert language_of(alice_browser, **FRENCH) == "de"
    assert language_of(alice_browser, **{"Accept-Language": "en"}) == "en"
    assert language_of(alice_browser, "/no/such/page/", **FRENCH) == "de"


def test_what_every_reader_gets_alike_has_no_language(alice_browser):
    brand = BrandedURL.objects.get(hostname=H1)

    answer = alice_browser.get(f"/brand/{brand.stylesheet_digest}/brand.css", headers=GERMAN)

    assert not answer.has_header("Content-Language")
    assert not answer.has_header("Vary")


def test_a_host_that_is_not_ours_is_refused_in_the_browsers_language(browser, db):
    answer = browser(None, host="elsewhere.example.com").get("/", headers=GERMAN)

    assert (answer.status_code, answer["Content-Language"]) == (400, "de")


def test_what_stands_in_another_folder_is_offered_and_nonsense_is_refused(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="LOCALE_DIR"):
        guard.offered([str(tmp_path)])
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").touch()

    assert guard.offered([str(tmp_path)]) == [("en", "English"), ("fr", "Français")]
    with pytest.raises(ImproperlyConfigured, match="one of en, fr"):
        guard.usual("de", guard.offered([str(tmp_path)]))
