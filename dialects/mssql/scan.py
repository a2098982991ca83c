"""Reading many rows at once on SQL Server: one query a table, which the server itself divides among its processors.

See https://learn.microsoft.com/en-us/sql/relational-databases/query-processing-architecture-guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from apim_schema.schema import Table

from . import session


def jobs(connection: Connection) -> int:
    """One: how many processors a query takes is the server's own setting, `max degree of parallelism`."""
    return 1


def parts(connection: Connection, schema: str | None, table: Table, rows: int, part: int) -> Sequence[str]:
    """None: each table is read whole."""
    return ()


@contextmanager
def readers(connection: Connection, schema: str | None, number: int) -> Iterator[Sequence[Connection]]:
    """The given one: no other sees what its transaction has changed, nor is let in before its end."""
    yield [connection]


def cancel(connection: Connection) -> None:
    """Ends the query that runs on this one."""
    session.cancel(connection)
