"""A SELECT that every page runs: written once as SQL, where the ORM would write it anew each time.

Its first columns are a model's, and become what the ORM makes of them on either database.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)
Converter = Callable[[Any, Any, Any], Any]


class Statement(Generic[Row]):
    """`sql` has `{columns}` for those of the model, whose table it calls by the model's name."""

    def __init__(self, model: type[Row], sql: str, *, unread: Collection[str] = ()) -> None:
        self.model, self._alias = model, model._meta.model_name or ""
        self._fields = [each for each in model._meta.concrete_fields if each.name not in unread]
        self._names = [each.attname for each in self._fields]
        columns = ", ".join(f'"{self._alias}"."{each.column}"' for each in self._fields)
        self._sql = sql.format(columns=columns)

    def first(self, *parameters: Any) -> tuple[Row | None, Sequence[Any]] | None:
        """The model's row, if there is one, and the further columns. None: nothing was found."""
        adapted = [connection.ops.adapt_unknown_value(each) for each in parameters]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, adapted)
            found = cursor.fetchone()
        if found is None:
            return None
        values, further = list(found[: len(self._names)]), found[len(self._names) :]
        if values[0] is None:  # the primary key
            return None, further
        for position, converters, expression in self._converters:
            for convert in converters:
                values[position] = convert(values[position], expression, connection)
        return self.model.from_db(connection.alias, self._names, values), further

    @cached_property
    def _converters(self) -> list[tuple[int, list[Converter], Any]]:
        expressions = [each.get_col(self._alias) for each in self._fields]
        found = [
            (at, connection.ops.get_db_converters(each) + each.get_db_converters(connection), each)
            for at, each in enumerate(expressions)
        ]
        return [each for each in found if each[1]]
