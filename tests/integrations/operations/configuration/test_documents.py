"""What is no configuration is refused with every place that is wrong, before a row is read."""

import json

import pytest

from integrations.errors import InvalidConfiguration
from integrations.operations.configuration import document
from tests.integrations.operations.configuration.conftest import EMPTY, by_path


def refused(text):
    with pytest.raises(InvalidConfiguration) as error:
        document.read(text)
    return by_path(error.value.faults)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "It is no JSON: see line 1, column 1."),
        ('{\n"version" 1}', "It is no JSON: see line 2, column 11."),
        (b'"\xff"', "It is no JSON in UTF-8, or nested too deeply."),
        ("[" * 100_000, "It is no JSON in UTF-8, or nested too deeply."),
        ("1" * 5_000, "It is no JSON in UTF-8, or nested too deeply."),
        (" " * 10_000_001, "It is larger than 10 MB."),
        ("[]", "It must be an object with version, integrations and hostnames."),
        ("null", "It must be an object with version, integrations and hostnames."),
    ],
)
def test_what_is_no_object_in_json(text, sentence):
    assert refused(text) == {"": sentence}


def test_nothing_is_removed_because_a_part_was_forgotten():
    wrong = "It must be an object; what is not in it is removed."

    assert refused("{}") == {
        "/version": "It must be 1.", "/integrations": wrong, "/hostnames": wrong,
    }  # fmt: skip


@pytest.mark.parametrize("version", [0, 2, True, 1.0, "1", None])
def test_another_version_is_refused(version):
    assert refused(json.dumps(EMPTY | {"version": version})) == {"/version": "It must be 1."}


UNSTORABLE = "It contains a character that cannot be stored."


def test_types_and_names_of_fields_are_checked_everywhere():
    entries = {
        "integrations": {
            "A/~B": {"is_enabled": "yes", "client_id": None, "client_secret": "x"},
            "List": [],
            "NUL": {"default_provisioning_id": "a\0b", "authorization_url": "\ud800"},
            "\ud800": {},
        },
        "hostnames": {"h.example.com": {"integration": 1, "logo": {}, "app": "A"}},
    }

    assert refused(json.dumps(EMPTY | entries | {"secrets": {}})) == {
        "/secrets": "There is no such field.",
        "/integrations/A~1~0B/is_enabled": "It must be true or false.",
        "/integrations/A~1~0B/client_id": "It must be a text.",
        "/integrations/A~1~0B/client_secret": "There is no such field.",
        "/integrations/List": "It must be an object.",
        "/integrations/NUL/default_provisioning_id": UNSTORABLE,
        "/integrations/NUL/authorization_url": UNSTORABLE,
        "/integrations/?": UNSTORABLE,
        "/hostnames/h.example.com/integration": "It must be a text or null.",
        "/hostnames/h.example.com/logo": "It must be a text or null.",
        "/hostnames/h.example.com/app": "There is no such field.",
    }


def test_each_name_stands_there_once_however_it_is_spelled():
    twice = '{"version": 1, "integrations": {"A": {}, "A": {}}, "hostnames": {}}'
    assert refused(twice) == {"/A": "This name stands there twice."}

    spelled = {"Portal.example.com": {}, "portal.example.com.": {}, "10.0.0.1": {}, "a/b": {}}
    faults = refused(json.dumps(EMPTY | {"hostnames": spelled}))
    assert faults["/hostnames/portal.example.com."] == (
        "It is portal.example.com, which stands there in another spelling."
    )
    assert faults.keys() == {
        f"/hostnames/{name}" for name in ("portal.example.com.", "10.0.0.1", "a~1b")
    }


@pytest.mark.slow
def test_of_very_many_faults_the_first_are_told():
    names = {f"Name {number}": None for number in range(10_000)}

    assert len(refused(json.dumps(EMPTY | {"integrations": names}))) == 100
