"""Encrypted fields: loud where the library below them is silent."""

import json

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Upper

from integrations.errors import UndecryptableValue
from integrations.models import Grant, WebexApp
from tests.integrations.refusals import raw

SECRET = "9a1c-the-client-secret"
pytestmark = pytest.mark.django_db


@pytest.fixture
def app():
    return WebexApp.objects.create(name="Acme", client_secret=SECRET)


def write(row, column, value):
    with connection.cursor() as cursor:
        table = row._meta.db_table
        cursor.execute(f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s', [value, row.pk])


def test_the_column_holds_ciphertext_and_the_model_text(app):
    assert raw(app, "client_secret").startswith("gAAAAA")
    assert SECRET not in raw(app, "client_secret")
    assert WebexApp.objects.get().client_secret == SECRET


def test_the_same_text_has_another_ciphertext_each_time(app):
    other = WebexApp.objects.create(name="Globex", client_secret=SECRET)

    assert raw(app, "client_secret") != raw(other, "client_secret")


@pytest.mark.parametrize("text", ["é王👩‍💻", " blanks ", "x" * 20_000, "a\nb", "0"])
def test_any_text_comes_back_as_it_was(app, text):
    app.client_secret = text
    app.save()

    assert WebexApp.objects.get().client_secret == text


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_null(app, nothing):
    app.client_secret = nothing
    app.save()

    assert raw(app, "client_secret") is None
    assert WebexApp.objects.get().client_secret is None
    assert WebexApp.objects.filter(client_secret__isnull=True).exists()


def damaged(ciphertext):
    other = "A" if ciphertext[-9] != "A" else "B"
    return {
        "another key": Fernet(Fernet.generate_key()).encrypt(b"x").decode(),
        "one byte changed": ciphertext[:-9] + other + ciphertext[-8:],
        "cut short": ciphertext[:-20],
        "plaintext": "plaintext",
        "empty": "",
        "no ASCII": "é",
    }


@pytest.mark.parametrize("damage", damaged("x" * 100))
def test_what_no_key_decrypts_raises_and_stays_in_the_row(app, damage):
    ciphertext = damaged(raw(app, "client_secret"))[damage]
    write(app, "client_secret", ciphertext)

    with pytest.raises(UndecryptableValue, match=r"WebexApp\.client_secret") as caught:
        _ = WebexApp.objects.get().client_secret

    assert not ciphertext or ciphertext not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert raw(app, "client_secret") == ciphertext


@pytest.mark.parametrize(
    "expression",
    [F("name"), Value("x"), Upper("client_secret"), Concat("name", Value("x")), F("client_secret")],
)
def test_an_expression_is_refused_and_nothing_is_written(app, expression):
    before = raw(app, "client_secret")

    with pytest.raises(FieldError, match="client_secret"), transaction.atomic():
        WebexApp.objects.update(client_secret=expression)

    assert raw(app, "client_secret") == before


def test_an_expression_is_refused_in_save_and_create_too(app):
    with pytest.raises(FieldError):
        app.client_secret = F("name")
    with pytest.raises(FieldError), transaction.atomic():
        WebexApp.objects.create(name="Globex", client_secret=Value("x"))


def test_bulk_update_refuses_rather_than_encrypting_its_own_sql(app):
    before = raw(app, "client_secret")
    app.client_secret = "new"

    with pytest.raises(FieldError), transaction.atomic():
        WebexApp.objects.bulk_update([app], ["client_secret"])

    assert raw(app, "client_secret") == before


def test_update_and_bulk_create_encrypt(app):
    WebexApp.objects.update(client_secret="new")
    WebexApp.objects.bulk_create([WebexApp(name="Globex", client_secret="bulk")])

    assert raw(app, "client_secret").startswith("gAAAAA")
    assert [each.client_secret for each in WebexApp.objects.order_by("pk")] == ["new", "bulk"]


def test_ciphertext_handed_in_stays_the_text_it_is(app):
    stolen = raw(app, "client_secret")

    other = WebexApp(name="Globex", client_secret=stolen)
    other.full_clean()
    other.save()

    assert WebexApp.objects.get(name="Globex").client_secret == stolen
    assert WebexApp._meta.get_field("client_secret").clean(stolen, other) == stolen


@pytest.mark.parametrize(
    "lookup",
    ["", "__exact", "__iexact", "__startswith", "__regex", "__in", "__gt", "__contains",
     "__length", "__lower__startswith", "__range"],
)  # fmt: skip
def test_lookups_are_refused_instead_of_matching_nothing(app, lookup):
    with pytest.raises(FieldError):
        WebexApp.objects.filter(**{f"client_secret{lookup}": "gA"}).exists()
    with pytest.raises(FieldError):
        WebexApp.objects.exclude(**{f"client_secret{lookup}": "gA"}).exists()


@pytest.mark.parametrize("kind", ["json", "jsonl", "xml", "python"])
def test_a_fixture_holds_neither_text_nor_ciphertext(app, kind):
    written = str(serializers.serialize(kind, WebexApp.objects.all()))

    assert "Acme" in written
    assert SECRET not in written
    assert raw(app, "client_secret") not in written
    assert "gAAAAA" not in written


def test_a_fixture_that_is_loaded_leaves_the_secret_empty(app):
    fields = json.loads(serializers.serialize("json", [app]))
    app.delete()

    for restored in serializers.deserialize("json", json.dumps(fields)):
        restored.save()

    assert raw(WebexApp.objects.get(), "client_secret") is None


@pytest.mark.parametrize(
    ("row", "change"),
    [
        ("grant", "access_token = NULL"),
        ("grant", "refresh_token = NULL"),
        ("grant", "status = 'DISCONNECTED'"),
        ("app", "client_secret = NULL"),
        ("app", "client_id = ''"),
        ("app", "authorization_url = ''"),
    ],
)
def test_the_database_itself_holds_the_rules(linked_alice, acme, row, change):
    table = {"grant": Grant, "app": WebexApp}[row]._meta.db_table

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{table}" SET {change}')


def test_the_database_itself_allows_one_grant_for_each_user_and_integration(linked_alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(user=linked_alice.user, app=linked_alice.app)
