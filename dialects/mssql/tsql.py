"""Batches that find a constraint by themselves: what nobody can know before the server is asked.

Online the names of constraints are known from the live schema; offline the emitted SQL finds them by their columns
in the catalog views (https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/). Of a default
the name is never known, since the model has none. THROW ends the batch, and with XACT_ABORT the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from apim_schema.schema import ForeignKey, Key

from . import names

DROP_FOUND = """DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'{drop}' + QUOTENAME(k.name)
    FROM {view} k
    WHERE k.{parent} = OBJECT_ID({table}) AND {which}
);
IF @drop IS NULL
    {missing}
EXEC (@drop);"""
"""More than one that fits is an error of the subquery."""

SAME_COLUMNS = """(
        SELECT SUM(CASE WHEN {pairs} THEN 1 ELSE -1 END)
        FROM {view} c
        WHERE {of}
    ) = {number}"""

WITHOUT_DEFAULT = """DECLARE @name NVARCHAR(258), @default NVARCHAR(MAX);
SELECT @name = QUOTENAME(d.name), @default = d.definition
FROM sys.default_constraints d
WHERE d.parent_object_id = OBJECT_ID({table}) AND COL_NAME(d.parent_object_id, d.parent_column_id) = {column};
IF @name IS NOT NULL
    EXEC ({drop} + @name);
{alter};
IF @name IS NOT NULL
    EXEC ({add} + @name + N' DEFAULT ' + @default + {to});"""

REFUSE_FOUND = """DECLARE @said NVARCHAR(2000) = (SELECT TOP (1) REPLACE(f.said, N'%', N'%%') FROM (
    {answers}
) f);
IF @said IS NOT NULL
    THROW 50000, @said, 1;"""
"""THROW takes a percent sign for the beginning of a placeholder."""

RENAME = """DECLARE @failed INT;
EXEC @failed = sp_rename {name}, {new}, N'COLUMN';
IF @failed <> 0
    {throw}"""
"""https://learn.microsoft.com/en-us/sql/relational-databases/system-stored-procedures/sp-rename-transact-sql"""

DROP_DEFAULT = """DECLARE @drop NVARCHAR(MAX) = (
    SELECT N'{drop}' + QUOTENAME(d.name)
    FROM sys.default_constraints d
    WHERE d.parent_object_id = OBJECT_ID({table}) AND COL_NAME(d.parent_object_id, d.parent_column_id) = {column}
);
IF @drop IS NOT NULL
    EXEC (@drop);"""


def drop_key(table: str, key: Key, primary: bool) -> str:
    """Drops the primary key or unique constraint over these columns, whatever its name; `table` is SQL."""
    kind, flag = ("primary key", "is_primary_key") if primary else ("unique constraint", "is_unique_constraint")
    same = _same_columns(
        key.columns,
        "sys.index_columns",
        "c.object_id = k.object_id AND c.index_id = k.index_id AND c.key_ordinal > 0",
        ("key_ordinal", "object_id", "column_id"),
    )
    return _drop(table, "sys.indexes", "object_id", f"k.{flag} = 1 AND {same}", f"{kind} ({', '.join(key.columns)})")


def drop_foreign_key(table: str, key: ForeignKey, ref_table: str) -> str:
    """Drops the foreign key over these columns to that table, whatever its name; `table` and `ref_table` are SQL."""
    same = _same_columns(
        key.columns,
        "sys.foreign_key_columns",
        "c.constraint_object_id = k.object_id",
        ("constraint_column_id", "parent_object_id", "parent_column_id"),
    )
    which = f"k.referenced_object_id = OBJECT_ID({names.literal(ref_table)}) AND {same}"
    return _drop(
        table, "sys.foreign_keys", "parent_object_id", which, f"foreign key ({', '.join(key.columns)}) to {ref_table}"
    )


def drop_default(table: str, column: str) -> str:
    """Drops the default of a column, if it has one; `table` is SQL."""
    return DROP_DEFAULT.format(
        drop=_alter_drop(table), table=names.literal(table), column=names.literal(names.spelling(column))
    )


def without_default(alter: str, table: str, column: str) -> str:
    """Alters a column while its default is away; the default comes back as it was. `table` and `alter` are SQL."""
    return WITHOUT_DEFAULT.format(
        table=names.literal(table),
        column=names.literal(names.spelling(column)),
        drop=names.literal(f"ALTER TABLE {table} DROP CONSTRAINT "),
        alter=alter,
        add=names.literal(f"ALTER TABLE {table} ADD CONSTRAINT "),
        to=names.literal(f" FOR {names.sql(column)}"),
    )


def rename_column(table: str, old: str, new: str) -> str:
    """Renames a column; `table` and `old` are SQL. RAISERROR, by which the procedure fails, ends no transaction."""
    name = names.literal(f"{table}.{old}")
    return RENAME.format(name=name, new=names.literal(new), throw=throw(f"{table}.{old} was not renamed to {new}"))


def refuse_found(answers: str) -> str:
    """Raises the first of the texts, in `said`, that a query gives, if it gives any."""
    return REFUSE_FOUND.format(answers=answers.replace("\n", "\n    "))


def throw(message: str) -> str:
    """Raises an error, which ends the batch; THROW takes a percent sign for the beginning of a placeholder."""
    return f"THROW 50000, {names.literal(message.replace('%', '%%'))}, 1;"


def _drop(table: str, view: str, parent: str, which: str, what: str) -> str:
    return DROP_FOUND.format(
        drop=_alter_drop(table),
        view=view,
        parent=parent,
        table=names.literal(table),
        which=which,
        missing=throw(f"{table} has no {what}"),
    )


def _alter_drop(table: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT ".replace("'", "''")


def _same_columns(columns: Iterable[str], view: str, of: str, fields: tuple[str, str, str]) -> str:
    """Whether the constraint `k` has these columns, in this order, and no others."""
    place, table, column = fields
    wanted = [
        f"c.{place} = {number} AND COL_NAME(c.{table}, c.{column}) = {names.literal(names.spelling(name))}"
        for number, name in enumerate(columns, start=1)
    ]
    return SAME_COLUMNS.format(pairs=" OR ".join(wanted), view=view, of=of, number=len(wanted))
