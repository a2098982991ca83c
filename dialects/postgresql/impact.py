"""What a change costs a live table on PostgreSQL: the work, and the lock that is held until the transaction ends.

Each rule has the page of the manual that it is from; what a lock blocks is on
https://www.postgresql.org/docs/current/explicit-locking.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, WARN, Hazard
from apim_schema.impact import IN_PLACE, METADATA, NOTHING, READS, REBUILD, SCAN, WRITES, Blocks, Impact, Work
from apim_schema.schema import Column, ForeignKey, Schema

from . import names

NONE = "none"
SHARE = "SHARE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"
BLOCKED: Mapping[str, Blocks] = {
    NONE: NOTHING,
    SHARE: WRITES,
    SHARE_ROW_EXCLUSIVE: WRITES,
    ACCESS_EXCLUSIVE: READS,
}

MANUAL = "https://www.postgresql.org/docs/current/"
ALTER_TABLE, CREATE_TABLE, DROP_TABLE = "sql-altertable", "sql-createtable", "sql-droptable"
CREATE_INDEX, DROP_INDEX, CREATE_TRIGGER, DROP_TRIGGER = (
    "sql-createindex",
    "sql-dropindex",
    "sql-createtrigger",
    "sql-droptrigger",
)

INDEX_ROW = 2704
"""Bytes that a row of a B-tree index may have, on the 8 KB page that almost every server has."""

LENGTH = re.compile(r"VARCHAR(?:\((\d+)\))?|TEXT")


OF_ITS_OWN = {
    "CREATE SEQUENCE": "sql-createsequence",
    "DROP SEQUENCE": "sql-dropsequence",
    "CREATE FUNCTION": "sql-createfunction",
}
"""Statements that lock no table."""


def _impact(work: Work, lock: str, page: str, referenced: Sequence[str] = ()) -> Impact:
    return Impact(work, lock, BLOCKED[lock], f"{MANUAL}{page}.html", tuple(referenced))


def of_statement(sql: str, change: Change, live: Schema) -> Impact:
    """What one of the statements of a change costs: the first ones and the last ones of several may cost less."""
    if page := next((page for words, page in OF_ITS_OWN.items() if sql.startswith(words)), None):
        return _impact(METADATA, NONE, page)
    if sql.startswith("CREATE TRIGGER"):
        return _impact(METADATA, SHARE_ROW_EXCLUSIVE, CREATE_TRIGGER)
    if change.table not in live.tables and not sql.startswith("CREATE TABLE"):
        return _impact(METADATA, NONE, CREATE_INDEX)
    return assess(change, live)


@singledispatch
def assess(change: Change, live: Schema) -> Impact:
    """What a change that is still to be made costs: in doubt the most."""
    return _impact(REBUILD, ACCESS_EXCLUSIVE, ALTER_TABLE)


@assess.register
def _create_table(change: changes.CreateTable, live: Schema) -> Impact:
    """Nobody knows the new table yet; those that its foreign keys point to get a trigger each.

    One that is there already lacks indexes.
    """
    if change.table in live.tables:
        return _impact(IN_PLACE, SHARE, CREATE_INDEX)
    referenced = _referenced(change.definition.foreign_keys, change.table)
    return _impact(METADATA, SHARE_ROW_EXCLUSIVE if referenced else NONE, CREATE_TABLE, referenced)


def _referenced(keys: Sequence[ForeignKey], table: str) -> list[str]:
    return sorted({key.ref_table for key in keys} - {table})


@assess.register
def _add_column(change: changes.AddColumn, live: Schema) -> Impact:
    """A constant default is stored once, from PostgreSQL 11 on; one drawn from a sequence is written to every row."""
    return _impact(METADATA if change.column.generated is None else REBUILD, ACCESS_EXCLUSIVE, ALTER_TABLE)


@assess.register
def _alter_column(change: changes.AlterColumn, live: Schema) -> Impact:
    """A text column that gets wider keeps its rows and indexes, any other type writes them anew."""
    column = live.tables[change.table].columns[change.name]
    wanted = change.target(column, live.flavour)
    if wanted.type != column.type and not _widens(column.type, wanted.type):
        return _impact(REBUILD, ACCESS_EXCLUSIVE, ALTER_TABLE)
    return _impact(SCAN if column.nullable and not wanted.nullable else METADATA, ACCESS_EXCLUSIVE, ALTER_TABLE)


def _widens(old: str, new: str) -> bool:
    before, after = LENGTH.fullmatch(old), LENGTH.fullmatch(new)
    if before is None or after is None:
        return False
    return after[1] is None or (before[1] is not None and int(before[1]) <= int(after[1]))


@assess.register(changes.TextToBinary)
@assess.register(changes.BinaryToText)
def _convert(change: Change, live: Schema) -> Impact:
    return _impact(REBUILD, ACCESS_EXCLUSIVE, ALTER_TABLE)


@assess.register(changes.ReplacePrimaryKey)
@assess.register(changes.CreateUnique)
def _new_key(change: Change, live: Schema) -> Impact:
    """The rows stay; all are read to build the key's index."""
    return _impact(IN_PLACE, ACCESS_EXCLUSIVE, ALTER_TABLE)


@assess.register(changes.DropUnique)
@assess.register(changes.DropColumn)
def _drop(change: Change, live: Schema) -> Impact:
    """Rows stay as they are written; a column that is dropped is not read any more."""
    return _impact(METADATA, ACCESS_EXCLUSIVE, ALTER_TABLE)


@assess.register
def _drop_index(change: changes.DropIndex, live: Schema) -> Impact:
    return _impact(METADATA, ACCESS_EXCLUSIVE, DROP_INDEX)


@assess.register
def _drop_table(change: changes.DropTable, live: Schema) -> Impact:
    """The tables that its foreign keys point to lose the trigger that they got for each."""
    table = live.tables.get(change.table)
    return _impact(
        METADATA, ACCESS_EXCLUSIVE, DROP_TABLE, _referenced(table.foreign_keys if table else (), change.table)
    )


@assess.register
def _drop_foreign_key(change: changes.DropForeignKey, live: Schema) -> Impact:
    """The table that it points to loses a trigger, under the same lock."""
    found = change.found(live.tables[change.table])
    return _impact(METADATA, ACCESS_EXCLUSIVE, ALTER_TABLE, _referenced(found, change.table))


@assess.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema) -> Impact:
    """Adding one takes SHARE ROW EXCLUSIVE on both tables and checks all rows; dropping the old one takes more."""
    present = change.same_columns(live.tables[change.table])
    lock = ACCESS_EXCLUSIVE if present else SHARE_ROW_EXCLUSIVE
    return _impact(SCAN, lock, ALTER_TABLE, _referenced((change.key,), change.table))


@assess.register
def _create_index(change: changes.CreateIndex, live: Schema) -> Impact:
    """Reads stay possible meanwhile, writes don't."""
    return _impact(IN_PLACE, SHARE, CREATE_INDEX)


@assess.register
def _keep_index(change: changes.KeepIndex, live: Schema) -> Impact:
    return _impact(METADATA, NONE, CREATE_INDEX)


@assess.register
def _replace_trigger(change: changes.ReplaceTrigger, live: Schema) -> Impact:
    """Creating one takes SHARE ROW EXCLUSIVE; dropping the old one takes more."""
    if change.trigger.name in live.triggers:
        return _impact(METADATA, ACCESS_EXCLUSIVE, DROP_TRIGGER)
    return _impact(METADATA, SHARE_ROW_EXCLUSIVE, CREATE_TRIGGER)


@singledispatch
def hazards(change: Change, live: Schema) -> Sequence[Hazard]:
    """The rows that PostgreSQL's own limits stand in the way of: only an index has one."""
    return ()


UTF8 = "|".join(
    (
        "(0[1-9a-f]|[1-7][0-9a-f])",
        "(c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]",
        "(e0[ab]|e[1-9a-cef][89ab]|ed[89])[0-9a-f][89ab][0-9a-f]",
        "(f0[9ab]|f[1-3][89ab]|f48)[0-9a-f]([89ab][0-9a-f]){2}",
    )
)
"""A character of UTF-8 in hexadecimal digits, by table 3-7 of Unicode: any but NUL, which no text holds."""


@hazards.register
def _no_text(change: changes.BinaryToText, live: Schema) -> Sequence[Hazard]:
    """Bytes that are no text, and texts that are too long."""
    if not _is_bytes(change.table, change.name, live):
        return ()
    name = f"t.{names.sql(change.name)}"
    no_text = Hazard(BLOCK, f"{change.name} is no text in UTF-8", f"encode({name}, 'hex') !~ '^({UTF8})*$'")
    return (no_text, *_too_long(change.name, change.column.type))


@hazards.register
def _shorter_text(change: changes.AlterColumn, live: Schema) -> Sequence[Hazard]:
    """A text that becomes shorter once it is a text again."""
    return _too_long(change.name, change.type) if change.type and _is_bytes(change.table, change.name, live) else ()


def _is_bytes(table: str, name: str, live: Schema) -> bool:
    column = live.tables[table].columns.get(name)
    return column is not None and column.type == "BYTEA"


def _too_long(column: str, wanted: str) -> Sequence[Hazard]:
    """Bytes that are a text of too many characters, which are counted by the bytes that begin one."""
    name, most = f"t.{names.sql(column)}", sqltext.length(wanted)
    if most is None:
        return ()
    begins = (
        f"SELECT count(*) FROM generate_series(0, octet_length({name}) - 1) i WHERE get_byte({name}, i) & 192 <> 128"
    )
    condition = f"octet_length({name}) > {most} AND ({begins}) > {most}"
    return (Hazard(BLOCK, f"{column} is longer than the {most} characters it will have", condition, loses=column),)


@hazards.register
def _new_index(change: changes.CreateIndex, live: Schema) -> Sequence[Hazard]:
    return _index_row_size(live, change.table, change.index.columns, change.index.name)


@hazards.register
def _new_unique(change: changes.CreateUnique, live: Schema) -> Sequence[Hazard]:
    return _index_row_size(live, change.table, change.key.columns, change.key.name or "the unique constraint")


def _index_row_size(live: Schema, table: str, parts: Sequence[str], index: str) -> Sequence[Hazard]:
    """A row of a B-tree takes at most a third of a page; a long value may still fit once it is compressed.

    See https://www.postgresql.org/docs/current/btree.html.
    """
    columns = [name for name in parts if _is_long(live.tables[table].columns.get(name))]
    if not columns:
        return ()
    length = " + ".join(f"coalesce(octet_length(t.{names.sql(name)}), 0)" for name in columns)
    problem = f"over {INDEX_ROW} bytes in ({', '.join(columns)}), too long for {index} if not compressible"
    return (Hazard(WARN, problem, f"{length} > {INDEX_ROW}"),)


def _is_long(column: Column | None) -> bool:
    """Whether the values of a column (not of an expression) can have any length."""
    return column is not None and sqltext.base(column.type) in ("VARCHAR", "TEXT", "BYTEA")


def rechecked(change: Change, live: Schema) -> Sequence[ForeignKey]:
    """The foreign key that is made anew: no other change looks at rows again."""
    return (change.key,) if isinstance(change, changes.ReplaceForeignKey) else ()
