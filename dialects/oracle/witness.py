"""Who vouches for rows on Oracle: nobody. Each statement that changes a schema commits, which ends locks.

What was looked at is in docs/evidence.md: flashback queries and ORA_ROWSCN read the rows themselves, the counters of
ALL_TAB_MODIFICATIONS come late and not from every write. LogMiner would tell what the binary log tells on MySQL; it was
not tried on a server.

See https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/LOCK-TABLE.html and
https://docs.oracle.com/en/database/oracle/oracle-database/19/sutil/oracle-logminer-utility.html.
"""

from __future__ import annotations

from sqlalchemy import Connection


def find(connection: Connection, schema: str) -> str:
    """Why there is no witness."""
    return "the server commits each statement, which lets others write in between"
