"""Would a new migration break the code that is still running, or hold a lock for long?

    DATABASE_URL=postgres://… python -m tests.migrations

Those that landed before there was such a check are what they are: nobody edits them any more.
"""

import os
import sys

import django
from django.conf import settings

LANDED = {
    "accounts": ["0001_initial", "0002_sign_in_failure"],
    "integrations": [
        *("0001_initial", "0002_settings_webex", "0003_refresh_engine"),
        *("0004_device_authorization", "0005_lease", "0006_client_answer"),
        *("0007_grant_hostname", "0008_request_returned"),
    ],
}


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ["LOG_LEVEL"] = "WARNING"
    django.setup()
    from django_migration_linter import MigrationLinter

    linter = MigrationLinter(
        str(settings.BASE_DIR),
        include_apps=list(LANDED),
        ignore_name={name for names in LANDED.values() for name in names},
        no_cache=True,
    )
    linter.lint_all_migrations()
    linter.print_summary()
    return int(linter.has_errors)


if __name__ == "__main__":
    sys.exit(main())
