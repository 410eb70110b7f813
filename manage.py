#!/usr/bin/env python
"""The command line. What is prepared here must stand before Django reads the settings."""

import os
import secrets
import sys
from base64 import urlsafe_b64encode

from django.core.exceptions import ImproperlyConfigured


def main() -> None:
    command = sys.argv[1:2]
    if command == ["demo"]:
        from config.demo.environment import prepare_environment

        prepare_environment(sys.argv[2:])
    if command == ["webex_sandbox"]:
        _fill_in_what_it_never_uses()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"manage.py: {error}")  # the sentence alone: it says what to do


def _fill_in_what_it_never_uses() -> None:
    """The sandbox stands for Webex and has neither database nor secrets of the portal."""
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    key = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    os.environ.setdefault("FIELD_ENCRYPTION_KEY", key)
    os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")


if __name__ == "__main__":
    main()
