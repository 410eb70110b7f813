#!/usr/bin/env python
"""The command line. What needs no keys of yours gets some that nobody keeps."""

import sys

KEYLESS = ("help", "version", "webex_sandbox")


def main() -> None:
    try:
        from config import environment
    except ModuleNotFoundError as error:
        sys.exit(
            f"The package {error.name} is not installed in {sys.executable}. Make a virtual "
            "environment and install: python3 -m venv .venv && .venv/bin/pip install -r "
            "config/demo/requirements.txt"
        )
    command, *arguments = sys.argv[1:] or ["help"]
    if command.lstrip("-") in KEYLESS or {"-h", "--help"} & set(arguments):
        environment.use_passing_keys()
    elif command == "demo":
        from config.demo.environment import prepare_environment

        prepare_environment(arguments)
    environment.load_settings_or_exit()
    from django.core.management import execute_from_command_line

    from integrations import actor

    actor.work_as(f"manage.py {command}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
