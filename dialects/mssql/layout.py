"""How a key or index lies on the disk: what no release says, and what one that is made again has to have as before.

That is whether it is the clustered one, its fill factor and other options, its compression and filegroup. It is kept
among the options of the live table, in the words of
https://learn.microsoft.com/en-us/sql/t-sql/statements/create-index-transact-sql.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Row

from apim_schema.schema import Table

from . import names

KIND, STORAGE = "kind of {0}", "storage of {0}"
"""The names of a table's options about one index."""

FILEGROUP = "FG"
FULL = (0, 100)
"""Fill factors that leave no room: 0, which is the default, means 100."""

DEFAULT = """i.type = CASE WHEN i.is_primary_key = 1 THEN 1 ELSE 2 END AND i.fill_factor IN (0, 100) AND i.is_padded = 0
AND i.ignore_dup_key = 0 AND i.allow_row_locks = 1 AND i.allow_page_locks = 1 AND s.is_default = 1
AND p.data_compression_desc = 'NONE'"""
"""Whether all is as the server would make it: `i`, `s` and `p` are sys.indexes, sys.data_spaces and sys.partitions."""


def told(row: Row[Any]) -> Iterator[tuple[str, str]]:
    """The options of a live table about one of its indexes: only what is not as the server would make it."""
    if row.kind != ("CLUSTERED" if row.is_primary_key else "NONCLUSTERED"):
        yield KIND.format(row.name), row.kind
    options = [
        f"FILLFACTOR = {row.filled}" if row.filled not in FULL else "",
        "PAD_INDEX = ON" if row.is_padded else "",
        "IGNORE_DUP_KEY = ON" if row.ignores_duplicates else "",
        "" if row.row_locks else "ALLOW_ROW_LOCKS = OFF",
        "" if row.page_locks else "ALLOW_PAGE_LOCKS = OFF",
        f"DATA_COMPRESSION = {row.compression}" if row.compression != "NONE" else "",
    ]
    listed = ", ".join(filter(None, options))
    elsewhere = row.kind_of_place.strip() == FILEGROUP and not row.is_default_place
    place = f" ON {names.sql(row.place)}" if elsewhere else ""
    if listed or place:
        yield STORAGE.format(row.name), f"{f' WITH ({listed})' if listed else ''}{place}"


def is_clustered(table: Table) -> bool:
    """Whether the rows of a table lie in the order of its primary key, if it has one."""
    return not kind(table.options, table.primary_key.name if table.primary_key else None)


def kind(options: Mapping[str, str], name: str | None) -> str:
    """CLUSTERED or NONCLUSTERED with a blank, "" for what the server would make."""
    found = options.get(KIND.format(name))
    return f"{found} " if found else ""


def storage(options: Mapping[str, str], name: str | None) -> str:
    """The clauses behind the columns, "" where there are none."""
    return options.get(STORAGE.format(name), "")
