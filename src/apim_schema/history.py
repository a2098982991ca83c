"""What was done to this database: one row a run that changed something, in the database itself."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import Final, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    inspect,
    select,
)

from apim_schema import __version__
from apim_schema.redact import redact

NAME = "apim_schema_history"

STARTED: Final = "started"
FINISHED: Final = "finished"
FAILED: Final = "failed"
INTERRUPTED: Final = "interrupted"
ROLLED_BACK: Final = "rolled back"
Outcome = Literal["started", "finished", "failed", "interrupted", "rolled back"]
"""A run that was cut off is still "started", until the one that goes on writes "interrupted"."""

BY_SCRIPT = "by script, not proven"
"""The verdict of a script, which can't compare rows."""

LONGEST_ERROR = 2000
"""Characters of an error that are kept: some drivers repeat the whole statement."""


@dataclass(frozen=True)
class Entry:
    """One run; those of each database are counted. Times are UTC.

    `finished_at` is when it ended or, until then, was last heard of.
    `statements` of the `planned` ones are in, those of earlier runs that it has continued included. `verdict` is what
    the row evidence said, None where it came to none; `rows_compared` are those that were read for it, and `evidence`
    is what it rests on, table by table. `error` is what ended it.
    """

    database_name: str
    from_release: str
    to_release: str
    started_at: datetime
    done_by: str
    outcome: Outcome = STARTED
    verdict: str | None = None
    statements: int = 0
    planned: int = 0
    rows_compared: int = 0
    evidence: str | None = None
    finished_at: datetime | None = None
    error: str | None = None
    tool_version: str = __version__
    run: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it left something for another run to continue."""
        return self.outcome in (STARTED, FAILED, INTERRUPTED)

    def ended(self, outcome: Outcome, error: str | None = None) -> Entry:
        """The same run at its end; no password is in its error."""
        told = redact(error)[:LONGEST_ERROR] if error else None
        return replace(self, outcome=outcome, error=told, finished_at=now())


def table(schema: str | None) -> Table:
    """The table of the history, in a schema of the database."""
    return Table(
        NAME,
        MetaData(),
        Column("database_name", String(16), primary_key=True),
        Column("run", Integer, primary_key=True, autoincrement=False),
        Column("from_release", String(16), nullable=False),
        Column("to_release", String(16), nullable=False),
        Column("outcome", String(16), nullable=False),
        Column("verdict", String(32)),
        Column("statements", Integer, nullable=False),
        Column("planned", Integer, nullable=False),
        Column("rows_compared", BigInteger, nullable=False),
        Column("evidence", Text),
        Column("started_at", DateTime, nullable=False),
        Column("finished_at", DateTime),
        Column("done_by", String(255), nullable=False),
        Column("tool_version", String(32), nullable=False),
        Column("error", Text),
        schema=schema,
    )


def exists(connection: Connection, schema: str | None) -> bool:
    return inspect(connection).has_table(NAME, schema)


def write(connection: Connection, schema: str | None, entry: Entry) -> Entry:
    """Adds a run, and the table before it where this is the first. Returns it with its number."""
    found = table(schema)
    found.create(connection, checkfirst=True)
    of_database = select(func.max(found.c.run)).where(found.c.database_name == entry.database_name)
    entry = replace(entry, run=(connection.scalar(of_database) or 0) + 1)
    connection.execute(found.insert().values(asdict(entry)))
    return entry


def rewrite(connection: Connection, schema: str | None, entry: Entry) -> None:
    """Brings a run up to date."""
    found = table(schema)
    connection.execute(found.update().where(*_is(found, entry)).values(asdict(entry)))


def remove(connection: Connection, schema: str | None, entry: Entry) -> None:
    """Takes back a run that came to nothing."""
    found = table(schema)
    connection.execute(found.delete().where(*_is(found, entry)))


def _is(found: Table, entry: Entry) -> tuple[ColumnElement[bool], ...]:
    return found.c.database_name == entry.database_name, found.c.run == entry.run


def read(connection: Connection, schema: str | None, database: str) -> Sequence[Entry]:
    """All runs of one database, oldest first; none where there is no such table."""
    if not exists(connection, schema):
        return ()
    found = table(schema)
    rows = connection.execute(select(found).where(found.c.database_name == database).order_by(found.c.run))
    return [Entry(**{name: row[name] for name in Entry.__annotations__}) for row in rows.mappings()]


def now() -> datetime:
    """The time as it is written: UTC, in whole seconds, which is what every server keeps."""
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)


def who(connection: Connection) -> str:
    """The login on the database and on the machine that the tool runs on."""
    return f"{connection.engine.url.username or '(default)'} by {_user()}"


def _user() -> str:
    """The user of the operating system; in a container it may have no more than a number, and on Windows no name."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # which of them depends on Python's version
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "an unknown user"
