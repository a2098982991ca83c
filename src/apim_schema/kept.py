"""The digests from before the first statement, kept in the database until the verdict.

Where every statement commits, an upgrade may be cut off and finished by another run, from another machine: what the
rows were in the beginning has to be where all of them look. It is a snapshot, in pieces that any packet size allows.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, String, Table, func, inspect, select

from apim_schema import snapshot
from apim_schema.errors import NotProven, UsageError
from apim_schema.snapshot import Snapshot

NAME = "apim_schema_evidence"
PIECE = 60_000
"""Bytes of a piece: less than MySQL's BLOB holds, and far less than its smallest packet."""


def table(schema: str | None) -> Table:
    """The table of the evidence, in a schema of the database."""
    return Table(
        NAME,
        MetaData(),
        Column("database_name", String(16), primary_key=True),
        Column("place", Integer, primary_key=True, autoincrement=False),
        Column("content", LargeBinary(PIECE), nullable=False),
        schema=schema,
    )


def exists(connection: Connection, schema: str | None) -> bool:
    return inspect(connection).has_table(NAME, schema)


def keep(connection: Connection, schema: str | None, found: Snapshot) -> None:
    """Writes it, in the place of what an attempt that came to nothing may have left."""
    pieces = table(schema)
    pieces.create(connection, checkfirst=True)
    discard(connection, schema, found.database)
    packed = snapshot.pack([found])
    for place in range(0, len(packed), PIECE):
        values = {"database_name": found.database, "place": place, "content": packed[place : place + PIECE]}
        connection.execute(pieces.insert().values(values))


def holds(connection: Connection, schema: str | None, database: str) -> bool:
    """Whether anything is kept of a database."""
    if not exists(connection, schema):
        return False
    pieces = table(schema)
    count = select(func.count()).select_from(pieces).where(pieces.c.database_name == database)
    return bool(connection.scalar(count))


def read(connection: Connection, schema: str | None, database: str) -> Snapshot | None:
    """What is kept of a database, None where there is nothing. Raises NotProven where it is damaged."""
    if not exists(connection, schema):
        return None
    pieces = table(schema)
    wanted = select(pieces.c.content).where(pieces.c.database_name == database).order_by(pieces.c.place)
    packed = b"".join(connection.scalars(wanted))
    try:
        return snapshot.unpack(packed, NAME)[database] if packed else None
    except UsageError:
        raise NotProven(
            f"what {NAME} keeps of {database} is damaged",
            way_out="delete it, and the same upgrade goes on, without the proof of what the rows were before",
        ) from None


def discard(connection: Connection, schema: str | None, database: str) -> None:
    """Removes what is kept of a database; the table stays, for the next upgrade."""
    pieces = table(schema)
    connection.execute(pieces.delete().where(pieces.c.database_name == database))
