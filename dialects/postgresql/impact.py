"""What a change costs a live table on PostgreSQL: the work, and the lock that is held until the transaction ends.

The locks are those of https://www.postgresql.org/docs/current/explicit-locking.html. Which forms of ALTER TABLE read
or rewrite the table stands in the notes of https://www.postgresql.org/docs/current/sql-altertable.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.dialect import METADATA, REBUILD, SCAN, WARN, Hazard, Impact
from apim_schema.schema import Column, ForeignKey, Schema

from . import names

NONE = "none"
SHARE = "SHARE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

INDEX_ROW = 2704
"""Bytes that a row of a B-tree index may have, on the 8 KB page that almost every server has."""

LENGTH = re.compile(r"VARCHAR(?:\((\d+)\))?|TEXT")


@singledispatch
def assess(change: Change, live: Schema) -> Impact:
    """What a change that is still to be made costs: in doubt the most."""
    return Impact(REBUILD, ACCESS_EXCLUSIVE)


@assess.register
def _create_table(change: changes.CreateTable, live: Schema) -> Impact:
    """Nobody knows the new table yet; the tables that its foreign keys point to get a trigger each."""
    return Impact(METADATA, SHARE_ROW_EXCLUSIVE if change.definition.foreign_keys else NONE)


@assess.register
def _add_column(change: changes.AddColumn, live: Schema) -> Impact:
    """A constant default is stored once, from PostgreSQL 11 on; one drawn from a sequence is written to every row."""
    return Impact(METADATA if change.column.generated is None else REBUILD, ACCESS_EXCLUSIVE)


@assess.register
def _alter_column(change: changes.AlterColumn, live: Schema) -> Impact:
    """A text column that gets wider keeps its rows and indexes, any other type writes them anew."""
    column = live.tables[change.table].columns[change.name]
    wanted = change.target(column, live.flavour)
    if wanted.type != column.type and not _widens(column.type, wanted.type):
        return Impact(REBUILD, ACCESS_EXCLUSIVE)
    return Impact(SCAN if column.nullable and not wanted.nullable else METADATA, ACCESS_EXCLUSIVE)


def _widens(old: str, new: str) -> bool:
    before, after = LENGTH.fullmatch(old), LENGTH.fullmatch(new)
    if before is None or after is None:
        return False
    return after[1] is None or (before[1] is not None and int(before[1]) <= int(after[1]))


@assess.register
def _text_to_binary(change: changes.TextToBinary, live: Schema) -> Impact:
    return Impact(REBUILD, ACCESS_EXCLUSIVE)


@assess.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema) -> Impact:
    """The rows stay; all are read to build the key's index."""
    return Impact(SCAN, ACCESS_EXCLUSIVE)


@assess.register
def _create_unique(change: changes.CreateUnique, live: Schema) -> Impact:
    """All rows are read to build the key's index."""
    return Impact(SCAN, ACCESS_EXCLUSIVE)


@assess.register(changes.DropUnique)
@assess.register(changes.DropForeignKey)
@assess.register(changes.DropIndex)
@assess.register(changes.DropTable)
@assess.register(changes.DropColumn)
def _drop(change: Change, live: Schema) -> Impact:
    """Rows stay as they are written; a column that is dropped is not read any more."""
    return Impact(METADATA, ACCESS_EXCLUSIVE)


@assess.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema) -> Impact:
    """Adding one takes SHARE ROW EXCLUSIVE on both tables and checks all rows; dropping the old one takes more."""
    return Impact(SCAN, ACCESS_EXCLUSIVE)


@assess.register
def _create_index(change: changes.CreateIndex, live: Schema) -> Impact:
    """Reads stay possible meanwhile, writes don't."""
    return Impact(SCAN, SHARE)


@assess.register
def _keep_index(change: changes.KeepIndex, live: Schema) -> Impact:
    return Impact(METADATA, NONE)


@assess.register
def _replace_trigger(change: changes.ReplaceTrigger, live: Schema) -> Impact:
    """Creating one takes SHARE ROW EXCLUSIVE; dropping the old one takes more."""
    dropped = change.trigger.name in live.triggers
    return Impact(METADATA, ACCESS_EXCLUSIVE if dropped else SHARE_ROW_EXCLUSIVE)


@singledispatch
def hazards(change: Change, live: Schema) -> Sequence[Hazard]:
    """The rows that PostgreSQL's own limits stand in the way of: only an index has one."""
    return ()


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
