"""The real thing: `manage.py demo` in a folder of its own, and Chromium in front of it."""

import hashlib
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
# Each demo has its own, or one demo's worker would take another's messages.
REDIS_DATABASES = itertools.cycle(range(1, 16))
KEPT = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_CONFIG")


@dataclass(frozen=True)
class Demo:
    folder: Path
    port: int
    sandbox: str
    password: str
    output: str
    front_end: str  # the origin at which another portal may show the badge

    def at(self, hostname: str, path: str = "/") -> str:
        return f"http://{hostname}:{self.port}{path}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


expect.set_options(timeout=15_000)  # two processors carry a whole demo and other tests


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with running(demo_environment(folder)) as demo:
        yield demo


@pytest.fixture(scope="module")
def empty_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """People, and nothing configured."""
    folder = tmp_path_factory.mktemp("empty-demo")
    with running(demo_environment(folder), "--empty") as demo:
        yield demo


@contextmanager
def running(
    environment: dict[str, str], *arguments: str, ports: tuple[int, int] | None = None
) -> Iterator[Demo]:
    port, sandbox_port = ports or (free_port(), free_port())
    front_end = f"http://app.acme.localhost:{free_port()}"
    environment = environment | {"DEMO_CORS_ORIGINS": front_end}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo",
         "--port", str(port), "--sandbox-port", str(sandbox_port), *arguments],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        output = "".join(iter(lambda: read_line(process), "Ctrl-C stops everything.\n"))
        password = re.search(r"password +(\S+)", output)[1]
        folder = Path(environment["DEMO_DIR"]).parent
        sandbox = f"http://127.0.0.1:{sandbox_port}"
        yield Demo(folder, port, sandbox, password, output, front_end)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


def demo_environment(folder: Path) -> dict[str, str]:
    """What tests.settings put there is not for the demo: it must make its own.

    Only where the suite runs on PostgreSQL and Redis, the demo does so too.
    """
    chosen = embedded_environment(folder)
    if os.environ["DATABASE_URL"].startswith("postgres"):
        chosen["DEMO_DATABASE_URL"] = new_postgres_database(os.environ["DATABASE_URL"], folder)
    if "REDIS_URL" in os.environ:
        number = next(REDIS_DATABASES)
        chosen["DEMO_REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{number}"
    return chosen


def embedded_environment(folder: Path) -> dict[str, str]:
    """Everything in the folder, wherever the suite runs."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"DEMO_DIR": str(folder / ".demo"), "PYTHONUNBUFFERED": "1"}


def new_postgres_database(url: str, folder: Path) -> str:
    """One for each folder: a second start in the same folder finds its data again."""
    name = "demo_" + hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not found.fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')
    return f"{url.rpartition('/')[0]}/{name}"


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


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where photographs go. PICTURES=folder keeps them."""
    return Path(os.environ.get("PICTURES", tmp_path))


def photograph(page: Page, path: Path | None = None) -> bytes:
    """Headless Chromium now and then cannot capture a page, and a moment later it can."""
    for _attempt in range(4):
        try:
            return page.screenshot(path=path, animations="disabled")
        except Error as error:
            if "Unable to capture screenshot" not in error.message:
                raise
        page.wait_for_timeout(500)
    return page.screenshot(path=path, animations="disabled")


def describe(message: ConsoleMessage) -> str:
    """Empty for Chromium's own hints on password fields, which are neither warning nor error."""
    where = message.location.get("url", "")
    return f"{message.text} {where}" if message.type in ("warning", "error") else ""
