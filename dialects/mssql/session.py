"""Transactions, locks and timeouts on SQL Server.

See https://learn.microsoft.com/en-us/sql/t-sql/statements/set-statements-transact-sql and
https://learn.microsoft.com/en-us/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, ExceptionContext, Row, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from apim_schema import locks
from apim_schema.dialect import Backup
from apim_schema.errors import Refused
from apim_schema.progress import Say, unheard
from apim_schema.schema import Server

from . import names

transactional_ddl = True

LOCK_NOT_GRANTED = 1222
""""Lock request time out period exceeded."""

NUMBERS = re.compile(r"\((\d+)\)(?= \(SQL\w+\)|; \[\w{5}\] |$)")
"""The server's number of an error, which pyodbc puts behind each message: "... exceeded. (1222) (SQLExecDirectW)"."""

SETTINGS = (
    "TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "XACT_ABORT ON",
    "QUOTED_IDENTIFIER ON",
    "ANSI_NULLS ON",
    "ANSI_PADDING ON",
    "ANSI_WARNINGS ON",
    "ARITHABORT ON",
    "CONCAT_NULL_YIELDS_NULL ON",
    "NUMERIC_ROUNDABORT OFF",
)
"""ODBC has the most of them; tables with an index over a computed column can't be written without."""

COUNTED = "NOCOUNT OFF"
"""Alembic checks how many rows of its version table it has changed; a server's `user options` may have it on."""

WHOLE_VALUES = "TEXTSIZE 2147483647"
"""The digest reads some values: FreeTDS cuts them off at the `text size` of its freetds.conf, 64512 bytes on Debian."""

NOTICED = 4
"""Seconds that an upgrade waits for its own lock at least: the server may not have noticed that a client was killed."""

CURSOR = "apim_schema_cursor"
"""Under this name a connection keeps the cursor of its last statement."""
TO_THE_END = "apim_schema_to_the_end"
"""The execution option of a batch that `_to_the_end` is for."""

TO_ROLL_BACK = "IF @@TRANCOUNT = 0 BEGIN TRANSACTION"
"""After an error that has ended the transaction: FreeTDS makes an error of a rollback without one, in its place."""

SAVEPOINT = "apim_schema"
TO_TRY = f"IF @@TRANCOUNT = 0 BEGIN TRANSACTION; SAVE TRANSACTION {SAVEPOINT}; SET XACT_ABORT OFF"
TRIED = "SET XACT_ABORT ON"
TAKE_BACK = f"ROLLBACK TRANSACTION {SAVEPOINT}"
STATE = "SELECT XACT_STATE() AS state"
"""1 where there is a transaction that can be gone on with."""

SPELLED = "SELECT COALESCE(SCHEMA_NAME(SCHEMA_ID({name})), {name}) AS spelled"
"""A schema as the server spells it: names of locks differ by their case on every server, those of schemas on few."""
TAKE = "DECLARE @taken INT; EXEC @taken = sp_getapplock {name}, 'Exclusive', 'Session', 0; SELECT @taken AS taken"
HELD = "SELECT APPLOCK_MODE('public', {name}, 'Session') AS mode"
GIVE_BACK = "EXEC sp_releaseapplock {name}, 'Session'"

SESSION = "s.session_id, s.login_name, s.program_name, s.host_name, s.status"
OTHERS = f"""
SELECT {SESSION} FROM sys.dm_exec_sessions s
JOIN sys.dm_exec_sessions me ON me.session_id = @@SPID
WHERE s.database_id = DB_ID() AND s.is_user_process = 1
AND NOT (s.host_process_id = me.host_process_id AND s.host_name = me.host_name) ORDER BY s.session_id"""
SINCE = "DATEADD(SECOND, DATEDIFF(SECOND, GETDATE(), GETUTCDATE()), {begun}) AS since"
"""The views have the server's own time."""
OF_TABLES = f"""
SELECT DISTINCT {SESSION}, {SINCE.format(begun="a.transaction_begin_time")}
FROM sys.dm_tran_locks l
JOIN sys.tables t ON t.object_id = l.resource_associated_entity_id
JOIN sys.dm_exec_sessions s ON s.session_id = l.request_session_id
LEFT JOIN sys.dm_tran_session_transactions own ON own.session_id = s.session_id
LEFT JOIN sys.dm_tran_active_transactions a ON a.transaction_id = own.transaction_id
WHERE l.resource_type = 'OBJECT' AND l.resource_database_id = DB_ID() AND l.request_status = 'GRANT'
AND l.request_session_id <> @@SPID AND CHARINDEX(' ' + UPPER(t.name) + ' ', {{words}}) > 0"""
HOLDERS = f"""
SELECT {SESSION}, {SINCE.format(begun="s.login_time")} FROM sys.dm_tran_locks l
JOIN sys.dm_exec_sessions s ON s.session_id = l.request_session_id
WHERE l.resource_type = 'APPLICATION' AND l.resource_database_id = DB_ID() AND l.request_status = 'GRANT'
AND CHARINDEX(LEFT({{name}}, 32), l.resource_description) > 0"""
"""The view has no more than 32 characters of a lock's name."""


def engine_options(url: URL) -> tuple[URL, dict[str, Any]]:
    """The URL as it is: it has no options of ours."""
    return url, {}


def socket_of(connection: Any) -> None:
    """None: the driver keeps it to itself, and looks after the connection."""


@contextmanager
def connect(engine: Engine, schema: str | None) -> Iterator[Connection]:
    """A connection in READ COMMITTED, prepared for an upgrade: an error ends the transaction, locks are waited for."""
    with _opened(engine) as connection:
        timeout = f"LOCK_TIMEOUT {locks.waiting(connection).ddl_lock_timeout * 1000}"
        for setting in (*SETTINGS, timeout, COUNTED, WHOLE_VALUES):
            _run(connection, f"SET {setting}")
        connection.commit()
        yield connection


@contextmanager
def locked(engine: Engine, name: str, schema: str | None, say: Say = unheard) -> Iterator[locks.Check]:
    """Holds the application lock of this name and schema, on a connection of its own that has no transaction.

    Yields what asks on that connection whether the lock is still held, and raises Refused where it is not. The server
    gives it back when the connection ends, however it ends. Raises Refused, naming the holder where this login may see
    it, if another session has it for as long as is waited.
    """
    with _opened(engine) as connection:
        cast(Any, connection.connection.dbapi_connection).autocommit = True
        _run(connection, "SET IMPLICIT_TRANSACTIONS OFF")
        name = f"{name} {_spelled(connection, schema) if schema else default_schema(connection)}"
        resource = names.literal(name)
        holders = partial(_holders, connection, resource)
        seconds = max(locks.waiting(connection).lock_wait, NOTICED)
        if not locks.taken(partial(_taken, connection, resource), seconds, holders, say):
            raise locks.held(name, holders())
        try:
            yield locks.check(name, partial(_is_held, connection, resource))
        finally:
            with suppress(SQLAlchemyError):  # a connection that is lost has lost its locks as well
                _run(connection, GIVE_BACK.format(name=resource))


def holder(connection: Connection, name: str, schema: str) -> str:
    """The session that holds this lock, in a few words; "" where none does, or this login may not see it."""
    return _told(connection, HOLDERS.format(name=names.literal(f"{name} {_spelled(connection, schema)}")))


@contextmanager
def _opened(engine: Engine) -> Iterator[Connection]:
    if not event.contains(engine, "handle_error", _note_lock_timeout):
        event.listen(engine, "handle_error", _note_lock_timeout)
    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", _remember)
        event.listen(connection, "after_cursor_execute", _to_the_end)
        yield connection


def _remember(connection: Connection, cursor: Any, *arguments: Any) -> None:
    connection.info[CURSOR] = cursor


def cancel(connection: Connection) -> None:
    """Ends the query that runs on this connection: pyodbc can do so by its cursor alone."""
    if cursor := connection.info.get(CURSOR):
        cursor.cancel()


def _note_lock_timeout(context: ExceptionContext) -> None:
    """With FreeTDS its SQLSTATE is HYT00, of which SQLAlchemy thinks that the connection is lost."""
    if LOCK_NOT_GRANTED in _numbers(context.original_exception):
        context.is_disconnect = False


def _taken(connection: Connection, resource: str) -> bool:
    """Takes the lock; False if another session has it."""
    [(taken,)] = _run(connection, TAKE.format(name=resource))
    return bool(taken >= 0)


def _holders(connection: Connection, resource: str) -> str:
    return _told(connection, HOLDERS.format(name=resource)) or "another session"


def _is_held(connection: Connection, resource: str) -> bool:
    """Whether this session holds the lock: a driver may have put another in the place of one that was lost."""
    [(mode,)] = _run(connection, HELD.format(name=resource))
    return bool(mode == "Exclusive")


def _spelled(connection: Connection, schema: str) -> str:
    [(spelled,)] = _ask(connection, SPELLED.format(name=names.literal(schema)))
    return str(spelled)


def default_schema(connection: Connection) -> str:
    """The schema that unqualified names mean on this connection."""
    [(schema,)] = _ask(connection, "SELECT SCHEMA_NAME()")
    return str(schema)


def execute(connection: Connection, sql: str, say: Say = unheard) -> None:
    """Runs one batch as it stands, to the end of its last statement.

    A driver reports an error of a later statement only when its result is asked for, so all results are. A batch that
    is not granted a lock in time is tried again, from a savepoint so that the transaction survives. Raises Refused,
    naming the sessions that are in the way, when all attempts have failed, or the server has ended the transaction.
    """
    retries, holders = locks.waiting(connection).ddl_retries, partial(_in_the_way, connection, sql)
    if not locks.granted(sql, partial(attempt, connection, sql), retries, holders, say):
        raise Refused(
            f"no lock for {sql!r} in {retries + 1} attempts",
            found=f"locks on its tables are held by {holders()}",
            way_out=locks.WAY_OUT,
        )


def attempt(connection: Connection, sql: str) -> bool:
    """Runs a batch from a savepoint; False if a lock was not granted in time, and it was taken back.

    XACT_ABORT would have a lock timeout roll back the transaction; without it, it cancels the statement alone
    (https://learn.microsoft.com/en-us/sql/relational-databases/sql-server-transaction-locking-and-row-versioning-guide,
    "Customize the lock time-out"), and the rest of the batch may run. Whether the transaction goes on is asked. Raises
    Refused where it does not: nobody may go on outside of it.
    """
    _run(connection, TO_TRY)
    try:
        _run(connection, sql)
    except DBAPIError as error:
        timed_out = LOCK_NOT_GRANTED in _numbers(error.orig)
        if timed_out and _taken_back(connection):
            return False
        with suppress(SQLAlchemyError):  # a connection that is lost has nothing to roll back
            _run(connection, TO_ROLL_BACK)
        if not timed_out:
            raise
        found = f"locks on its tables are held by {_in_the_way(connection, sql)}"
        raise Refused(f"no lock for {sql!r}", found=found, way_out=locks.WAY_OUT) from error
    _run(connection, TRIED)
    return True


def _taken_back(connection: Connection) -> bool:
    """Goes back to the savepoint, in the settings of before; False if the server has ended the transaction."""
    [(state,)] = _run(connection, STATE)
    if state == 1:
        _run(connection, TAKE_BACK)
    _run(connection, TRIED)
    return bool(state == 1)


def _in_the_way(connection: Connection, sql: str) -> str:
    """Who holds locks on the tables that a batch names; where this login may not see that, who else is here."""
    words = " ".join(re.findall(r"[\w$#]+", sql.upper()))
    found = _told(connection, OF_TABLES.format(words=names.literal(f" {words} ")))
    return found or _told(connection, OTHERS) or "a session that this login may not see"


def _numbers(error: BaseException | None) -> list[int]:
    """The server's numbers of an error: the last argument of pyodbc's is its text, the one before the SQLSTATE."""
    return [int(number) for number in NUMBERS.findall(str(error.args[-1] if error and error.args else error))]


def _run(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """Runs a batch to its end and returns the rows of its first result that has any."""
    options = {"no_parameters": True, TO_THE_END: True}
    result = connection.exec_driver_sql(sql, execution_options=options)
    return [tuple(row) for row in result] if result.returns_rows else []


def _to_the_end(connection: Connection, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
    """Goes on to the first result with rows, or to the end: SQLAlchemy drops what follows a result without rows."""
    while context.execution_options.get(TO_THE_END) and cursor.description is None and cursor.nextset():
        pass


def others(connection: Connection, schema: str | None) -> list[str]:
    """The other clients of this database that this login may see; the server does not tell which schema they use.

    All of them for one that has VIEW SERVER STATE, otherwise its own.
    """
    return [told(row) for row in _rows(connection, OTHERS)]


def server(connection: Connection) -> Server:
    """The server's name and version, from the first line that it says: "Microsoft SQL Server 2022 (RTM) - 16.0.1"."""
    [(version,)] = _ask(connection, "SELECT @@VERSION")
    return Server.named(str(version).splitlines()[0])


def backups(server: Server) -> Sequence[Backup]:
    """A backup of its own, which leaves the usual chain of backups alone."""
    return (
        Backup(
            "BACKUP DATABASE",
            "BACKUP DATABASE [NAME] TO DISK = N'before.bak' WITH COPY_ONLY, CHECKSUM",
            "RESTORE DATABASE [NAME] FROM DISK = N'before.bak' WITH REPLACE",
            "https://learn.microsoft.com/en-us/sql/relational-databases/backup-restore/copy-only-backups-sql-server",
        ),
    )


def _told(connection: Connection, query: str) -> str:
    """The sessions that a query finds, in words; none where this login may not ask."""
    try:
        return ", ".join(locks.since(told(row), getattr(row, "since", None)) for row in _rows(connection, query))
    except DBAPIError:
        return ""


def told(row: Row[Any]) -> str:
    host = f", host {row.host_name}" if row.host_name else ""
    program = row.program_name or "unnamed"
    return f"session {row.session_id} (login {row.login_name}, program {program}{host}, {row.status})"


def _rows(connection: Connection, sql: str) -> list[Row[Any]]:
    return list(connection.exec_driver_sql(sql, execution_options={"no_parameters": True}))


def _ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in _rows(connection, sql)]
