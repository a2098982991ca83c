"""The stamp: the release that Alembic's version table says a database is."""

from __future__ import annotations

from contextlib import suppress

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, inspect
from sqlalchemy.exc import DBAPIError

from apim_schema import chain
from apim_schema.errors import Refused


def _context(connection: Connection, schema: str | None, database: str) -> MigrationContext:
    table = chain.version_table(database)
    return MigrationContext.configure(connection, opts={"version_table": table, "version_table_schema": schema})


def exists(connection: Connection, schema: str | None, database: str) -> bool:
    """Whether there is a table for the stamp, be it empty."""
    return inspect(connection).has_table(chain.version_table(database), schema)


def read(connection: Connection, schema: str | None, database: str) -> str | None:
    """The stamped release, None where there is no stamp. Raises Refused where there are several."""
    heads = _context(connection, schema, database).get_current_heads()
    if len(heads) > 1:
        raise Refused(
            f"{chain.version_table(database)} holds {len(heads)} releases, {', '.join(heads)}", way_out="leave one"
        )
    return heads[0] if heads else None


def write(connection: Connection, schema: str | None, database: str, release: str) -> None:
    """Stamps the database, in the transaction that the connection is in, or not at all where there is none."""
    there = exists(connection, schema, database)
    try:
        _context(connection, schema, database).stamp(chain.script(database), release)
    except DBAPIError:
        if not there:
            with suppress(DBAPIError):  # what a transaction has made goes with it
                drop(connection, schema, database)
        raise


def drop(connection: Connection, schema: str | None, database: str) -> None:
    """Removes the stamp's table."""
    Table(chain.version_table(database), MetaData(), schema=schema).drop(connection, checkfirst=True)


def remove(connection: Connection, schema: str | None, database: str) -> None:
    """Takes the stamp back, and leaves its table empty."""
    _context(connection, schema, database).stamp(chain.script(database), "base")
