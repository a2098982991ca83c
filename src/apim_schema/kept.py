"""The digests from before the first statement, kept in the database until the verdict.

Where every statement commits, an upgrade may be cut off and finished by another run, from another machine: what the
rows were in the beginning has to be where all of them look. It is a snapshot, in pieces that any packet size allows.
Beside it are the statements of each run that goes on, which is to make out later what was of ours.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection
from dataclasses import astuple

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, String, Table, func, inspect, select

from apim_schema import snapshot
from apim_schema.errors import NotProven, UsageError
from apim_schema.snapshot import Snapshot
from apim_schema.witness import Made

NAME = "apim_schema_evidence"
PIECE = 60_000
"""Bytes of a piece: less than MySQL's BLOB holds, and far less than its smallest packet."""
RUNS = "{}+"
"""What the statements of the runs are kept under, by the name of the database."""
STATEMENTS = 50
"""So many are in one piece: packed, they are far smaller than it may be."""


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
        raise _damaged(database) from None


def _damaged(database: str) -> NotProven:
    return NotProven(
        f"what {NAME} keeps of {database} is damaged",
        way_out="delete it, and the same upgrade goes on, without the proof of what the rows were before",
    )


def add(connection: Connection, schema: str | None, database: str, statements: Collection[Made]) -> list[int]:
    """Keeps the statements that a run may execute; returns the places where they are."""
    pieces, name, listed = table(schema), RUNS.format(database), list(map(astuple, statements))
    last = connection.scalar(select(func.max(pieces.c.place)).where(pieces.c.database_name == name))
    parts = [listed[start : start + STATEMENTS] for start in range(0, len(listed), STATEMENTS)]
    places = range((last or 0) + 1, (last or 0) + 1 + len(parts))
    for place, part in zip(places, parts, strict=True):
        values = {"database_name": name, "place": place, "content": zlib.compress(json.dumps(part).encode())}
        connection.execute(pieces.insert().values(values))
    return list(places)


def remove(connection: Connection, schema: str | None, database: str, places: Collection[int]) -> None:
    """Removes the statements at these places: of a run that has executed none."""
    pieces = table(schema)
    here = pieces.c.database_name == RUNS.format(database)
    connection.execute(pieces.delete().where(here, pieces.c.place.in_(places)))


def statements(connection: Connection, schema: str | None, database: str) -> list[Made]:
    """What all runs that went on may have executed. Raises NotProven where it is damaged."""
    pieces = table(schema)
    wanted = select(pieces.c.content).where(pieces.c.database_name == RUNS.format(database)).order_by(pieces.c.place)
    packed = connection.scalars(wanted).all()
    try:
        return [Made(*made) for content in packed for made in json.loads(zlib.decompress(content))]
    except (zlib.error, ValueError, TypeError):
        raise _damaged(database) from None


def discard(connection: Connection, schema: str | None, database: str) -> None:
    """Removes what is kept of a database; the table stays, for the next upgrade."""
    pieces = table(schema)
    names = (database, RUNS.format(database))
    connection.execute(pieces.delete().where(pieces.c.database_name.in_(names)))
