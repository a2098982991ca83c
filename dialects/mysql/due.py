"""Whether a statement of a script is still to be made: what is there once it has run, asked of information_schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.impact import Statement
from apim_schema.schema import Table

from . import names, queries, types

DROPS_FOREIGN_KEY = re.compile(r"DROP FOREIGN KEY (`(?:[^`]|``)+`)")


def looked_at(number: int, statement: Statement, schema: str | None) -> str:
    """A row of the look: how many parts a statement has, and how many of them are there."""
    made, table = (statement.change, *statement.more), statement.change.table
    effects = [effect for change in made for effect in _effects(change, statement, schema)]
    parts = sum(effect.parts for effect in effects)
    whole = parts > 1 and not all(isinstance(change, changes.AlterColumn) for change in made)
    there = [_columns(table, conditions, schema)] if (conditions := [e.column for e in effects if e.column]) else []
    # NOT binds less than +
    expressions = [effect.expression for effect in effects if effect.expression]
    there += [f"({one})" if len(effects) > 1 and one.startswith("NOT") else one for one in expressions]
    return f"SELECT {number}, {sqltext.quoted(table)}, {parts}, {int(whole)}, {' + '.join(there)}"


def _columns(table: str, conditions: Sequence[str], schema: str | None) -> str:
    """How many columns of a table are as one of these conditions says."""
    either = "\n            OR ".join(conditions)
    return (
        "(\n        SELECT COUNT(*) FROM information_schema.columns c\n"
        f"        WHERE {queries.of_table(table, 'c', schema)} AND (\n            {either}))"
    )


def is_other(change: changes.AlterColumn | changes.TextToBinary | changes.BinaryToText, present: Table) -> str:
    """The condition that a column is neither of the type that it had nor of that which it gets."""
    wanted = change.column.type if isinstance(change, changes.BinaryToText) else change.type
    native = [type_ for type_ in (present.columns[change.name].type, wanted) if type_]
    known = dict.fromkeys(sqltext.quoted(_shown(sqltext.base(type_))) for type_ in native)
    named = f"c.table_name = {sqltext.quoted(present.name)} AND c.column_name = {sqltext.quoted(change.name)}"
    return f"{named} AND c.data_type NOT IN ({', '.join(known)})"


@dataclass(frozen=True)
class Effect:
    """What is there once a change is in: columns for which the condition `column` holds, or an `expression` that is 1.

    `parts` is how many there are.
    """

    column: str = ""
    expression: str = ""
    parts: int = 1


@singledispatch
def _effects(change: Change, statement: Statement, schema: str | None) -> Sequence[Effect]:
    """What is there once this statement of a change has run."""
    raise NotImplementedError(type(change).__name__)


@_effects.register
def _create_table(change: changes.CreateTable, statement: Statement, schema: str | None) -> Sequence[Effect]:
    columns = change.definition.columns
    return [Effect(f"c.column_name IN ({', '.join(map(sqltext.quoted, columns))})", parts=len(columns))]


@_effects.register
def _add_column(change: changes.AddColumn, statement: Statement, schema: str | None) -> Sequence[Effect]:
    """Dropping the default that filled the rows may be done twice, where nothing else is done with it."""
    name = change.column.name
    if f"ALTER COLUMN {names.sql(name)} DROP DEFAULT" in statement.sql:
        return [Effect(_named(name, _is_default(None))) if statement.more else Effect(expression="0")]
    return [Effect(_named(name, _is_type(change.column.type)))]


@_effects.register
def _alter_column(change: changes.AlterColumn, statement: Statement, schema: str | None) -> Sequence[Effect]:
    is_there = [
        _is_type(change.type) if change.type else "",
        _has_collation(change.collation, change.table, schema) if change.charset is not False else "",
        "" if change.nullable is None else f"c.is_nullable = '{'YES' if change.nullable else 'NO'}'",
        "" if change.default is False else _is_default(change.default),
    ]
    return [Effect(_named(change.name, *filter(None, is_there)))]


@_effects.register
def _drop_column(change: changes.DropColumn, statement: Statement, schema: str | None) -> Sequence[Effect]:
    return [Effect(expression=f"(NOT {_column(change.table, change.name, schema)})")]


@_effects.register
def _text_to_binary(change: changes.TextToBinary, statement: Statement, schema: str | None) -> Sequence[Effect]:
    """The first of two statements leaves text whose bytes are UTF-8, and the second takes those."""
    if change.type in statement.sql:
        return [Effect(_named(change.name, _is_type(change.type)))]
    utf8 = ", ".join(map(sqltext.quoted, types.UTF8))
    return [Effect(_named(change.name, f"(c.character_set_name IN ({utf8}) OR c.character_set_name IS NULL)"))]


@_effects.register
def _binary_to_text(change: changes.BinaryToText, statement: Statement, schema: str | None) -> Sequence[Effect]:
    """The first of two statements leaves text in utf8mb4; what is cut before it is bytes that are not text yet."""
    is_text = _is_type(change.column.type)
    if statement.sql.startswith("UPDATE") or "CHARACTER SET utf8mb4" in statement.sql:
        return [Effect(_named(change.name, is_text))]
    return [Effect(_named(change.name, is_text, _has_collation(change.column.collation, change.table, schema)))]


@_effects.register
def _replace_primary_key(
    change: changes.ReplacePrimaryKey, statement: Statement, schema: str | None
) -> Sequence[Effect]:
    return [Effect(expression=_index(change.table, "s.index_name = 'PRIMARY'", change.columns, schema))]


@_effects.register
def _create_unique(change: changes.CreateUnique, statement: Statement, schema: str | None) -> Sequence[Effect]:
    return [
        Effect(expression=_index(change.table, "s.non_unique = 0 AND s.sub_part IS NULL", change.key.columns, schema))
    ]


@_effects.register
def _replace_foreign_key(
    change: changes.ReplaceForeignKey, statement: Statement, schema: str | None
) -> Sequence[Effect]:
    """The old key is dropped by a statement of its own, where its name is known."""
    if dropped := DROPS_FOREIGN_KEY.findall(statement.sql):
        return [Effect(expression=f"(NOT {_foreign_key(change.table, name, schema)})") for name in dropped]
    return [Effect(expression=f"EXISTS ({queries.foreign_key_name(change.table, change.key, schema)})")]


@_effects.register
def _create_index(change: changes.CreateIndex, statement: Statement, schema: str | None) -> Sequence[Effect]:
    whole = f"({names.listed(change.index.columns)})" in statement.sql
    condition = "s.sub_part IS NULL" if whole else "1 = 1"
    return [Effect(expression=_index(change.table, condition, change.index.columns, schema))]


@_effects.register
def _drop_unique(change: changes.DropUnique, statement: Statement, schema: str | None) -> Sequence[Effect]:
    return [Effect(expression=f"NOT {_index(change.table, 's.non_unique = 0', change.columns, schema)}")]


@_effects.register
def _drop_index(change: changes.DropIndex, statement: Statement, schema: str | None) -> Sequence[Effect]:
    named = f"s.index_name = {sqltext.quoted(change.name)}"
    if change.columns:
        return [Effect(expression=f"NOT {_index(change.table, named, change.columns, schema)}")]
    source = f"information_schema.statistics s WHERE {queries.of_table(change.table, 's', schema)} AND {named}"
    return [Effect(expression=f"(NOT EXISTS (SELECT 1 FROM {source}))")]


@_effects.register
def _drop_table(change: changes.DropTable, statement: Statement, schema: str | None) -> Sequence[Effect]:
    source = f"information_schema.tables t WHERE {queries.of_table(change.table, 't', schema)}"
    return [Effect(expression=f"(NOT EXISTS (SELECT 1 FROM {source}))")]


def _named(column: str, *conditions: str) -> str:
    """The condition that a column of the table has this name, and is so."""
    return " AND ".join((f"c.column_name = {sqltext.quoted(column)}", *conditions))


def _column(table: str, column: str, schema: str | None) -> str:
    """The condition that a table has this column."""
    source = f"information_schema.columns c WHERE {queries.of_table(table, 'c', schema)}"
    return f"EXISTS (SELECT 1 FROM {source} AND {_named(column)})"


def _foreign_key(table: str, quoted: str, schema: str | None) -> str:
    """The condition that a table has a foreign key of this name, which is in backquotes."""
    name = sqltext.quoted(quoted[1:-1].replace("``", "`"))
    source = f"information_schema.key_column_usage k WHERE {queries.of_table(table, 'k', schema)}"
    return f"EXISTS (SELECT 1 FROM {source} AND k.referenced_table_name IS NOT NULL AND k.constraint_name = {name})"


def _index(table: str, condition: str, columns: Sequence[str], schema: str | None) -> str:
    """The condition that a table has an index over these columns, and that it is so."""
    source = f"information_schema.statistics s WHERE {queries.of_table(table, 's', schema)}"
    return (
        f"EXISTS (SELECT s.index_name FROM {source} "
        f"AND {condition} GROUP BY s.index_name HAVING {queries.are_columns('s', 'seq_in_index', columns)})"
    )


def _has_collation(collation: str | None, table: str, schema: str | None) -> str:
    """The condition that a column has this collation, or where that is None, its table's."""
    if collation:
        return f"c.collation_name = {sqltext.quoted(collation)}"
    source = f"information_schema.tables t WHERE {queries.of_table(table, 't', schema)}"
    return f"c.collation_name = (SELECT t.table_collation FROM {source})"


def _is_type(type_: str) -> str:
    """The condition that a column is of a type; before MySQL 8.0.19, and on MariaDB, integers have a display width."""
    shown = sqltext.quoted(_shown(type_))
    return f"c.data_type = {shown}" if type_ in types.INTEGERS else f"c.column_type = {shown}"


def _shown(type_: str) -> str:
    """A type as information_schema shows it."""
    return {"INTEGER": "int"}.get(type_, type_.lower())


def _is_default(default: str | None) -> str:
    """The condition that a column has this default.

    MariaDB shows it as DDL has it, and none of a column that may be NULL as NULL; MySQL shows a text without quotes.
    """
    if default is None:
        return "(c.column_default IS NULL OR c.column_default = 'NULL')"
    if default.startswith("CURRENT_TIMESTAMP"):
        return "UPPER(c.column_default) LIKE 'CURRENT_TIMESTAMP%'"
    shown = [default[1:-1].replace("''", "'")] if sqltext.is_quoted(default) else []
    return f"c.column_default IN ({', '.join(map(names.literal, (default, *shown)))})"
