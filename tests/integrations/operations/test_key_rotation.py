"""A new encryption key, while the portal works, and whatever interrupts it."""

import io

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.core.management import CommandError, call_command
from django.db import connection
from encrypted_model_fields import fields as library

from integrations import clock
from integrations.errors import UndecryptableValue, WrongEncryptionKey
from integrations.models import AuditEvent, AuthorizationRequest, Grant, KeyCanary, WebexApp
from integrations.operations import key_rotation
from tests.conftest import CAROL_AT_WEBEX
from tests.integrations.refusals import raw, rows, spoil

ENCRYPTED = (AuthorizationRequest, Grant, KeyCanary, WebexApp)


@pytest.fixture
def use_keys(settings, monkeypatch):
    """The library reads the setting when it is imported; a restart would do that."""

    def restart(*keys):
        settings.FIELD_ENCRYPTION_KEY = list(keys)
        monkeypatch.setattr(library, "CRYPTER", MultiFernet([Fernet(key) for key in keys]))

    return restart


@pytest.fixture
def old(settings):
    return settings.FIELD_ENCRYPTION_KEY[0]


@pytest.fixture
def new():
    return Fernet.generate_key().decode()


@pytest.fixture
def filled(alice_browser, linked_alice):
    alice_browser.link(CAROL_AT_WEBEX)  # waits for "replace A by B?"
    alice_browser.start()
    return linked_alice


def ciphertexts():
    return [rows(model) for model in ENCRYPTED]


def run(**options):
    written = io.StringIO()
    try:
        call_command("rotate_encryption_key", stdout=written, **options)
    except CommandError as error:
        return written.getvalue(), str(error)
    return written.getvalue(), ""


def test_afterwards_the_new_key_alone_reads_everything(filled, sandbox, acme, use_keys, old, new):
    secret = acme.client_secret
    acme.replace_secret("the new one", now=clock.now())
    acme.save()
    undecided = AuthorizationRequest.objects.get(pending_tokens__isnull=False)
    tokens_and_person = undecided.load_pending_tokens()
    use_keys(new, old)

    text, error = run()

    assert error == ""
    assert "Old: 0. The old key can be removed" in text
    assert AuditEvent.objects.filter(action="encryption_key.rotated").count() == 1
    use_keys(new)
    issued = {token.value for token in sandbox.ledger.tokens if token.kind == "refresh"}
    assert Grant.objects.get().refresh_token in issued
    assert WebexApp.objects.get().client_secret == "the new one"
    assert WebexApp.objects.get().previous_client_secret == secret
    undecided.refresh_from_db()
    assert undecided.load_pending_tokens() == tokens_and_person
    assert all(request.code_verifier for request in AuthorizationRequest.objects.all())
    KeyCanary.objects.verify()


def test_the_counts_say_which_key_read_how_many_before_and_after(filled, use_keys, old, new):
    use_keys(new, old)

    text, _ = run()

    assert "Grant: key 1 0, key 2 2, none 0 -> key 1 2, key 2 0, none 0" in text
    assert "AuthorizationRequest: key 1 0, key 2 4, none 0 -> key 1 4, key 2 0, none 0" in text
    assert "KeyCanary: key 1 0, key 2 1, none 0 -> key 1 1, key 2 0, none 0" in text


def test_a_second_run_changes_nothing(filled, use_keys, old, new):
    use_keys(new, old)
    run()
    before = ciphertexts()

    text, _ = run()

    assert ciphertexts() == before
    assert "Grant: key 1 2, key 2 0, none 0 -> key 1 2, key 2 0, none 0" in text


def test_nothing_but_ciphertext_changes(filled, use_keys, old, new):
    def rest():
        return [
            list(model._base_manager.order_by("pk").values_list(*plain_columns(model)))
            for model in ENCRYPTED
        ]

    before = rest()
    use_keys(new, old)

    run()

    assert rest() == before


def plain_columns(model):
    return [
        field.name for field in model._meta.concrete_fields if not hasattr(field, "from_db_value")
    ]


def test_an_interrupted_run_is_finished_by_the_next(filled, use_keys, old, new):
    use_keys(new, old)

    def interrupt(done, everything):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        key_rotation.rotate(now=clock.now(), advance=interrupt)
    report = key_rotation.rotate(now=clock.now(), advance=lambda *_: None)

    assert 0 < sum(tally.old for tally in report.before) < 8
    assert (report.old, report.undecryptable) == (0, 0)


def test_rows_beyond_one_chunk_are_reached(filled, make_app, use_keys, old, new, monkeypatch):
    monkeypatch.setattr(key_rotation, "ROWS_AT_ONCE", 2)
    for number in range(5):
        make_app(f"App {number}")
    use_keys(new, old)
    progress = []

    report = key_rotation.rotate(now=clock.now(), advance=lambda *step: progress.append(step))

    assert report.old == 0
    assert progress[-1][0] == progress[-1][1]
    assert len(progress) > len(ENCRYPTED)


def test_a_token_renewed_meanwhile_is_not_overwritten(filled, use_keys, old, new):
    use_keys(new, old)
    renewed = Fernet(new).encrypt(b"renewed").decode()
    pending = [filled.pk]

    def renew_first(execute, sql, params, many, context):
        if pending and sql.startswith('UPDATE "integrations_grant" SET "refresh_token"'):
            statement = 'UPDATE "integrations_grant" SET refresh_token = %s WHERE id = %s'
            with connection.cursor() as cursor:
                cursor.execute(statement, [renewed, pending.pop()])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(renew_first):
        run()

    assert pending == []
    assert raw(filled, "refresh_token") == renewed
    assert Grant.objects.get().access_token


def test_a_process_that_still_writes_with_the_old_key_keeps_it_in_use(filled, use_keys, old, new):
    use_keys(new, old)

    def write_with_old_key(done, everything):
        if done == everything:
            stale = Fernet(old).encrypt(b"stale").decode()
            with connection.cursor() as cursor:
                cursor.execute("UPDATE integrations_grant SET access_token = %s", [stale])

    assert key_rotation.rotate(now=clock.now(), advance=write_with_old_key).old == 1


def test_the_old_key_is_kept_while_values_need_it(filled, use_keys, old, new, monkeypatch):
    use_keys(new, old)
    monkeypatch.setattr(library, "CRYPTER", MultiFernet([Fernet(old)]))  # not restarted

    text, _ = run()

    assert "Keep the old key" in text
    assert "can be removed" not in text


@pytest.mark.parametrize("column", ["access_token", "refresh_token"])
def test_undecryptable_values_are_counted_and_left_as_they_are(filled, use_keys, old, new, column):
    spoil(filled, column)
    before = raw(filled, column)
    use_keys(new, old)

    text, error = run()

    assert "Grant: key 1 0, key 2 1, none 1 -> key 1 1, key 2 0, none 1" in text
    assert error.startswith("Values that no listed key decrypts: 1. They")
    assert raw(filled, column) == before
    with pytest.raises(UndecryptableValue):
        _ = getattr(Grant.objects.get(), column)


@pytest.mark.parametrize("others", [0, 1, 2, 12])
def test_an_undecryptable_row_keeps_no_other_from_the_new_key(
    acme, fill, use_keys, old, new, others
):
    grants = fill(acme, others + 1)
    unreadable = grants[others // 2]
    spoil(unreadable, "access_token")
    use_keys(new, old)

    report = key_rotation.rotate(now=clock.now(), advance=lambda *_: None)

    assert (report.old, report.undecryptable) == (0, 1)
    use_keys(new)
    for grant in Grant.objects.all():
        assert grant.refresh_token
        assert grant.pk == unreadable.pk or grant.access_token


def test_a_wrong_key_is_refused_before_anything_is_written(filled, use_keys, new):
    before = ciphertexts()
    use_keys(new)

    text, error = run()

    assert text == ""
    assert "not the key this database was written with" in error
    assert ciphertexts() == before
    with pytest.raises(WrongEncryptionKey):
        key_rotation.rotate(now=clock.now(), advance=lambda *_: None)


def test_with_one_key_there_is_none_to_remove(filled):
    text, error = run()

    assert "can be removed" not in text
    assert error == ""


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_progress_bar_is_for_terminals(filled, use_keys, old, new, is_terminal):
    class Output(io.StringIO):
        def isatty(self):
            return is_terminal

    use_keys(new, old)
    written = Output()

    call_command("rotate_encryption_key", stdout=written)

    assert ("\r[####" in written.getvalue()) is is_terminal
    assert ("] 6/6 rows\n" in written.getvalue()) is is_terminal
