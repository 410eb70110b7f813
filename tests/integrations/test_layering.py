"""Who may import whom (design, section 3): downwards only, read from the source itself."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("accounts", "config", "integrations")

SANDBOX = ("integrations.sandbox",)
PAGES = (
    "integrations.views",
    "integrations.admin",
    "integrations.tasks",
    "integrations.middleware",
    "integrations.management",
    "integrations.templatetags",
    "integrations.urls",
    "accounts.admin",
    "accounts.urls",
    "accounts.views",
    "config",
)
FLOWS = ("integrations.flows",)
MODELS = ("integrations.models", "accounts.models")
WIRE = ("integrations.webex",)
WORDS = (
    "integrations.clock",
    "integrations.errors",
    "integrations.fields",
    "integrations.hostnames",
    "integrations.logos",
    "integrations.tokens",
)
TRANSPORT = ("pycurl", "requests", "requests_oauthlib", "oauthlib", "urllib3")
HTTP_CLIENTS = (*TRANSPORT, "http.client", "urllib.request")
WEB = ("django.http", "django.shortcuts", "django.views", "django.contrib.messages")

FORBIDDEN = {
    FLOWS: PAGES + SANDBOX + HTTP_CLIENTS + WEB,
    MODELS: FLOWS + PAGES + WIRE + SANDBOX + HTTP_CLIENTS + WEB,
    WIRE: FLOWS + PAGES + MODELS + SANDBOX + WEB + ("django.db", "django.contrib"),
    WORDS: FLOWS + PAGES + MODELS + WIRE + SANDBOX + HTTP_CLIENTS + WEB,
    PAGES: TRANSPORT,
    SANDBOX: OURS + TRANSPORT + ("django.db", "django.conf"),
}
MAY_START_THE_SANDBOX = (
    "integrations.sandbox",
    "integrations.management.commands.webex_sandbox",
    "integrations.management.commands.demo",
    "integrations.demo_data",
    "config.demo",
)


def is_in(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def source_files():
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


def imports(module, path):
    """Every imported name, absolute, wherever in the file it stands."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.rsplit(".", node.level - 1)[0]
                base = f"{above}.{base}".removesuffix(".")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def steps_upwards(module, path, forbidden):
    own = SANDBOX if is_in(module, SANDBOX) else ()
    found = {name for name in imports(module, path) if is_in(name, forbidden)}
    return {f"{module} imports {name}" for name in found if not is_in(name, own)}


@pytest.mark.parametrize("layer", FORBIDDEN, ids=lambda layer: layer[0])
def test_a_layer_imports_only_downwards(layer):
    modules = [(name, path) for name, path in source_files() if is_in(name, layer)]

    steps = [step for name, path in modules for step in steps_upwards(name, path, FORBIDDEN[layer])]

    assert modules
    assert steps == []


def test_only_commands_start_the_sandbox():
    outside = [each for each in source_files() if not is_in(each[0], MAY_START_THE_SANDBOX)]

    assert [step for name, path in outside for step in steps_upwards(name, path, SANDBOX)] == []


def test_no_flow_model_or_wire_mentions_a_request_of_a_browser():
    below = [each for each in source_files() if is_in(each[0], FLOWS + MODELS + WIRE + WORDS)]

    mentions = [
        name
        for name, path in below
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and node.id == "HttpRequest"
    ]

    assert mentions == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from integrations import flows", "integrations.flows"),
        ("from integrations.flows import refresh", "integrations.flows"),
        ("import integrations.flows.refresh", "integrations.flows.refresh"),
        ("from ..flows import refresh", "integrations.flows"),
        ("def later():\n    from integrations.flows import refresh", "integrations.flows"),
    ],
)
def test_this_test_sees_every_way_to_import(tmp_path, line, found):
    path = tmp_path / "grant.py"
    path.write_text(line)

    steps = steps_upwards("integrations.models.grant", path, FLOWS)

    assert f"integrations.models.grant imports {found}" in steps
