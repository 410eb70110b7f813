"""An index for a table that is in use: on PostgreSQL nobody waits while it is built.

The migration must say `atomic = False`; where it was cut off, drop the invalid index by hand first.
"""

from typing import Any

from django.db.migrations import AddIndex


class AddIndexWithoutLock(AddIndex):
    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        return schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return super().database_backwards(app_label, schema_editor, from_state, to_state)
        model = from_state.apps.get_model(app_label, self.model_name)
        return schema_editor.remove_index(model, self.index, concurrently=True)
