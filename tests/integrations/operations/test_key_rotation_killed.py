"""A rotation of the encryption key that is killed half way."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from cryptography.fernet import Fernet

from tests.config.processes import ROOT, environment, manage


@pytest.mark.slow
def test_a_run_killed_half_way_loses_nothing(tmp_path):
    path, many = tmp_path / "portal.sqlite3", 4000
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    database = {"DATABASE_URL": f"sqlite:///{path}", "LOG_LEVEL": "ERROR"}
    assert manage("migrate", FIELD_ENCRYPTION_KEY=old, **database).returncode == 0
    secrets = {f"App {number}": f"secret {number}" for number in range(many)}
    insert(path, {name: Fernet(old).encrypt(text.encode()) for name, text in secrets.items()})
    both = {"FIELD_ENCRYPTION_KEY": f"{new},{old}", **database}

    killed = subprocess.Popen(
        [sys.executable, "manage.py", "rotate_encryption_key"], cwd=ROOT, env=environment(**both)
    )
    while read_by(path, new) < many // 10:
        assert killed.poll() is None
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    half_way = read_by(path, new)
    assert 0 < half_way < many
    again = manage("rotate_encryption_key", **both)
    assert (again.returncode, "Old: 0" in again.stdout) == (0, True)
    assert f"WebexApp: key 1 {half_way:,}, key 2 {many - half_way:,}, none 0" in again.stdout
    with closing(sqlite3.connect(path)) as reader:
        stored = reader.execute("SELECT name, client_secret FROM integrations_webexapp").fetchall()
    assert {name: Fernet(new).decrypt(text).decode() for name, text in stored} == secrets


def insert(path, secrets):
    """Rows with these secrets; every other column that may not be NULL is zero or empty."""
    with closing(sqlite3.connect(path)) as writer, writer:
        table = writer.execute("PRAGMA table_info(integrations_webexapp)").fetchall()
        rest = {
            name: "" if "char" in kind or kind == "text" else 0
            for _number, name, kind, is_required, _default, is_key in table
            if is_required and not is_key and name != "name"
        }
        names = ["name", "client_secret", *rest]
        marks = ", ".join("?" for _ in names)
        rows = [(name, text.decode(), *rest.values()) for name, text in secrets.items()]
        writer.executemany(
            f"INSERT INTO integrations_webexapp ({', '.join(names)}) VALUES ({marks})", rows
        )


def read_by(path, key):
    """How many rows were re-encrypted: their ciphertext is younger, so newest first suffices."""
    with closing(sqlite3.connect(path, timeout=10)) as reader:
        stored = reader.execute("SELECT client_secret FROM integrations_webexapp ORDER BY id")
        count = 0
        for (text,) in stored:
            try:
                Fernet(key).decrypt(text)
            except Exception:
                break
            count += 1
        return count
