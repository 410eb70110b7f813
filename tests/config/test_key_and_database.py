"""A wrong encryption key stops every process; a database that is down does not."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.config.processes import manage, python
from tests.sharing_out import slow

REFUSAL = "FIELD_ENCRYPTION_KEY is not the key this database was written with"
SERVERS = {
    "wsgi": ("-c", "import config.wsgi"),
    "web": ("-m", "gunicorn", "-c", "python:config.gunicorn", "-b", "127.0.0.1:0", "config.wsgi"),
    "worker": ("-m", "celery", "-A", "config", "worker", "-P", "solo", "-l", "info"),
}
SECRET = "the-client-secret-of-acme"


@pytest.fixture(scope="module")
def key():
    return Fernet.generate_key().decode()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, key):
    path = tmp_path_factory.mktemp("portal") / "portal.sqlite3"
    on_it = {"DATABASE_URL": f"sqlite:///{path}", "FIELD_ENCRYPTION_KEY": key}
    code = (
        "import django; django.setup()\n"
        "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
        "from integrations.models import BrandedURL, WebexApp\n"
        f"app = WebexApp.objects.create(name='Acme', client_secret={SECRET!r})\n"
        "BrandedURL.objects.create(hostname='portal-a.example.com', app=app)\n"
    )
    done = python("-c", code, **on_it)
    assert done.returncode == 0, done.stdout
    return path


@pytest.fixture
def database(prepared, tmp_path):
    with closing(sqlite3.connect(prepared)) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (tmp_path / "mounted").mkdir()
    return Path(shutil.copy(prepared, tmp_path / "mounted" / "portal.sqlite3"))


def on(path, *keys):
    return {"DATABASE_URL": f"sqlite:///{path}", "FIELD_ENCRYPTION_KEY": ",".join(keys)}


def dump(path):
    with closing(sqlite3.connect(path)) as reader:
        return list(reader.iterdump())


@pytest.mark.parametrize("server", ["worker", *slow("wsgi", "web")])
def test_a_wrong_key_refuses_to_start_and_writes_nothing(database, server):
    before, wrong = dump(database), Fernet.generate_key().decode()

    done = python(*SERVERS[server], **on(database, wrong))

    assert done.returncode not in (0, None)
    assert f"Refusing to start: {REFUSAL}" in done.stdout
    assert "Traceback" not in done.stdout
    assert wrong not in done.stdout
    assert dump(database) == before


@pytest.mark.slow
def test_a_wrong_key_refuses_the_key_rotation_too(database):
    before, wrong = dump(database), Fernet.generate_key().decode()

    done = manage("rotate_encryption_key", **on(database, Fernet.generate_key().decode(), wrong))

    assert done.returncode != 0
    assert REFUSAL in done.stdout
    assert dump(database) == before


@pytest.mark.slow
def test_migrating_with_a_wrong_key_does_not_plant_a_second_canary(database):
    wrong = Fernet.generate_key().decode()
    before = [line for line in dump(database) if "keycanary" in line]

    manage("migrate", **on(database, wrong))

    assert [line for line in dump(database) if "keycanary" in line] == before


@pytest.mark.slow
def test_the_right_key_starts(database, key):
    done = python(*SERVERS["wsgi"], **on(database, key))

    assert (done.returncode, done.stdout) == (0, "")


def test_a_new_key_before_the_old_one_reads_old_rows_and_writes_with_the_new(database, key):
    new = Fernet.generate_key().decode()
    code = (
        "import config.wsgi\n"
        "from integrations.models import WebexApp\n"
        "app = WebexApp.objects.get(); print(app.client_secret)\n"
        "app.client_secret = 'changed'; app.save()\n"
    )

    done = python("-c", code, **on(database, new, key))

    assert done.stdout.strip() == SECRET
    with closing(sqlite3.connect(database)) as reader:
        (stored,) = reader.execute("SELECT client_secret FROM integrations_webexapp").fetchone()
    assert Fernet(new).decrypt(stored) == b"changed"


PLACES = {
    "/healthz/": "x",
    "/sign-in/": "admin.example.com",
    "/admin/login/": "admin.example.com",
    "/webex/callback/": "portal-a.example.com",
    "/": "portal-a.example.com",
}
VISIT = f"""
import os, sys
from config.wsgi import application
from django.test import RequestFactory

def visit_all(name):
    for path, host in {PLACES}.items():
        request = RequestFactory().get(path, HTTP_HOST=host, secure=True)
        request.environ["HTTP_COOKIE"] = "__Host-sessionid=" + "a" * 32
        page = application(request.environ, lambda *args: None)
        print(name, path, page.status_code, b"not ready" in b"".join(page), flush=True)
        page.close()

portal, away = sys.argv[1:]
"""
COMES_UP = 'visit_all("down"); os.rename(away, portal); visit_all("up")'
GOES_AWAY = 'visit_all("up"); os.rename(portal, away); visit_all("down")'


@pytest.mark.parametrize("story", [GOES_AWAY, *slow(COMES_UP)])
def test_while_the_database_is_away_pages_say_so_and_they_recover(database, key, story):
    portal = database.parent
    away = portal.with_name("not mounted")
    if story == COMES_UP:
        portal.rename(away)

    done = python("-c", VISIT + story, str(portal), str(away), **on(database, key))

    lines = [line.split() for line in done.stdout.splitlines()]
    seen = {tuple(words[:2]): words[2:] for words in lines if words and words[0] in ("up", "down")}
    assert len(seen) == 2 * len(PLACES), done.stdout
    for path in PLACES:
        healthy = ["200", "False"], ["302", "False"], ["303", "False"]
        assert seen["up", path] in healthy
        assert seen["down", path] == (["200", "False"] if path == "/healthz/" else ["503", "True"])


@pytest.mark.slow
def test_a_postgresql_that_refuses_does_not_stop_the_start(key):
    done = python("-c", "import config.wsgi")

    assert done.returncode == 0
    assert "the database is not ready: OperationalError" in done.stdout
    assert "Connection refused" in done.stdout
    assert "s3cr3t" not in done.stdout
