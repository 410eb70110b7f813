"""Workers whose FIELD_ENCRYPTION_KEY is not the one that the database was written with."""

import os

from cryptography.fernet import Fernet, MultiFernet
from django.db import connection
from encrypted_model_fields import fields as library

from integrations import clock
from integrations.models import AppIncident, Grant
from integrations.operations import health
from tests.faults.cases.small_numbers import integrations
from tests.faults.processes import Worker
from tests.faults.registry import case
from tests.faults.servers import SQLite
from tests.faults.stage import Stage

KEY = "FIELD_ENCRYPTION_KEY"


@case("R42", "a worker's key: not checked at its start; rotated away")
def late_key(stage: Stage) -> None:
    integrations(stage)
    stranger = _started_without_database(stage)
    stage.sweep_until(lambda: "another FIELD_ENCRYPTION_KEY" in stranger.text, "its refusal")
    assert not stage.calls(), "it asked Webex"
    left_behind = stage.worker("left_behind")
    stage.sweep_until(stage.nothing_due, "renewal")
    _rotate_key(stage)
    stage.worker("new")
    stage.make_due()
    stage.sweep_until(stage.nothing_due, "renewal with the new key")
    for worker in (stranger, left_behind):
        stage.until(lambda worker=worker: not worker.is_running, "its end")
        assert worker.process.returncode == os.EX_CONFIG
    assert health.report(clock.now()).background.wrong_keys, "nobody is told"
    assert not AppIncident.objects.exists(), "Webex's credentials are blamed"
    assert not Grant.objects.exclude(last_error="").exists(), "a grant is blamed"


def _started_without_database(stage: Stage) -> Worker:
    """It cannot check its key, and starts."""
    connection.close()
    environment = {KEY: Fernet.generate_key().decode()}
    if isinstance(stage.database, SQLite):
        away = stage.database.file.rename(stage.folder / "away")
        worker = stage.worker("stranger", **environment)
        away.replace(stage.database.file)
    else:
        stage.database.stop()
        worker = stage.worker("stranger", **environment)
        stage.database.start()
    assert "the database is not ready" in worker.text
    return worker


def _rotate_key(stage: Stage) -> None:
    new = Fernet.generate_key().decode()
    both = {KEY: f"{new},{os.environ[KEY]}"}
    rotating = stage.command("rotate_encryption_key", log="rotating", **both)
    assert rotating.process.wait(60) == 0, rotating.text
    os.environ[KEY] = new
    library.CRYPTER = MultiFernet([Fernet(new)])
