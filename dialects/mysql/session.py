"""Sessions, locks and timeouts on MySQL and MariaDB.

Every DDL statement commits at once, and none can be rolled back
(https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html): connections are in autocommit mode, so that no
snapshot and no metadata lock outlives the statement that took it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, Row, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from apim_schema import locks
from apim_schema.dialect import Backup
from apim_schema.errors import Unfinished, UsageError
from apim_schema.progress import Say, unheard
from apim_schema.schema import Server

from . import DRIVERS, EXAMPLE, settings

transactional_ddl = False

ANSWER_TIMEOUT = 10
"""Seconds that a server may take to answer when nothing is asked of it that lasts.

Another product at that port may wait for our greeting.
"""
TIMEOUTS = ("read_timeout", "write_timeout")
"""PyMySQL's names of it; in the handshake of TLS the second one counts."""
LOCK_ERRORS = (1205, 1213)
"""ER_LOCK_WAIT_TIMEOUT and ER_LOCK_DEADLOCK: the statement was not begun, or was undone as a whole."""
TOO_LARGE = 1118
"""A row that would not fit into a page; see
https://mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-row-formats/troubleshooting-row-size-too-large-errors-with-innodb."""
AT_ONCE = re.compile(r"ALTER TABLE (?P<table>(?:`(?:[^`]|``)*`\.?)+) .*, ALGORITHM=INSTANT", re.DOTALL)

UNKNOWN_DATABASE = (1044, 1049)
"""ER_DBACCESS_DENIED_ERROR and ER_BAD_DB_ERROR."""

MYSQL, MARIADB = "MySQL", "MariaDB"

SINCE_NOW = "SET SESSION timestamp = UNIX_TIMESTAMP()"
"""MySQL's process list counts the seconds of a session from there then, whatever it is asked later."""
OURS = "SELECT IS_USED_LOCK(:name) = CONNECTION_ID()"
HOLDERS = """
SELECT p.id, p.user, p.host, p.command, p.time, p.info
FROM performance_schema.metadata_locks l
JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id
JOIN information_schema.processlist p ON p.id = t.processlist_id
WHERE l.lock_status = 'GRANTED' AND l.object_type = 'TABLE' AND l.object_schema = :schema
AND LOWER(:sql) LIKE CONCAT('%`', LOWER(l.object_name), '`%') AND p.id <> CONNECTION_ID()
GROUP BY p.id, p.user, p.host, p.command, p.time, p.info ORDER BY p.id"""
XA = "XA RECOVER"
OTHERS = """
SELECT id, user, host, command, time, info FROM information_schema.processlist
WHERE db = :schema AND id <> CONNECTION_ID() AND command NOT LIKE 'Binlog Dump%' ORDER BY id"""


def engine_options(url: URL) -> tuple[URL, dict[str, Any]]:
    """Has the session prepared before SQLAlchemy asks anything: it would quote names as it finds the SQL mode then."""
    query = {"init_command": settings.PREPARE, **url.query, "charset": "utf8mb4", "sql_mode": settings.SQL_MODE}
    limited = _limited(url) if url.drivername in DRIVERS.values() else ()
    return url.set(query=query), {"connect_args": dict.fromkeys(limited, ANSWER_TIMEOUT)} if limited else {}


def _limited(url: URL) -> list[str]:
    """The time limits that the URL leaves to us."""
    return [name for name in TIMEOUTS if name not in url.query]


def socket_of(connection: Any) -> int | None:
    """The number of the socket, as PyMySQL has it; None of another driver, or where the connection is closed."""
    found = getattr(connection, "_sock", None)
    return found.fileno() if found else None


@contextmanager
def connect(engine: Engine, schema: str | None) -> Iterator[Connection]:
    """A connection prepared for an upgrade: strict, UTC, utf8mb4, a short lock timeout and no statement timeout."""
    with _autocommit(engine) as connection:
        if schema is not None:
            _use(connection, schema)
        connection.commit()
        _take_time(connection)
        yield connection


def _take_time(connection: Connection) -> None:
    """Lifts our limits: statements take as long as they take. One that the URL has set stays."""
    driver: Any = connection.connection.dbapi_connection
    for name in _limited(connection.engine.url):
        if hasattr(driver, f"_{name}"):
            setattr(driver, f"_{name}", None)


def _use(connection: Connection, schema: str) -> None:
    if not _unless(connection, f"USE `{schema.replace('`', '``')}`", UNKNOWN_DATABASE):
        raise UsageError(
            f"there is no database {schema!r} here that this login may see", way_out="check the schema's name"
        )


@contextmanager
def _autocommit(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        _run(connection, settings.UTF8)
        _run(connection, settings.PREPARE)
        _run(connection, settings.lock_timeout(locks.waiting(connection).ddl_lock_timeout))
        for setting in settings.WHERE_ALLOWED:
            _unless(connection, f"SET SESSION {setting}", settings.FORBIDDEN)
        yield connection


@contextmanager
def locked(engine: Engine, name: str, schema: str | None, say: Say = unheard) -> Iterator[locks.Check]:
    """Holds the lock of this name and schema, on a connection of its own that has no transaction.

    GET_LOCK's names are the whole server's. The connection leaves the database then: it is none of the sessions on it.
    Raises Refused, naming the holder, if another session has the lock for as long as is waited.
    """
    with _autocommit(engine) as connection:
        lock = _lock_name(name, schema or default_schema(connection))
        _run(connection, "USE information_schema")
        holders = partial(_holder, connection, lock)
        if not locks.taken(partial(_taken, connection, lock), locks.waiting(connection).lock_wait, holders, say):
            raise locks.held(lock, holders())
        _run(connection, SINCE_NOW)
        try:
            yield locks.check(lock, lambda: connection.scalar(text(OURS), {"name": lock}))
        finally:
            with suppress(SQLAlchemyError):  # a lost connection has lost the lock as well
                connection.scalar(text("SELECT RELEASE_LOCK(:name)"), {"name": lock})


def _taken(connection: Connection, lock: str) -> bool:
    """Takes the lock; False if another session has it."""
    return bool(connection.scalar(text("SELECT GET_LOCK(:name, 0)"), {"name": lock}) == 1)


def holder(connection: Connection, name: str, schema: str) -> str:
    """The session that holds this lock, in a few words; "" where none does."""
    lock = _lock_name(name, schema)
    taken = connection.scalar(text("SELECT IS_USED_LOCK(:name)"), {"name": lock})
    return _holder(connection, lock) if taken else ""


def _lock_name(name: str, schema: str) -> str:
    """At most 64 characters, as GET_LOCK wants it; a longer name is told from others by its digest."""
    full = f"{name} {schema}".rstrip()
    return full if len(full) <= 64 else f"{full[:47]} {hashlib.sha256(full.encode()).hexdigest()[:16]}"


def _holder(connection: Connection, lock: str) -> str:
    holder = connection.scalar(text("SELECT IS_USED_LOCK(:name)"), {"name": lock})
    query = text("SELECT id, user, host, command, time, info FROM information_schema.processlist WHERE id = :id")
    row = connection.execute(query, {"id": holder}).first()
    return told(row) if row else f"session {holder}" if holder else "it has just ended"


def default_schema(connection: Connection) -> str:
    """The database that unqualified names mean on this connection. Raises UsageError where the URL names none."""
    found = connection.scalar(text("SELECT DATABASE()"))
    if found is None:
        raise UsageError("the URL names no database", way_out=f"write {EXAMPLE}")
    return str(found)


def execute(connection: Connection, sql: str, say: Say = unheard) -> None:
    """Runs one statement as it stands; one that meets a lock is tried again a few times.

    That is safe for DDL, which is done as a whole or not at all. Raises Unfinished, naming the sessions that hold
    the table, when the last attempt met a lock as well; and where a table has no room left for what is done at once.
    """
    waiting, holders = locks.waiting(connection), partial(_in_the_way, connection, sql)
    try:
        granted = locks.granted(sql, partial(_unless, connection, sql, LOCK_ERRORS), waiting.ddl_retries, holders, say)
    except DBAPIError as error:
        if problem := _without_room(sql, error):
            raise problem from error
        raise
    if not granted:
        raise Unfinished(
            f"a lock stood in the way of `{sql}`, {waiting.ddl_retries + 1} times for {waiting.ddl_lock_timeout} s",
            found=f"held by {holders()}",
            way_out=locks.WAY_OUT,
        )


def _without_room(sql: str, error: DBAPIError) -> Unfinished | None:
    """What is to be done about a table in which columns that were dropped at once still take their room.

    MariaDB keeps them until the table is written anew, does not tell of them, and does not write it anew by itself.
    """
    altered = AT_ONCE.fullmatch(sql)
    if code(error) != TOO_LARGE or not altered:
        return None
    return Unfinished(
        f"`{sql}` finds no room in the row: columns dropped at once stay there until the table is written anew",
        found=str(error.orig),
        way_out=f"ALTER TABLE {altered['table']} FORCE does that, while others read and write",
    )


def _unless(connection: Connection, sql: str, expected: Sequence[int]) -> bool:
    """Runs a statement; False if it ended in one of the expected errors."""
    try:
        _run(connection, sql)
    except DBAPIError as error:
        if code(error) not in expected:
            raise
        return False
    return True


def _run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def code(error: DBAPIError) -> int | None:
    """The server's error number, the first argument of every MySQL driver's exception."""
    arguments: Sequence[Any] = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _in_the_way(connection: Connection, sql: str) -> str:
    schema = default_schema(connection)
    found = _ask(connection, HOLDERS, schema=schema, sql=sql)
    held = [told(row) for row in found] or prepared(connection)
    held = held or [f"{other} (may be it)" for other in others(connection, schema)]
    return ", ".join(held) or "a session that this login may not see"


def prepared(connection: Connection) -> list[str]:
    """Transactions of XA that wait for their second phase: they have no session, and hold their locks for ever."""
    found = [row.data for row in _ask(connection, XA)]
    names = [name.decode(errors="replace") if isinstance(name, bytes) else name for name in found]
    return [f"prepared transaction {name!r} (end it by XA COMMIT or XA ROLLBACK)" for name in names]


def others(connection: Connection, schema: str | None) -> list[str]:
    """The other sessions on this database; without the PROCESS privilege the server shows only those of this login."""
    return [told(row) for row in _ask(connection, OTHERS, schema=schema or default_schema(connection))]


def _ask(connection: Connection, query: str, **parameters: str) -> Sequence[Row[Any]]:
    """The rows, none where this login may not read the tables."""
    try:
        return connection.execute(text(query), parameters).all()
    except DBAPIError:
        return []


def told(row: Sequence[Any]) -> str:
    """A session without the text of its statement, which may hold data: only its first word."""
    id_, user, host, command, seconds, statement = tuple(row)
    doing = statement.split()[0].upper() if statement and statement.strip() else command
    return f"session {id_} of {user}@{host.partition(':')[0]} ({doing} for {seconds} s)"


def server(connection: Connection) -> Server:
    """The server's name and version; MariaDB may put 5.5.5 before its own, for clients that look no further."""
    version = str(connection.scalar(text("SELECT VERSION()")))
    found = re.match(r"(?:5\.5\.5-)?(\d+\.\d+\.\d+)", version)
    return Server.named(f"{MARIADB if MARIADB.lower() in version.lower() else MYSQL} {found[1] if found else version}")


def backups(server: Server) -> Sequence[Backup]:
    """By the server's own client, which has another name on MariaDB."""
    dump, client = ("mariadb-dump", "mariadb") if server.name == MARIADB else ("mysqldump", "mysql")
    page = (
        "https://mariadb.com/kb/en/mariadb-dump/"
        if server.name == MARIADB
        else "https://dev.mysql.com/doc/refman/8.4/en/mysqldump.html"
    )
    options = "--single-transaction --routines --triggers --hex-blob"
    return (Backup(dump, f"{dump} {options} DATABASE > before.sql", f"{client} EMPTY_DATABASE < before.sql", page),)
