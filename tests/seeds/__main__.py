"""Two sample programs of Cisco's, as they are, against the sandbox: do their last pages show?

    git clone https://github.com/WebexSamples/webex-device-oauth-sample /tmp/device
    git clone https://github.com/WebexSamples/webex-flask-oauth-example /tmp/flask
    python -m tests.seeds /tmp/device /tmp/flask

By hand: nothing of them is kept here. Each is copied, given its client ID and secret as its README
says, and told another host than webexapis.com. What it needs is installed beside it (from PyPI).
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import requests
import zxingcpp
from PIL import Image

from integrations.sandbox import Integration, Sandbox
from integrations.sandbox.webex.device import HELPERS

ALICE = "alice@acme.example"
PROGRAM = "http://0.0.0.0:10060"  # written into both of them
NEEDED = ("flask", "requests", "qrcode[pil]", "python-dotenv")
WEBEX = "https://webexapis.com"
PATIENCE = 30.0  # seconds


def main(folders: list[str]) -> None:
    if not folders:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as work, Sandbox(subscribers=100) as sandbox:
        python = _environment(Path(work))
        for number, folder in enumerate(folders):
            copy = Path(work, str(number))
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".git"))
            is_device = "device/authorize" in (copy / "oauth.py").read_text()
            run = _device if is_device else _authorization_code
            print(f"{folder}: {run(sandbox, copy, python)}")


def _environment(work: Path) -> Path:
    venv.create(work / "venv", with_pip=True)
    python = work / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", *NEEDED], check=True)
    return python


def _device(sandbox: Sandbox, copy: Path, python: Path) -> str:
    scopes = ("meeting:recordings_read", "spark:all")
    app = sandbox.register(name="Device sample", redirect_uris=sorted(HELPERS), scopes=scopes)
    (copy / ".env").write_text(f"CLIENT_ID={app.client_id}\nCLIENT_SECRET={app.client_secret}\n")
    _replace(copy / "oauth.py", {WEBEX: sandbox.origin})
    with _running(copy, python):
        page = _get("/sign-in")
        prefix = _found(r"/access_token_ready/(\w+)", page)
        code = zxingcpp.read_barcodes(Image.open(copy / "static/qr_code.png"))[0].text
        assert code.startswith(f"{sandbox.origin}/verify?userCode="), code
        _accept_on_the_phone(sandbox, _found(r"User Code: (\d+)", page))
        _wait(lambda: "true" in _get(f"/access_token_ready/{prefix}"))
        assert "Profile" in _get(f"/granted/{prefix}")
        assert ALICE in _get(f"/whoami/{prefix}")
    return f"the profile page shows {ALICE}"


def _accept_on_the_phone(sandbox: Sandbox, user_code: str) -> None:
    form = {"user_code": user_code, "email": ALICE, "decision": "accept"}
    answer = requests.post(f"{sandbox.origin}/verify", form, timeout=PATIENCE)
    assert "connected" in answer.text, answer.text


def _authorization_code(sandbox: Sandbox, copy: Path, python: Path) -> str:
    app = sandbox.register(
        name="Flask sample", redirect_uris=[f"{PROGRAM}/oauth"], scopes=["spark:all"]
    )
    _configure(copy, app)
    _replace(copy / "oauth.py", {WEBEX: sandbox.origin})
    with _running(copy, python), requests.Session() as browser:
        start = browser.get(PROGRAM, timeout=PATIENCE).text
        link = _found(r"href='([^']+)'><div class='button'", start)
        granted = browser.get(sandbox.accept(link, ALICE), timeout=PATIENCE).text
        assert "SPACES" in granted, granted
        spaces = browser.get(f"{PROGRAM}/spaces", timeout=PATIENCE).text
        assert "<p>All hands</p>" in spaces, spaces
    return "the rooms page shows “All hands”"


def _configure(copy: Path, app: Integration) -> None:
    values = {"YOUR CLIENT ID HERE": app.client_id, "YOUR CLIENT SECRET HERE": app.client_secret}
    _replace(copy / "oauth.py", values)
    url = app.authorization_url.replace("set_state_here", "1234abcd")  # its only state
    _replace(copy / "templates/index.html", {"OAUTH URL HERE": url})


def _replace(path: Path, values: dict[str, str]) -> None:
    text = path.read_text()
    for old, new in values.items():
        assert old in text, f"{path.name} has no {old}"
        text = text.replace(old, new)
    path.write_text(text)


@contextlib.contextmanager
def _running(copy: Path, python: Path) -> Iterator[None]:
    log = copy / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "oauth.py"], cwd=copy, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(lambda: bool(_get("/")))
        yield
    except BaseException:
        print(log.read_text()[-3000:])
        raise
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its reloader, too
        process.wait()


def _get(path: str) -> str:
    answer = requests.get(PROGRAM + path, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    return answer.text


def _wait(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError):
            if happens():
                return
        time.sleep(0.2)
    raise TimeoutError


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


if __name__ == "__main__":
    main(sys.argv[1:])
