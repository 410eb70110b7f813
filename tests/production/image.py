"""The steps of the Dockerfile in an empty Debian root, where no container engine is at hand.

    python -m tests.production.image [--root FOLDER]

debootstrap makes the root (as root), in place of the base image; then each COPY, RUN, ENV, USER and
CMD is done as written, with chroot, and web must answer. It needs about 500 MB and two minutes.
"""
# ruff: noqa: T201  (says what it does)

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from cryptography.fernet import Fernet

from tests.faults.servers import ROOT, free_port

MIRROR, PACKAGES = "http://deb.debian.org/debian", "python3-venv,ca-certificates,libexpat1"
# How pip reaches packages is this machine's business, not the image's.
OF_THIS_MACHINE = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/ssl/certs", "/opt")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, help="keep the root here, and take it if it is there")
    given = parser.parse_args().root
    root = given or Path(tempfile.mkdtemp(prefix="image-"))
    root.chmod(0o755)
    try:
        return Image(root).build_and_run()
    finally:
        if not given:
            shutil.rmtree(root)


class Image:
    """Both stages share the one root: what the last stage lacks besides cannot be seen here."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.user = root, "/", "0"
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
        self.entrypoint: list[str] = []
        self.command: list[str] = []

    def build_and_run(self) -> int:
        if not (self.root / "usr/bin/python3").exists():
            command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm"]
            subprocess.run([*command, self.root, MIRROR], check=True, stdout=subprocess.DEVNULL)
        (self.root / "usr/bin/python").unlink(missing_ok=True)
        (self.root / "usr/bin/python").symlink_to("python3")
        text = (ROOT / "config/deploy/Dockerfile").read_text().replace("\\\n", " ")
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            if not line.startswith("#") and hasattr(self, f"do_{word.lower()}"):
                print(line, flush=True)
                getattr(self, f"do_{word.lower()}")(rest.strip())
        return self.answers()

    def do_env(self, rest: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", rest):
            self.environment[name] = value.replace("$PATH", self.environment["PATH"])

    def do_copy(self, rest: str) -> None:
        *sources, target = rest.split()
        if sources[0].startswith("--from"):
            return
        for source in sources:
            to = self.root / target.strip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to, dirs_exist_ok=True)
            else:
                to.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, to)

    def do_run(self, rest: str) -> None:
        self.inside(["sh", "-c", rest], machine=True)

    def do_workdir(self, rest: str) -> None:
        self.folder = rest

    def do_user(self, rest: str) -> None:
        self.user = rest

    def do_entrypoint(self, rest: str) -> None:
        self.entrypoint = json.loads(rest)

    def do_cmd(self, rest: str) -> None:
        self.command = json.loads(rest)

    def inside(self, command: list[str], *, machine: bool = False, **environment: str) -> None:
        mounted = [path for path in OF_THIS_MACHINE if machine and Path(path).exists()]
        for path in mounted:
            inner = self.root / path.strip("/")
            if Path(path).is_dir():
                inner.mkdir(parents=True, exist_ok=True)
            else:
                inner.touch()
            subprocess.run(["mount", "--bind", path, inner], check=True)
        pip = {k: v for k, v in os.environ.items() if machine and k.startswith("PIP_")}
        try:
            subprocess.run(
                [*self._chroot(), *command],
                env={**pip, **self.environment, **environment},
                check=True,
            )
        finally:
            for path in mounted:
                subprocess.run(["umount", self.root / path.strip("/")], check=True)

    def _chroot(self) -> list[str]:
        group = self.user
        who = ["--userspec", f"{self.user}:{group}"] if self.user != "0" else []
        return ["chroot", *who, str(self.root), "env", "--chdir", self.folder]

    def answers(self) -> int:
        """As the image's user, with nothing but its own files; migrate first, on SQLite in /tmp."""
        port = free_port()
        settings = {
            **self.environment,
            "BIND": f"127.0.0.1:{port}",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "DATABASE_URL": "sqlite:////tmp/portal.sqlite3",
            "PORTAL_HOSTS": "admin.example.com",
        }
        run = [*self._chroot(), *self.entrypoint]
        subprocess.run([*run, "migrate", "--verbosity=0"], env=settings, check=True)
        web = subprocess.Popen([*run, *self.command], env=settings)
        try:
            healthy = [*self._chroot(), "python", "-m", "config.deploy.healthy", "web"]
            for _attempt in range(60):
                time.sleep(0.5)
                if subprocess.run(healthy, env=settings, stderr=subprocess.DEVNULL).returncode == 0:
                    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz/").read()
                    print(f"web answers {page.decode()!r} as user {self.user}")
                    return 0
        finally:
            web.terminate()
            web.wait()
        print("web does not answer")
        return 1


if __name__ == "__main__":
    sys.exit(main())
