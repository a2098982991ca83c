"""The statements of each change on Oracle: from what the live database has to what the change wants.

Every form is in https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/ and valid from 12.2 on. Each
statement commits, so a change of several is a chain of states, and what remains is worked out from the state that
is found. A key is dropped by its columns; a foreign key has to be named: online the name is known from the live
schema, offline the emitted PL/SQL looks it up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch

from apim_schema import changes, compare, datacentres, sqltext
from apim_schema.changes import Change
from apim_schema.convergence import (
    check_new_key,
    check_unreferenced,
    column_to_alter,
    conflict,
    droppable,
    index_in_the_way,
    missing_indexes,
    still_to_add,
    table_of,
    trigger_in_the_way,
)
from apim_schema.dialect import in_turn
from apim_schema.errors import Conflict
from apim_schema.impact import Statement
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table, Trigger

from . import conversion, impact, names, plsql, session, types

SUCCESSOR = "_APIM_SCHEMA"
"""How the name of a column ends that a conversion fills to take the place of another."""


def statements(change: Change, live: Schema, schema: str | None) -> list[Statement]:
    """What remains to be executed until `change` is in, looked at from `live`; empty where it is in already.

    `schema` is the owner of the objects, None for the connection's current schema. A PL/SQL unit ends with `END;`,
    any other statement has no terminator. Raises Conflict where an object is in the way that is neither what the
    change starts from nor what it wants.
    """
    return [Statement(sql, change, impact.of_statement(sql, change, live)) for sql in _sql(change, live, schema)]


def combined(wanted: Iterable[Change], live: Schema, schema: str | None) -> list[Statement]:
    """What remains to be executed until all changes are in: nothing is won here by sharing a statement."""
    return in_turn(statements, wanted, live, schema)


def create(schema: Schema, into: str | None) -> list[Statement]:
    """The statements that make a whole schema in an empty database, tables in the order of their foreign keys."""
    first, *rest = (changes.CreateTable(table) for table in schema.in_order())
    with_sequences = replace(first, sequences=tuple(schema.sequences.items()))
    triggers = [changes.ReplaceTrigger(trigger) for trigger in schema.triggers.values()]
    empty = Schema(schema.flavour)
    return [made for change in (with_sequences, *rest, *triggers) for made in statements(change, empty, into)]


def as_made(table: Table, live: Schema) -> Table:
    """A table of a release as it is: nobody can tell the names that the server gives."""
    return table


@singledispatch
def _sql(change: Change, live: Schema, schema: str | None) -> list[str]:
    raise NotImplementedError(type(change).__name__)


@_sql.register
def _create_table(change: changes.CreateTable, live: Schema, schema: str | None) -> list[str]:
    """The sequences, the table, its indexes and the triggers, as far as they are missing."""
    present = live.tables.get(change.table)
    made = _create_sequences(change, live, schema)
    if present is None:
        made.append(_create(change.definition, schema))
        indexes = change.definition.indexes
    else:
        indexes = missing_indexes(change, _as_numbered(change.definition, present), present, live.flavour)
    made += [_create_index(change.table, index, schema) for index in indexes]
    return made + [plsql.create_trigger(trigger, schema) for trigger in _missing_triggers(change, live)]


def _as_numbered(definition: Table, present: Table) -> Table:
    """The wanted table with its rows numbered as the present one's are: the trigger may still be missing."""
    numbered = {column.name: column.generated for column in present.columns.values()}
    columns = {
        name: replace(column, generated=numbered.get(name, column.generated))
        for name, column in definition.columns.items()
    }
    return replace(definition, columns=columns)


def _missing_triggers(change: changes.CreateTable, live: Schema) -> list[Trigger]:
    for trigger in change.triggers:
        present = live.triggers.get(trigger.name)
        if present is not None and not compare.same_trigger(trigger, present):
            raise Conflict(
                f"cannot {change}",
                found=f"trigger {trigger.name} is there and is another one",
                way_out="rename or drop it",
            )
    return [trigger for trigger in change.triggers if trigger.name not in live.triggers]


@_sql.register
def _drop_table(change: changes.DropTable, live: Schema, schema: str | None) -> list[str]:
    """The table, which preflight has found empty, past the recycle bin; its triggers go with it, sequences don't."""
    check_unreferenced(change, live)
    table = [f"DROP TABLE {names.qualified(change.table, schema)} PURGE"] * (change.table in live.tables)
    left = [name for name in change.sequences if name in live.sequences]
    return table + [f"DROP SEQUENCE {names.qualified(name, schema)}" for name in left]


@_sql.register
def _add_column(change: changes.AddColumn, live: Schema, schema: str | None) -> list[str]:
    """ADD with its default, which rows that stand get without being written; with `fill`, the default goes again."""
    add = _alter(change.table, schema, f"ADD ({_column(change.filled(live.flavour))})")
    drop_default = _alter(change.table, schema, f"MODIFY ({names.sql(change.column.name)} DEFAULT NULL)")
    return still_to_add(change, live, add, drop_default)


@_sql.register
def _alter_column(change: changes.AlterColumn, live: Schema, schema: str | None) -> list[str]:
    """MODIFY says only what changes: NOT NULL on a column that has it is an error (ORA-01442), and so is NULL.

    A default is a statement of its own: nobody can ask the dictionary in SQL whether it is there.
    """
    present = column_to_alter(change, live, change.name)
    wanted = change.target(present, live.flavour)
    default = f"DEFAULT {wanted.default or 'NULL'}"
    return [
        *_cut(change, present, wanted, schema),
        *_modify_type(change, present, wanted, live, schema),
        *([_modify(change, schema, default)] if wanted.default != present.default else []),
    ]


def _cut(change: changes.AlterColumn, present: Column, wanted: Column, schema: str | None) -> list[str]:
    """MODIFY refuses what is too long (ORA-01441), so that is cut before."""
    if not change.cuts or not types.narrows(present, wanted):
        return []
    return [conversion.cut(change.table, change.name, sqltext.length(wanted.type) or 0, schema)]


def _modify_type(
    change: changes.AlterColumn, present: Column, wanted: Column, live: Schema, schema: str | None
) -> list[str]:
    null = "" if wanted.nullable == present.nullable else "NULL" if wanted.nullable else "NOT NULL"
    if wanted.type == present.type:
        return [_modify(change, schema, null)] if null else []
    if sqltext.base(wanted.type) != sqltext.base(present.type):
        raise conflict(change, wanted, present)
    if sqltext.base(wanted.type) not in types.IN_UNITS:
        return [_modify(change, schema, f"{wanted.type} {null}".rstrip())]
    unit = present.unit or live.options.get("unit")
    if unit is None:
        return [plsql.modify_text(change.table, present, wanted, null, schema)]
    return [_modify(change, schema, f"{wanted.type[:-1]} {unit}) {null}".rstrip())]


def _modify(change: changes.AlterColumn, schema: str | None, to: str) -> str:
    return _alter(change.table, schema, f"MODIFY ({names.sql(change.name)} {to})")


@_sql.register
def _drop_column(change: changes.DropColumn, live: Schema, schema: str | None) -> list[str]:
    """What is over nothing but the column goes with it, without a word."""
    gone = droppable(change, live) is None
    return [] if gone else [_alter(change.table, schema, f"DROP COLUMN {names.sql(change.name)}")]


@_sql.register
def _text_to_binary(change: changes.TextToBinary, live: Schema, schema: str | None) -> list[str]:
    """The bytes of the text in UTF-8. An empty text is NULL here, and so there are none of it."""
    if change.is_in(live):
        return []
    column_to_alter(change, live, change.name)
    wanted = change.apply(live).tables[change.table].columns[change.name]
    return _converted(change, wanted, live, schema, conversion.to_utf8(change.table, change.name))


@_sql.register
def _binary_to_text(change: changes.BinaryToText, live: Schema, schema: str | None) -> list[str]:
    """The text whose bytes in UTF-8 these are, in a column with the session's length semantics."""
    if change.is_in(live):
        return []
    wanted = change.target(column_to_alter(change, live, change.name))
    length, new = sqltext.length(wanted.type) or 0, change.name + SUCCESSOR
    by = conversion.from_utf8(change.table, change.name, new, length, change.cuts, schema)
    return _converted(change, wanted, live, schema, by)


def _converted(
    change: changes.TextToBinary | changes.BinaryToText,
    wanted: Column,
    live: Schema,
    schema: str | None,
    by: conversion.Conversion,
) -> list[str]:
    """A column beside the present one takes its values, converted, and then its place.

    The name comes last and NOT NULL before the old column is dropped, so that neither can be missing where all looks
    done. A value that was edited since it was copied is never dropped. What a run in the other direction has begun is
    ended where it dropped its old column, and is dropped itself where that still stands.
    """
    present, name = column_to_alter(change, live, change.name), change.name + SUCCESSOR
    successor = present.successor
    rename = _alter(change.table, schema, f"RENAME COLUMN {names.sql(name)} TO {names.sql(change.name)}")
    alone = live.with_table(live.tables[change.table].with_column(replace(present, successor=None)))
    if successor is not None and successor.type == present.type:
        return [rename, *_sql(change, alone, schema)]
    if successor is not None and types.is_bytes(present) == types.is_bytes(wanted):
        return [_alter(change.table, schema, f"DROP COLUMN {names.sql(name)}"), *_sql(change, alone, schema)]
    if not types.may_convert(present, wanted) or name in live.tables[change.table].columns:
        raise conflict(change, wanted, present)
    add = _alter(change.table, schema, f"ADD ({names.sql(name)} {wanted.type})")
    not_null = _alter(change.table, schema, f"MODIFY ({names.sql(name)} NOT NULL)")
    open_ = successor is None or successor.nullable
    return [
        *([add] if successor is None else []),
        conversion.copy(change.table, change.name, name, schema, by),
        *([not_null] if open_ and not present.nullable else []),
        conversion.drop(change.table, change.name, name, schema, session.LOCK_TIMEOUT, by),
        rename,
    ]


@_sql.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema, schema: str | None) -> list[str]:
    """Drops the key with its index, which an import may have made apart from it and would otherwise leave behind."""
    key = table_of(change, live).primary_key
    if key is not None and key.columns == change.columns:
        return []
    drop = _alter(change.table, schema, "DROP PRIMARY KEY DROP INDEX")
    add = _alter(change.table, schema, f"ADD PRIMARY KEY ({names.listed(change.columns)})")
    return [drop] * (key is not None) + [add]


@_sql.register
def _create_unique(change: changes.CreateUnique, live: Schema, schema: str | None) -> list[str]:
    if change.is_in(live):
        return []
    check_new_key(change, live)
    return [_alter(change.table, schema, f"ADD {_unique(change.key)}")]


@_sql.register
def _drop_unique(change: changes.DropUnique, live: Schema, schema: str | None) -> list[str]:
    """Drops the constraint with its index, or the unique index that serves as one."""
    table = table_of(change, live)
    drop = _alter(change.table, schema, f"DROP UNIQUE ({names.listed(change.columns)}) DROP INDEX")
    indexes = [index for index in table.indexes if index.unique and index.columns == change.columns]
    return [drop] * (Key(change.columns) in table.unique) + [
        f"DROP INDEX {names.qualified(index.name, schema)}" for index in indexes
    ]


@_sql.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema, schema: str | None) -> list[str]:
    present = change.same_columns(table_of(change, live))
    drop = [_drop_foreign_key(change.table, key, schema) for key in present if key != change.key]
    add = _alter(change.table, schema, f"ADD {_foreign_key(change.key, schema)}")
    return drop + [add] * (change.key not in present)


@_sql.register
def _drop_foreign_keys(change: changes.DropForeignKey, live: Schema, schema: str | None) -> list[str]:
    return [_drop_foreign_key(change.table, key, schema) for key in change.found(table_of(change, live))]


@_sql.register
def _create_index_if_missing(change: changes.CreateIndex, live: Schema, schema: str | None) -> list[str]:
    """An index over the same columns serves, whatever its name is; a name stands for one index in a schema."""
    if change.is_in(live):
        return []
    create = _create_index(change.table, change.index, schema)
    optional = table_of(change, live).index(change.index.name)
    if optional is not None and optional.optional:
        return [plsql.create_if_missing(change.table, change.index.name, create, schema)]
    for table in live.tables.values():
        if (index := table.index(change.index.name)) is not None:
            raise index_in_the_way(change, table, index)
    return [create]


@_sql.register
def _drop_index(change: changes.DropIndex, live: Schema, schema: str | None) -> list[str]:
    return [] if change.is_in(live) else [f"DROP INDEX {names.qualified(change.name, schema)}"]


@_sql.register
def _keep_index(change: changes.KeepIndex, live: Schema, schema: str | None) -> list[str]:
    return []


@_sql.register
def _replace_trigger(change: changes.ReplaceTrigger, live: Schema, schema: str | None) -> list[str]:
    trigger, present = change.trigger, live.triggers.get(change.trigger.name)
    if present == trigger:
        return []
    if present is not None and present.table != trigger.table:
        raise trigger_in_the_way(change, present)
    if trigger.fills is None and trigger.action is None:
        raise Conflict(f"cannot {change}", found="what it does is not known", way_out="replace it by hand")
    drop = f"DROP TRIGGER {names.qualified(trigger.name, schema)}"
    return [drop] * (present is not None) + [plsql.create_trigger(trigger, schema)]


def _alter(table: str, schema: str | None, action: str) -> str:
    return f"ALTER TABLE {names.qualified(table, schema)} {action}"


def _drop_foreign_key(table: str, key: ForeignKey, schema: str | None) -> str:
    if key.name is None:
        return plsql.drop_foreign_key(table, key, schema)
    return _alter(table, schema, f"DROP CONSTRAINT {names.sql(key.name)}")


def _create(table: Table, schema: str | None) -> str:
    parts = [_column(column) for column in table.columns.values()]
    if table.primary_key is not None:
        parts.append(f"PRIMARY KEY ({names.listed(table.primary_key.columns)})")
    parts += [_unique(key) for key in table.unique]
    parts += [_foreign_key(key, schema) for key in table.foreign_keys]
    body = ",\n    ".join(parts)
    return f"CREATE TABLE {names.qualified(table.name, schema)} (\n    {body}\n)"


def _column(column: Column) -> str:
    """A column's definition; the length of a text is in the session's unit, as in the vendor's scripts."""
    default = f"DEFAULT {column.default}" if column.default is not None else ""
    words = [names.sql(column.name), column.type, default, "" if column.nullable else "NOT NULL"]
    return " ".join(filter(None, words))


def _unique(key: Key) -> str:
    named = f"CONSTRAINT {names.sql(key.name)} " if key.name else ""
    return f"{named}UNIQUE ({names.listed(key.columns)})"


def _foreign_key(key: ForeignKey, schema: str | None) -> str:
    """A foreign key; Oracle knows no ON UPDATE."""
    named = f"CONSTRAINT {names.sql(key.name)} " if key.name else ""
    target = f"{names.qualified(key.ref_table, schema)} ({names.listed(key.ref_columns)})"
    action = f" ON DELETE {key.on_delete}" if key.on_delete else ""
    return f"{named}FOREIGN KEY ({names.listed(key.columns)}) REFERENCES {target}{action}"


def _create_index(table: str, index: Index, schema: str | None) -> str:
    columns = ", ".join(column if "(" in column else names.sql(column) for column in index.columns)
    unique = "UNIQUE " if index.unique else ""
    return f"CREATE {unique}INDEX {names.qualified(index.name, schema)} ON {names.qualified(table, schema)} ({columns})"


def _create_sequences(change: changes.CreateTable, live: Schema, schema: str | None) -> list[str]:
    """The sequences that are missing, counting like those that stand."""
    return [
        _create_sequence(name, datacentres.counted_alike(options, live.sequences.values()), schema)
        for name, options in change.sequences
        if name not in live.sequences
    ]


def _create_sequence(name: str, options: str, schema: str | None) -> str:
    return f"CREATE SEQUENCE {names.qualified(name, schema)} {options}".rstrip()
