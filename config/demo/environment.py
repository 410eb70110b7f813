"""The demo's environment: made before Django reads its settings, kept in a git-ignored folder.

A second start finds the same keys, ports and data again. Nothing of the surrounding environment
gets in, so that a demo never touches a production database.
"""

import argparse
import fcntl
import os
import secrets
import shlex
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from config import environment

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("DEMO_DIR") or PROJECT / ".demo").absolute()
ENV, LOCK, MAILS = FOLDER / "env", FOLDER / "lock", FOLDER / "mail"
PORTS = {"PORTAL_PORT": 8000, "SANDBOX_PORT": 9000}
LONGEST_SOCKET = 100  # bytes of a path; Linux takes 107, macOS 103


def arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--reset", action="store_true", help="start over with an empty demo")
    parser.add_argument("--empty", action="store_true", help="people only: walk the setup guide")
    parser.add_argument("--port", type=_port, help="of the portal; default 8000 or a free one")
    parser.add_argument("--sandbox-port", type=_port, help="default 9000 or a free one")
    return parser


def _port(text: str) -> int:
    if not 0 < int(text) < 65536:
        raise ValueError
    return int(text)


def prepare_environment(argv: list[str]) -> None:
    parser = arguments(argparse.ArgumentParser("manage.py demo", add_help=False))
    options, unknown = parser.parse_known_args(argv)
    if options.reset and unknown:
        sys.exit(f"Nothing was deleted: --reset does not go with {shlex.join(unknown)}.")
    os.umask(0o077)  # keys, database and logs are nobody else's business
    _take_folder()
    if options.reset:
        _empty_folder()
    kept = _read()
    ports = _ports(kept, {"PORTAL_PORT": options.port, "SANDBOX_PORT": options.sandbox_port})
    _move_redirect_uris(kept.get("PORTAL_PORT"), ports["PORTAL_PORT"])
    values = _fresh() | kept | ports | _by_ports(ports)
    ENV.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    environment.forget()
    os.environ.update(values, ENV_FILE=str(ENV))


def _take_folder() -> None:
    """For as long as this process lives. Only a folder of our own is ever emptied."""
    names = set(os.listdir(FOLDER)) if FOLDER.exists() else set()
    if names - {LOCK.name} and "DEMO_PASSWORD" not in _read():
        sys.exit(f"{FOLDER} holds something else than a demo. Choose another folder as DEMO_DIR.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = os.open(LOCK, os.O_WRONLY | os.O_CREAT, 0o600)  # never closed
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(
            f"A demo is running in {FOLDER} already. Stop it there with Ctrl-C, or start another "
            "one beside it: DEMO_DIR=/tmp/another-demo python manage.py demo"
        )


def _empty_folder() -> None:
    for path in FOLDER.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != LOCK:
            path.unlink()


def _ports(kept: dict[str, str], given: dict[str, int | None]) -> dict[str, str]:
    return {
        name: str(given[name] or kept.get(name) or (usual if is_free(usual) else _bind(0)))
        for name, usual in PORTS.items()
    }


def _move_redirect_uris(old: str | None, new: str) -> None:
    """They contain the port, and the sandbox knows them by heart."""
    state = FOLDER / "sandbox.json"
    if old and old != new and state.exists():
        state.write_text(state.read_text().replace(f".localhost:{old}/", f".localhost:{new}/"))


def _fresh() -> dict[str, str]:
    from cryptography.fernet import Fernet

    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "DEMO_PASSWORD": "-".join(secrets.token_hex(2) for _ in range(3)),
        "PORTAL_HOSTS": "localhost,127.0.0.1",
        "EMAIL_URL": f"filemail:///{quote(str(MAILS))}",
        "REFRESH_SWEEP_EVERY": "15",
        "WEBHOOK_LOOPBACK": "on",
        "SSO_PRIVATE_HOSTS": "localhost,127.0.0.1",
        "LOG_LEVEL": "INFO",
    }


def _by_ports(ports: dict[str, str]) -> dict[str, str]:
    """With what may be replaced on purpose: Webex itself, the database, the broker, front ends."""
    sqlite, sandbox = quote(str(FOLDER / "portal.sqlite3")), ports["SANDBOX_PORT"]
    return {
        "BRANDED_URL_TEMPLATE": f"http://{{hostname}}:{ports['PORTAL_PORT']}",
        "DATABASE_URL": os.environ.get("DEMO_DATABASE_URL") or f"sqlite:///{sqlite}",
        "REDIS_URL": os.environ.get("DEMO_REDIS_URL") or f"redis+socket://{quote(_socket())}",
        "CORS_ORIGINS": os.environ.get("DEMO_CORS_ORIGINS", ""),
        "WEBEX_API_URL": "" if uses_real_webex() else f"http://127.0.0.1:{sandbox}/v1",
    }


def _socket() -> str:
    path = str(FOLDER / "broker.sock")
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        return tempfile.mkdtemp(prefix="portal-demo-") + "/broker.sock"
    return path


def brings_its_broker() -> bool:
    return not os.environ.get("DEMO_REDIS_URL")


def uses_real_webex() -> bool:
    return bool(os.environ.get("DEMO_AUTHORIZATION_URL"))


def _read() -> dict[str, str]:
    if not ENV.is_file():
        return {}
    lines = (line.partition("=") for line in ENV.read_text(errors="replace").splitlines() if line)
    return {name: value for name, _, value in lines}


def is_free(port: int) -> bool:
    try:
        return _bind(port) > 0
    except OSError:
        return False


def _bind(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])
