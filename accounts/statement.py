"""A SELECT that many pages run: written once as SQL, where the ORM writes it anew each time."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

from django.db import InterfaceError, OperationalError, connection, models

Converter = Callable[[Any, Any, Any], Any]


class Statement:
    """`Statement("SELECT {person}, … FROM accounts_user person …", person=User)`

    A name in braces stands for the columns of that model, whose table the SQL calls by that name,
    and becomes what the ORM makes of them. These come first, what else is selected after them.
    Fields of theirs that are `unread`, and those not among what `reads` names, are deferred.
    """

    def __init__(
        self,
        sql: str,
        *,
        unread: Collection[str] = (),
        reads: Mapping[str, Collection[str]] = {},
        **of: type[models.Model],
    ) -> None:
        self._parts = []
        for alias, model in of.items():
            known = [each for each in model._meta.concrete_fields if each.name not in unread]
            fields = [each for each in known if alias not in reads or each.name in reads[alias]]
            self._parts.append(_Part(alias, model, fields))
        self._sql = sql.format(**{part.alias: part.columns for part in self._parts})

    def first(self, *parameters: Any) -> list[Any] | None:
        """A row, with None for a model whose table had none. None: nothing was found."""
        found = _fetch(self._sql, [connection.ops.adapt_unknown_value(each) for each in parameters])
        if found is None:
            return None
        rows, at = [], 0
        for part in self._parts:
            rows.append(part.row(list(found[at : at + len(part.names)])))
            at += len(part.names)
        return [*rows, *found[at:]]


def _fetch(sql: str, parameters: list[Any]) -> Any:
    """It is the test of its connection as well: Django would ask SELECT 1 first, in each request.

    Where that is dead, a SELECT can be asked again on another, but for one of a transaction.
    """
    here: Any = connection
    here.health_check_done = True
    try:
        return _row(sql, parameters)
    except (OperationalError, InterfaceError):
        if here.connection is None or here.in_atomic_block or here.is_usable():
            raise
        here.close()
        return _row(sql, parameters)


def _row(sql: str, parameters: list[Any]) -> Any:
    with connection.cursor() as cursor:
        _bind_at_the_server(cursor)
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def _bind_at_the_server(cursor: Any) -> None:
    """Where psycopg puts the parameters into the text, each is a new statement to PostgreSQL.

    `server_side_binding` would do that for the ORM as well, which then inserts no more than 65,535
    values at once.
    """
    if connection.vendor == "postgresql":
        psycopg = connection.Database  # type: ignore[attr-defined]
        cursor.cursor = psycopg.Cursor(cursor.cursor.connection)


class _Part:
    def __init__(self, alias: str, model: type[models.Model], fields: list[Any]) -> None:
        self.alias, self._model, self._fields = alias, model, fields
        self.names = frozenset(each.attname for each in self._fields)
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
