"""What is written from right to left, or tries to be, reorders nothing around it."""

import contextlib
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.models import User
from integrations import clock, hostnames, plain_text
from integrations.errors import InvalidHostname
from integrations.models import BrandedURL, Grant, GrantEvent, WebexApp
from integrations.operations import diagnostics
from tests.conftest import CAROL_AT_WEBEX
from tests.integrations.admin.conftest import change, errors, paula, staff  # noqa: F401
from tests.integrations.admin.test_hostile_names import pages

OVERRIDE, ESCAPE = "\u202e", "\x1b[31m"
NAME = f"Nam{OVERRIDE}e\n{ESCAPE}"
VOID = {"meta", "link", "input", "img", "br", "use", "path", "circle", "hr", "rect", "line"}


class Exposed(HTMLParser):
    """Texts with an override that no element around them isolates."""

    def __init__(self):
        super().__init__()
        self.isolating, self.found = [], []

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        typed = tag == "input" and "value" in names  # a field of its own
        self.found += [
            f"{tag} {name}" for name, text in attributes if OVERRIDE in (text or "") and not typed
        ]
        if tag not in VOID:
            isolates = tag in ("bdi", "textarea") or (tag != "html" and "dir" in names)
            self.isolating.append((tag, isolates))

    def handle_endtag(self, tag):
        while self.isolating and self.isolating.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if OVERRIDE in text and not any(isolates for _tag, isolates in self.isolating):
            self.found.append(f"{' '.join(tag for tag, _ in self.isolating[-3:])}: {text.strip()}")


def exposed(page):
    parser = Exposed()
    parser.feed(page)
    return parser.found


@pytest.fixture
def named(linked_alice, acme):
    """As names may stand in a database from before they were refused, and as Webex sends them."""
    until = clock.now() + timedelta(hours=1)
    WebexApp.objects.filter(pk=acme.pk).update(
        name=NAME, pause_reason=NAME, refresh_paused_until=until
    )
    BrandedURL.objects.update(brand_name=NAME)
    Grant.objects.update(person_name=NAME, person_email=NAME, org_name=NAME, last_error=NAME)
    GrantEvent.objects.update(reason=NAME)
    User.objects.filter(username="alice").update(first_name=NAME, last_name="")
    return linked_alice


def test_the_admins_pages_isolate_every_name(paula, named, acme):  # noqa: F811
    brand = acme.branded_urls.first()

    found = {path: exposed(paula.get(path).text) for path in pages(acme, named, brand)}

    assert {path: texts for path, texts in found.items() if texts} == {}


def test_the_admins_questions_do(paula, named):  # noqa: F811
    asked = paula.post(
        "/admin/integrations/grant/", {"action": "disconnect", "_selected_action": [named.pk]}
    )

    assert exposed(asked.text) == []


def test_the_users_pages_do(alice_browser, named):
    paths = ("/", "/my-account/", "/webex/", "/webex/profile/")

    assert {path: exposed(alice_browser.get(path).text) for path in paths} == {
        path: [] for path in paths
    }


def test_the_question_which_account_to_keep_does(alice_browser, linked_alice, sandbox):
    question = alice_browser.link(CAROL_AT_WEBEX)["Location"]
    Grant.objects.update(person_name=NAME, person_email=NAME, org_name=NAME)

    assert exposed(alice_browser.get(question).text) == []


# --- Refused where they are typed ---------------------------------------------------------------

HIDDEN = ["\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\x85", "\u200b", "\u202e", "\u2028", "\u2066",
          "\ufeff", "\u00ad", "\U000e0041"]  # fmt: skip


@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
def test_hidden_characters_are_refused_in_names(character):
    for model, name in ((WebexApp, "name"), (BrandedURL, "brand_name")):
        with pytest.raises(ValidationError):
            model._meta.get_field(name).clean(f"Ac{character}me", None)
    with pytest.raises(InvalidHostname):
        hostnames.normalise(f"por{character}tal.example.com")


@pytest.mark.parametrize(
    "name", ["Acme", "Ácmé GmbH & Co", "شرکت\u200cها", "עברית", "क्\u200dष", "🏳️"]
)
def test_names_of_all_languages_are_taken(name):
    plain_text.validate_visible(name)


def test_forms_say_what_is_wrong(paula, acme):  # noqa: F811
    found = errors(change(paula, acme, name="Ac\nme"))
    new = change(paula, acme, new_hostnames=f"por{OVERRIDE}tal.example.com")

    assert found == {"name": "It contains a line break or an invisible character. "
                             "Please type it anew."}  # fmt: skip
    assert "invisible character" in errors(new)["new_hostnames"]
    assert exposed(new.text) == []


# --- Elsewhere ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\x1b[31m", "a b [31m"),
        ("a\u202eb", "ab"),
        ("  a \t\u2028 b\x00", "a b"),
        ("", ""),
        ("עברית\n", "\u2068עברית\u2069"),
    ],
)
def test_others_text_is_one_visible_line(text, shown):
    assert plain_text.isolated(text) == shown


@pytest.mark.parametrize("command", ["status", "check_registration", "refresh_grants"])
def test_no_command_drives_the_terminal(transactional_db, named, capsys, command):
    with contextlib.suppress(CommandError, SystemExit):
        call_command(command)

    shown = "".join(capsys.readouterr())
    assert "Name" in shown
    assert OVERRIDE not in shown
    assert ESCAPE not in shown
    assert "Nam\n" not in shown


def test_diagnostics_keep_one_fact_a_line(named):
    text = diagnostics.as_text(named, now=clock.now())

    assert OVERRIDE not in text
    assert "\x1b" not in text
    assert all(": " in line for line in text.splitlines())
