"""A fresh clone, before anybody has set anything: one good sentence, never a traceback."""

import os
import signal
import subprocess
import sys

import pytest

from tests.config.processes import PRODUCTION, ROOT, environment, manage, python
from tests.sharing_out import slow

NOTHING = dict.fromkeys(PRODUCTION)
SENTENCE = "Refusing to start: SECRET_KEY is not set. Make one with: "
OURS = ["check_registration", "demo", "refresh_grants", "resume_integration",
        "rotate_encryption_key", "status", "webex_sandbox"]  # fmt: skip
SERVERS = {
    "worker": ("-m", "celery", "-A", "config", "worker"),
    "beat": ("-m", "celery", "-A", "config", "beat"),
    "web": ("-m", "gunicorn", "-c", "python:config.gunicorn", "-b", "127.0.0.1:0", "config.wsgi"),
}


@pytest.mark.parametrize(
    "command",
    ["status", *slow("migrate", "runserver", "createsuperuser", "test", "shell", "check", "nonsens",
                     "check_registration", "refresh_grants", "rotate_encryption_key")],
)  # fmt: skip
def test_a_command_says_what_is_missing(command):
    assert_one_sentence(manage(command, **NOTHING))


@pytest.mark.parametrize("server", slow(*SERVERS))
def test_a_server_says_what_is_missing(server):
    assert_one_sentence(python(*SERVERS[server], **NOTHING))


def assert_one_sentence(done):
    assert done.returncode == 1
    assert done.stdout.strip().startswith(SENTENCE)
    assert done.stdout.strip().count("\n") == 0
    assert "python manage.py demo" in done.stdout


@pytest.mark.parametrize("words", [("help",), *slow((), ("--help",))])
def test_help_lists_our_commands(words):
    done = manage(*words, **NOTHING)

    assert done.returncode == 0
    assert [name for name in OURS if f"    {name}\n" not in done.stdout] == []


@pytest.mark.slow
@pytest.mark.parametrize("words", [("help", "status"), ("status", "--help"), ("status", "-h")])
def test_help_for_one_command_needs_no_keys(words):
    assert "Exit code" in manage(*words, **NOTHING).stdout


@pytest.mark.slow
def test_the_sandbox_alone_needs_no_keys():
    arguments = [sys.executable, "manage.py", "webex_sandbox", "--port", "0"]
    changes = NOTHING | {"LOG_LEVEL": "of no concern to it", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        arguments, cwd=ROOT, env=environment(**changes), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()

    assert first == "Webex sandbox (not Webex). Ctrl-C stops it.\n", rest
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("SECRET_KEY = s3cr3t\n", "Line 1 of {file} is not NAME=value"),
        pytest.param(
            "# a comment\n\n  SECRET_KEY='s3cr3t'\n",
            "SECRET_KEY is too short",
            marks=pytest.mark.slow,
        ),
        ("\ufeffexport SECRET_KEY=s3cr3t\r\n", "SECRET_KEY is too short"),
        (None, "The file {file} cannot be read (FileNotFoundError)"),
        pytest.param(
            "SECRET_KEY=\udcff\n",
            "The file {file} cannot be read (UnicodeDecodeError)",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_file_of_settings_is_read_or_refused(tmp_path, content, sentence):
    file = tmp_path / "env"
    if content is not None:
        file.write_bytes(content.encode(errors="surrogateescape"))

    done = manage("status", **NOTHING | {"ENV_FILE": str(file)})

    assert f"Refusing to start: {sentence.format(file=file)}" in done.stdout
    assert "s3cr3t" not in done.stdout


# --- The demo's folder ---------------------------------------------------------------------------

PREPARE = """
import sys
from config.demo.environment import prepare_environment
prepare_environment(sys.argv[1:])
"""


def prepare(folder, *words, **changes):
    return python("-c", PREPARE, *words, **NOTHING | {"DEMO_DIR": str(folder)} | changes)


@pytest.fixture
def made(tmp_path):
    """A demo that was made, and stopped."""
    folder = tmp_path / "demo"
    assert prepare(folder).stdout == ""
    (folder / "portal.sqlite3").write_text("precious")
    return folder


def kept(folder):
    return (folder / "portal.sqlite3").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--reset", "--prot", "1"],
        *slow(["--help"], ["--reset", "--help"], ["--reset", "--port", "x"]),
    ],
)
def test_nothing_is_deleted_by_a_question_or_a_slip(made, words):
    manage("demo", *words, **NOTHING | {"DEMO_DIR": str(made)})

    assert kept(made)


def test_only_a_folder_of_a_demo_is_used_or_emptied(tmp_path):
    (tmp_path / "env").write_text("A=b\n")
    (tmp_path / "thesis.txt").write_text("three years")

    for words in ((), ("--reset",)):
        assert "holds something else than a demo" in prepare(tmp_path, *words).stdout

    assert sorted(os.listdir(tmp_path)) == ["env", "thesis.txt"]


def test_starting_over_deletes_what_was_there_and_makes_new_keys(made):
    before = (made / "env").read_text()

    assert prepare(made, "--reset").stdout == ""

    assert not kept(made)
    assert (made / "env").read_text() != before


@pytest.mark.slow
def test_ports_given_again_are_obeyed_and_the_sandbox_knows_the_new_redirect_uris(made):
    prepare(made, "--port", "8100")
    (made / "sandbox.json").write_text('"http://acme.localhost:8100/webex/callback/"')

    prepare(made, "--port", "8200", "--sandbox-port", "9200")

    values = (made / "env").read_text()
    assert "PORTAL_PORT=8200\n" in values
    assert "BRANDED_URL_TEMPLATE=http://{hostname}:8200\n" in values
    assert "WEBEX_API_URL=http://127.0.0.1:9200/v1\n" in values
    assert ":8200/webex/callback/" in (made / "sandbox.json").read_text()
    assert kept(made)


def test_nothing_of_the_surrounding_environment_gets_in(tmp_path):
    code = PREPARE + "import os; print(os.environ.get('WEBEX_PROXY'), os.environ['DATABASE_URL'])"
    production = {"WEBEX_PROXY": "http://proxy:3128", "DATABASE_URL": "postgres://u:p@h/production"}

    done = python("-c", code, **NOTHING | production | {"DEMO_DIR": str(tmp_path / "demo")})

    assert done.stdout == f"None sqlite:///{tmp_path}/demo/portal.sqlite3\n"
