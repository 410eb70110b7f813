# ruff: noqa: T201  (prints a table)
"""The fault suite: `python -m tests.faults [--full] [--only R1,R25] [--database sqlite]`.

Breaks what can break under real workers, a real Redis and real databases, and holds the database
against the ledger of the stand-in for Webex. Exit code 1: a promise was broken.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from tests.faults import servers
from tests.faults.registry import Run, runs

COLUMNS = "{:<5} {:<58} {:<9} {:<6} {:>6} {:>4} {:>10} {:>5} {:>4} {:>5} {:>6}  {}"
LONGEST_RUN = 1500  # seconds


def main() -> int:
    options = arguments().parse_args()
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    folder.chmod(0o711)
    prepare_environment(options)
    began = time.monotonic()
    wanted = choose(options)
    try:
        prepare_templates(folder, {run.database for run in wanted})
        results = play(wanted, folder, options.jobs)
    finally:
        drop_templates(folder)
    if options.json:
        Path(options.json).write_text(json.dumps(results))
    broken = summarise(results, time.monotonic() - began)
    if broken:
        print(f"Logs are kept in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if broken else 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--full", action="store_true", help="both databases, 20 kills, long waits")
    parser.add_argument("--only", default="", help="names of cases: R1,R25")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--jobs", type=int, default=3, help="cases played at the same time")
    parser.add_argument("--seed", default="1", help="for moments chosen by chance")
    parser.add_argument("--json", help="also write the results to this file")
    return parser


def prepare_environment(options: argparse.Namespace) -> None:
    given = os.environ.get("DATABASE_URL", "")
    os.environ["FAULTS_POSTGRES_URL"] = given if given.startswith("postgres") else ""
    os.environ["FAULTS_FULL"] = "1" if options.full else "0"
    os.environ["FAULTS_SEED"] = options.seed
    os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    os.environ["FIELD_ENCRYPTION_KEY"] = Fernet.generate_key().decode()
    os.environ["ENV_FILE"] = os.devnull
    os.environ["DATABASE_URL"] = "sqlite:///:memory:"
    os.environ["WEBEX_API_URL"] = "http://127.0.0.1:1/v1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"


def choose(options: argparse.Namespace) -> list[Run]:
    import django

    django.setup()
    from tests.faults import cases

    assert cases.CASES
    kind = options.database
    if not (servers.POSTGRES or os.environ["FAULTS_POSTGRES_URL"]) and kind != "sqlite":
        print("No PostgreSQL here (Debian: apt install postgresql): SQLite only.")
        kind = "sqlite"
    only = {name for name in options.only.split(",") if name}
    return runs(full=options.full, only=only, database=kind)


def prepare_templates(folder: Path, kinds: set[str]) -> None:
    for kind in kinds:
        home = folder / f"template-{kind}"
        home.mkdir(mode=0o711)
        template = servers.database(kind, home)
        if not isinstance(template, servers.SQLite):
            template.create()
        template.start()
        environment = {**os.environ, "DATABASE_URL": template.url}
        command = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(
            command, cwd=servers.ROOT, env=environment, check=True, stderr=subprocess.DEVNULL
        )
        if isinstance(template, servers.GivenPostgreSQL):
            os.environ["FAULTS_TEMPLATE"] = template.database
        elif isinstance(template, servers.PostgreSQL):
            template.stop_in_order()


def drop_templates(folder: Path) -> None:
    if "FAULTS_TEMPLATE" in os.environ:
        template = servers.GivenPostgreSQL(folder)
        template.database = os.environ["FAULTS_TEMPLATE"]
        template.stop()


def play(wanted: list[Run], folder: Path, jobs: int) -> list[dict[str, Any]]:
    print(COLUMNS.format("case", "what", "database", "rotat.", "grants", "LOST", "FALSE_DEAD",
                         "REUSE", "CONC", "AMPL", "s", "verdict"))  # fmt: skip
    with ThreadPoolExecutor(jobs) as pool:
        results = []
        for result in pool.map(lambda run: play_one(run, folder), wanted):
            print_row(result)
            results.append(result)
        return results


def play_one(run: Run, folder: Path) -> dict[str, Any]:
    home = folder / run.name
    home.mkdir(mode=0o711)
    command = [sys.executable, "-m", "tests.faults.one", run.case.name, run.database, run.rotation]
    with (home / "output.log").open("wb") as log:
        child = subprocess.Popen(
            [*command, str(home)], cwd=servers.ROOT, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            child.wait(LONGEST_RUN)
        except subprocess.TimeoutExpired:
            child.kill()
    names = {"case": run.case.name, "title": run.case.title, "database": run.database}
    return names | {"rotation": run.rotation} | read_result(home)


def read_result(home: Path) -> dict[str, Any]:
    file = home / "result.json"
    if file.exists():
        return json.loads(file.read_text())
    end = (home / "output.log").read_text(errors="replace").strip().splitlines()[-1:]
    return {"broken": [f"the case did not end: {''.join(end)}"], "notes": []}


def print_row(result: dict[str, Any]) -> None:
    figures = [result.get(name, "-") for name in (
        "grants", "lost", "false_dead", "reuse", "concurrency", "amplification", "seconds"
    )]  # fmt: skip
    start = [result[name] for name in ("case", "title", "database", "rotation")]
    print(COLUMNS.format(*start, *figures, "BROKEN" if result["broken"] else "kept"))
    for line in [*result["broken"], *result["notes"]]:
        print(textwrap.fill(line, 150, initial_indent=" " * 6, subsequent_indent=" " * 8))
    sys.stdout.flush()


def summarise(results: list[dict[str, Any]], seconds: float) -> bool:
    broken = [result for result in results if result["broken"]]
    print(f"{len(results)} runs in {seconds:.0f} s, {len(broken)} with a broken promise")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
