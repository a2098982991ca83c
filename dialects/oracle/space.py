"""What the tables take on Oracle, and room for a column that is converted: it is copied into the table's tablespace.

The USER_ views are the login's own: nothing is said of another schema. Whether a data file grows by itself stands in
DBA_DATA_FILES only, which an owner may not read: so all of it is a warning. See
https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/USER_TS_QUOTAS.html.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, text

from apim_schema.hazards import WARN, Obstacle
from apim_schema.impact import Size
from apim_schema.space import short

from . import names, session

WITHOUT_QUOTA = "UNLIMITED TABLESPACE"

SIZES = """
SELECT t.TABLE_NAME AS name, t.NUM_ROWS AS row_count, s.BYTES AS bytes FROM ALL_TABLES t
LEFT JOIN (
    SELECT COALESCE(i.TABLE_NAME, l.TABLE_NAME, g.SEGMENT_NAME) AS TABLE_NAME, SUM(g.BYTES) AS BYTES
    FROM USER_SEGMENTS g
    LEFT JOIN USER_INDEXES i ON i.INDEX_NAME = g.SEGMENT_NAME
    LEFT JOIN USER_LOBS l ON l.SEGMENT_NAME = g.SEGMENT_NAME
    GROUP BY COALESCE(i.TABLE_NAME, l.TABLE_NAME, g.SEGMENT_NAME)
) s ON s.TABLE_NAME = t.TABLE_NAME AND t.OWNER = USER
WHERE t.OWNER = :owner"""
SEGMENTS = """
SELECT SEGMENT_NAME AS table_name, TABLESPACE_NAME AS name, SUM(BYTES) AS bytes FROM USER_SEGMENTS
WHERE SEGMENT_TYPE IN ('TABLE', 'TABLE PARTITION', 'TABLE SUBPARTITION') AND USER = :owner
GROUP BY SEGMENT_NAME, TABLESPACE_NAME ORDER BY SEGMENT_NAME, TABLESPACE_NAME"""
FREE = "SELECT TABLESPACE_NAME AS name, SUM(BYTES) AS bytes FROM USER_FREE_SPACE GROUP BY TABLESPACE_NAME"
QUOTAS = """
SELECT TABLESPACE_NAME AS name, MAX_BYTES - BYTES AS bytes FROM USER_TS_QUOTAS
WHERE MAX_BYTES >= 0 AND DROPPED = 'NO'"""
"""MAX_BYTES is -1 where there is no limit."""


def sizes(connection: Connection, schema: str | None) -> dict[str, Size]:
    """Rows as of the last gathering of statistics, and bytes with indexes and LOBs, which an owner alone may see."""
    owner = names.owner(schema or session.default_schema(connection))
    found = connection.execute(text(SIZES), {"owner": owner})
    return {row.name: Size(_whole(row.row_count), _whole(row.bytes)) for row in found}


def _whole(number: Any) -> int | None:
    """A NUMBER, which the driver may hand over as another type."""
    return None if number is None else int(number)


def find(connection: Connection, owner: str, held: Collection[str], converted: Collection[str]) -> Iterator[Obstacle]:
    """The tables with a column that is converted, which may not fit; `held` are the login's privileges."""
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
            where, way_out = (
                f"the quota on tablespace {row.name}",
                f"ALTER USER {names.sql(owner)} QUOTA … ON {row.name}",
            )
            yield short(WARN, row.table_name, row.bytes, quota, where, way_out).asked_by(QUOTAS)
        elif room < row.bytes:
            way_out = "add a data file, or look whether one grows by itself (AUTOEXTENSIBLE), which this login can't"
            yield short(WARN, row.table_name, row.bytes, room, f"tablespace {row.name}", way_out).asked_by(FREE)
