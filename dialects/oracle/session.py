"""Sessions, locks and timeouts on Oracle.

Every DDL statement commits, before and after itself: connections are in autocommit mode. See
https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/DDL_LOCK_TIMEOUT.html and
https://docs.oracle.com/en/database/oracle/oracle-database/19/arpls/DBMS_LOCK.html.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, Row, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from apim_schema import locks
from apim_schema.dialect import Backup
from apim_schema.errors import Unfinished, UsageError
from apim_schema.progress import Say, unheard
from apim_schema.schema import Server

from . import DRIVERS, names

transactional_ddl = False

MODULE = "apim-schema"
THICK_MODE = "thick_mode"
"""What a URL says to have python-oracledb load Oracle's client libraries: `true`, or the folder that they are in."""

LOCK_TIMEOUT = 5
"""Seconds that a DDL statement of a script waits for the lock of its table."""
NOTICED = 5
"""Seconds that an upgrade waits for its own lock at least: the server may not have noticed that a client was killed."""

BUSY, TIMED_OUT, DEADLOCK = 54, 4021, 60
LOCK_ERRORS = (BUSY, TIMED_OUT, DEADLOCK)
"""ORA-00054, ORA-04021 and ORA-00060: the statement was undone as a whole, or can be run again from the start."""
NAME_IN_USE, NO_SUCH_TABLE, PLSQL_ERROR = 955, 942, 6550

TIMEOUT_SETTING = "ALTER SESSION SET DDL_LOCK_TIMEOUT = {seconds}"
SETTINGS = (
    TIMEOUT_SETTING.format(seconds=LOCK_TIMEOUT),
    "ALTER SESSION SET TIME_ZONE = '+00:00'",
    "ALTER SESSION SET NLS_COMP = BINARY",
    "ALTER SESSION SET NLS_SORT = BINARY",
)
"""Rows must compare the same whatever the login's own settings are."""

KEEPALIVE = 1
"""Minutes after which the driver shows a firewall that an idle connection is alive."""

EXCLUSIVE = 6
TAKEN, TIMEOUT, OURS = 0, 1, 4
"""DBMS_LOCK.X_MODE, and what DBMS_LOCK.REQUEST returns: the lock is ours now, another's, ours already."""
LARGEST_LOCK = 2**30 - 1
LOCK_TABLES = r"APIM_SCHEMA_\w+_LOCK"
"""The tables that stand for a lock where DBMS_LOCK is not granted, as a pattern."""

SESSION = (
    "s.SID AS sid, s.INST_ID AS instance, s.USERNAME AS username, s.PROGRAM AS program, s.MACHINE AS machine, "
    "s.STATUS AS status"
)
"""Of all instances: on RAC the sessions of the others are in the way as well."""
SINCE = "CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) - l.CTIME / 86400 AS since"
HOLDER = f"""
SELECT {SESSION}, {SINCE} FROM GV$LOCK l JOIN GV$SESSION s ON s.INST_ID = l.INST_ID AND s.SID = l.SID
WHERE l.TYPE = 'UL' AND l.ID1 = :lock_id AND l.LMODE = {EXCLUSIVE}"""
OF_TABLE = f"""
SELECT DISTINCT {SESSION}, {SINCE} FROM GV$LOCK l
JOIN ALL_OBJECTS o ON o.OBJECT_ID = l.ID1
JOIN GV$SESSION s ON s.INST_ID = l.INST_ID AND s.SID = l.SID
WHERE l.TYPE = 'TM' AND l.LMODE > 0 AND INSTR(:words, ' ' || o.OBJECT_NAME || ' ') > 0
AND NOT (s.SID = SYS_CONTEXT('USERENV', 'SID') AND s.INST_ID = SYS_CONTEXT('USERENV', 'INSTANCE'))"""
OTHERS = f"""
SELECT {SESSION} FROM GV$SESSION s
WHERE s.TYPE = 'USER' AND s.SCHEMANAME = :owner AND (s.MODULE IS NULL OR s.MODULE <> '{MODULE}')
ORDER BY s.INST_ID, s.SID"""
OWN = "SELECT SYS_CONTEXT('USERENV', 'INSTANCE') || ' ' || SYS_CONTEXT('USERENV', 'SESSIONID') FROM DUAL"


def engine_options(url: URL) -> tuple[URL, dict[str, Any]]:
    """The URL without thick mode, and that; on Linux the client's libraries are found by the loader alone.

    Idle connections are kept alive. Raises UsageError where another driver is asked for thick mode.
    """
    ours, value = url.drivername in DRIVERS.values(), url.query.get(THICK_MODE)
    if value is not None and not ours:
        raise UsageError(f"the URL has {THICK_MODE}, which {url.drivername} does not know", way_out="leave it out")
    options: dict[str, Any] = {"connect_args": {"expire_time": KEEPALIVE}} if ours else {}
    if value is not None:
        options[THICK_MODE] = True if value == "true" else {"lib_dir": value}
    return url.difference_update_query([THICK_MODE]), options


def socket_of(connection: Any) -> None:
    """None: the driver keeps it to itself, and looks after the connection."""


@contextmanager
def connect(engine: Engine, schema: str | None) -> Iterator[Connection]:
    """A connection prepared for an upgrade: UTC, binary comparison, a short lock timeout, autocommit."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _introduce(connection)
        seconds = locks.waiting(connection).ddl_lock_timeout
        for setting in (*SETTINGS, TIMEOUT_SETTING.format(seconds=seconds)):
            _run(connection, setting)
        if schema is not None:
            _run(connection, f"ALTER SESSION SET CURRENT_SCHEMA = {names.sql(names.owner(schema))}")
        event.listen(connection, "after_cursor_execute", _check_compiled)
        yield connection


def _introduce(connection: Connection) -> None:
    """The name by which V$SESSION shows this session."""
    connection.connection.dbapi_connection.module = MODULE  # type: ignore[union-attr]  # a live connection has one


def _check_compiled(connection: Any, cursor: Any, statement: str, *arguments: Any) -> None:
    """A trigger that does not compile is created all the same, with no more than a warning."""
    warning = getattr(cursor, "warning", None)  # cx_Oracle has none
    if warning is not None:
        raise Unfinished(statement.splitlines()[0], found=warning, way_out="drop it and mend the cause")


@contextmanager
def locked(engine: Engine, name: str, schema: str | None, say: Say = unheard) -> Iterator[locks.Check]:
    """Holds the lock of this name and schema, on a connection of its own.

    It is a lock of DBMS_LOCK, which has no transaction, or where that is not granted, the lock of an empty table in
    the login's schema, which has one that writes nothing. Both end with their session, however it ends, and are
    waited for a little: the server may take a moment to notice that a client was killed. A session that has ended by
    the end of an upgrade is no error of it: whether it held out is asked before. Raises Refused, naming the holder
    where this login may see it, if another session has it for as long as is waited.
    """
    with engine.connect() as connection:
        _introduce(connection)
        name = f"{name} {names.owner(schema) if schema else default_schema(connection)}"
        number = lock_id(name)
        if _request(connection, number) is None:
            with _locked_table(connection, name, say) as is_held:
                yield locks.check(name, is_held)
        else:
            holders = partial(_holders, connection, HOLDER, lock_id=number)
            _wait(connection, name, lambda: _request(connection, number) in (TAKEN, OURS), holders, say)
            yield locks.check(name, lambda: _request(connection, number) == OURS)


def _wait(connection: Connection, name: str, attempt: Callable[[], bool], holders: Callable[[], str], say: Say) -> None:
    """Waits for a lock of our own. Raises Refused, naming the holder, if another session has it all the time."""
    if not locks.taken(attempt, max(locks.waiting(connection).lock_wait, NOTICED), holders, say):
        raise locks.held(name, holders())


def holder(connection: Connection, name: str, schema: str) -> str:
    """The session that holds this lock, in a few words; "" where none does, or this login may not see it."""
    return ", ".join(_ask(connection, HOLDER, lock_id=lock_id(f"{name} {names.owner(schema)}")))


def _holders(connection: Connection, query: str, **parameters: object) -> str:
    return ", ".join(_ask(connection, query, **parameters)) or "a session that this login may not see"


def lock_id(name: str) -> int:
    """The number of a named lock; DBMS_LOCK leaves those below 2**30 to its users."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % LARGEST_LOCK


def _request(connection: Connection, number: int) -> int | None:
    """What DBMS_LOCK answers at once; None where this login may not use it."""
    try:
        with driver_cursor(connection) as cursor:
            return int(cursor.callfunc("DBMS_LOCK.REQUEST", int, [number, EXCLUSIVE, 0]))
    except DBAPIError as error:
        if _code(error) != PLSQL_ERROR:
            raise
        return None


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[Any]:
    """The driver's own cursor; its errors are SQLAlchemy's, as those of every other statement."""
    cursor: Any = connection.connection.cursor()
    try:
        yield cursor
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(None, None, error) from error
    finally:
        cursor.close()


@contextmanager
def _locked_table(connection: Connection, name: str, say: Say) -> Iterator[Callable[[], bool]]:
    """Gives what asks whether it is still this session that holds the table."""
    table = re.sub(r"\W", "_", name).upper() + "_LOCK"
    holders = partial(_holders, connection, OF_TABLE, words=f" {table} ")
    _wait(connection, name, partial(_took, connection, table), holders, say)
    own, again = _own(connection), f"LOCK TABLE {table} IN EXCLUSIVE MODE NOWAIT"
    try:
        yield lambda: _own(connection) == own and _unless(connection, again, BUSY, NO_SUCH_TABLE)
    finally:
        with suppress(SQLAlchemyError):  # a connection that is lost has lost the lock; an empty table harms nobody
            connection.rollback()
            _unless(connection, f"DROP TABLE {table} PURGE", BUSY, NO_SUCH_TABLE)


def _own(connection: Connection) -> str:
    """The session that answers on this connection."""
    return str(connection.execute(text(OWN)).scalar_one())


def _took(connection: Connection, table: str) -> bool:
    """Makes the table where it is missing, and locks it; its last holder may be dropping it just now.

    False if another session has it.
    """
    lock = f"LOCK TABLE {table} IN EXCLUSIVE MODE NOWAIT"
    missing = True
    while missing:
        _unless(connection, f"CREATE TABLE {table} (NOTHING NUMBER(1))", NAME_IN_USE)
        try:
            missing = not _unless(connection, lock, NO_SUCH_TABLE)
        except DBAPIError as error:
            if _code(error) != BUSY:
                raise
            return False
    return True


def _unless(connection: Connection, sql: str, *expected: int) -> bool:
    """Runs a statement; False if it ended in one of the expected errors."""
    try:
        _run(connection, sql)
    except DBAPIError as error:
        if _code(error) not in expected:
            raise
        return False
    return True


def default_schema(connection: Connection) -> str:
    """The schema that unqualified names mean on this connection."""
    return str(connection.execute(text("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL")).scalar_one())


def execute(connection: Connection, sql: str, say: Say = unheard) -> None:
    """Runs one statement as it stands; one that meets a lock is tried again a few times.

    That is safe: DDL is done as a whole or not at all, and a conversion in batches goes on where it was. Raises
    Unfinished, naming the sessions that hold the table, when the last attempt met a lock as well.
    """
    waiting, words = locks.waiting(connection), " ".join(re.findall(r"[\w$#]+", sql.upper()))
    holders = partial(_holders, connection, OF_TABLE, words=f" {words} ")
    if not locks.granted(sql, lambda: _unless(connection, sql, *LOCK_ERRORS), waiting.ddl_retries, holders, say):
        raise Unfinished(
            f"a lock stood in the way of `{sql}`, {waiting.ddl_retries + 1} times for {waiting.ddl_lock_timeout} s",
            found=f"held by {holders()}",
            way_out=locks.WAY_OUT,
        )


def others(connection: Connection, schema: str | None) -> list[str]:
    """The other sessions in this schema; none where this login may not read V$SESSION."""
    return _ask(connection, OTHERS, owner=names.owner(schema or default_schema(connection)))


def server(connection: Connection) -> Server:
    """The server's name and version, as its banner has them."""
    return Server.named(str(connection.execute(text("SELECT BANNER FROM V$VERSION")).scalars().first()))


def backups(server: Server) -> Sequence[Backup]:
    """A dump of the schema; where the database may go back as a whole, a restore point takes less time."""
    return (
        Backup(
            "Data Pump",
            "expdp SYSTEM SCHEMAS=SCHEMA DIRECTORY=FOLDER DUMPFILE=before.dmp FLASHBACK_TIME=SYSTIMESTAMP",
            "DROP USER SCHEMA CASCADE, then impdp SYSTEM SCHEMAS=SCHEMA DIRECTORY=FOLDER DUMPFILE=before.dmp",
            "https://docs.oracle.com/en/database/oracle/oracle-database/19/sutil/oracle-data-pump-export-utility.html",
        ),
        Backup(
            "guaranteed restore point",
            "CREATE RESTORE POINT BEFORE_UPGRADE GUARANTEE FLASHBACK DATABASE",
            "FLASHBACK DATABASE TO RESTORE POINT BEFORE_UPGRADE, mounted, then ALTER DATABASE OPEN RESETLOGS; all "
            "schemas of the database go back",
            "https://docs.oracle.com/en/database/oracle/oracle-database/19/bradv/using-flasback-database-restore-points.html",
        ),
    )


def _run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def _ask(connection: Connection, query: str, **parameters: object) -> list[str]:
    """The sessions that a query finds, in words; none where this login may not read the views."""
    try:
        rows = connection.execute(text(query), parameters)
        return [locks.since(told(row), getattr(row, "since", None)) for row in rows]
    except DBAPIError:
        return []


def told(row: Row[Any]) -> str:
    where = f"{row.program or 'unnamed'} on {row.machine}, {row.status.lower()}"
    return f"session {row.sid} on instance {row.instance} of {row.username} ({where})"


def _code(error: DBAPIError) -> int | None:
    """The number of an ORA- error."""
    arguments: Sequence[Any] = getattr(error.orig, "args", ())
    return getattr(arguments[0], "code", None) if arguments else None
