"""Scopes are compared as sets, in the order they were asked for."""

import pytest

from integrations import scopes


@pytest.mark.parametrize(
    ("wanted", "granted", "missing"),
    [
        (["a", "b"], ["b", "a"], []),
        (["a", "b"], ["b", "c"], ["a"]),
        (["b", "c", "a"], [], ["b", "c", "a"]),
        (["a", "spark:kms"], ["a"], []),
        ([], ["a"], []),
    ],
)
def test_missing_is_what_was_wanted_and_not_granted(wanted, granted, missing):
    assert scopes.missing(wanted, granted) == missing


def test_odin_needs_nine_scopes():
    assert len(set(scopes.MINIMUM)) == 9
    assert not scopes.UNIMPORTANT & set(scopes.MINIMUM)


@pytest.mark.parametrize("scope", scopes.MINIMUM)
def test_every_needed_scope_has_plain_words(scope):
    assert ":" not in scopes.in_words(scope)


def test_an_unknown_scope_is_shown_as_it_is():
    assert scopes.in_words("spark:new") == "spark:new"
