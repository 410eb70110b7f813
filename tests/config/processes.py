"""The project in processes of its own, started as an operator would, from an environment."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "ENV_FILE": "/dev/null",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    "DATABASE_URL": "postgres://portal:s3cr3t-of-the-database@127.0.0.1:1/portal",
    "REDIS_URL": "rediss://:s3cr3t-of-redis@127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://portal:s3cr3t-of-mail@mail.example.com:587",
    "PORTAL_HOSTS": "admin.example.com",
    "ADMINS": "ops@example.com",
}


def environment(**changes: str | None) -> dict[str, str]:
    """Production's, with variables changed, or with None left out."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    merged: dict[str, Any] = base | PRODUCTION | changes
    return {name: value for name, value in merged.items() if value is not None}


def python(*arguments: str, timeout: float = 20, **changes: str | None) -> Any:
    """Runs Python to its end; standard output and error come back together."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def manage(*arguments: str, **changes: str | None) -> Any:
    return python("manage.py", *arguments, **changes)
