"""Reading many rows at once on Oracle: one query a table, which the server itself divides where it is set up to.

See https://docs.oracle.com/en/database/oracle/oracle-database/19/vldbg/parallel-exec-intro.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection

from apim_schema.schema import Table


def jobs(connection: Connection) -> int:
    """One: how many processors a query takes is a setting of the server and of its tables."""
    return 1


def parts(connection: Connection, schema: str | None, table: Table, rows: int, part: int) -> Sequence[str]:
    """None: each table is read whole."""
    return ()


@contextmanager
def readers(connection: Connection, schema: str | None, number: int) -> Iterator[Sequence[Connection]]:
    """The given one."""
    yield [connection]


def cancel(connection: Connection) -> None:
    """Ends the query that runs on this one."""
    cast(Any, connection.connection.dbapi_connection).cancel()
