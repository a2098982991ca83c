"""What the tables take on PostgreSQL, which tells a client nothing about its disks.

See https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBSIZE.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from apim_schema.impact import Size

from . import introspect, names

SIZES = f"""
SELECT c.relname AS name, c.reltuples AS rows, pg_total_relation_size(c.oid) AS bytes
FROM pg_class c WHERE {introspect.TABLES}"""


def sizes(connection: Connection, schema: str | None) -> dict[str, Size]:
    """Rows as of the last VACUUM or ANALYZE, which the server does not tell before the first, and bytes as they are."""
    found = connection.execute(text(SIZES), {"schema": schema})
    return {names.to_model(row.name): Size(int(row.rows) if row.rows >= 0 else None, row.bytes) for row in found}
