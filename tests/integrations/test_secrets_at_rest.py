"""Database, backups, fixtures, pages and messages hold no secret anybody could use."""

import io
import json
import re
import sqlite3
from contextlib import closing

import pytest
from django.core.management import call_command
from django.db import connection
from kombu import Connection

from config.celery import app as celery_app
from integrations import clock, tasks
from integrations.models import AuthorizationRequest, Grant
from integrations.renewal import on_demand
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX
from tests.integrations import sweeping
from tests.integrations.canaries import canaries, found_in
from tests.integrations.refusals import raw

ADMIN_HOST = "admin.example.com"


@pytest.fixture
def busy_portal(alice_browser, linked_alice, sandbox):
    """A grant that was renewed, a consent that waits for a decision, and one under way."""
    on_demand.make_due([linked_alice], now=clock.now())
    sweeping.sweep(seconds=5)
    alice_browser.link(CAROL_AT_WEBEX)
    alice_browser.start()
    assert AuthorizationRequest.objects.filter(pending_tokens__isnull=False).exists()
    return alice_browser


def dump():
    """Every column of every row of every table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield from (f"{table}: {row}" for row in cursor.fetchall())


def test_a_dump_of_the_database_holds_no_secret(busy_portal, sandbox):
    text = "\n".join(dump())

    assert "integrations_grant: " in text
    assert found_in(text, sandbox) == set()


def test_open_verifiers_are_ciphertext_too(busy_portal):
    text = "\n".join(dump())

    for request in AuthorizationRequest.objects.all():
        assert request.code_verifier not in text


@pytest.mark.django_db(transaction=True)
def test_a_copy_of_the_sqlite_file_holds_no_secret(busy_portal, sandbox, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("there is no file")
    with closing(sqlite3.connect(tmp_path / "backup.sqlite3")) as backup:
        connection.connection.backup(backup)

    content = (tmp_path / "backup.sqlite3").read_bytes()

    assert ALICE_AT_WEBEX.encode() in content
    assert not [secret for secret in canaries(sandbox) if secret.encode() in content]


@pytest.mark.parametrize("natural", [False, True])
def test_dumpdata_holds_neither_secrets_nor_ciphertext(busy_portal, sandbox, natural):
    written = io.StringIO()
    call_command("dumpdata", stdout=written, use_base_manager=natural)

    (grant,) = [
        row for row in json.loads(written.getvalue()) if row["model"] == "integrations.grant"
    ]
    assert not [name for name in grant["fields"] if name.endswith(("_token", "_ciphertext"))]
    assert found_in(written.getvalue(), sandbox) == set()
    assert "gAAAAA" not in written.getvalue()


def test_a_fernet_ciphertext_is_never_a_secret_of_ours(busy_portal):
    assert raw(Grant.objects.get(), "access_token").startswith("gAAAAA")


def crawl(browser, *starts):
    """Every page that links lead to, each once, GET only."""
    queue, seen = list(starts), set()
    while queue:
        path = queue.pop()
        if path in seen or "/sign-out/" in path or "/logout/" in path:
            continue
        seen.add(path)
        page = browser.get(path)
        yield path, page
        if page.get("Content-Type", "").startswith("text/html"):
            links = re.findall(r'(?:href|src)="(/[^"#]*)', page.text)
            queue += [link.replace("&amp;", "&") for link in links if "?" not in link]


def test_no_page_of_the_portal_shows_a_secret(busy_portal, sandbox):
    pages = dict(crawl(busy_portal, "/", "/my-account/", "/webex/", "/webex/profile/"))

    assert len(pages) >= 5
    for path, page in pages.items():
        text = page.getvalue().decode(errors="replace") if page.streaming else page.text
        assert found_in(text, sandbox) == set(), path
        assert "gAAAAA" not in text, path


def test_no_page_of_the_admin_shows_a_secret(busy_portal, browser, root, sandbox):
    grant = Grant.objects.get()
    forms = (
        f"/admin/integrations/grant/{grant.pk}/change/",
        (f"/admin/integrations/webexapp/{grant.app_id}/change/"),
    )

    pages = dict(crawl(browser(root, ADMIN_HOST), "/admin/", *forms))

    assert {path for path in forms if pages[path].status_code != 200} == set()
    for path, page in pages.items():
        text = page.getvalue().decode(errors="replace") if page.streaming else page.text
        assert found_in(text, sandbox) == set(), path
        assert "gAAAAA" not in text, path


def test_a_session_holds_no_secret(busy_portal, sandbox):
    assert found_in(json.dumps(dict(busy_portal.session.items())), sandbox) == set()
    assert found_in(str(busy_portal.cookies), sandbox) == set()


def test_a_message_to_the_workers_carries_no_secret_and_no_grant(busy_portal, sandbox):
    with Connection("memory://") as broker:
        tasks.sweep.apply_async(connection=broker, retry=False)

        with closing(broker.SimpleQueue("celery")) as queue:
            message = queue.get(timeout=1)

    text = f"{message.body!r} {message.headers} {message.properties}"
    assert "integrations.tasks.sweep" in text
    assert found_in(text, sandbox) == set()
    assert message.content_type == "application/json"
    assert json.loads(message.body)[:2] == [[], {}]


def test_workers_take_json_only_and_keep_no_results():
    assert celery_app.conf.accept_content == ["json"]
    assert celery_app.conf.task_serializer == "json"
    assert celery_app.conf.task_ignore_result is True
    assert celery_app.conf.result_backend is None
