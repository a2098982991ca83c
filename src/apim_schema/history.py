"""What was done to this database: one row an upgrade, in the database itself."""

from __future__ import annotations

import getpass
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import BigInteger, Column, Connection, DateTime, Integer, MetaData, String, Table, inspect, select

from apim_schema import __version__

NAME = "apim_schema_history"


@dataclass(frozen=True)
class Entry:
    """One upgrade: times are UTC, `verdict` is what the row evidence said."""

    database_name: str
    from_release: str
    to_release: str
    verdict: str
    statements: int
    rows_compared: int
    started_at: datetime
    finished_at: datetime
    done_by: str
    tool_version: str = __version__


def _table(schema: str | None) -> Table:
    return Table(
        NAME,
        MetaData(),
        Column("id", String(36), primary_key=True),
        Column("database_name", String(16), nullable=False),
        Column("from_release", String(16), nullable=False),
        Column("to_release", String(16), nullable=False),
        Column("verdict", String(32), nullable=False),
        Column("statements", Integer, nullable=False),
        Column("rows_compared", BigInteger, nullable=False),
        Column("started_at", DateTime, nullable=False),
        Column("finished_at", DateTime, nullable=False),
        Column("done_by", String(255), nullable=False),
        Column("tool_version", String(32), nullable=False),
        schema=schema,
    )


def write(connection: Connection, schema: str | None, entry: Entry) -> None:
    """Adds one row, and the table before it where this is the first."""
    table = _table(schema)
    table.create(connection, checkfirst=True)
    connection.execute(table.insert().values(asdict(entry) | {"id": str(uuid4())}))


def read(connection: Connection, schema: str | None) -> list[Entry]:
    """All entries, oldest first; none where nothing was ever done."""
    if not inspect(connection).has_table(NAME, schema=schema):
        return []
    table = _table(schema)
    rows = connection.execute(select(table).order_by(table.c.started_at)).mappings()
    return [Entry(**{name: row[name] for name in Entry.__annotations__}) for row in rows]


def who(connection: Connection) -> str:
    """The login on the database and on the machine that the tool runs on."""
    return f"{connection.engine.url.username or '(default)'} by {_user()}"


def _user() -> str:
    """The user of the operating system; in a container it may have no more than a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # which of them depends on Python's version
        return f"user {os.getuid()}"
