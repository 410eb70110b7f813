"""The demo's environment: made before Django reads its settings, kept in a git-ignored folder.

A second start finds the same keys, ports and data again. Nothing of the surrounding environment
gets in, so that a demo never touches a production database.
"""

import argparse
import os
import secrets
import shutil
import socket
from pathlib import Path

FOLDER = Path(os.environ.get("DEMO_DIR") or Path(__file__).resolve().parents[2] / ".demo")
PORTAL_PORT, SANDBOX_PORT = 8000, 9000


def arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--reset", action="store_true", help="start over with an empty demo")
    parser.add_argument("--empty", action="store_true", help="people only: walk the setup guide")
    parser.add_argument("--port", type=int, help="of the portal; default 8000 or a free one")
    parser.add_argument("--sandbox-port", type=int, help="default 9000 or a free one")
    return parser


def prepare_environment(argv: list[str]) -> None:
    """Leaves errors in the arguments to the command itself, which knows how to explain them."""
    options, _ = arguments(argparse.ArgumentParser(add_help=False)).parse_known_args(argv)
    os.umask(0o077)  # keys, database and logs are nobody else's business
    if options.reset and FOLDER.exists():
        shutil.rmtree(FOLDER)
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / "env"
    if not file.exists():
        _write(file, _fresh(options.port, options.sandbox_port))
    os.environ["ENV_FILE"] = str(file)
    os.environ.update(_read(file))
    os.environ.update(_from_outside(os.environ["SANDBOX_PORT"]))


def _fresh(port: int | None, sandbox_port: int | None) -> dict[str, str]:
    from cryptography.fernet import Fernet

    port = port or (PORTAL_PORT if is_free(PORTAL_PORT) else _bind(0))
    sandbox_port = sandbox_port or (SANDBOX_PORT if is_free(SANDBOX_PORT) else _bind(0))
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "DEMO_PASSWORD": "-".join(secrets.token_hex(2) for _ in range(3)),
        "PORTAL_PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "BRANDED_URL_TEMPLATE": f"http://{{hostname}}:{port}",
        "PORTAL_HOSTS": "localhost,127.0.0.1",
        "EMAIL_URL": "consolemail://",
        "REFRESH_SWEEP_EVERY": "15",
        "LOG_LEVEL": "INFO",
    }


def _from_outside(sandbox_port: str) -> dict[str, str]:
    """What may be replaced on purpose: Webex itself, the database, the broker."""
    values = {
        "DATABASE_URL": os.environ.get("DEMO_DATABASE_URL", f"sqlite:///{FOLDER}/portal.sqlite3"),
        "REDIS_URL": os.environ.get("DEMO_REDIS_URL", f"redis+socket://{FOLDER}/broker.sock"),
    }
    if not uses_real_webex():
        values["WEBEX_API_URL"] = f"http://127.0.0.1:{sandbox_port}/v1"
    return values


def uses_real_webex() -> bool:
    return bool(os.environ.get("DEMO_AUTHORIZATION_URL"))


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


def _write(file: Path, values: dict[str, str]) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.writelines(f"{name}={value}\n" for name, value in values.items())


def _read(file: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in file.read_text().splitlines() if line)
    return {name: value for name, _, value in lines}
