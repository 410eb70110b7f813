"""`manage.py export_configuration` and `apply_configuration`: sentences and exit codes."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations.models import AuditEvent, WebexApp
from integrations.operations import configuration
from tests.conftest import H1

pytestmark = pytest.mark.django_db


def run(*arguments):
    """What it printed, its exit code, and its last sentence where that is not 0."""
    out = StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, no_color=True)
    except CommandError as error:
        return out.getvalue(), error.returncode, str(error)
    return out.getvalue(), 0, ""


@pytest.fixture
def file(acme, tmp_path):
    path = tmp_path / "configuration.json"
    assert run("export_configuration", path) == ("", 0, "")
    return path


def edit(file, kind, name, **changes):
    content = json.loads(file.read_text("utf-8"))
    content[kind][name] |= changes
    file.write_text(json.dumps(content), "utf-8")


def test_a_file_goes_out_is_changed_planned_and_applied(file):
    assert run("export_configuration")[0] == file.read_text("utf-8")
    assert run("apply_configuration", file) == ("Nothing to do.\n", 0, "")
    edit(file, "integrations", "Acme", is_enabled=False)

    planned, code, last = run("apply_configuration", file, "--plan")

    fingerprint = configuration.export().fingerprint
    assert planned == (f"~ Switch “Acme” off.\n\nFingerprint of what is there now: {fingerprint}\n")
    assert (code, last) == (2, "Differences: 1. Nothing changed yet.")
    assert WebexApp.objects.get().is_enabled

    applied = run("apply_configuration", file, "--expect", fingerprint)
    assert applied == ("~ Switch “Acme” off.\nApplied: 1.\n", 0, "")
    assert not WebexApp.objects.get().is_enabled

    out, code, last = run("apply_configuration", file, "--expect", fingerprint)
    assert (out, code) == ("", 1)
    assert last.startswith("Refused, nothing changed: somebody changed the configuration.")


def test_what_users_would_lose_needs_a_yes(linked_alice, file):
    edit(file, "hostnames", H1, integration=None)
    question = f"/hostnames/{H1}/integration: 1 linked user may come through {H1}"

    planned, code, _ = run("apply_configuration", file, "--plan")
    assert code == 2
    assert f"It will ask (answer with --yes):\n{question}" in planned

    out, code, last = run("apply_configuration", file)
    assert out.startswith(question)
    assert (code, last) == (
        1, "Refused, nothing changed. If you mean it, run it again with --yes.",
    )  # fmt: skip

    assert run("apply_configuration", file, "--yes")[1] == 0
    assert AuditEvent.objects.filter(action="hostname.moved").exists()


def test_what_is_wrong_is_said_with_its_place(file, tmp_path):
    edit(file, "integrations", "Acme", authorization_url="https://evil.example/\x1b[2J")

    out, code, last = run("apply_configuration", file, "--plan")
    assert out.startswith("/integrations/Acme/authorization_url: ")
    assert (code, last) == (1, "Refused, nothing changed. Correct the file.")

    assert run("apply_configuration", tmp_path / "none.json")[1:] == (
        1, f"{tmp_path / 'none.json'} cannot be read (No such file or directory).",
    )  # fmt: skip
    assert "cannot be written (Is a directory)" in run("export_configuration", tmp_path)[2]
