"""What the tables take, and room for one that is copied, where the server tells: MariaDB with the plugin DISKS.

See https://mariadb.com/docs/server/reference/plugins/other-plugins/disks-plugin. Without FILE its table is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Connection, text

from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, WARN, Level, Obstacle
from apim_schema.impact import Size
from apim_schema.schema import Schema
from apim_schema.space import rebuilt, short

from . import impact, session

PLUGIN = """
SELECT plugin_version >= '1.2' AS lists_all, @@datadir AS datadir FROM information_schema.plugins
WHERE plugin_name = 'DISKS' AND plugin_status = 'ACTIVE'"""
"""Before 1.2 it leaves out file systems that are on no device, such as NFS, ZFS and overlays."""

DISKS = "SELECT path AS path, used * 1024 AS used, available * 1024 AS available FROM information_schema.disks"

SIZES = """
SELECT IF(@@lower_case_table_names = 0, table_name, UPPER(table_name)) AS name, table_rows AS number,
       data_length + index_length AS bytes,
       @@innodb_file_per_table AND COALESCE(create_options, '') NOT LIKE '%DATA DIRECTORY%' AS in_folder
FROM information_schema.tables
WHERE table_schema = :schema AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"""
"""`in_folder` is whether a copy would be a file in the data directory."""


def sizes(connection: Connection, schema: str | None) -> dict[str, Size]:
    """Rows and bytes as InnoDB's statistics have them."""
    found = connection.execute(text(SIZES), {"schema": schema or session.default_schema(connection)})
    return {row.name: Size(row.number, row.bytes) for row in found}


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """The largest table that is copied, if there is no room for it."""
    plugin = connection.execute(text(PLUGIN)).first()
    if plugin is None:
        return
    tables = set(rebuilt(wanted, live, impact.assess))
    found = connection.execute(text(SIZES), {"schema": schema}).all()
    copied = [(int(row.bytes or 0), row.name) for row in found if row.name in tables and row.in_folder]
    size, table = max(copied, default=(0, ""))
    disks = connection.execute(text(DISKS)).all()
    yield from judged(table, size, PurePosixPath(plugin.datadir, schema), disks, BLOCK if plugin.lists_all else WARN)


def judged(table: str, size: int, folder: PurePosixPath, disks: Sequence[Any], level: Level) -> Iterator[Obstacle]:
    """What the rows of DISKS, in bytes, say about a table of `size` bytes whose files are in a folder.

    Where less is used than the table has, the folder is a link to another file system, of which nothing is known.
    """
    below = sorted((disk for disk in disks if folder.is_relative_to(disk.path)), key=lambda disk: len(disk.path))
    if below and below[-1].available < size <= below[-1].used:
        disk = below[-1]
        where = f"the file system {disk.path}"
        yield short(level, table, size, disk.available, where, "free that much there").asked_by(DISKS)
