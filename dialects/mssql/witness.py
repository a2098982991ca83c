"""Who vouches for rows on SQL Server: nobody. What was looked at is in docs/evidence.md.

Others could be locked out (TABLOCK, HOLDLOCK), but nothing that is documented tells which tables the transaction itself
has written, through a DDL trigger of the customer's for example. `sys.dm_tran_database_transactions` counts log records
without their table, `sys.dm_db_index_operational_stats` are no numbers of one transaction and are lost whenever the
table's metadata leave the cache, `sys.partitions` shows what was rebuilt and not what was changed where it lies.

See https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/ for each of them.
"""

from __future__ import annotations

from sqlalchemy import Connection


def find(connection: Connection, schema: str) -> str:
    """Why there is no witness."""
    return "the server does not tell which tables a transaction has written"
