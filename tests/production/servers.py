"""What production has besides the portal, on free ports: nginx, PostgreSQL, Redis, mail."""

import re
import secrets
import shutil
import socketserver
import subprocess
import threading
from pathlib import Path

from tests.certificates import self_signed
from tests.faults.servers import POSTGRES, ROOT, await_true, free_port, kill_group
from tests.faults.servers import PostgreSQL as Cluster

HOSTS = ("acme.example.com", "globex.example.com", "admin.example.com")
NEEDED = {"nginx": "nginx", "redis-server": "redis-server"}


def install_what_is_missing() -> None:
    """Debian's packages, as root."""
    missing = [package for program, package in NEEDED.items() if not shutil.which(program)]
    missing += [] if POSTGRES else ["postgresql"]
    if missing:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class PostgreSQL(Cluster):
    """Writes reach the disk, and the portal has a user and a password of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.password = secrets.token_hex(12)
        self.url = self.url_of("portal")

    def url_of(self, database: str) -> str:
        return f"postgres://portal:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self.run(
            "pg_ctl", "-w", "-D", self.folder, "-l", self.folder / "log", "-o", options, "start"
        )

    def prepare(self) -> None:
        """As README.md of config/deploy says."""
        self.sql(f"CREATE ROLE portal LOGIN CREATEDB PASSWORD '{self.password}'")
        self.sql("CREATE DATABASE portal OWNER portal")
        rules = "host all postgres 127.0.0.1/32 trust\nhost all portal 127.0.0.1/32 scram-sha-256\n"
        (self.folder / "pg_hba.conf").write_text(rules)
        self.sql("SELECT pg_reload_conf()")

    def sql(self, statement: str, database: str = "postgres") -> str:
        url = f"postgres://postgres@127.0.0.1:{self.port}/{database}"
        return self.run("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement, url)

    def run(self, program: str, *arguments: object) -> str:
        become = ["runuser", "-u", "postgres", "--"] if shutil.os.getuid() == 0 else []
        command = [*become, str(POSTGRES / program), *map(str, arguments)]
        log = subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE
        return subprocess.run(command, check=True, cwd="/", stdout=log, text=True).stdout or ""


class Redis:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.password = folder, free_port(), secrets.token_hex(12)
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--requirepass", self.password, "--maxmemory-policy", "noeviction"]
        command += ["--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


class Nginx:
    """The files of config/deploy/nginx as they are, but for paths, ports and the certificate."""

    def __init__(self, folder: Path, portal_port: int) -> None:
        self.folder, self.port, self.plain = folder / "nginx", free_port(), free_port()
        self.folder.mkdir(mode=0o711)
        (self.folder / "brands").mkdir()
        self.authority = self.folder / "portal.example.com.crt"
        certificate, key = self_signed(names=HOSTS)
        self.authority.write_bytes(certificate)
        (self.folder / "portal.example.com.key").write_bytes(key)
        for name in ("portal.conf", "site.conf", "refused.conf"):
            text = (ROOT / "config" / "deploy" / "nginx" / name).read_text()
            (self.folder / name).write_text(self._moved(text, portal_port))
        include = f"include {self.folder}/portal.conf;"
        whole = f"worker_processes 2; pid {self.folder}/pid; error_log {self.folder}/log;"
        whole += f" events {{ worker_connections 1024; }} http {{ {include} }}"
        (self.folder / "nginx.conf").write_text(whole)
        self.process: subprocess.Popen[bytes] | None = None

    def _moved(self, text: str, portal_port: int) -> str:
        text = text.replace("/etc/nginx/portal", str(self.folder))
        text = text.replace("/var/log/nginx", str(self.folder)).replace(":8000", f":{portal_port}")
        text = text.replace("*.portal.example.com", "*.example.com")
        text = re.sub(r"\blisten (?:\[::\]:)(80|443).*", "", text)
        return text.replace("listen 443", f"listen {self.port}").replace(
            "listen 80", f"listen {self.plain}"
        )

    def start(self) -> None:
        (self.folder / "pid").unlink(missing_ok=True)
        command = ["nginx", "-c", str(self.folder / "nginx.conf"), "-g", "daemon off;"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        await_true((self.folder / "pid").exists, 10, "nginx")

    def stop(self) -> None:
        """-9 for the parent and its children, as systemd ends what is left of a service."""
        if self.process:
            kill_group(self.process)


class MailSink(socketserver.ThreadingTCPServer):
    """Takes every mail (RFC 5321) and keeps it in memory."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: list[str] = []
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(lines).decode(errors="replace"))
            self.wfile.write(b"221 bye\r\n" if line == b"QUIT" else b"250 ok\r\n")
