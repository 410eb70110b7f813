"""What people paste for a client ID or a client secret, and what they are told about it."""

import pytest

from integrations import credentials
from integrations.errors import InvalidCredential

SECRET = "9a1c" * 16


@pytest.mark.parametrize("text", ["", SECRET, "C" + SECRET, "!~ {}%&", "it's", 'a"b'])
def test_printable_ascii_is_taken_as_it_is(text):
    credentials.check(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"\u200b{SECRET}", "invisible character (U+200B)"),
        (f"{SECRET}\ufeff", "invisible character (U+FEFF)"),
        (f"9a\u00a01c{SECRET}", "invisible character (U+00A0)"),
        (f"9a\t1c{SECRET}", "invisible character (U+0009)"),
        (f"9a\u202e1c{SECRET}", "invisible character (U+202E)"),
        (f"9a\u03011c{SECRET}", "invisible character (U+0301)"),
        (f'"{SECRET}"', "quotation marks"),
        (f"'{SECRET}'", "quotation marks"),
        (f"“{SECRET}”", "quotation marks"),
        (f"`{SECRET}", "quotation marks"),
        ("•" * 12, "dots that a page shows"),
        ("•", "dots that a page shows"),
        ("********", "dots that a page shows"),
        (f"9а{SECRET}", "“а”"),  # a Cyrillic letter
    ],
)
def test_the_fault_of_a_pasted_credential_is_named(text, sentence):
    with pytest.raises(InvalidCredential) as raised:
        credentials.check(text)

    assert sentence in str(raised.value)
