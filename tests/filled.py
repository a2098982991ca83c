"""The demo's rows, for databases by the hundred: what SQLAlchemy makes of them is worked out once for each kind."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import BindTyping

from apim_schema import catalog
from apim_schema.demo import rows, values
from tests.vendor.common import Catalog

Said = list[tuple[str, Any]]

_said: dict[tuple[str, str | None, bool, str, str], Said] = {}
"""What the driver was told, by its name, the schema, the letters and the tables."""


def fill(connection: sa.Connection, document: Catalog, *, into: str | None = None, latin1: bool = False) -> None:
    """Puts four rows into every table of an empty database, as `rows.fill` does; does not commit.

    Where a driver is told the types of values beside the statement (Oracle, SQL Server), nothing is repeated.
    """
    key = (connection.dialect.driver, into, latin1, values.LATIN1, json.dumps(document))
    if key in _said and connection.dialect.bind_typing is not BindTyping.SETINPUTSIZES:
        _repeat(connection, _said[key])
    else:
        _said[key] = _heard(connection, document, into, latin1)


def _heard(connection: sa.Connection, document: Catalog, into: str | None, latin1: bool) -> Said:
    said: Said = []

    def hear(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        said.append((statement, parameters))

    sa.event.listen(connection, "before_cursor_execute", hear)
    rows.fill(connection, catalog.parse(document), into=into, latin1=latin1)
    sa.event.remove(connection, "before_cursor_execute", hear)
    return said


def _repeat(connection: sa.Connection, said: Said) -> None:
    cursor = connection.connection.cursor()
    for statement, parameters in said:
        cursor.executemany(statement, parameters)
    cursor.close()
