"""What each kind of alteration costs on MySQL and MariaDB, and which of its clauses may be stated.

From the tables of https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html (and its 5.7 edition)
and of MariaDB's pages on each algorithm. ALGORITHM and LOCK are
stated where the server is known to have the cheap way: then it refuses where it would copy the table otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Final

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, Hazard
from apim_schema.impact import DDL, IN_PLACE, METADATA, NOTHING, READS, REBUILD, WORKS, WRITES, Blocks, Impact, Work
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Server, Table

from . import names, types
from .session import MARIADB, MYSQL

NONE, SHARED = LOCKS = ("NONE", "SHARED")
ALGORITHMS = ("INSTANT", "INPLACE", "")
EXCLUSIVE: Final = "EXCLUSIVE"
BLOCKED: Mapping[str, Blocks] = {NONE: DDL, SHARED: WRITES, EXCLUSIVE: READS}
"""What waits for each LOCK that an ALTER TABLE may state; no other DDL gets past its metadata lock."""

ADD_COLUMN, SET_DEFAULT, LENGTHEN, DROP_NOT_NULL = "add column", "set default", "lengthen", "drop not null"
REPLACE_PRIMARY_KEY, ADD_INDEX, DROP_INDEX, DROP_FOREIGN_KEY = "primary key", "add index", "drop index", "drop key"
CONVERT, ADD_FOREIGN_KEY, DROP_COLUMN, SET_NOT_NULL = "convert", "add foreign key", "drop column", "set not null"
LENGTHEN_SHORT, DROP_PLAIN_COLUMN = "lengthen a short one", "drop column of no index"

INPLACE: Mapping[str, Work] = {
    SET_DEFAULT: METADATA,
    LENGTHEN: METADATA,
    DROP_NOT_NULL: REBUILD,
    SET_NOT_NULL: REBUILD,
    REPLACE_PRIMARY_KEY: REBUILD,
    ADD_INDEX: IN_PLACE,
    DROP_INDEX: METADATA,
    DROP_FOREIGN_KEY: METADATA,
    DROP_COLUMN: REBUILD,
}
"""What every supported version does with ALGORITHM=INPLACE while others read and write, and what work that is."""

AT_ONCE: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    ADD_COLUMN: {MYSQL: (8, 0, 12), MARIADB: (10, 3)},
    DROP_PLAIN_COLUMN: {MYSQL: (8, 0, 29), MARIADB: (10, 4)},
}
"""Since when ALGORITHM=INSTANT does it, by the server's name."""

INSTANT = "instant"
"""An option of a live table: BARRED where it takes no column at once, UNTOLD where the login may not see which."""
BARRED, UNTOLD = "barred", "untold"

ONLINE_DDL = "innodb-online-ddl-operations.html"
MANUALS: Sequence[tuple[tuple[int, ...], str]] = (((8, 4), "8.4"), ((8, 0), "8.0"), ((5, 7), "5.7"))
MARIADB_MANUAL = "https://mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-online-ddl/"
OPERATIONS = "innodb-online-ddl-operations-with-the-{algorithm}-alter-algorithm"


def page(server: Server | None, name: str = ONLINE_DDL, algorithm: str = "inplace") -> str:
    """The page of the manual that a rule is from, in the edition for this server."""
    if server and server.name == MARIADB:
        return MARIADB_MANUAL + OPERATIONS.format(algorithm=algorithm)
    version = server.version if server else ()
    edition = next((edition for since, edition in MANUALS if version >= since), "8.4")
    return f"https://dev.mysql.com/doc/refman/{edition}/en/{name}"


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

    def impact(self, server: Server | None, referenced: Iterable[str] = ()) -> Impact:
        """What it costs on this server; the tables that its foreign keys point to are locked with it."""
        source = page(server, algorithm=(self.algorithm or ("copy" if self == COPY else "inplace")).lower())
        return Impact(self.work, self.lock, BLOCKED[self.lock], source, tuple(sorted(set(referenced))))


COPY = Way(REBUILD, SHARED, "")
"""The table is copied row by row; meanwhile others read."""


def way(operation: str, table: Table, server: Server | None) -> Way:
    """How a server (None if unknown) makes one kind of alteration of one table."""
    mariadb = server is not None and server.name == MARIADB
    if operation == LENGTHEN_SHORT:
        operation = LENGTHEN if mariadb else CONVERT
    if operation not in {*INPLACE, *AT_ONCE} or not _plain(table, server):
        return COPY
    if operation in AT_ONCE:
        return _at_once(operation, table, server)
    if operation == DROP_COLUMN and mariadb:
        return replace(_at_once(DROP_PLAIN_COLUMN, table, server), algorithm="INPLACE")
    return Way(INPLACE[operation], NONE, "" if operation == SET_NOT_NULL else "INPLACE")


def _at_once(operation: str, table: Table, server: Server | None) -> Way:
    """Without a look at the rows where server and table allow it, else in place.

    MySQL does so 64 times from 8.0.29 on, and then no more until the table is rebuilt.
    """
    if server is None:
        return Way(METADATA, NONE, "") if operation == ADD_COLUMN else Way(REBUILD, NONE, "INPLACE")
    barred = table.options.get("row_format") == "COMPRESSED" or table.options.get(INSTANT) == BARRED
    if barred or server.version < AT_ONCE[operation][server.name]:
        return Way(REBUILD, NONE, "INPLACE")
    return Way(METADATA, NONE, "" if table.options.get(INSTANT) == UNTOLD else "INSTANT")


def _plain(table: Table, server: Server | None) -> bool:
    """Whether nothing about a table bars the cheap ways.

    Partitions do, full-text and spatial indexes, and on MariaDB an index over a computed column.
    """
    parts = [
        part
        for columns in (*(k.columns for k in table.unique), *(i.columns for i in table.indexes))
        for part in columns
    ]
    if table.options.get("partitioned"):
        return False
    computed = server and server.name == MARIADB and any(_is_computed(table, part) for part in parts)
    return not computed and not any(part.startswith("[") for part in parts)


def _is_computed(table: Table, part: str) -> bool:
    column = table.columns.get(names.column_of(part))
    return column is not None and column.is_computed


def worst(ways: Sequence[Way]) -> Way:
    """How several alterations are made as one."""
    return Way(
        max((w.work for w in ways), key=WORKS.index),
        max((w.lock for w in ways), key=LOCKS.index),
        max((w.algorithm for w in ways), key=ALGORITHMS.index),
    )


def dropping(table: Table, column: str) -> str:
    """What kind of alteration drops a column: with it goes an index that is over nothing else."""
    holders: tuple[Key | Index, ...] = (*table.unique, *table.indexes)
    indexed = any(names.column_of(part) == column for holder in holders for part in holder.columns)
    return DROP_COLUMN if indexed else DROP_PLAIN_COLUMN


ONE_BYTE = 127
"""Bytes of the longest text whose length takes one byte, whatever the column allows: MariaDB lets it grow as it is."""


def alteration(table: Table, present: Column, wanted: Column) -> str:
    """What kind of alteration makes the wanted column of the present one."""
    if (present.type, present.charset, present.collation) == (wanted.type, wanted.charset, wanted.collation):
        if present.nullable == wanted.nullable:
            return SET_DEFAULT
        return DROP_NOT_NULL if wanted.nullable else SET_NOT_NULL
    old, new = types.characters(present.type), types.characters(wanted.type)
    same = (present.charset, present.collation, present.nullable) == (wanted.charset, wanted.collation, wanted.nullable)
    if not (old and new and same and old <= new and present.type.startswith("VARCHAR")):
        return CONVERT
    charset, _ = table.charset_of(present)
    longest = new * types.width(charset)
    shortest = old * (types.width(charset) if charset else 1)
    if shortest > 255 or longest <= 255:
        return LENGTHEN
    return LENGTHEN_SHORT if old * types.width(charset) <= ONE_BYTE else CONVERT


def of_statement(sql: str, change: Change, live: Schema) -> Impact:
    """What a statement costs that is no ALTER TABLE; where a name is looked up offline, only EXECUTE does anything."""
    if sql.startswith(("SET ", "PREPARE ", "DEALLOCATE ")):
        return Impact(METADATA, NONE, NOTHING, page(live.server, "prepare.html"))
    return assess(change, live)


def assess(change: Change, live: Schema) -> Impact:
    """What a change that is still to be made costs, at its dearest: some of its statements may cost less."""
    table = live.tables.get(change.table)
    referenced = _referenced(change, table)
    if isinstance(change, changes.CreateTable) and table is None:
        source = page(live.server, "create-table-foreign-keys.html")
        return Impact(METADATA, EXCLUSIVE if referenced else NONE, READS if referenced else NOTHING, source, referenced)
    if table is None or isinstance(change, changes.DropTable | changes.ReplaceTrigger):
        return Impact(METADATA, EXCLUSIVE, READS, page(live.server, "metadata-locking.html"), referenced)
    return worst([way(operation, table, live.server) for operation in _operations(change, table)]).impact(
        live.server, referenced
    )


def _referenced(change: Change, table: Table | None) -> tuple[str, ...]:
    """The tables besides its own whose metadata a change locks: those that its foreign keys point to."""
    keys: Iterable[ForeignKey] = ()
    if isinstance(change, changes.CreateTable):
        keys = change.definition.foreign_keys
    elif isinstance(change, changes.ReplaceForeignKey):
        keys = (change.key,)
    elif isinstance(change, changes.DropForeignKey) and table:
        keys = change.found(table)
    elif isinstance(change, changes.DropTable) and table:
        keys = table.foreign_keys
    return tuple(sorted({key.ref_table for key in keys} - {change.table}))


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


@_operations.register(changes.TextToBinary)
@_operations.register(changes.BinaryToText)
def _(change: Change, table: Table) -> Iterable[str]:
    return (CONVERT,)


@_operations.register
def _(change: changes.ReplacePrimaryKey, table: Table) -> Iterable[str]:
    return (REPLACE_PRIMARY_KEY,)


@_operations.register
def _(change: changes.DropColumn, table: Table) -> Iterable[str]:
    return (dropping(table, change.name),)


@_operations.register(changes.CreateTable)
@_operations.register(changes.CreateUnique)
def _(change: Change, table: Table) -> Iterable[str]:
    """A table that is there already lacks indexes."""
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
    """Texts that are too long are a rule of every database; what is so of bytes is a matter of this one's types."""
    table = live.tables[change.table]
    column = table.columns.get(change.name)
    if column is None:
        return []
    long = too_long(change, column) if types.is_binary(column.type) else None
    charset, _ = table.charset_of(change.target(column, live.flavour))
    lossy = change.charset is not False and charset and charset not in types.UNICODE
    return [
        *([_foreign_characters(change.name, f"t.{names.sql(change.name)}", charset)] if lossy and charset else []),
        *([long.hazard] if long else []),
    ]


@hazards.register
def _(change: changes.BinaryToText, live: Schema) -> Sequence[Hazard]:
    """Bytes that are no text, characters that the text's set has not, and texts that are too long."""
    table = live.tables[change.table]
    column = table.columns.get(change.name)
    if column is None or not types.is_binary(column.type):
        return []
    name = f"t.{names.sql(change.name)}"
    text, (charset, _) = f"CONVERT({name} USING utf8mb4)", table.charset_of(change.target(column))
    no_text = f"CHARSET({name}) = 'binary' AND {name} IS NOT NULL AND NOT CAST({text} AS BINARY) <=> {name}"
    long = too_long(change, column)
    return [
        Hazard(BLOCK, f"{change.name} is no text in UTF-8", no_text),
        *([_foreign_characters(change.name, text, charset)] if charset and charset not in types.UNICODE else []),
        *([long.hazard] if long else []),
    ]


@dataclass(frozen=True)
class TooLong:
    """The values that are too long for a column as it will be, and the expression `cut` for what is left of one."""

    hazard: Hazard
    cut: str

    @property
    def condition(self) -> str:
        return self.hazard.condition


def too_long(change: changes.AlterColumn | changes.BinaryToText, present: Column) -> TooLong | None:
    """What of a column does not fit, in characters of a text or bytes of anything else; None where all does."""
    wanted = change.target(present) if isinstance(change, changes.BinaryToText) else change.target(present, "mysql")
    name = f"t.{names.sql(present.name)}"
    if types.is_binary(wanted.type):
        most, unit, length, cut = types.capacity(wanted.type), "bytes", f"LENGTH({name})", "LEFT({}, {})"
    elif types.is_binary(present.type):
        text = f"CONVERT({name} USING utf8mb4)"
        most, unit, length = types.characters(wanted.type), "characters", f"CHAR_LENGTH({text})"
        cut = f"CAST(LEFT({text}, {{1}}) AS BINARY)"
    else:
        most, unit, length = types.characters(wanted.type), "characters", f"CHAR_LENGTH({name})"
        cut = "LEFT({}, {})"
    if most is None or types.holds(present.type, wanted.type):
        return None
    problem = f"{present.name} is longer than the {most} {unit} it will have"
    return TooLong(Hazard(BLOCK, problem, f"{length} > {most}", loses=present.name), cut.format(name, most))


@hazards.register
def _(change: changes.CreateIndex, live: Schema) -> Sequence[Hazard]:
    if change.short_charset is None or change.table not in live.tables:
        return []
    charset, _ = change.short_charset
    columns = shortened(change, live.tables[change.table])
    return [_foreign_characters(column.name, f"t.{names.sql(column.name)}", charset) for column in columns]


def _foreign_characters(column: str, value: str, charset: str) -> Hazard:
    """A value that is another one after a trip through the character set, compared byte by byte."""
    there_and_back = f"CONVERT(CONVERT({value} USING {charset}) USING utf8mb4)"
    condition = f"CAST({there_and_back} AS BINARY) <> CAST(CONVERT({value} USING utf8mb4) AS BINARY)"
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
