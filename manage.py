#!/usr/bin/env python
"""The command line. `manage.py demo` needs its keys before Django reads the settings."""

import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["demo"]:
        from config.demo.environment import prepare_environment

        prepare_environment(sys.argv[2:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
