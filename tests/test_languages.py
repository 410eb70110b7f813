"""Catalogues: nothing is missing, nothing is for nothing, and what runs is what can be read."""

import re

import polib
import pytest

from tests import languages

CATALOGUES = sorted(languages.LOCALE.glob("*/LC_MESSAGES/django.po"))


@pytest.fixture(scope="module")
def wanted():
    return languages.messages()


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.parts[-3])
def path(request):
    return request.param


@pytest.fixture
def catalogue(path):
    return polib.pofile(str(path))


def test_every_sentence_is_translated(catalogue, wanted):
    left = [each.msgid for each in languages.missing(catalogue, wanted)]

    assert left == [], "Fill them in: python -m tests.languages"


def test_nothing_is_translated_that_nobody_says(catalogue, wanted):
    assert {entry.msgid for entry in catalogue} == wanted.keys(), "Run python -m tests.languages"
    assert not catalogue.fuzzy_entries()
    assert not catalogue.obsolete_entries()


def test_a_translation_fills_in_what_its_sentence_fills_in(catalogue):
    for entry in catalogue:
        pairs = [(entry.msgid, entry.msgstr)]
        if entry.msgid_plural:
            one, many = entry.msgstr_plural.values()
            pairs = [(entry.msgid, one), (entry.msgid_plural, many)]
        for text, translated in pairs:
            assert languages.placeholders(translated) == languages.placeholders(text), text
            assert re.findall(r"</?\w+", translated) == re.findall(r"</?\w+", text), text


def test_what_runs_was_made_of_what_can_be_read(path, catalogue):
    made = path.with_suffix(".mo").read_bytes()

    assert made == catalogue.to_binary(), "Make it anew: python -m tests.languages"


def test_no_template_has_an_order_of_its_own_for_day_and_month():
    own_order = re.compile(r"""\|date:["'](?!c["']|Y-m["']|[A-Z_]+_FORMAT["'])""")

    texts = {path: path.read_text() for path in (languages.ROOT / "templates").rglob("*.*")}

    assert [str(path) for path, text in texts.items() if own_order.search(text)] == []


def test_a_pseudo_language_is_longer_and_keeps_what_is_filled_in():
    text = '%(n)s of <strong class="x">%(m)s</strong> hostnames have returned {0} &amp; are done'

    longer = languages.pseudo(text)

    assert languages.PLACEHOLDER.findall(longer) == languages.PLACEHOLDER.findall(text)
    assert not re.search(r"[a-z]", languages.PLACEHOLDER.sub("", longer))
    assert len(longer) > 1.2 * len(text)
