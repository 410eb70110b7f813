"""The code that is still running inserts rows without the columns of the next release.

`python -m tests.migrations` looks at the SQL, on PostgreSQL and in .ci/run; this, at every change.
"""

import pytest
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from tests.migrations import LANDED

LOADER = MigrationLoader(None)
OURS = [
    migration
    for (app, name), migration in sorted(LOADER.disk_migrations.items())
    if app in LANDED and name not in LANDED[app]
]
AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
)


@pytest.mark.parametrize("migration", OURS, ids=str)
def test_old_code_runs_on_the_new_schema(migration):
    made = {each.name_lower for each in migration.operations if hasattr(each, "options")}
    on_old_tables = [
        each for each in migration.operations if getattr(each, "model_name_lower", "") not in made
    ]

    added = [each.field for each in on_old_tables if isinstance(each, migrations.AddField)]

    assert [str(field) for field in added if not may_be_left_out(field)] == []
    assert not [each.describe() for each in on_old_tables if isinstance(each, AWAY)]


@pytest.mark.parametrize("migration", OURS, ids=str)
def test_no_column_changes_its_type(migration):
    """Or prepared statements of the code that is still running fail (config/guards/stores.py)."""
    before = LOADER.project_state((migration.app_label, migration.name), at_end=False).models
    changed = [each for each in migration.operations if isinstance(each, migrations.AlterField)]

    for each in changed:
        old = before[migration.app_label, each.model_name_lower].fields[each.name]
        assert old.db_type(connection) == each.field.db_type(connection), each.describe()


def may_be_left_out(field):
    return field.null or field.many_to_many or field.db_default is not NOT_PROVIDED


@pytest.mark.parametrize("migration", OURS, ids=str)
def test_the_schema_goes_back(migration):
    assert all(each.reversible for each in migration.operations)
