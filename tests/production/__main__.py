"""All of production on this machine, broken piece by piece: `python -m tests.production [--short]`.

nginx with TLS, PostgreSQL with fsync, Redis with a password, two web services on one socket, two
workers, beat and a mail sink, with the files of config/deploy/. Exit code 1: a promise was broken.
"""
# ruff: noqa: T201  (prints a table)

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from cryptography.fernet import Fernet

COLUMNS = "{:<58} {:>7} {:>6} {:>7} {:>8}  {}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.production", description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="no silences and restores, fewer grants"
    )
    parser.add_argument("--grants", type=int, help="default 1000, in short 200")
    options = parser.parse_args()
    began, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="production-"))
    folder.chmod(0o711)
    prepare_import()
    broken = _play(folder, options.grants or (200 if options.short else 1000), options.short)
    print(
        f"\n{time.monotonic() - began:.0f} s. {'Broken.' if broken else 'Every promise was kept.'}"
    )
    if broken:
        print(f"Logs are kept in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if broken else 0


def prepare_import() -> None:
    """Modules of the portal read settings as they are imported; World sets the real ones after."""
    from tests.production import servers

    servers.install_what_is_missing()
    os.environ.update(
        SECRET_KEY="x" * 50,
        FIELD_ENCRYPTION_KEY=Fernet.generate_key().decode(),
        DJANGO_SETTINGS_MODULE="config.settings",
    )


def _play(folder: Path, grants: int, is_short: bool) -> bool:
    from integrations.sandbox import Sandbox
    from tests.production.world import World

    with Sandbox() as sandbox:
        world = World(folder, sandbox)
        try:
            world.start(grants=grants)
            logging.disable()  # of this process, which stands in for Webex
            from tests.production import footprint, steps

            print(COLUMNS.format("", "healed", "pages", "failed", "slowest", "status meanwhile"))
            results = [
                _show(_try(step, world)) for step in (steps.SHORT if is_short else steps.FULL)
            ]
            if not is_short:
                print("", *footprint.lines(world), sep="\n")
        finally:
            world.stop()
    return any(result.broken for result in results)


def _try(step, world):
    from tests.production.steps import Result

    try:
        return step(world)
    except Exception:
        return Result(step.__name__, broken=[traceback.format_exc()])


def _show(result):
    healed = "" if result.healed is None else f"{result.healed:.1f} s"
    slowest = "" if result.slowest is None else f"{result.slowest:.1f} s"
    failed = len(result.failures)
    print(COLUMNS.format(result.step, healed, result.pages, failed, slowest, result.status))
    for sentence in result.broken:
        print(f"  BROKEN: {sentence}")
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    sys.exit(main())
