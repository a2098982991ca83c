"""What a change costs a live table on SQL Server: the work, and the lock that is held until the transaction ends.

ALTER TABLE takes a schema modification lock (Sch-M), which waits for every reader and lets none in. See
https://learn.microsoft.com/en-us/sql/relational-databases/sql-server-transaction-locking-and-row-versioning-guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.dialect import BLOCK, METADATA, REBUILD, SCAN, Hazard, Impact
from apim_schema.schema import ForeignKey, Schema, Table

from . import layout, names, types

NONE, SHARED, SCHEMA_MODIFICATION = "none", "S", "Sch-M"

INDEX_KEY, CLUSTERED_KEY = 1700, 900
"""Bytes that the key of an index may have, and that of a clustered one, as primary keys are unless told otherwise."""


@singledispatch
def assess(change: Change, live: Schema) -> Impact:
    """What a change that is still to be made costs: in doubt the most."""
    return Impact(REBUILD, SCHEMA_MODIFICATION)


@assess.register
def _create_table(change: changes.CreateTable, live: Schema) -> Impact:
    """Nobody knows the new table yet; those that its foreign keys point to are locked for a moment."""
    return Impact(METADATA, SCHEMA_MODIFICATION if change.definition.foreign_keys else NONE)


@assess.register
def _add_column(change: changes.AddColumn, live: Schema) -> Impact:
    """A column with a value is written to every row, but for NOT NULL with a constant default on Enterprise."""
    filled = change.column.default is not None or change.fill is not None
    return Impact(REBUILD if filled else METADATA, SCHEMA_MODIFICATION)


@assess.register
def _alter_column(change: changes.AlterColumn, live: Schema) -> Impact:
    """A longer text costs nothing; less room or NOT NULL reads every row; a wider number or less of a key rewrites."""
    table = live.tables[change.table]
    column = table.columns[change.name]
    wanted = change.target(column, live.flavour)
    if sqltext.base(wanted.type) != sqltext.base(column.type):
        return Impact(REBUILD, SCHEMA_MODIFICATION)
    shorter = types.narrows(column.type, wanted.type)
    if shorter and table.primary_key and change.name in table.primary_key.columns:
        return Impact(REBUILD, SCHEMA_MODIFICATION)
    stricter = column.nullable and not wanted.nullable
    return Impact(SCAN if shorter or stricter else METADATA, SCHEMA_MODIFICATION)


@assess.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema) -> Impact:
    """The rows lie in the order of the primary key."""
    return Impact(REBUILD, SCHEMA_MODIFICATION)


@assess.register
def _create_unique(change: changes.CreateUnique, live: Schema) -> Impact:
    """All rows are read to build the key's index."""
    return Impact(SCAN, SCHEMA_MODIFICATION)


@assess.register(changes.DropUnique)
@assess.register(changes.DropForeignKey)
@assess.register(changes.DropIndex)
@assess.register(changes.DropTable)
@assess.register(changes.DropColumn)
def _drop(change: Change, live: Schema) -> Impact:
    """Rows stay as they are written; a column that is dropped is not read any more."""
    return Impact(METADATA, SCHEMA_MODIFICATION)


@assess.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema) -> Impact:
    """All rows are checked against the new one."""
    return Impact(SCAN, SCHEMA_MODIFICATION)


@assess.register
def _create_index(change: changes.CreateIndex, live: Schema) -> Impact:
    """Reads stay possible meanwhile, writes don't."""
    return Impact(SCAN, SHARED)


@assess.register
def _keep_index(change: changes.KeepIndex, live: Schema) -> Impact:
    return Impact(METADATA, NONE)


@assess.register
def _replace_trigger(change: changes.ReplaceTrigger, live: Schema) -> Impact:
    return Impact(METADATA, SCHEMA_MODIFICATION)


@singledispatch
def hazards(change: Change, live: Schema) -> Sequence[Hazard]:
    """The rows that SQL Server's own limits stand in the way of."""
    return ()


@hazards.register
def _index_key_size(change: changes.CreateIndex, live: Schema) -> Sequence[Hazard]:
    return _too_long(live.tables[change.table], change.index.columns, INDEX_KEY, change.index.name)


@hazards.register
def _unique_key_size(change: changes.CreateUnique, live: Schema) -> Sequence[Hazard]:
    key = change.key.name or "the unique constraint"
    return _too_long(live.tables[change.table], change.key.columns, INDEX_KEY, key)


@hazards.register
def _primary_key_size(change: changes.ReplacePrimaryKey, live: Schema) -> Sequence[Hazard]:
    table = live.tables[change.table]
    limit = CLUSTERED_KEY if layout.is_clustered(table) else INDEX_KEY
    return _too_long(table, change.columns, limit, "the primary key")


def _too_long(table: Table, columns: Sequence[str], limit: int, key: str) -> Sequence[Hazard]:
    """Rows of which a key would be too long: the server warns of the columns, and fails at such a row."""
    present = [names.found(name, table.columns) for name in columns if name in table.columns]
    length = " + ".join(f"ISNULL(DATALENGTH(t.{names.sql(name)}), 0)" for name in present)
    problem = f"over {limit} bytes in ({', '.join(present)}), too long for {key}"
    return (Hazard(BLOCK, problem, f"{length} > {limit}"),) if present else ()


def rechecked(change: Change, live: Schema) -> Sequence[ForeignKey]:
    """The foreign key that is made anew: no other change looks at rows again."""
    return (change.key,) if isinstance(change, changes.ReplaceForeignKey) else ()
