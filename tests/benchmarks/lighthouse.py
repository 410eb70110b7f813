"""What Lighthouse thinks of four pages, as a desktop and as a phone: all must have 95 or more.

    python -m tests.benchmarks.lighthouse [--limit 95] [--keep FOLDER]

A demo full of data, its own, in English. Lighthouse 13 and the Node.js it wants come from npm into
`~/.cache/portal-lighthouse`. Exit code 1 where a figure is below the limit.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.e2e.conftest import CHROMIUM, ROOT, Demo, embedded_environment, running

TOOLS = Path.home() / ".cache" / "portal-lighthouse"
PACKAGES = ("lighthouse@13", "node@22")
FLAGS = "--headless=new --no-sandbox --disable-gpu"
FIGURES = ("performance", "accessibility", "best-practices")
PAGES = {
    "portal home": ("acme.localhost", "alice", "/"),
    "Webex page": ("acme.localhost", "alice", "/webex/"),
    "overview": ("localhost", "admin", "/admin/"),
    "integration form": ("localhost", "admin", "/admin/integrations/webexapp/2/change/"),
}
ATTEMPTS = 3  # Chromium now and then records no trace
FORMS = {"desktop": ["--preset=desktop"], "mobile": []}
Scores = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=95)
    parser.add_argument("--keep", type=Path, help="a folder for the reports")
    options = parser.parse_args()
    install()
    with TemporaryDirectory() as folder:
        reports = options.keep or Path(folder)
        reports.mkdir(parents=True, exist_ok=True)
        with running(embedded_environment(Path(folder))) as demo:
            fill(demo)
            low = [low for low in measure(demo, reports, options.limit) if low]
    return int(bool(low))


def install() -> None:
    if not (TOOLS / "node_modules" / "lighthouse").exists():
        TOOLS.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(TOOLS), *PACKAGES]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def fill(demo: Demo) -> None:
    environment = {**os.environ, "ENV_FILE": str(demo.folder / ".demo" / "env")}
    command = [sys.executable, "-m", "tests.e2e.full_data"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stderr=subprocess.DEVNULL)


def measure(demo: Demo, reports: Path, limit: int) -> Iterator[bool]:
    """Prints a line for each page and form; yields whether it is too low."""
    print(f"{'':29}{''.join(f'{name:>16}' for name in FIGURES)}{'LCP ms':>10}{'CLS':>8}")
    for name, (hostname, username, path) in PAGES.items():
        cookies = sign_in(demo, hostname, username)
        for form, flags in FORMS.items():
            report = reports / f"{name}-{form}.json".replace(" ", "-")
            audits, scores = run(demo.at(hostname, path), cookies, flags, report)
            figures = "".join(f"{scores[each]:16.0f}" for each in FIGURES)
            paint, shift = (
                audits[each]["numericValue"]
                for each in ("largest-contentful-paint", "cumulative-layout-shift")
            )
            print(f"{name:20}{form:9}{figures}{paint:10.0f}{shift:8.3f}", flush=True)
            yield min(scores.values()) < limit


def sign_in(demo: Demo, hostname: str, username: str) -> str:
    """The header of cookies: Lighthouse forgets those of a browser before it begins."""
    session, port = requests.Session(), demo.port
    page = session.get(f"http://127.0.0.1:{port}/sign-in/", headers={"Host": f"{hostname}:{port}"})
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text
    fields = {"csrfmiddlewaretoken": token[1], "username": username, "password": demo.password}
    sent = {"Host": f"{hostname}:{port}", "Cookie": cookies_of(session)}
    session.post(page.url, fields, headers=sent, allow_redirects=False).raise_for_status()
    return cookies_of(session)


def cookies_of(session: requests.Session) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)


def run(url: str, cookies: str, flags: list[str], report: Path) -> tuple[dict[str, Any], Scores]:
    tools = TOOLS / "node_modules"
    command = [
        str(tools / "node" / "bin" / "node"), str(tools / "lighthouse" / "cli" / "index.js"), url,
        f"--only-categories={','.join(FIGURES)}", f"--chrome-flags={FLAGS}", *flags, "--quiet",
        f"--extra-headers={json.dumps({'Cookie': cookies})}",
        "--output=json", f"--output-path={report}",
    ]  # fmt: skip
    environment = {**os.environ, "CHROME_PATH": CHROMIUM}
    for attempt in range(ATTEMPTS):
        done = subprocess.run(command, check=attempt == ATTEMPTS - 1, env=environment)
        if done.returncode == 0:
            break
    found = json.loads(report.read_text())
    assert urlsplit(found["finalDisplayedUrl"]).path == urlsplit(url).path, "signed out"
    scores = {name: 100 * found["categories"][name]["score"] for name in FIGURES}
    return found["audits"], scores


if __name__ == "__main__":
    sys.exit(main())
