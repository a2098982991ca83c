"""What a change costs a live table on SQL Server: the work, and the lock that is held until the transaction ends.

ALTER TABLE takes a schema modification lock (Sch-M), which waits for every reader and lets none in. See
https://learn.microsoft.com/en-us/sql/relational-databases/sql-server-transaction-locking-and-row-versioning-guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, Hazard
from apim_schema.impact import IN_PLACE, METADATA, NOTHING, READS, REBUILD, SCAN, WRITES, Blocks, Impact, Work
from apim_schema.schema import Column, ForeignKey, Schema, Table

from . import layout, names, types, utf8

NONE, SHARED, EXCLUSIVE, SCHEMA_MODIFICATION = "none", "S", "X", "Sch-M"
BLOCKED: Mapping[str, Blocks] = {NONE: NOTHING, SHARED: WRITES, EXCLUSIVE: READS, SCHEMA_MODIFICATION: READS}

MANUAL = "https://learn.microsoft.com/en-us/sql/"
ALTER_TABLE = "t-sql/statements/alter-table-transact-sql"
CREATE_INDEX = "t-sql/statements/create-index-transact-sql"
CREATE_TABLE = "t-sql/statements/create-table-transact-sql"
CREATE_TRIGGER = "t-sql/statements/create-trigger-transact-sql"
DROP_INDEX = "t-sql/statements/drop-index-transact-sql"
LOCKS = "relational-databases/sql-server-transaction-locking-and-row-versioning-guide"
RENAME = "relational-databases/system-stored-procedures/sp-rename-transact-sql"

INDEX_KEY, CLUSTERED_KEY = 1700, 900
"""Bytes that the key of an index may have, and that of a clustered one, as primary keys are unless told otherwise."""

EDITION = "edition"
"""An option of the live schema: the number of its engine's edition (SERVERPROPERTY, EngineEdition)."""
ADDS_ONLINE = ("3", "5", "8")
"""Enterprise, which Developer and Evaluation are too; Azure SQL Database and Azure SQL Managed Instance."""
OFFLINE = re.compile(
    r".+\(MAX\)|N?TEXT|IMAGE|XML|GEOGRAPHY|GEOMETRY|HIERARCHYID|SQL_VARIANT|TIMESTAMP|ROWVERSION|UNIQUEIDENTIFIER"
)
"""Types of which no column is added online."""


def _impact(work: Work, lock: str, page: str, referenced: Sequence[str] = ()) -> Impact:
    return Impact(work, lock, BLOCKED[lock], f"{MANUAL}{page}", tuple(referenced))


def of_statement(sql: str, change: Change, live: Schema) -> Impact:
    """What one of the statements of a change costs: those around the one that does the work may cost less."""
    table = live.tables.get(change.table)
    if table is None:
        return assess(change, live) if sql.startswith("CREATE TABLE") else _impact(METADATA, NONE, CREATE_INDEX)
    if " ALTER COLUMN " in sql:
        return _altered(change, live) if isinstance(change, changes.AlterColumn) else LOOKED_AT
    found = next((rule for words, rule in RULES if words.search(sql)), None)
    return found(table) if found else assess(change, live)


LOOKED_AT = _impact(SCAN, SCHEMA_MODIFICATION, ALTER_TABLE)
"""What it costs to forbid NULL or long values: every row is looked at."""


def _always(work: Work, lock: str, page: str) -> Callable[[Table], Impact]:
    return lambda table: _impact(work, lock, page)


def _dropped_key(table: Table) -> Impact:
    """The rows stay; without their clustered key, the other indexes are written anew to point to them."""
    others = len(table.indexes) + len(table.unique)
    return _impact(IN_PLACE if others and layout.is_clustered(table) else METADATA, SCHEMA_MODIFICATION, DROP_INDEX)


def _added_key(table: Table) -> Impact:
    """The rows lie in the order of a clustered primary key."""
    return _impact(REBUILD if layout.is_clustered(table) else IN_PLACE, SCHEMA_MODIFICATION, ALTER_TABLE)


RULES: Sequence[tuple[re.Pattern[str], Callable[[Table], Impact]]] = tuple(
    (re.compile(words), rule)
    for words, rule in (
        (r"^CREATE (UNIQUE |(NON)?CLUSTERED )*INDEX", _always(IN_PLACE, SHARED, CREATE_INDEX)),
        (r"^UPDATE|COLLATIONPROPERTY", _always(REBUILD, EXCLUSIVE, LOCKS)),
        (r"\bsp_rename\b", _always(METADATA, SCHEMA_MODIFICATION, RENAME)),
        (r"\bADD (CONSTRAINT \S+ )?PRIMARY KEY\b", _added_key),
        (r"\bADD (CONSTRAINT \S+ )?UNIQUE\b", _always(IN_PLACE, SCHEMA_MODIFICATION, ALTER_TABLE)),
        (r"\bis_primary_key = 1\b", _dropped_key),
        (r"^DECLARE @drop|^DROP INDEX|\bDROP COLUMN\b", _always(METADATA, SCHEMA_MODIFICATION, ALTER_TABLE)),
        (
            r"\bADD DEFAULT\b|\bADD (?!.*\b(NOT NULL|KEY|UNIQUE)\b).* NULL( DEFAULT .*(?<!WITH VALUES))?$",
            _always(METADATA, SCHEMA_MODIFICATION, ALTER_TABLE),
        ),
    )
)
"""What the statements are known by that stand around, or do, the work of a change; the first that fits counts."""


@singledispatch
def assess(change: Change, live: Schema) -> Impact:
    """What a change that is still to be made costs: in doubt the most."""
    return _impact(REBUILD, SCHEMA_MODIFICATION, ALTER_TABLE)


@assess.register
def _create_table(change: changes.CreateTable, live: Schema) -> Impact:
    """Nobody knows a new table yet, but those that its foreign keys point to; one that is there lacks indexes."""
    if change.table in live.tables:
        return _impact(IN_PLACE, SHARED, CREATE_INDEX)
    referenced = sorted({key.ref_table for key in change.definition.foreign_keys} - {change.table})
    return _impact(METADATA, SCHEMA_MODIFICATION if referenced else NONE, CREATE_TABLE, referenced)


@assess.register
def _add_column(change: changes.AddColumn, live: Schema) -> Impact:
    """A column with a value is written to every row, but for NOT NULL with a constant default on Enterprise."""
    column = change.column
    valued = change.fill is not None or column.default is not None
    return _impact(REBUILD if valued and not _adds_online(column, live) else METADATA, SCHEMA_MODIFICATION, ALTER_TABLE)


def _adds_online(column: Column, live: Schema) -> bool:
    """Whether the default is kept in the catalog alone: SQL Server 2012 on, in the editions that add online."""
    return (
        live.options.get(EDITION) in ADDS_ONLINE
        and column.default is not None
        and not column.nullable
        and OFFLINE.fullmatch(column.type) is None
    )


@assess.register
def _alter_column(change: changes.AlterColumn, live: Schema) -> Impact:
    """A key over a column that gets less room or becomes NOT NULL goes and comes back."""
    table, cost = live.tables[change.table], _altered(change, live)
    keyed = table.primary_key is not None and change.name in table.primary_key.columns
    return _added_key(table) if keyed and cost.reads_rows else cost


def _altered(change: changes.AlterColumn, live: Schema) -> Impact:
    """A longer text costs nothing; less room or NOT NULL reads every row; another type rewrites."""
    column = live.tables[change.table].columns[change.name]
    wanted = change.target(column, live.flavour)
    if sqltext.base(wanted.type) != sqltext.base(column.type):
        return _impact(REBUILD, SCHEMA_MODIFICATION, ALTER_TABLE)
    stricter = column.nullable and not wanted.nullable
    if types.narrows(column.type, wanted.type) or stricter:
        return LOOKED_AT
    return _impact(METADATA, SCHEMA_MODIFICATION, ALTER_TABLE)


@assess.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema) -> Impact:
    return _added_key(live.tables[change.table])


@assess.register
def _create_unique(change: changes.CreateUnique, live: Schema) -> Impact:
    """All rows are read to build the key's index."""
    return _impact(IN_PLACE, SCHEMA_MODIFICATION, ALTER_TABLE)


@assess.register(changes.DropUnique)
@assess.register(changes.DropForeignKey)
@assess.register(changes.DropIndex)
@assess.register(changes.DropTable)
@assess.register(changes.DropColumn)
def _drop(change: Change, live: Schema) -> Impact:
    """Rows stay as they are written; a column that is dropped is not read any more."""
    return _impact(METADATA, SCHEMA_MODIFICATION, ALTER_TABLE)


@assess.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema) -> Impact:
    """All rows are checked against the new one."""
    return _impact(SCAN, SCHEMA_MODIFICATION, ALTER_TABLE, (change.key.ref_table,))


@assess.register
def _create_index(change: changes.CreateIndex, live: Schema) -> Impact:
    """Reads stay possible meanwhile, writes don't."""
    return _impact(IN_PLACE, SHARED, CREATE_INDEX)


@assess.register
def _keep_index(change: changes.KeepIndex, live: Schema) -> Impact:
    return _impact(METADATA, NONE, CREATE_INDEX)


@assess.register
def _replace_trigger(change: changes.ReplaceTrigger, live: Schema) -> Impact:
    return _impact(METADATA, SCHEMA_MODIFICATION, CREATE_TRIGGER)


@singledispatch
def hazards(change: Change, live: Schema) -> Sequence[Hazard]:
    """The rows that SQL Server's own limits stand in the way of."""
    return ()


@hazards.register
def _no_text(change: changes.BinaryToText, live: Schema) -> Sequence[Hazard]:
    """Bytes that are no text here, and texts that are too long."""
    column = live.tables[change.table].columns.get(change.name)
    return () if column is None or not types.is_bytes(column) else utf8.hazards(column, change.column.type)


@hazards.register
def _shorter_text(change: changes.AlterColumn, live: Schema) -> Sequence[Hazard]:
    """A text that becomes shorter once it is a text again."""
    column = live.tables[change.table].columns.get(change.name)
    if change.type is None or sqltext.base(change.type) not in types.TEXTS or column is None:
        return ()
    return utf8.too_long(column, change.type) if types.is_bytes(column) else ()


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
