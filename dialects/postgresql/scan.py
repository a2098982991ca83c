"""Reading many rows at once on PostgreSQL: ranges of pages, by connections that share one snapshot.

See https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION and
https://www.postgresql.org/docs/current/how-parallel-query-works.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from math import ceil
from typing import Any, cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema.schema import Table

from . import names, session

RANGES_SINCE = (14,)
"""From this version on a condition on `ctid` reads no other pages."""
PAGES = """
SELECT pg_relation_size(c.oid) / current_setting('block_size')::int FROM pg_class c JOIN pg_am a ON a.oid = c.relam
WHERE c.oid = CAST(:table AS regclass) AND c.relkind = 'r' AND NOT c.relhassubclass AND a.amname = 'heap'"""
"""Not of a table with children: what a `ctid` means in a foreign one, or another access method, only that knows."""

WORKERS = "SELECT current_setting('max_parallel_workers_per_gather')::int"
ALONE = "SELECT txid_current_if_assigned() IS NOT NULL OR pg_is_in_recovery()"
"""What this transaction has changed it alone can see; and a standby may not give its snapshot to others."""
SHARED = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET TRANSACTION SNAPSHOT '{0}'")
CANCEL_TIMEOUT = 5
"""Seconds."""


def jobs(connection: Connection) -> int:
    """The processors that one query may take here, its own and those of its workers."""
    return 1 + int(connection.scalar(text(WORKERS)) or 0)


def parts(connection: Connection, schema: str | None, table: Table, rows: int, part: int) -> Sequence[str]:
    """Ranges of pages: they need no key. The last one has no end."""
    if (connection.dialect.server_version_info or ()) < RANGES_SINCE:
        return ()
    pages = int(connection.scalar(text(PAGES), {"table": names.qualified(table.name, schema)}) or 0)
    starts = range(0, pages, max(1, ceil(pages * part / max(rows, 1))))
    ranges = [f"ctid >= '({start},0)' AND ctid < '({end},0)'" for start, end in pairwise(starts)]
    return [*ranges, f"ctid >= '({starts[-1]},0)'"] if starts else ()


@contextmanager
def readers(connection: Connection, schema: str | None, number: int) -> Iterator[Sequence[Connection]]:
    """Connections with the snapshot of the given one, which waits; itself, with the server's workers, if none can be.

    So it is once it has changed anything: after the statements of an upgrade.
    """
    with ExitStack() as stack:
        opened = [] if number == 1 or connection.scalar(text(ALONE)) else _opened(stack, connection, schema, number)
        connection.exec_driver_sql(f"SET LOCAL max_parallel_workers_per_gather = {0 if opened else number - 1}")
        yield opened or [connection]


def _opened(stack: ExitStack, connection: Connection, schema: str | None, number: int) -> list[Connection]:
    """As many as the server admits."""
    snapshot, found = connection.scalar(text("SELECT pg_export_snapshot()")), []
    for _ in range(number):
        try:
            reader = stack.enter_context(session.connect(connection.engine, schema))
        except DBAPIError:  # no more connections: those that there are read
            break
        for statement in (*SHARED, "SET LOCAL max_parallel_workers_per_gather = 0"):
            reader.exec_driver_sql(statement.format(snapshot))
        found.append(reader)
    return found


def cancel(connection: Connection) -> None:
    """Asks the server, by a connection of the driver's own, to end the query that runs on this one."""
    cast(Any, connection.connection.dbapi_connection).cancel_safe(timeout=CANCEL_TIMEOUT)
