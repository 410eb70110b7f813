"""One run of one case in a process of its own: `python -m tests.faults.one CASE DATABASE ROTATION`.

The stand-in for Webex runs in this process, so that its ledger can be read; workers are children.
"""

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.faults import servers

SHORT = {
    "WEBEX_TIMEOUT": "2",
    "REFRESH_CLAIM": "4",
    "REFRESH_SWEEP_EVERY": "1",
    "REFRESH_TIME_BOX": "3",
    "REFRESH_CALLS_PER_MINUTE": "0",
    "REFRESH_BATCH": "64",
    "LOG_LEVEL": "INFO",
}
LONG = SHORT | {"WEBEX_TIMEOUT": "4", "REFRESH_CLAIM": "10", "REFRESH_TIME_BOX": "5"}


def main(name: str, kind: str, rotation: str, folder: Path) -> None:
    template = servers.database(kind, folder.parent / f"template-{kind}")
    if isinstance(template, servers.GivenPostgreSQL):
        template.database = os.environ["FAULTS_TEMPLATE"]
    database, broker = servers.database(kind, folder), servers.Broker(folder)
    database.copy_from(template)
    database.start()
    broker.start()
    prepare_environment(folder, database.url, broker.url)
    result = play(name, kind, rotation, folder, database, broker)
    (folder / "result.json").write_text(json.dumps(result))


def prepare_environment(folder: Path, database_url: str, redis_url: str) -> None:
    """Nothing of the surrounding one matters, except where it says how to run the suite."""
    os.environ.update(LONG if os.environ.get("FAULTS_FULL") == "1" else SHORT)
    port = servers.free_port()
    os.environ.update(
        {
            "SANDBOX_PORT": str(port),
            "WEBEX_API_URL": f"http://127.0.0.1:{port}/v1",  # its pages read the settings, too
            "ENV_FILE": "/dev/null",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "PORTAL_HOSTS": "admin.example.com",
            "EMAIL_URL": f"filemail:///{folder / 'mail'}",
            "ADMINS": "operator@example.com",
            "FAULTS_PYTHON": sys.executable,
            "PYTHONUNBUFFERED": "1",
        }
    )


def play(
    name: str, kind: str, rotation: str, folder: Path, database: Any, broker: Any
) -> dict[str, Any]:
    from integrations.sandbox import Sandbox

    with Sandbox(int(os.environ["SANDBOX_PORT"])) as sandbox:
        import django

        django.setup()
        from tests.faults.cases import CASES
        from tests.faults.registry import Run
        from tests.faults.stage import Stage

        stage = Stage(Run(CASES[name], kind, rotation), folder, sandbox, database, broker)
        try:
            return report(stage, *act(CASES[name].run, stage))
        finally:
            stage.stop_everything()


def act(run: Any, stage: Any) -> tuple[float, str]:
    """How long it took, and what went wrong."""
    began, trouble = time.monotonic(), ""
    try:
        run(stage)
    except Exception as error:
        trouble = f"{type(error).__name__}: {error}".strip()
        (stage.folder / "traceback.txt").write_text(traceback.format_exc())
    return time.monotonic() - began, trouble


def report(stage: Any, seconds: float, trouble: str) -> dict[str, Any]:
    from tests.faults.measuring import measure

    figures = measure(stage.sandbox)
    amplification = figures.calls / stage.due if stage.due else 0.0
    broken = [trouble] if trouble else []
    broken += promises_broken(figures, stage.allowed, amplification)
    return {
        "grants": figures.grants,
        "lost": len(figures.lost),
        "false_dead": len(figures.false_dead),
        "reuse": figures.reuse,
        "concurrency": figures.concurrency,
        "amplification": round(amplification, 2),
        "seconds": round(seconds, 1),
        "broken": broken,
        "notes": stage.notes,
    }


def promises_broken(figures: Any, allowed: dict[str, float], amplification: float) -> list[str]:
    checks = {
        f"LOST {sorted(figures.lost)}": len(figures.lost) <= allowed["lost"],
        f"FALSE_DEAD {sorted(figures.false_dead)}": not figures.false_dead,
        f"REUSE {figures.reuse}": figures.reuse <= allowed["reuse"],
        f"CONC {figures.concurrency}": figures.concurrency <= 1,
        f"AMPL {amplification:.2f}": amplification <= allowed["ampl"] + 1e-9,
    }
    return [f"promise broken: {name}" for name, kept in checks.items() if not kept]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
