"""Who vouches for rows on SQL Server: nobody.

What the server counts of the writes to a table (`sys.dm_db_index_operational_stats`) are no numbers of one transaction,
and are lost whenever the table's metadata leave the cache.
"""

from __future__ import annotations

from sqlalchemy import Connection


def find(connection: Connection, schema: str) -> str:
    """Why there is no witness."""
    return "the server counts no writes by transaction"
