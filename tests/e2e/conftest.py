"""The real thing: `manage.py demo` in a folder of its own, and Chromium in front of it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)


@dataclass(frozen=True)
class Demo:
    folder: Path
    port: int
    sandbox: str
    password: str
    output: str

    def at(self, hostname: str, path: str = "/") -> str:
        return f"http://{hostname}:{self.port}{path}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    port, sandbox_port = free_port(), free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo",
         "--port", str(port), "--sandbox-port", str(sandbox_port)],
        cwd=ROOT, env=demo_environment(folder), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    output = "".join(iter(lambda: read_line(process), "Ctrl-C stops everything.\n"))
    password = re.search(r"password +(\S+)", output)[1]
    yield Demo(folder, port, f"http://127.0.0.1:{sandbox_port}", password, output)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0


def demo_environment(folder: Path) -> dict[str, str]:
    """Ours are set by tests.settings; the demo must make its own."""
    kept = ("PATH", "HOME", "LANG", "DEMO_DATABASE_URL", "DEMO_REDIS_URL")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "DEMO_DIR": str(folder / ".demo"),
        "PYTHONUNBUFFERED": "1",
    }


def read_line(process: "subprocess.Popen[str]") -> str:
    line = process.stdout.readline()
    assert line, "the demo stopped before it was ready"
    return line


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM and os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail("No Chromium found, and BROWSER_TESTS=required.")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
             "--disable-component-update", "--no-first-run"]  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser window. Whatever the console complains about fails the test."""
    context = chromium.new_context(viewport={"width": 1360, "height": 850})
    context.set_default_timeout(10_000)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(describe(message)))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert [text for text in complaints if text] == []


def describe(message: ConsoleMessage) -> str:
    """Empty for Chromium's own hints on password fields, which are neither warning nor error."""
    where = message.location.get("url", "")
    return f"{message.text} {where}" if message.type in ("warning", "error") else ""
