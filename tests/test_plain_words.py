"""What people read says what happened and what to do, never our own words for the machinery."""

import re

import pytest

from tests import languages

OURS = re.compile(
    r"\b(sweeps?|drain(s|ed|ing)?|claim(s|ed)?|suspects?|in doubt|canary|leases?|heartbeats?|"
    r"token endpoint|bare refusal|standard error code|consents? (was|were|is)? ?lost|"
    r"nobody is given up|orphans?|superseded|undecryptable|cross check|probe[sd]?|verdict)\b",
    re.IGNORECASE,
)

TABLES = {"heartbeat", "lease", "key canary"}  # names of rows that no page lists


def test_no_sentence_names_the_machinery():
    found = {
        text: message.files
        for text, message in languages.messages().items()
        if text.removesuffix("s") not in TABLES and OURS.search(f"{text} {message.plural}")
    }

    assert found == {}


@pytest.mark.parametrize("text", ["No sweep lately", "2 consents were lost", "it is in doubt"])
def test_our_own_words_are_known(text):
    assert OURS.search(text)
