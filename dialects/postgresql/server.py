"""What a PostgreSQL is and does: whether it takes changes, version, text comparison, long transactions, replicas.

Who may not see other sessions (`pg_read_all_stats`) is told less. See
https://www.postgresql.org/docs/current/monitoring-stats.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema import tested
from apim_schema.hazards import BLOCK, INFO, WARN, Obstacle
from apim_schema.schema import Schema, Server
from apim_schema.tested import lasting

from . import names, session
from .introspect import NAMESPACE

TESTED = tested.read(__file__)
VERSION = "SHOW server_version"

CLOSED = """
SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS read_only,
       s.source, current_database() AS database, session_user AS login
FROM pg_settings s WHERE s.name = 'default_transaction_read_only'"""
SET_FOR = {
    "database": "DATABASE {database}",
    "user": "ROLE {login}",
    "database user": "ROLE {login} IN DATABASE {database}",
}
"""By `source` of pg_settings, what has to be altered; other sources are the server's files and the URL."""

WITHOUT_CASE = f"""
SELECT c.relname AS table_name, a.attname AS name, l.collname AS collation FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
JOIN pg_collation l ON l.oid = a.attcollation AND NOT l.collisdeterministic
WHERE c.relnamespace = {NAMESPACE} AND c.relkind IN ('r', 'p') ORDER BY 1, 2"""

TRANSACTIONS = """
SELECT a.pid, a.usename, a.application_name, host(a.client_addr) AS host,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float AS seconds
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.application_name <> :application
AND a.backend_type = 'client backend' AND a.xact_start < clock_timestamp() - make_interval(secs => :long)
ORDER BY a.xact_start"""
PREPARED = """
SELECT p.gid, p.owner, extract(epoch FROM clock_timestamp() - p.prepared)::float AS seconds
FROM pg_prepared_xacts p WHERE p.database = current_database() ORDER BY p.prepared"""

REPLICAS = """
SELECT COALESCE(NULLIF(r.application_name, ''), 'unnamed') AS name, r.state, r.sync_state,
       pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::bigint AS behind,
       extract(epoch FROM r.replay_lag)::float AS seconds
FROM pg_stat_replication r WHERE NOT pg_is_in_recovery() ORDER BY 1"""
SLOTS = """
SELECT s.slot_name AS name, pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint AS behind
FROM pg_replication_slots s WHERE NOT pg_is_in_recovery() AND NOT s.active ORDER BY 1"""
LOGICAL = f"""
SELECT DISTINCT p.pubname AS name FROM pg_publication_tables p
JOIN pg_namespace n ON n.nspname = p.schemaname WHERE n.oid = {NAMESPACE} ORDER BY 1"""


def closed(connection: Connection, schema: str) -> Obstacle | None:
    """A standby, or what has default_transaction_read_only: that may be a database, a login or the server."""
    row = connection.execute(text(CLOSED)).one()
    if row.standby:
        way_out = "upgrade its primary server, from where it gets the changes"
        return Obstacle(BLOCK, "", "the server is a standby, in recovery", way_out, CLOSED)
    if not row.read_only:
        return None
    quoted = {name: names.identifier(getattr(row, name)) for name in ("database", "login")}
    what = SET_FOR.get(row.source, "").format(**quoted)
    way_out = f"ALTER {what} RESET default_transaction_read_only" if what else "set it to off"
    told = f"{what or 'the server'} is read-only (default_transaction_read_only)"
    return Obstacle(BLOCK, "", told, way_out, CLOSED)


def find(connection: Connection, schema: str, release: str, live: Schema) -> Sequence[Obstacle]:
    """What is to be known of the server; nothing of it forbids an upgrade."""
    return [
        TESTED["PostgreSQL"].said_of(session.server(connection), release, VERSION),
        *_without_case(connection, schema),
        *_transactions(connection),
        *_replication(connection, schema),
    ]


def newest() -> tuple[str, Server]:
    """The newest server that the vendor tests any release on, after its name in the vendor's lists."""
    return tested.newest(TESTED)


def _without_case(connection: Connection, schema: str) -> Iterator[Obstacle]:
    for row in _ask(connection, WITHOUT_CASE, schema=schema):
        told = f"{row.name} has the collation {row.collation}, which may not tell upper from lower case"
        way_out = "give it a deterministic one: the product needs them told apart"
        yield Obstacle(WARN, names.to_model(row.table_name), told, way_out, WITHOUT_CASE)


def _transactions(connection: Connection) -> Iterator[Obstacle]:
    for row in _ask(connection, TRANSACTIONS, application=session.APPLICATION, long=tested.LONG):
        way_out = f"end it there, or by SELECT pg_terminate_backend({row.pid})"
        yield lasting(session.told(row), row.seconds, way_out, TRANSACTIONS)
    for row in _ask(connection, PREPARED):
        who = f"prepared transaction {row.gid!r} of {row.owner}, which has no session"
        yield lasting(who, row.seconds, "end it by COMMIT PREPARED or ROLLBACK PREPARED", PREPARED)


def _replication(connection: Connection, schema: str) -> Iterator[Obstacle]:
    """Streaming replicas get every statement, and wait with their queries for its locks; logical ones get none."""
    for row in _ask(connection, REPLICAS):
        lag = "" if row.behind is None else f", {row.behind} bytes behind"
        late = (row.seconds or 0) > tested.LONG
        told = f"replica {row.name} ({row.state}, {row.sync_state}{lag}) gets all that is written"
        yield Obstacle(WARN if late else INFO, "", told, "let it catch up before" if late else "", REPLICAS)
    for row in _ask(connection, SLOTS):
        told = f"nobody reads replication slot {row.name}: all log is kept for it, {row.behind or 0} bytes now"
        yield Obstacle(WARN, "", told, f"start its reader, or SELECT pg_drop_replication_slot('{row.name}')", SLOTS)
    for row in _ask(connection, LOGICAL, schema=schema):
        told = f"publication {row.name} has tables of it, and no statement that changes them is sent"
        yield Obstacle(WARN, "", told, "change its subscribers' tables first, in the same way", LOGICAL)


def _ask(connection: Connection, query: str, **values: object) -> Sequence[Any]:
    """The rows, none where this login or this kind of server does not tell."""
    try:
        with session.savepoint(connection):
            return connection.execute(text(query), values).all()
    except DBAPIError:
        return ()
