"""What a SQL Server is and does: whether it takes changes, version, text comparison, long transactions, replicas.

The dynamic views need VIEW SERVER STATE, since SQL Server 2022 VIEW SERVER PERFORMANCE STATE; without it nothing is
said of what they have. See
https://learn.microsoft.com/en-us/sql/relational-databases/system-dynamic-management-views/system-dynamic-management-views.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from apim_schema import tested
from apim_schema.hazards import BLOCK, INFO, WARN, Obstacle
from apim_schema.schema import Schema, Server
from apim_schema.tested import lasting

from . import ddl, session

TESTED = tested.read(__file__)
VERSION = "SELECT @@VERSION"

CLOSED = """
SELECT DB_NAME() AS name, CONVERT(NVARCHAR(128), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) AS updateability,
       CONVERT(NVARCHAR(128), DATABASEPROPERTYEX(DB_NAME(), 'Status')) AS status"""

COLLATION = "SELECT CONVERT(NVARCHAR(128), DATABASEPROPERTYEX(DB_NAME(), 'Collation')) AS collation"

SEES = """
SELECT COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE'),
                HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE')) AS sees"""

TRANSACTIONS = f"""
SELECT {session.SESSION}, DATEDIFF(SECOND, a.transaction_begin_time, GETDATE()) AS seconds
FROM sys.dm_tran_session_transactions t
JOIN sys.dm_tran_active_transactions a ON a.transaction_id = t.transaction_id
JOIN sys.dm_exec_sessions s ON s.session_id = t.session_id
WHERE s.database_id = DB_ID() AND s.session_id <> @@SPID ORDER BY a.transaction_begin_time"""

REPLICAS = """
SELECT r.replica_server_name AS name, d.synchronization_state_desc AS state, d.log_send_queue_size AS unsent,
       d.redo_queue_size AS undone
FROM sys.dm_hadr_database_replica_states d
JOIN sys.availability_replicas r ON r.replica_id = d.replica_id
WHERE d.database_id = DB_ID() AND d.is_local = 0 ORDER BY r.replica_server_name"""
BEHIND = 1024 * 1024
"""Kibibytes of log that a replica has not written yet, from which on it is worth a warning."""


def closed(connection: Connection, schema: str) -> Obstacle | None:
    """A database that is read-only, as a secondary replica and a snapshot are, or that is not online.

    See https://learn.microsoft.com/en-us/sql/t-sql/functions/databasepropertyex-transact-sql.
    """
    [row] = _ask(connection, CLOSED)
    if row.status not in (None, "ONLINE"):
        return Obstacle(BLOCK, "", f"the database {row.name} is {row.status}", "bring it online first", CLOSED)
    if row.updateability == "READ_ONLY":
        way_out = "upgrade its primary replica, or ALTER DATABASE … SET READ_WRITE"
        return Obstacle(BLOCK, "", f"the database {row.name} is read-only", way_out, CLOSED)
    return None


def find(connection: Connection, schema: str, release: str, live: Schema) -> Sequence[Obstacle]:
    """What is to be known of the server; nothing of it forbids an upgrade. Of Babelfish, only that nobody tests it."""
    version = TESTED["SQL Server"].said_of(session.server(connection), release, VERSION)
    if ddl.BABELFISH in live.options:
        return [version]
    [login] = _ask(connection, SEES)
    dynamic = [*_transactions(connection), *_replicas(connection)] if login.sees else []
    return [version, *_collation(connection), *dynamic]


def newest() -> tuple[str, Server]:
    """The newest server that the vendor tests any release on, after its name in the vendor's lists."""
    return tested.newest(TESTED)


def _collation(connection: Connection) -> Iterator[Obstacle]:
    [row] = _ask(connection, COLLATION)
    name = str(row.collation).upper()
    if name.endswith("_UTF8"):
        told = f"the collation {row.collation} is one of UTF-8, which the vendor does not support"
        yield Obstacle(WARN, "", told, "ask the vendor before", COLLATION)
    if "_CI" in name:
        told = f"the collation {row.collation} does not tell upper from lower case, as the vendor asks for"
        yield Obstacle(INFO, "", told, "none of its tables is changed for that", COLLATION)


def _transactions(connection: Connection) -> Iterator[Obstacle]:
    for row in _ask(connection, TRANSACTIONS):
        if row.seconds >= tested.LONG:
            yield lasting(session.told(row), row.seconds, f"end it there, or by KILL {row.session_id}", TRANSACTIONS)


def _replicas(connection: Connection) -> Iterator[Obstacle]:
    for row in _ask(connection, REPLICAS):
        behind = (row.unsent or 0) + (row.undone or 0)
        told = f"replica {row.name} ({row.state}, {behind} KiB behind) gets all that is written"
        late = behind >= BEHIND
        yield Obstacle(WARN if late else INFO, "", told, "let it catch up before" if late else "", REPLICAS)


def _ask(connection: Connection, query: str) -> list[Any]:
    return list(connection.exec_driver_sql(query, execution_options={"no_parameters": True}))
