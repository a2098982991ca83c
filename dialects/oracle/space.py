"""Room for a text that becomes bytes on Oracle: it is copied into the table's tablespace, and may take as much as that.

The USER_ views are the login's own: nothing is said of another schema. Whether a data file grows by itself stands in
DBA_DATA_FILES only, which an owner may not read: so all of it is a warning. See
https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/USER_TS_QUOTAS.html.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, text

from apim_schema.dialect import WARN, Obstacle
from apim_schema.space import short

from . import names

WITHOUT_QUOTA = "UNLIMITED TABLESPACE"

SEGMENTS = """
SELECT SEGMENT_NAME AS table_name, TABLESPACE_NAME AS name, SUM(BYTES) AS bytes FROM USER_SEGMENTS
WHERE SEGMENT_TYPE IN ('TABLE', 'TABLE PARTITION', 'TABLE SUBPARTITION') AND USER = :owner
GROUP BY SEGMENT_NAME, TABLESPACE_NAME ORDER BY SEGMENT_NAME, TABLESPACE_NAME"""
FREE = "SELECT TABLESPACE_NAME AS name, SUM(BYTES) AS bytes FROM USER_FREE_SPACE GROUP BY TABLESPACE_NAME"
QUOTAS = """
SELECT TABLESPACE_NAME AS name, MAX_BYTES - BYTES AS bytes FROM USER_TS_QUOTAS
WHERE MAX_BYTES >= 0 AND DROPPED = 'NO'"""
"""MAX_BYTES is -1 where there is no limit."""


def find(connection: Connection, owner: str, held: Collection[str], converted: Collection[str]) -> Iterator[Obstacle]:
    """The tables with a text that becomes bytes which may not fit; `held` are the login's privileges."""
    if not converted:
        return
    segments = connection.execute(text(SEGMENTS), {"owner": owner}).all()
    free = {row.name: row.bytes for row in connection.execute(text(FREE), {}).all()}
    limited = () if WITHOUT_QUOTA in held else connection.execute(text(QUOTAS), {}).all()
    quotas = {row.name: row.bytes for row in limited}
    for row in segments:
        if row.table_name not in converted:
            continue
        quota, room = quotas.get(row.name), free.get(row.name, 0)
        if quota is not None and quota < row.bytes:
            where, way_out = "the quota", f"ALTER USER {names.sql(owner)} QUOTA … ON {row.name}"
            yield short(WARN, row.table_name, row.bytes, quota, f"{where} on tablespace {row.name}", way_out)
        elif room < row.bytes:
            way_out = "add a data file, or look whether one grows by itself (AUTOEXTENSIBLE), which this login can't"
            yield short(WARN, row.table_name, row.bytes, room, f"tablespace {row.name}", way_out)
