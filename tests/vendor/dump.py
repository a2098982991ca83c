"""A client-side dump: every row of every table, to be compared before and after an upgrade from outside the tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from tests.vendor.common import Catalog

Row = tuple[Any, ...]
Dump = dict[str, list[Row]]


def columns_of(catalog: Catalog) -> dict[str, list[str]]:
    """All columns of all tables of a release."""
    return {name: list(table["columns"]) for name, table in catalog["tables"].items()}


def dump(connection: sa.Connection, columns: Mapping[str, Iterable[str]], schema: str | None = None) -> Dump:
    """The named columns of every row of the named tables, in plain Python values.

    Rows are in the order of their values as the client compares them, which no change of a collation, of a type or
    of the primary key can change.
    """
    fold = str.lower if connection.dialect.name == "postgresql" else str
    quote = connection.dialect.identifier_preparer.quote_identifier
    owner = f"{quote(schema)}." if schema else ""
    rows: Dump = {}
    for table, names in columns.items():
        wanted = ", ".join(quote(fold(name)) for name in names)
        found = connection.execute(sa.text(f"SELECT {wanted} FROM {owner}{quote(fold(table))}"))
        rows[table] = sorted((tuple(_value(value) for value in row) for row in found), key=_order)
    return rows


def old_form(after: Dump, before: Dump) -> Dump:
    """The dump `after` with bytes read as UTF-8 where the column held text `before`."""
    return {
        table: sorted((_as_text(row, _text_columns(before[table])) for row in rows), key=_order)
        for table, rows in after.items()
    }


def _text_columns(rows: list[Row]) -> set[int]:
    return {place for row in rows for place, value in enumerate(row) if isinstance(value, str)}


def _as_text(row: Row, places: set[int]) -> Row:
    return tuple(
        value.decode() if isinstance(value, bytes) and place in places else value for place, value in enumerate(row)
    )


def _value(value: Any) -> Any:
    return bytes(value) if isinstance(value, (bytearray, memoryview)) else value


def _order(row: Row) -> list[tuple[int, Any]]:
    return [_rank(value) for value in row]


def _rank(value: Any) -> tuple[int, Any]:
    """Makes values of different types comparable."""
    if value is None:
        return 0, 0
    if isinstance(value, str):
        return 2, value.encode()
    if isinstance(value, bytes):
        return 2, value
    return (3, value.isoformat()) if isinstance(value, date) else (1, value)
