"""The stamp: the release that Alembic's version table says a database is."""

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from apim_schema import chain
from apim_schema.errors import Refused


def _context(connection: Connection, schema: str | None, database: str) -> MigrationContext:
    table = chain.version_table(database)
    return MigrationContext.configure(connection, opts={"version_table": table, "version_table_schema": schema})


def read(connection: Connection, schema: str | None, database: str) -> str | None:
    """The stamped release, None where there is no stamp. Raises Refused where there are several."""
    heads = _context(connection, schema, database).get_current_heads()
    if len(heads) > 1:
        raise Refused(f"{chain.version_table(database)} holds {len(heads)} releases, {', '.join(heads)}: leave one")
    return heads[0] if heads else None


def write(connection: Connection, schema: str | None, database: str, release: str) -> None:
    """Stamps the database, in the transaction that the connection is in."""
    _context(connection, schema, database).stamp(chain.script(database), release)
