"""What the tables take on SQL Server, and room for one that is written anew: in the data files, and on their disks.

What is asked of the disks needs VIEW SERVER STATE, since SQL Server 2022 VIEW SERVER PERFORMANCE STATE. The transaction
log, which needs room too, is not looked at. See
https://learn.microsoft.com/en-us/sql/relational-databases/system-dynamic-management-views/sys-dm-os-volume-stats-transact-sql.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from apim_schema.changes import AddColumn, Change
from apim_schema.hazards import BLOCK, WARN, Level, Obstacle
from apim_schema.impact import METADATA, Impact, Size
from apim_schema.schema import Schema
from apim_schema.space import rebuilt, short

from . import impact, names

PAGE = 8192

UNITS = "SELECT OBJECT_ID(N'sys.allocation_units') AS units"
"""Babelfish for PostgreSQL has no such view."""

ROWS = """
SELECT t.name AS name, SUM(CASE WHEN p.index_id IN (0, 1) THEN p.rows ELSE 0 END) AS rows, {pages} AS pages
FROM sys.tables t
JOIN sys.partitions p ON p.object_id = t.object_id{units}
WHERE t.schema_id = SCHEMA_ID({schema}) GROUP BY t.name"""
PAGES = (
    "SUM(u.pages)",
    """
LEFT JOIN (SELECT container_id AS id, SUM(used_pages) AS pages FROM sys.allocation_units GROUP BY container_id) u
ON u.id = p.partition_id""",
)
"""Pages of the rows, of large values and of what does not fit into a page; a login sees those of its tables."""
NO_PAGES = "NULL", ""

FILES = """
SELECT f.size AS size, f.max_size AS max_size, f.growth AS growth, u.unallocated_extent_page_count AS free,
       v.volume_mount_point AS volume, v.total_bytes AS total, v.available_bytes AS available
FROM sys.database_files f
JOIN sys.dm_db_file_space_usage u ON u.database_id = DB_ID() AND u.file_id = f.file_id
CROSS APPLY sys.dm_os_volume_stats(DB_ID(), f.file_id) v
WHERE f.type_desc = 'ROWS'"""
"""The sizes are in pages, those of a disk in bytes. A mount point is NULL on Linux."""


def sizes(connection: Connection, schema: str | None) -> dict[str, Size]:
    """Rows and bytes as the catalog has them, with indexes."""
    pages, units = PAGES if any(found for (found,) in _ask(connection, UNITS)) else NO_PAGES
    query = ROWS.format(schema=names.literal(schema) if schema else "", pages=pages, units=units)
    return {
        name.upper(): Size(int(rows), None if pages is None else int(pages) * PAGE)
        for name, rows, pages in _ask(connection, query)
    }


def _ask(connection: Connection, sql: str) -> list[Any]:
    return list(connection.exec_driver_sql(sql, execution_options={"no_parameters": True}))


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """The largest table that is written anew, and the largest one that only gets longer rows, if there is no room."""
    copied = set(rebuilt(wanted, live, _copies))
    longer = set(rebuilt(wanted, live, impact.assess)) - copied
    if not copied | longer:
        return
    found = {table: size.bytes or 0 for table, size in sizes(connection, schema).items()}
    files = _ask(connection, FILES)
    levels: tuple[tuple[set[str], Level], ...] = ((copied, BLOCK), (longer, WARN))
    for tables, level in levels:
        size, table = max(((found.get(table, 0), names.spelling(table)) for table in tables), default=(0, ""))
        yield from judged(table, size, files, level)


def _copies(change: Change, live: Schema) -> Impact:
    """A new column's value is written where the rows lie, and takes another page only where one is full."""
    cost = impact.assess(change, live)
    return replace(cost, work=METADATA) if isinstance(change, AddColumn) else cost


def judged(table: str, size: int, files: Sequence[Any], level: Level) -> Iterator[Obstacle]:
    """What the rows of FILES say about a table of `size` bytes; `level` is for files that may not grow by as much.

    Disks of one name and size are one. All files of the database count, whichever the table lies in: it may have less
    room than is found here, never more.
    """
    inside, growth = sum(file.free for file in files) * PAGE, defaultdict[tuple[str, int], float](float)
    for file in files:
        growth[file.volume or "", file.total] += _growth(file)
    available = {(file.volume or "", file.total): file.available for file in files}
    free = inside + sum(min(most, available[disk]) for disk, most in growth.items())
    if free >= size:
        return
    if inside + sum(growth.values()) < size:
        way_out = "let them grow with ALTER DATABASE … MODIFY FILE (SIZE, MAXSIZE, FILEGROWTH), or add a file"
        yield short(level, table, size, free, "what the data files may grow to", way_out).asked_by(FILES)
    else:
        disks = ", ".join(sorted(disk for disk, _ in growth if disk)) or "their disk"
        where = f"the data files with what is free on {disks}"
        way_out = "free that much there, or add a file on another disk"
        yield short(WARN, table, size, free, where, way_out).asked_by(FILES)


def _growth(file: Any) -> float:
    """The bytes that a file may still grow by, whatever its disk has."""
    if not file.growth or file.max_size == 0:
        return 0
    return math.inf if file.max_size == -1 else max(0, file.max_size - file.size) * PAGE
