"""Transactions, locks and timeouts on PostgreSQL.

See https://www.postgresql.org/docs/current/runtime-config-client.html and
https://www.postgresql.org/docs/current/explicit-locking.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, Row, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from apim_schema import locks, sqltext
from apim_schema.dialect import Backup
from apim_schema.errors import Refused, UsageError
from apim_schema.progress import Say, unheard
from apim_schema.schema import Server

from . import EXAMPLE, names

transactional_ddl = True

CONNECT_TIMEOUT = 10
"""Seconds that a server may take to let us in, unless the URL says otherwise; the driver would wait for ever."""
LOCKED = ("55P03", "40P01")
"""A lock timeout, and a deadlock that the server has ended in our disfavour: what holds the lock goes on in both."""
RAW = {"no_parameters": True}

APPLICATION = "apim-schema"
SETTINGS = {
    "application_name": APPLICATION,
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "row_security": "off",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "work_mem": "64MB",
    "enable_sort": "off",
    "jit": "off",
}
"""Catalog and rows must read the same whatever the settings of server, database and role are; a policy that hides rows
is an error, not a gap. A setting that this version does not know is left out.

The last three are for digests. The planner takes every row's bucket for one of its own and would sort the rows by it,
where a hash table of a few megabytes does.
"""

OF_THE_LOCK = {
    "application_name": APPLICATION,
    "idle_session_timeout": "0",
    "statement_timeout": "0",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
}
"""The session that holds the lock is idle for as long as rows are read: neither server nor firewall may end it.

But if the network is cut, the server has to end it, and that of the upgrade, before the next run can begin.
"""

DATABASE = "l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
HOLDERS = f"""
SELECT DISTINCT a.pid, a.usename, a.application_name, host(a.client_addr) AS host,
       coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC' AS since
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_backend_pid() AND {DATABASE} AND {{which}} ORDER BY a.pid"""
NAMED = (
    "l.locktype = 'advisory' AND l.objsubid = 1 "
    "AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(:name, 0)"
)
OF_THE_NAME = HOLDERS.format(which=NAMED)
OURS = f"SELECT count(*) FROM pg_locks l WHERE l.granted AND l.pid = pg_backend_pid() AND {DATABASE} AND {NAMED}"
ANY_BYTES = """
SELECT pg_catalog.set_config('client_encoding', 'LATIN1', false)
WHERE current_setting('server_encoding') = 'SQL_ASCII'"""
"""The texts of such a database may be in any encoding, and the server refuses to send as UTF-8 what is none."""

DEFAULT_SCHEMA = """
SELECT name FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, place)
WHERE name NOT IN ('pg_catalog', 'information_schema') ORDER BY place LIMIT 1"""
"""The first of the search path in which somebody may make tables."""

SCHEMAS = r"SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' ORDER BY nspname"

CLIENTS = """
SELECT a.pid, a.usename, a.application_name, host(a.client_addr) AS host FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.application_name <> :application
ORDER BY a.pid"""
ON_TABLES = (
    "l.locktype = 'relation' AND l.relation IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') "
    "AND relname = ANY(:words)) AND (CAST(:modes AS text[]) IS NULL OR l.mode = ANY(:modes))"
)
OF_TABLES = HOLDERS.format(which=ON_TABLES)
PREPARED = f"""
SELECT DISTINCT p.gid, p.owner FROM pg_prepared_xacts p
JOIN pg_locks own ON own.locktype = 'transactionid' AND own.transactionid = p.transaction AND own.pid IS NULL
JOIN pg_locks l ON l.virtualtransaction = own.virtualtransaction AND l.pid IS NULL
WHERE l.granted AND {DATABASE} AND {ON_TABLES} ORDER BY p.gid"""
"""A transaction that waits for its second phase has no process, and holds its locks for ever."""


def engine_options(url: URL) -> tuple[URL, dict[str, Any]]:
    """Has the driver speak UTF-8 from the first word on: of a text in SQL_ASCII it would make bytes.

    Raises UsageError where no database is named: the driver would take one of the login's name.
    """
    if not url.database and not {"dbname", "service"} & url.query.keys():
        raise UsageError("the URL names no database", way_out=f"write {EXAMPLE}")
    query = {"connect_timeout": f"{CONNECT_TIMEOUT}", **url.query, "client_encoding": "utf8"}
    return url.set(query=query), {}


def socket_of(connection: Any) -> int | None:
    """The number of the socket, as psycopg tells it; None where the connection is closed."""
    return None if connection.closed else int(connection.fileno())


@contextmanager
def connect(engine: Engine, schema: str | None) -> Iterator[Connection]:
    """A connection in READ COMMITTED, prepared for an upgrade: no statement timeout, a short lock timeout, UTC.

    Unqualified names mean `schema`, where one is given, and else the default one; nothing else is on the search path,
    where it could stand before what the server has of that name.
    """
    with engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
        _prepare(connection, SETTINGS | {"lock_timeout": f"{locks.waiting(connection).ddl_lock_timeout}s"})
        connection.execute(text(ANY_BYTES))
        found = _existing(connection, schema) if schema else connection.scalar(text(DEFAULT_SCHEMA))
        if found is not None:
            _prepare(connection, {"search_path": names.identifier(found)})
        connection.commit()
        yield connection


def _existing(connection: Connection, schema: str) -> str:
    known = connection.execute(text(SCHEMAS)).scalars().all()
    if schema not in known:
        raise UsageError(f"there is no schema {schema!r} in this database", found=f"it has {', '.join(known)}")
    return schema


def _prepare(connection: Connection, settings: Mapping[str, str]) -> None:
    """Makes the settings that this server knows; some are of later versions."""
    rows = ", ".join(f"({sqltext.quoted(name)}, {sqltext.quoted(value)})" for name, value in settings.items())
    known = f"FROM (VALUES {rows}) AS v (name, value) WHERE current_setting(name, true) IS NOT NULL"
    connection.exec_driver_sql(f"SELECT pg_catalog.set_config(name, value, false) {known}", execution_options=RAW)


@contextmanager
def locked(engine: Engine, name: str, schema: str | None, say: Say = unheard) -> Iterator[locks.Check]:
    """Holds the advisory lock of this name and schema, on a connection of its own that has no transaction.

    The server gives it back when the connection ends, however it ends. Raises Refused, naming the holder, if another
    session has it for as long as is waited.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _prepare(connection, OF_THE_LOCK)
        name = f"{name} {schema or default_schema(connection)}"
        holders = partial(_sessions, connection, OF_THE_NAME, name=name)
        if not locks.taken(partial(_taken, connection, name), locks.waiting(connection).lock_wait, holders, say):
            raise locks.held(name, holders())
        try:
            yield locks.check(name, lambda: connection.execute(text(OURS), {"name": name}).scalar_one())
        finally:
            with suppress(SQLAlchemyError):  # a connection that is lost has lost its locks as well
                connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), {"name": name})


def _taken(connection: Connection, name: str) -> bool:
    """Takes the lock; False if another session has it."""
    return bool(connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), {"name": name}))


def holder(connection: Connection, name: str, schema: str) -> str:
    """The session that holds this lock, in a few words; "" where none does."""
    return ", ".join(map(holding, connection.execute(text(OF_THE_NAME), {"name": f"{name} {schema}"})))


def default_schema(connection: Connection) -> str:
    """The schema that unqualified names mean on this connection.

    Raises Refused where the search path leads to none.
    """
    schema = connection.scalar(text(DEFAULT_SCHEMA))
    if schema is None:
        raise Refused(
            "the search path of this role leads to no schema", way_out="name the schema, or set the role's search_path"
        )
    return str(schema)


def execute(connection: Connection, sql: str, say: Say = unheard) -> None:
    """Runs one statement as it stands, within the transaction.

    One that comes to its lock timeout is tried again, from a savepoint so that the transaction survives. Raises
    Refused, naming the sessions that are in the way, when all attempts have failed.
    """
    retries = locks.waiting(connection).ddl_retries
    holders = partial(in_the_way, connection, re.findall(r"\w+", sql.lower()))
    if not locks.granted(sql, partial(attempt, connection, sql), retries, holders, say):
        raise Refused(
            f"no lock for {sql!r} in {retries + 1} attempts",
            found=f"locks on its tables are held by {holders()}",
            way_out=locks.WAY_OUT,
        )


def others(connection: Connection, schema: str | None) -> list[str]:
    """The other clients of this database: the server does not tell which schema a session uses."""
    return [told(row) for row in connection.execute(text(CLIENTS), {"application": APPLICATION})]


def attempt(connection: Connection, sql: str) -> bool:
    """Runs a statement in a savepoint; False if it came to its lock timeout, or to a deadlock."""
    try:
        with savepoint(connection):
            connection.exec_driver_sql(sql, execution_options=RAW)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in LOCKED:
            raise
        return False
    return True


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Takes back what the server refuses in the block, so that the transaction survives.

    ROLLBACK TO alone leaves the savepoint standing, as `begin_nested` does, and within one the server exports no
    snapshot to the readers of rows: https://www.postgresql.org/docs/current/sql-rollback-to.html.
    """
    connection.exec_driver_sql("SAVEPOINT apim_schema")
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT apim_schema")
            connection.exec_driver_sql("RELEASE SAVEPOINT apim_schema")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT apim_schema")


def in_the_way(connection: Connection, words: list[str], modes: Sequence[str] | None = None) -> str:
    """Who holds locks on the tables that a statement names: of these modes of pg_locks, None for any."""
    asked = {"words": words, "modes": modes and list(modes)}
    prepared = [
        f"prepared transaction {row.gid!r} of {row.owner} (end it by COMMIT PREPARED or ROLLBACK PREPARED)"
        for row in connection.execute(text(PREPARED), asked)
    ]
    sessions = [holding(row) for row in connection.execute(text(OF_TABLES), asked)]
    return ", ".join((*sessions, *prepared)) or "a session that has ended by now"


def _sessions(connection: Connection, query: str, **values: object) -> str:
    """The sessions that a query finds, in words; the server shows a role only the names of its equals."""
    return ", ".join(map(holding, connection.execute(text(query), values))) or "a session that has ended by now"


def holding(row: Row[Any]) -> str:
    """A session that holds a lock, with the beginning of its transaction, or of itself where it has none."""
    return locks.since(told(row), row.since)


def told(row: Row[Any]) -> str:
    host = f", host {row.host}" if row.host else ""
    return f"process {row.pid} (user {row.usename}, application {row.application_name or 'unnamed'}{host})"


def server(connection: Connection) -> Server:
    """The server's name and version."""
    return Server.named(f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}")


def backups(server: Server) -> Sequence[Backup]:
    """By the server's own client; a copy of the whole cluster (pg_basebackup) takes back all of its databases."""
    return (
        Backup(
            "pg_dump",
            "pg_dump --format=custom --file=before.dump DATABASE",
            "createdb --template=template0 RESTORED && pg_restore --exit-on-error --dbname=RESTORED before.dump",
            "https://www.postgresql.org/docs/current/app-pgdump.html",
        ),
    )
