"""The npm package `oidc-provider` in a process of its own, kept in a folder between runs."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "oidc-provider@9.13.3"
FOLDER = Path.home() / ".cache" / "portal-tests" / PACKAGE
SCRIPT = Path(__file__).with_name("identity_provider.mjs")
CLIENT_ID, SECRET = "portal", "a secret of the provider's, and long enough"


@contextlib.contextmanager
def running(port: int, *origins: str) -> Iterator[str]:
    """Its issuer. Skips, with the reason, where it cannot be had."""
    if not (node := shutil.which("node")):
        pytest.skip("node is not installed: no real identity provider")
    _install()
    command = [node, str(SCRIPT), str(FOLDER), str(port), CLIENT_ID, SECRET, *origins]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        is_ready = any(line == "ready\n" for line in lines)
        assert is_ready, "the identity provider did not start"
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        process.communicate()


def _install() -> None:
    if (FOLDER / "node_modules" / "oidc-provider").is_dir():
        return
    if not (npm := shutil.which("npm")):
        pytest.skip("npm is not installed: no real identity provider")
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", PACKAGE, "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        [*command, "--prefix", str(FOLDER)], capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        pytest.skip(f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-200:]}")
