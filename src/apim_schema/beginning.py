"""What a run writes before its first statement where every statement commits, and how it is taken back.

The digests of all rows, or the statements of a run that goes on; the stamp that says where it began; its row in the
history: so that whoever finishes can compare with the beginning. A run that has executed nothing must leave nothing, so
each is taken back in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from dataclasses import replace

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from apim_schema import history, kept, stamp
from apim_schema.history import Entry
from apim_schema.live import Live, Start
from apim_schema.snapshot import Snapshot
from apim_schema.witness import Made


def write(live: Live, start: Start, found: Snapshot | Collection[Made], entry: Entry, undo: ExitStack) -> Entry:
    """Writes all of it; `undo` gets what takes it back. Returns the run as the history has it.

    `found` are the statements of this run where the digests of the beginning are kept already, by the run that this one
    continues. One that turns back from half of the way to a release starts at that release: what is not in of it is
    taken back already.
    """
    connection, schema, database = live.connection, live.schema, live.database

    def take_back(step: Callable[[Connection], None]) -> None:
        undo.callback(_quietly, live, step)

    def drops(table: Table, there: bool) -> None:
        if not there:
            take_back(lambda other: table.drop(other, checkfirst=True))

    if isinstance(found, Snapshot):
        drops(kept.table(schema), kept.exists(connection, schema))
        take_back(lambda other: kept.discard(other, schema, database))
        kept.keep(connection, schema, found)
    elif found:
        added = kept.add(connection, schema, database, found)
        take_back(lambda other: kept.remove(other, schema, database, added))
    if (stamped := live.stamped) is None:
        unstamp = stamp.remove if stamp.exists(connection, schema, database) else stamp.drop
        take_back(lambda other: unstamp(other, schema, database))
    elif stamped != start.release:
        take_back(lambda other: stamp.write(other, schema, database, stamped))
    if stamped != start.release:
        stamp.write(connection, schema, database, start.release)
    drops(history.table(schema), history.exists(connection, schema))
    if live.unfinished and live.unfinished.outcome == history.STARTED:
        history.rewrite(connection, schema, replace(live.unfinished, outcome=history.INTERRUPTED))
    entry = history.write(connection, schema, entry)
    take_back(lambda other: history.remove(other, schema, entry))
    return entry


def _quietly(live: Live, step: Callable[[Connection], None]) -> None:
    """A step that takes something back, on a connection of its own: that of the run may be lost.

    The error that it is taken back for is the one to be told.
    """
    engine = live.connection.engine
    with suppress(DBAPIError), live.dialect.session.connect(engine, live.schema) as connection:
        step(connection)
