"""What a run writes before its first statement where every statement commits, and how it is taken back.

The digests of all rows, the stamp that says where it began, its row in the history: so that whoever finishes can
compare with the beginning. An upgrade that has executed nothing must leave nothing, so each is taken back in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from apim_schema import history, kept, stamp
from apim_schema.history import Entry
from apim_schema.live import Live
from apim_schema.snapshot import Snapshot


def write(live: Live, found: Snapshot | None, entry: Entry, undo: ExitStack) -> Entry:
    """Writes all of it; `undo` gets what takes it back. Returns the run as the history has it.

    `found` is None where the digests of the beginning are kept already, by the run that this one continues.
    """
    connection, schema, database = live.connection, live.schema, live.database
    if found is not None:
        _made(live, kept.table(schema), kept.exists(connection, schema), undo)
        undo.callback(_quietly, lambda: kept.discard(connection, schema, database))
        kept.keep(connection, schema, found)
    if live.stamped is None:
        undo.callback(_quietly, _unstamp(live))
        stamp.write(connection, schema, database, entry.from_release)
    _made(live, history.table(schema), history.exists(connection, schema), undo)
    if live.unfinished and live.unfinished.outcome == history.STARTED:
        history.rewrite(connection, schema, replace(live.unfinished, outcome=history.INTERRUPTED))
    entry = history.write(connection, schema, entry)
    undo.callback(_quietly, lambda: history.remove(connection, schema, entry))
    return entry


def _made(live: Live, table: Table, there: bool, undo: ExitStack) -> None:
    if not there:
        undo.callback(_quietly, lambda: table.drop(live.connection, checkfirst=True))


def _unstamp(live: Live) -> Callable[[], None]:
    take_back = stamp.remove if stamp.exists(live.connection, live.schema, live.database) else stamp.drop
    return lambda: take_back(live.connection, live.schema, live.database)


def _quietly(step: Callable[[], None]) -> None:
    """A step that takes something back: the error that it is taken back for is the one to be told."""
    with suppress(DBAPIError):
        step()
