"""Every page in a language that is no language: what can still be read escapes translation."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.utils import translation

from integrations.models import BrandedURL
from tests import languages
from tests.conftest import H1

pytestmark = pytest.mark.slow

ADMIN = "admin.example.com"
# What people, places and products are called; the rest of what is not ours has dots or digits.
NAMES = {
    "aa", "acme", "admin", "adams", "administrator", "alice", "bb", "berlin", "bob", "brown",
    "deutsch", "english", "europe", "operations", "pseudo", "root", "utc", "webex", "xa",
}  # fmt: skip
DJANGOS = ("User-group relationships",)
SAID = ("aria-label", "title", "placeholder", "alt", "data-copied")
OTHERS = {"script", "style", "code", "q", "bdi", "pre", "textarea", "title"}
EMPTY = {"img", "input", "br", "meta", "link", "hr", "use"}
NOT_OURS = re.compile(r"grant \d+|\S*[\w/](?:[.:@/_-][\w/]+)+\S*|\w*\d\w*")

PORTAL = [
    "/", "/my-account/", "/webex/", "/webex/profile/", "/no/such/page/", "/webex/callback/",
    "/webex/bulk/", "/webex/bulk/new/", "/webex/subscribers/", "/webex/subscribers/new/",
    "/webex/enterprises/", "/webex/reports/", "/webex/reports/billing/", "/sign-in/",
]  # fmt: skip
SETTINGS = [
    "", "integrations/webexapp/", "integrations/webexapp/add/",
    "integrations/webexapp/{app}/change/", "integrations/webexapp/{app}/clone/",
    "integrations/webexapp/{app}/history/", "integrations/webexapp/{app}/delete/",
    "integrations/brandedurl/", "integrations/brandedurl/{brand}/change/",
    "integrations/brandedurl/add/", "integrations/brandedurl/{brand}/delete/",
    "integrations/grant/", "integrations/grant/?q=nobody", "integrations/grant/{grant}/change/",
    "integrations/grantevent/", "integrations/auditevent/", "integrations/auditevent/?q=nobody",
    "integrations/apikey/", "integrations/apikey/add/", "keys/", "who-gets-what/",
    "who-gets-what/?username=alice&hostname=portal-a.example.com", "accounts/user/",
    "accounts/user/add/", "accounts/user/{user}/change/", "accounts/user/{user}/password/",
    "accounts/user/{user}/delete/", "auth/group/", "auth/group/add/", "password_change/",
    "no/such/page/",
]  # fmt: skip


class Ours(HTMLParser):
    """What a person sees or hears of a page, without what others wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.around: list[str] = []

    def handle_starttag(self, tag, attributes):
        at = dict(attributes)
        self.texts += [at[name] for name in SAID if at.get(name)]
        is_others = tag in OTHERS or at.get("dir") == "auto" or ("lang" in at and tag != "html")
        if tag not in EMPTY and (self.around or is_others):
            self.around.append(tag)

    def handle_endtag(self, tag):
        while tag in self.around and self.around.pop() != tag:
            pass

    def handle_data(self, text):
        if not self.around:
            self.texts.append(text)


def readable(page):
    parser = Ours()
    parser.feed(page)
    for text in parser.texts:
        for name in (*Group.objects.values_list("name", flat=True), *DJANGOS):
            text = text.replace(name, "")
        words = re.findall(r"[A-Za-z]{2,}", NOT_OURS.sub("", text))
        if {word.lower() for word in words} - NAMES:
            yield " ".join(text.split())


def found_by(browser, paths):
    found = {path: sorted(set(readable(browser.get(path).text))) for path in paths}
    return {path: texts for path, texts in found.items() if texts}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pseudo")
    return folder, languages.write_pseudo(folder)


@pytest.fixture
def pseudo(settings, catalogue):
    folder, code = catalogue
    settings.LOCALE_PATHS = [str(folder), *django_settings.LOCALE_PATHS]
    settings.LANGUAGES = [*django_settings.LANGUAGES, (code, "Pseudo")]
    settings.LANGUAGE_CODE = code
    yield
    translation.activate("en")


def test_no_sentence_of_the_portal_escapes(pseudo, linked_alice, alice_browser, browser, bob):
    assert found_by(alice_browser, PORTAL) == {}
    assert found_by(browser(bob), ["/", "/webex/", "/webex/profile/"]) == {}
    assert found_by(browser(None), ["/sign-in/"]) == {}


def test_no_sentence_of_the_settings_escapes(pseudo, linked_alice, root, browser):
    ids = {
        "app": linked_alice.app_id,
        "brand": BrandedURL.objects.get(hostname=H1).pk,
        "grant": linked_alice.pk,
        "user": linked_alice.user_id,
    }
    paths = ["/admin/" + path.format(**ids) for path in SETTINGS]

    assert found_by(browser(root, host=ADMIN), paths) == {}
