"""A SELECT that many pages run: written once as SQL, where the ORM writes it anew each time."""

from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any

from django.db import connection, models

Converter = Callable[[Any, Any, Any], Any]


class Statement:
    """`Statement("SELECT {person}, … FROM accounts_user person …", person=User)`

    A name in braces stands for the columns of that model, whose table the SQL calls by that name,
    and becomes what the ORM makes of them. These come first, what else is selected after them.
    """

    def __init__(self, sql: str, *, unread: Collection[str] = (), **of: type[models.Model]) -> None:
        self._parts = [_Part(alias, model, unread) for alias, model in of.items()]
        self._sql = sql.format(**{part.alias: part.columns for part in self._parts})

    def first(self, *parameters: Any) -> list[Any] | None:
        """A row, with None for a model whose table had none. None: nothing was found."""
        adapted = [connection.ops.adapt_unknown_value(each) for each in parameters]
        with connection.cursor() as cursor:
            _bind_at_the_server(cursor)
            cursor.execute(self._sql, adapted)
            found = cursor.fetchone()
        if found is None:
            return None
        rows, at = [], 0
        for part in self._parts:
            rows.append(part.row(list(found[at : at + len(part.names)])))
            at += len(part.names)
        return [*rows, *found[at:]]


def _bind_at_the_server(cursor: Any) -> None:
    """Where psycopg puts the parameters into the text, each is a new statement to PostgreSQL.

    `server_side_binding` would do that for the ORM as well, which then inserts no more than 65,535
    values at once.
    """
    if connection.vendor == "postgresql":
        psycopg = connection.Database  # type: ignore[attr-defined]
        cursor.cursor = psycopg.Cursor(cursor.cursor.connection)


class _Part:
    def __init__(self, alias: str, model: type[models.Model], unread: Collection[str]) -> None:
        self.alias, self._model = alias, model
        self._fields = [each for each in model._meta.concrete_fields if each.name not in unread]
        self.names = [each.attname for each in self._fields]
        self.columns = ", ".join(f'{alias}."{each.column}"' for each in self._fields)

    def row(self, values: list[Any]) -> models.Model | None:
        if values[0] is None:  # the primary key
            return None
        for at, converters, expression in self._converters:
            for convert in converters:
                values[at] = convert(values[at], expression, connection)
        return self._model.from_db(connection.alias, self.names, values)

    @cached_property
    def _converters(self) -> list[tuple[int, list[Converter], Any]]:
        expressions = [each.get_col(self.alias) for each in self._fields]
        found = [
            (at, connection.ops.get_db_converters(each) + each.get_db_converters(connection), each)
            for at, each in enumerate(expressions)
        ]
        return [each for each in found if each[1]]
