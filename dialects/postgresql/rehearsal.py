"""Where an upgrade is rehearsed on PostgreSQL: in the database itself, whose transaction is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

STAGE = "the database itself, rolled back"


@contextmanager
def stage(connection: Connection, schema: str) -> Iterator[str]:
    """The schema; all that was done to it is undone at the end.

    Nothing is as faithful, and no privilege is needed. The tables are locked as an upgrade locks them, and those that
    a change writes anew are written.
    """
    try:
        yield schema
    finally:
        connection.rollback()
