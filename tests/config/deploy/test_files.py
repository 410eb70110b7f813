"""What lies in config/deploy/ names variables, metrics and commands that there are, and parses."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver

from integrations import clock
from integrations.operations import metrics
from integrations.views.webex_share import waits_for_webex
from tests.certificates import self_signed
from tests.config.processes import ROOT

DEPLOY = ROOT / "config" / "deploy"
ALERTS, DASHBOARD = DEPLOY / "portal-alerts.yml", DEPLOY / "grafana-dashboard.json"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
LONGEST = ".".join(["a" * 61] * 4)
BRAND = """server {{
    server_name {name};
    ssl_certificate     {folder}/portal.example.com.crt;
    ssl_certificate_key {folder}/portal.example.com.key;
    include {folder}/site.conf;
}}"""
OURS = re.compile(r"\b(?:webex|portal)_[a-z_]+")
# Read by compose, gunicorn, systemd, config/deploy/run or Python, not by our settings.
OF_OTHERS = {
    *("ENV_FILE", "BIND", "WEB_CONCURRENCY", "WORKER_CONCURRENCY", "WORKER_NAME", "LISTEN_FDS"),
    *("POSTGRES_USER", "POSTGRES_PASSWORD", "VALKEY_PASSWORD", "REDISCLI_AUTH", "PATH", "HOME"),
    *("PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK"),
    *("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
    *("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME"),
}


def expressions() -> list[str]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [rule["expr"] for rule in group["rules"]] + [
        target["expr"] for panel in panels for target in panel["targets"]
    ]


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(db):
    shown = {metric.name for metric in metrics.collect(clock.now())}
    texts = [*expressions(), ALERTS.read_text()]  # its summaries ask for the names, too
    asked = {name for text in texts for name in OURS.findall(text)}
    endings = re.compile(r"_(total|bucket|count|sum)$")

    assert {endings.sub("", name) for name in asked} <= shown
    assert len(asked) > 10


def test_every_alert_is_explained_in_the_handbook():
    names = re.findall(r"alert: (\w+)", ALERTS.read_text())
    handbook = (DEPLOY / "README.md").read_text()

    assert [name for name in names if f"**{name}**" not in handbook] == []


def test_pages_that_wait_for_webex_are_not_called_slow():
    (pattern,) = re.findall(r'route!~"([^"]+)"', "".join(expressions()))
    waiting = [route for route, view in views(get_resolver().url_patterns) if waits(view)]

    assert [route for route in waiting if not re.fullmatch(pattern, route)] == []
    assert len(waiting) > 10
    assert not re.fullmatch(pattern, "webex/status/")


def views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        route = prefix + str(each.pattern)
        yield from (
            views(each.url_patterns, route)
            if hasattr(each, "url_patterns")
            else [(route, each.callback)]
        )


def waits(view: Any) -> bool:
    names = []
    while view := getattr(view, "__wrapped__", None):
        names.append(view.__code__.co_qualname)
    return f"{waits_for_webex.__name__}.<locals>.answer" in names


def test_every_command_of_the_handbook_is_there_with_its_options():
    found = re.findall(r"(?m)(?:\brun|^portal) ([a-z_]{4,})((?:[ \[]+--[a-z-]+)*)", handbook_code())
    known = get_commands()

    for name, options in found:
        if name not in ("worker", "beat"):  # of run itself
            app = known[name]
            parser = load_command_class(app, name).create_parser("manage.py", name)
            missing = set(re.findall(r"--[a-z-]+", options)) - set(parser._option_string_actions)
            assert missing == set(), name
    assert len({name for name, _options in found}) > 8


def handbook_code() -> str:
    """What stands in it between backticks, in a line or as a block."""
    text = (DEPLOY / "README.md").read_text()
    blocks, others = re.findall(r"(?s)```sh\n(.*?)```", text), re.sub(r"(?s)```.*?```", "", text)
    return "\n".join([*blocks, *re.findall(r"`([^`]+)`", others)])


def test_every_unit_of_the_handbook_is_there():
    units = {unit.name for unit in (DEPLOY / "systemd").iterdir()}
    named = set(re.findall(r"portal-(?:web|worker|beat)[@\w*]*(?:\.\w+)?", handbook_code()))

    files = {re.sub(r"@[\w*]*", "@", name) for name in named}
    assert {name if name in units else f"{name}.service" for name in files} == units


def test_every_variable_of_the_handbook_is_read_by_somebody():
    known = set(re.findall(r"(?m)^(\w+)=", (ROOT / ".env.example").read_text())) | OF_OTHERS
    named = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", handbook_code()))

    assert named - known == {"DISABLE_SERVER_SIDE_CURSORS"}  # Django's, in DATABASE_URL


def test_every_variable_that_is_set_is_read_by_somebody():
    known = set(re.findall(r"(?m)^(\w+)=", (ROOT / ".env.example").read_text())) | OF_OTHERS
    units = "".join(unit.read_text() for unit in (DEPLOY / "systemd").iterdir())
    images = (DEPLOY / "Dockerfile").read_text()
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    used = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "run").read_text()))
    used |= set(re.findall(r"\b([A-Z_]{3,})=", units + images))
    used |= {name for each in compose["services"].values() for name in each.get("environment", ())}

    assert used - known == set()


@pytest.fixture
def installed(tmp_path):
    """As in the handbook: a release with an interpreter of its own, which a link to `run` finds."""
    (tmp_path / "config" / "deploy").mkdir(parents=True)
    shutil.copy(DEPLOY / "run", tmp_path / "config" / "deploy")
    (tmp_path / "portal").symlink_to(tmp_path / "config" / "deploy" / "run")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("gunicorn", "opentelemetry-instrument"):
        (programs / name).write_text(
            '#!/bin/sh\necho "${0##*/}" "$OTEL_PYTHON_DJANGO_EXCLUDED_URLS"'
        )
        (programs / name).chmod(0o755)
    return tmp_path / "portal"


@pytest.mark.parametrize(
    ("endpoint", "started"), [({}, "gunicorn"), (ENDPOINT, "opentelemetry-instrument")]
)
def test_processes_are_traced_where_somebody_listens(installed, endpoint, started):
    environment = {"PATH": "/usr/bin:/bin", **endpoint}

    said = subprocess.check_output([installed, "web"], env=environment, text=True)

    assert said.split()[0] == started
    if endpoint:
        excluded = re.compile("|".join(said.split()[1].split(",")))
        for secret in ("/webex/callback/?code=x", "/webex/link/x/", "/webex/test/x/"):
            assert excluded.search(secret)


def test_the_image_takes_what_the_process_needs_and_nothing_else():
    copied = set(re.findall(r"(?m)^COPY (\w[\w.]*) ", (DEPLOY / "Dockerfile").read_text()))
    sent = set(re.findall(r"(?m)^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text()))

    assert copied == sent


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_accepts_its_files_and_a_brand_with_a_long_name(tmp_path):
    assert run("nginx", "-t", "-q", "-c", nginx(tmp_path)) == ""


def nginx(folder: Path) -> Path:
    """The files as they are, but for paths and privileged ports."""
    (folder / "brands").mkdir()
    (folder / "brands" / "acme.conf").write_text(BRAND.format(name=LONGEST, folder=folder))
    certificate, key = self_signed()
    for name in ("portal.conf", "site.conf", "refused.conf"):
        text = (DEPLOY / "nginx" / name).read_text()
        text = text.replace("/etc/nginx/portal", str(folder)).replace("/var/log/nginx", str(folder))
        (folder / name).write_text(re.sub(r"(listen (?:\[::\]:)?)(80|443)\b", r"\g<1>8\2", text))
    (folder / "portal.example.com.crt").write_bytes(certificate)
    (folder / "portal.example.com.key").write_bytes(key)
    whole = f"pid {folder}/pid; events {{}} http {{ include {folder}/portal.conf; }}"
    (folder / "nginx.conf").write_text(whole)
    return folder / "nginx.conf"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path):
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text().replace("/srv/portal/current", str(ROOT))
        (tmp_path / unit.name).write_text(text)

    assert run("systemd-analyze", "verify", *sorted(tmp_path.iterdir())) == ""


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_accepts_the_alerts():
    assert "SUCCESS" in run("promtool", "check", "rules", ALERTS)


def run(*command: object) -> str:
    finished = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout
