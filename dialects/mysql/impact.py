"""What each kind of alteration costs on MySQL and MariaDB, and which of its clauses may be stated.

From the tables of https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html (and its 5.7 edition)
and https://mariadb.com/kb/en/innodb-online-ddl-operations-with-the-inplace-alter-algorithm/. ALGORITHM and LOCK are
stated where the server is known to have the cheap way: then it refuses where it would copy the table otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.dialect import BLOCK, METADATA, REBUILD, SCAN, Hazard, Impact, Work
from apim_schema.schema import Column, ForeignKey, Schema, Server, Table

from . import names, types
from .session import MARIADB

WORKS: Sequence[Work] = (METADATA, SCAN, REBUILD)
NONE, SHARED = LOCKS = ("NONE", "SHARED")
ALGORITHMS = ("INSTANT", "INPLACE", "")

ADD_COLUMN, SET_DEFAULT, LENGTHEN, DROP_NOT_NULL = "add column", "set default", "lengthen", "drop not null"
REPLACE_PRIMARY_KEY, ADD_INDEX, DROP_INDEX, DROP_FOREIGN_KEY = "primary key", "add index", "drop index", "drop key"
CONVERT, ADD_FOREIGN_KEY, DROP_COLUMN = "convert", "add foreign key", "drop column"

IN_PLACE: Mapping[str, Work] = {
    SET_DEFAULT: METADATA,
    LENGTHEN: METADATA,
    DROP_NOT_NULL: REBUILD,
    REPLACE_PRIMARY_KEY: REBUILD,
    ADD_INDEX: SCAN,
    DROP_INDEX: METADATA,
    DROP_FOREIGN_KEY: METADATA,
    DROP_COLUMN: REBUILD,
}
"""What every supported version does in place while others read and write, and what work that is."""


@dataclass(frozen=True)
class Way:
    """How the server makes an alteration: its work, its lock, and the algorithm to state, "" for its own choice."""

    work: Work
    lock: str
    algorithm: str

    @property
    def clauses(self) -> tuple[str, ...]:
        """ALGORITHM and LOCK; an instant alteration takes no lock that could be named."""
        if not self.algorithm:
            return ()
        return (f"ALGORITHM={self.algorithm}",) + (f"LOCK={self.lock}",) * (self.algorithm != "INSTANT")


COPY = Way(REBUILD, SHARED, "")
"""The table is copied row by row; meanwhile others read."""


def way(operation: str, table: Table, server: Server | None) -> Way:
    """How a server (None if unknown) makes one kind of alteration of one table."""
    if operation not in IN_PLACE and operation != ADD_COLUMN:
        return COPY
    if not _plain(table, server):
        return Way(REBUILD, SHARED, "")
    if operation == ADD_COLUMN:
        return _add_column(server)
    if operation == DROP_NOT_NULL and server and server.name == MARIADB:
        return Way(METADATA, NONE, "INPLACE")
    return Way(IN_PLACE[operation], NONE, "INPLACE")


def _add_column(server: Server | None) -> Way:
    """At once since MySQL 8.0.12 and MariaDB 10.3; before, and unasked only, in place."""
    if server is None:
        return Way(METADATA, NONE, "")
    instant = server.version >= ((10, 3) if server.name == MARIADB else (8, 0, 12))
    return Way(METADATA, NONE, "INSTANT") if instant else Way(REBUILD, NONE, "INPLACE")


def _plain(table: Table, server: Server | None) -> bool:
    """Whether nothing about a table bars the cheap ways.

    Compressed rows do, partitions, full-text and spatial indexes, and on MariaDB an index over a computed column.
    """
    parts = [
        part
        for columns in (*(k.columns for k in table.unique), *(i.columns for i in table.indexes))
        for part in columns
    ]
    if table.options.get("row_format") == "COMPRESSED" or table.options.get("partitioned"):
        return False
    computed = server and server.name == MARIADB and any(_is_computed(table, part) for part in parts)
    return not computed and not any(part.startswith("[") for part in parts)


def _is_computed(table: Table, part: str) -> bool:
    column = table.columns.get(names.column_of(part))
    return column is not None and (column.default or "").startswith("GENERATED")


def worst(ways: Sequence[Way]) -> Way:
    """How several alterations are made as one."""
    return Way(
        max((w.work for w in ways), key=WORKS.index),
        max((w.lock for w in ways), key=LOCKS.index),
        max((w.algorithm for w in ways), key=ALGORITHMS.index),
    )


def alteration(table: Table, present: Column, wanted: Column) -> str:
    """What kind of alteration makes the wanted column of the present one."""
    if (present.type, present.charset, present.collation) == (wanted.type, wanted.charset, wanted.collation):
        if present.nullable == wanted.nullable:
            return SET_DEFAULT
        return DROP_NOT_NULL if wanted.nullable else CONVERT
    old, new = types.characters(present.type), types.characters(wanted.type)
    same = (present.charset, present.collation, present.nullable) == (wanted.charset, wanted.collation, wanted.nullable)
    if not (old and new and same and old <= new and present.type.startswith("VARCHAR")):
        return CONVERT
    charset, _ = table.charset_of(present)
    longest = new * types.width(charset)
    shortest = old * (types.width(charset) if charset else 1)
    return LENGTHEN if shortest > 255 or longest <= 255 else CONVERT


def assess(change: Change, live: Schema) -> Impact:
    """What a change that is still to be made costs."""
    table = live.tables.get(change.table)
    if table is None:
        return Impact(METADATA, NONE)
    found = worst([way(operation, table, live.server) for operation in _operations(change, table)])
    return Impact(found.work, found.lock)


@singledispatch
def _operations(change: Change, table: Table) -> Iterable[str]:
    """What a change alters; making or dropping a table or a trigger is as cheap as setting a default."""
    return (SET_DEFAULT,)


@_operations.register
def _(change: changes.AddColumn, table: Table) -> Iterable[str]:
    return (ADD_COLUMN,)


@_operations.register
def _(change: changes.AlterColumn, table: Table) -> Iterable[str]:
    present = table.columns.get(change.name)
    return (alteration(table, present, change.target(present, "mysql")) if present else CONVERT,)


@_operations.register
def _(change: changes.TextToBinary, table: Table) -> Iterable[str]:
    return (CONVERT,)


@_operations.register
def _(change: changes.ReplacePrimaryKey, table: Table) -> Iterable[str]:
    return (REPLACE_PRIMARY_KEY,)


@_operations.register
def _(change: changes.DropColumn, table: Table) -> Iterable[str]:
    return (DROP_COLUMN,)


@_operations.register
def _(change: changes.CreateUnique, table: Table) -> Iterable[str]:
    return (ADD_INDEX,)


@_operations.register(changes.DropUnique)
@_operations.register(changes.DropIndex)
def _(change: Change, table: Table) -> Iterable[str]:
    return (DROP_INDEX,)


@_operations.register
def _(change: changes.DropForeignKey, table: Table) -> Iterable[str]:
    return (DROP_FOREIGN_KEY,)


@_operations.register
def _(change: changes.ReplaceForeignKey, table: Table) -> Iterable[str]:
    return (ADD_FOREIGN_KEY, DROP_FOREIGN_KEY)


@_operations.register
def _(change: changes.CreateIndex, table: Table) -> Iterable[str]:
    return (CONVERT, ADD_INDEX) if shortened(change, table) else (ADD_INDEX,)


def shortened(change: changes.CreateIndex, table: Table) -> list[Column]:
    """The columns that take the index's short character set, because its key would be too long in theirs."""
    if change.short_charset is None:
        return []
    charset = table.options.get("charset")
    if types.key_bytes(table, change.index.columns, charset) <= types.KEY_BYTES:
        return []
    columns = (table.columns[part] for part in change.index.columns if part in table.columns)
    return [c for c in columns if types.is_text(c.type) and table.charset_of(c) != change.short_charset]


@singledispatch
def hazards(change: Change, live: Schema) -> Sequence[Hazard]:
    """The rows with characters that a column's new character set has not; nothing else fails here alone."""
    return ()


@hazards.register
def _(change: changes.AlterColumn, live: Schema) -> Sequence[Hazard]:
    return [_foreign_characters(change.name, change.charset)] if change.charset else []


@hazards.register
def _(change: changes.CreateIndex, live: Schema) -> Sequence[Hazard]:
    if change.short_charset is None or change.table not in live.tables:
        return []
    charset, _ = change.short_charset
    return [_foreign_characters(column.name, charset) for column in shortened(change, live.tables[change.table])]


def _foreign_characters(column: str, charset: str) -> Hazard:
    """A value that is another one after a trip through the character set, compared byte by byte."""
    name = f"t.{names.sql(column)}"
    there_and_back = f"CONVERT(CONVERT({name} USING {charset}) USING utf8mb4)"
    condition = f"CAST({there_and_back} AS BINARY) <> CAST(CONVERT({name} USING utf8mb4) AS BINARY)"
    return Hazard(BLOCK, f"{column} has characters that {charset} has not", condition)


def rechecked(change: Change, live: Schema) -> Sequence[ForeignKey]:
    """The foreign key that is made anew; on MySQL, all of a table that is copied: it inserts the rows once more.

    MariaDB copies without looking, but a script does not know its server.
    """
    if isinstance(change, changes.ReplaceForeignKey):
        return (change.key,)
    table = live.tables.get(change.table)
    if table is None or (live.server and live.server.name == MARIADB):
        return ()
    copied = any(way(operation, table, live.server) == COPY for operation in _operations(change, table))
    return table.foreign_keys if copied else ()
