"""The conditions under which a script's statement is still to be made, asked of the data dictionary.

A script that was stopped is run again from its start, so each statement looks for its own effect. A condition is
about what the statement finds, not about a release: what a later release made of a table is left as it is. A
customer's constraint may be over more names than a text may have bytes: then it is none of ours, and no error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.impact import Statement

from . import plsql
from .ddl import SUCCESSOR

CREATED = re.compile(
    r'CREATE (?:UNIQUE )?(?P<kind>TABLE|SEQUENCE|INDEX|TRIGGER) (?:(?:"[^"]+"|[\w$#]+)\.)?(?P<name>"[^"]+"|[\w$#]+)'
)

OBJECT = """EXISTS (
        SELECT 1 FROM ALL_OBJECTS o
        WHERE o.OWNER = {owner} AND o.OBJECT_TYPE = '{kind}' AND o.OBJECT_NAME = {name})"""
INDEX = """EXISTS (
        SELECT 1 FROM ALL_INDEXES i
        WHERE i.OWNER = {owner} AND i.TABLE_NAME = {table} AND (i.INDEX_NAME = {name} OR {columns} = (
            SELECT LISTAGG(c.COLUMN_NAME, ',' ON OVERFLOW TRUNCATE) WITHIN GROUP (ORDER BY c.COLUMN_POSITION)
            FROM ALL_IND_COLUMNS c
            WHERE c.INDEX_OWNER = i.OWNER AND c.INDEX_NAME = i.INDEX_NAME)))"""
COLUMN = """EXISTS (
        SELECT 1 FROM ALL_TAB_COLUMNS c
        WHERE c.OWNER = {owner} AND c.TABLE_NAME = {table} AND c.COLUMN_NAME = {column}{more})"""
CONSTRAINT = """EXISTS (
        SELECT 1 FROM ALL_CONSTRAINTS k
        WHERE k.OWNER = {owner} AND k.TABLE_NAME = {table} AND k.CONSTRAINT_TYPE = '{kind}'{more})"""
OVER_COLUMNS = """ AND {columns} {compared} (
            SELECT LISTAGG(c.COLUMN_NAME, ',' ON OVERFLOW TRUNCATE) WITHIN GROUP (ORDER BY c.POSITION)
            FROM ALL_CONS_COLUMNS c
            WHERE c.OWNER = k.OWNER AND c.CONSTRAINT_NAME = k.CONSTRAINT_NAME)"""

PRIMARY, UNIQUE, FOREIGN = "P", "U", "R"


def condition(statement: Statement, schema: str | None) -> str | None:
    """The condition under which a statement is still to be made; None where it looks by itself or may be repeated."""
    return _due(statement.change, statement.sql, schema)


def created(sql: str) -> tuple[str, str] | None:
    """The kind and the name of the object that a statement creates, None if it creates none."""
    found = CREATED.match(sql)
    return (found["kind"], found["name"].strip('"')) if found else None


@singledispatch
def _due(change: Change, sql: str, schema: str | None) -> str | None:
    raise NotImplementedError(type(change).__name__)


@_due.register(changes.CreateTable)
@_due.register(changes.ReplaceTrigger)
def _object(change: Change, sql: str, schema: str | None) -> str | None:
    kind, name = created(sql) or ("", "")
    owner, quoted = plsql.owner(schema), sqltext.quoted(name)
    return f"NOT {OBJECT.format(owner=owner, kind=kind, name=quoted)}"


@_due.register
def _drop_table(change: changes.DropTable, sql: str, schema: str | None) -> str | None:
    kind, name = ("TABLE", change.table) if sql.startswith("DROP TABLE") else ("SEQUENCE", _last_name(sql))
    return OBJECT.format(owner=plsql.owner(schema), kind=kind, name=sqltext.quoted(name))


def _last_name(sql: str) -> str:
    """The name that a statement ends with, without its schema and its quotes."""
    return sql.rpartition(" ")[2].rpartition(".")[2].strip('"')


@_due.register
def _add_column(change: changes.AddColumn, sql: str, schema: str | None) -> str | None:
    """Taking the default away, after it has filled the rows, may be repeated."""
    return None if " MODIFY " in sql else f"NOT {column(change.table, change.column.name, schema)}"


@_due.register
def _alter_column(change: changes.AlterColumn, sql: str, schema: str | None) -> str | None:
    """A text's new length looks by itself, since it must look for the unit; another type or default may be repeated.

    A later change may have dropped the column, or made bytes of it. What is cut needs it to be there as a text.
    """
    if "found_text" in sql:
        return column(change.table, change.name, schema, " AND c.DATA_TYPE <> 'BLOB'")
    if " DEFAULT " in sql:
        return column(change.table, change.name, schema)
    if change.nullable is None or not sql.startswith("ALTER"):
        return None
    return column(change.table, change.name, schema, f" AND c.NULLABLE = '{'N' if change.nullable else 'Y'}'")


@_due.register
def _drop_column(change: changes.DropColumn, sql: str, schema: str | None) -> str | None:
    return column(change.table, change.name, schema)


@_due.register(changes.TextToBinary)
@_due.register(changes.BinaryToText)
def _converted(change: changes.TextToBinary | changes.BinaryToText, sql: str, schema: str | None) -> str | None:
    """The states between are told apart by which of the two columns are there, and which is bytes."""
    old = "<>" if isinstance(change, changes.TextToBinary) else "="
    present = column(change.table, change.name, schema, f" AND c.DATA_TYPE {old} 'BLOB'")
    successor = column(change.table, change.name + SUCCESSOR, schema)
    if " ADD " in sql:
        return f"{present}\n    AND NOT {successor}"
    if " MODIFY " in sql:
        return column(change.table, change.name + SUCCESSOR, schema, " AND c.NULLABLE = 'Y'")
    if " RENAME " in sql:
        return f"{successor}\n    AND NOT {column(change.table, change.name, schema)}"
    return f"{present}\n    AND {successor}"


@_due.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, sql: str, schema: str | None) -> str | None:
    if " DROP " in sql:
        return _constraint(PRIMARY, change.table, schema, change.columns, "<>")
    return f"NOT {_constraint(PRIMARY, change.table, schema)}"


@_due.register
def _create_unique(change: changes.CreateUnique, sql: str, schema: str | None) -> str | None:
    return f"NOT {_constraint(UNIQUE, change.table, schema, change.key.columns)}"


@_due.register
def _drop_unique(change: changes.DropUnique, sql: str, schema: str | None) -> str | None:
    return _constraint(UNIQUE, change.table, schema, change.columns)


@_due.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, sql: str, schema: str | None) -> str | None:
    """The key that goes has to be looked up by its own statement: nobody knows its name."""
    if not sql.startswith("ALTER"):
        return None
    return f"NOT {_constraint(FOREIGN, change.table, schema, change.key.columns)}"


@_due.register
def _drop_foreign_key(change: changes.DropForeignKey, sql: str, schema: str | None) -> str | None:
    """It has to be looked up by its own statement: nobody knows its name."""
    return None


@_due.register
def _drop_index(change: changes.DropIndex, sql: str, schema: str | None) -> str | None:
    """There are no two indexes over the same columns."""
    owner, table = plsql.owner(schema), sqltext.quoted(change.table)
    there = OBJECT.format(owner=owner, kind="INDEX", name=sqltext.quoted(change.name))
    columns = sqltext.quoted(",".join(change.columns or ()))
    over = f" AND {INDEX.format(owner=owner, table=table, name='NULL', columns=columns)}"
    return there + over * (change.columns is not None)


@_due.register
def _create_index(change: changes.CreateIndex, sql: str, schema: str | None) -> str | None:
    """An index over the same columns serves, whatever its name is."""
    if not sql.startswith("CREATE"):
        return None
    owner, table, name = plsql.owner(schema), sqltext.quoted(change.table), sqltext.quoted(change.index.name)
    columns = sqltext.quoted(",".join(change.index.columns))
    return f"NOT {INDEX.format(owner=owner, table=table, name=name, columns=columns)}"


def column(table: str, name: str, schema: str | None, more: str = "") -> str:
    """The condition that a table has this column, and that `more` is true of it."""
    owner = plsql.owner(schema)
    return COLUMN.format(owner=owner, table=sqltext.quoted(table), column=sqltext.quoted(name), more=more)


def _constraint(kind: str, table: str, schema: str | None, columns: Sequence[str] = (), compared: str = "=") -> str:
    """The condition that a table has a constraint of this kind, over these columns or over others."""
    listed = sqltext.quoted(",".join(columns))
    more = OVER_COLUMNS.format(columns=listed, compared=compared) if columns else ""
    return CONSTRAINT.format(owner=plsql.owner(schema), table=sqltext.quoted(table), kind=kind, more=more)
