"""Encrypted columns are loaded, saved and copied as they are, and decrypted where they are read."""

import copy
import pickle
from collections import Counter

import pytest
from django import forms
from django.core import serializers
from encrypted_model_fields import fields as library

from integrations.errors import UndecryptableValue
from integrations.fields import Ciphertext
from integrations.models import AuthorizationRequest, WebexApp
from tests.integrations.refusals import raw, rows, spoil

SECRET = "9a1c-the-client-secret"
pytestmark = pytest.mark.django_db


@pytest.fixture
def app():
    return WebexApp.objects.create(name="Acme", client_secret=SECRET)


@pytest.fixture
def work(monkeypatch):
    """What was encrypted and decrypted, by the library's own functions."""
    counted = Counter()

    def counting(name):
        original = getattr(library, name)

        def call(text):
            counted[name] += 1
            return original(text)

        monkeypatch.setattr(library, name, call)

    counting("encrypt_str")
    counting("decrypt_str")
    return counted


def test_loading_decrypts_nothing_and_reading_decrypts_once(app, work):
    row = WebexApp.objects.get()
    assert work == {}

    assert [row.client_secret, row.client_secret] == [SECRET, SECRET]

    assert work == {"decrypt_str": 1}


def test_creating_encrypts_once(work):
    WebexApp.objects.create(name="Acme", client_secret=SECRET)

    assert work == {"encrypt_str": 1}


@pytest.mark.parametrize("state", ["unread", "read", "unreadable"])
def test_saving_a_row_writes_the_same_bytes_back(app, work, state):
    if state == "unreadable":
        spoil(app, "client_secret")
    before = raw(app, "client_secret")
    row = WebexApp.objects.get()
    if state == "read":
        assert row.client_secret == SECRET

    row.name = "Renamed"
    row.save()
    row.save(update_fields=["name", "client_secret"])

    assert (raw(app, "name"), raw(app, "client_secret")) == ("Renamed", before)
    assert work["encrypt_str"] == 0


def test_saving_again_what_was_just_assigned_writes_the_same_bytes(app):
    before = raw(app, "client_secret")

    app.save()

    assert raw(app, "client_secret") == before


def test_an_unreadable_secret_can_be_replaced_through_its_row(app):
    spoil(app, "client_secret")
    row = WebexApp.objects.get()

    row.client_secret = "new"
    row.save()

    assert WebexApp.objects.get().client_secret == row.client_secret == "new"


def test_an_unreadable_secret_raises_each_time_it_is_read(app):
    spoil(app, "client_secret")
    row = WebexApp.objects.get()

    for _ in range(2):
        with pytest.raises(UndecryptableValue, match=r"WebexApp\.client_secret"):
            _ = row.client_secret


@pytest.mark.parametrize("position", [None, 0, 2, 4])
def test_a_list_goes_on_past_an_unreadable_row(position):
    apps = [WebexApp.objects.create(name=f"App {n}", client_secret=SECRET) for n in range(5)]
    if position is not None:
        spoil(apps[position], "client_secret")

    listed = list(WebexApp.objects.order_by("pk"))
    values = list(WebexApp.objects.order_by("pk").values_list("client_secret", flat=True))

    readable = [row for number, row in enumerate(listed) if number != position]
    assert len(listed) == len(values) == 5
    assert {row.client_secret for row in readable} == {SECRET}


RAW = "SELECT id, name{} FROM integrations_webexapp"


@pytest.mark.parametrize(
    "load",
    [
        lambda: WebexApp.objects.defer("client_secret").get(),
        lambda: WebexApp.objects.only("name").get(),
        lambda: WebexApp.objects.only("client_secret").get(),
        lambda: WebexApp.objects.raw(RAW.format(", client_secret"))[0],
        lambda: WebexApp.objects.raw(RAW.format(""))[0],
    ],
)
def test_a_row_loaded_in_part_reads_and_keeps_its_secret(app, load):
    before = raw(app, "client_secret")

    row = load()
    row.name = "Renamed"
    row.save()

    assert (row.client_secret, raw(app, "client_secret")) == (SECRET, before)


def test_a_deferred_unreadable_secret_raises_only_where_it_is_read(app):
    spoil(app, "client_secret")
    row = WebexApp.objects.defer("client_secret").get()

    row.save()
    with pytest.raises(UndecryptableValue):
        _ = row.client_secret


@pytest.mark.parametrize("fields", [None, ["client_secret"], ["name"]])
def test_refreshing_a_row_decrypts_nothing(app, work, fields):
    row = WebexApp.objects.get()
    spoil(app, "client_secret")

    row.refresh_from_db(fields=fields)

    assert work == {}


def test_refreshing_a_row_forgets_what_was_read_before(app):
    row = WebexApp.objects.get()
    assert row.client_secret == SECRET
    WebexApp.objects.update(client_secret="new")

    row.refresh_from_db()

    assert row.client_secret == "new"


def through_pickle(row):
    return pickle.loads(pickle.dumps(row))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, through_pickle])
def test_a_copy_reads_the_same_and_saves_the_same_bytes(app, copied):
    before = raw(app, "client_secret")

    other = copied(WebexApp.objects.get())
    other.save()

    assert (other.client_secret, raw(app, "client_secret")) == (SECRET, before)


def test_neither_pickle_nor_repr_holds_the_text_even_after_it_was_read(app):
    row = WebexApp.objects.get()
    assert row.client_secret == app.client_secret == SECRET

    for each in (row, app):
        assert SECRET.encode() not in pickle.dumps(each)
        assert SECRET not in repr(each) + repr(vars(each))
        assert raw(app, "client_secret") not in repr(vars(each))


def test_values_are_ciphertexts_that_decrypt_when_asked(app, work):
    (value,) = WebexApp.objects.values_list("client_secret", flat=True)
    (row,) = WebexApp.objects.values("client_secret")

    assert isinstance(value, Ciphertext)
    assert (row["client_secret"], value.stored) == (value, raw(app, "client_secret"))
    assert work == {}
    assert value.text == SECRET


def test_a_ciphertext_of_one_row_is_kept_as_it_is_by_another(app):
    other = WebexApp(name="Globex", client_secret=app.client_secret_ciphertext)
    other.save()

    assert raw(other, "client_secret") == raw(app, "client_secret")
    assert WebexApp.objects.get(name="Globex").client_secret == SECRET


def test_a_default_is_encrypted_like_any_value(app, alice):
    request = AuthorizationRequest(user=alice, app=app)

    assert len(request.code_verifier) >= 43
    assert isinstance(request.code_verifier_ciphertext, Ciphertext)


def test_validation_leaves_an_unreadable_secret_alone(app):
    spoil(app, "client_secret")
    before = rows(WebexApp)

    row = WebexApp.objects.get()
    row.full_clean()
    row.save(update_fields=["client_secret"])

    assert rows(WebexApp) == before


@pytest.mark.parametrize("fields", ["__all__", ("name", "client_secret")])
def test_a_form_neither_shows_nor_changes_a_secret(app, fields):
    spoil(app, "client_secret")
    before = raw(app, "client_secret")
    form_class = forms.modelform_factory(WebexApp, fields=fields)
    row = WebexApp.objects.get()
    data = forms.model_to_dict(row, exclude=["client_secret"]) | {"client_secret": "typed"}

    form = form_class(data | {"name": "Renamed"}, instance=row)
    form.save()

    assert "client_secret" not in str(form)
    assert (raw(app, "name"), raw(app, "client_secret")) == ("Renamed", before)


@pytest.mark.parametrize("kind", ["json", "jsonl", "xml", "python"])
def test_a_dump_goes_on_past_an_unreadable_row(app, kind):
    spoil(app, "client_secret")

    written = str(serializers.serialize(kind, WebexApp.objects.all()))

    assert "Acme" in written
    assert "client_secret'" not in written.replace('"', "'")
