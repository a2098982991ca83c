"""The statements of each change on PostgreSQL: from what the live database has to what the change wants.

Every form is in https://www.postgresql.org/docs/current/sql-altertable.html and its neighbours, and valid from
PostgreSQL 12 on. A constraint is found by its structure: online its name is known from the live schema, offline
the emitted SQL looks it up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch

from apim_schema import changes, datacentres, sqltext
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
from apim_schema.impact import Statement
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table, Trigger

from . import impact, names, types

SERIALS = {"SMALLINT": "SMALLSERIAL", "INTEGER": "SERIAL", "BIGINT": "BIGSERIAL"}

LONGEST_NAME = 63
"""Characters of a name: NAMEDATALEN less one."""

TOUCH = "UPDATE_MODIFIED_COLUMN"
"""The vendor's one routine: its trigger TIME_STAMP calls it."""
TOUCH_BODY = "BEGIN NEW.TIME_STAMP := now(); RETURN NEW; END"

LOOK_UP = """DO $do$
BEGIN
    EXECUTE (
        SELECT format({command}, k.conrelid::regclass, k.conname)
        FROM pg_constraint k
        WHERE k.conrelid = {table}::regclass AND k.contype = {kind} AND {columns} = ARRAY(
            SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place)
    );
END
$do$"""
"""Runs a command on the constraint that has these columns; where there is none or more than one it fails."""


def statements(change: Change, live: Schema, schema: str | None) -> list[Statement]:
    """What remains to be executed until `change` is in, looked at from `live`; empty where it is in already.

    `schema` is the server's name of the schema that the objects live in, None for the connection's default. Raises
    Conflict where an object is in the way that is neither what the change starts from nor what it wants.
    """
    return [Statement(sql, change, impact.of_statement(sql, change, live)) for sql in _sql(change, live, schema)]


def combined(wanted: Iterable[Change], live: Schema, schema: str | None) -> list[Statement]:
    """What remains to be executed until all changes are in: nothing is won here by sharing a statement."""
    return in_turn(statements, wanted, live, schema)


def create(schema: Schema, into: str | None) -> list[Statement]:
    """The statements that make a whole schema in an empty database, tables in the order of their foreign keys."""
    first, *rest = map(changes.CreateTable, schema.in_order())
    with_sequences = replace(first, sequences=tuple(schema.sequences.items()))
    triggers = [changes.ReplaceTrigger(trigger) for trigger in schema.triggers.values()]
    empty = Schema(schema.flavour)
    return [made for change in (with_sequences, *rest, *triggers) for made in statements(change, empty, into)]


def as_made(table: Table, live: Schema) -> Table:
    """A table of a release as the live server has it: what has no name is called after its table and its columns.

    As ChooseIndexName and makeObjectName of the server do it; a name that would be too long is left open.
    """

    def named(key: Key, kind: str) -> Key:
        name = "_".join((table.name, *(key.columns if kind == "KEY" else ()), kind))
        return key if key.name or len(name) > LONGEST_NAME else replace(key, name=name)

    primary = table.primary_key and named(table.primary_key, "PKEY")
    return replace(table, primary_key=primary, unique=tuple(named(key, "KEY") for key in table.unique))


@singledispatch
def _sql(change: Change, live: Schema, schema: str | None) -> list[str]:
    raise NotImplementedError(type(change).__name__)


@_sql.register
def _create_table(change: changes.CreateTable, live: Schema, schema: str | None) -> list[str]:
    """The sequences, the table and its indexes, as far as they are missing."""
    present = live.tables.get(change.table)
    sequences = _create_sequences(change, live, schema)
    if present is None:
        table, indexes = [_create(change.definition, schema)], change.definition.indexes
    else:
        table, indexes = [], missing_indexes(change, change.definition, present, live.flavour)
    return sequences + table + [_create_index(change.table, index, schema) for index in indexes]


@_sql.register
def _drop_table(change: changes.DropTable, live: Schema, schema: str | None) -> list[str]:
    """The table, and then the sequences, on which its defaults depend."""
    check_unreferenced(change, live)
    table = [f"DROP TABLE {names.qualified(change.table, schema)}"] * (change.table in live.tables)
    left = [name for name in change.sequences if name in live.sequences]
    return table + [f"DROP SEQUENCE {names.qualified(name, schema)}" for name in left]


@_sql.register
def _add_column(change: changes.AddColumn, live: Schema, schema: str | None) -> list[str]:
    """ADD COLUMN; with `fill`, under a default that goes again, so that only the new column is filled."""
    add = _alter(change.table, schema, f"ADD COLUMN {_column(change.filled(live.flavour), schema)}")
    drop_default = _alter(change.table, schema, f"ALTER COLUMN {names.sql(change.column.name)} DROP DEFAULT")
    return still_to_add(change, live, add, drop_default)


@_sql.register
def _alter_column(change: changes.AlterColumn, live: Schema, schema: str | None) -> list[str]:
    present = column_to_alter(change, live, change.name)
    wanted, name, actions = change.target(present, live.flavour), names.sql(change.name), []
    if wanted.type != present.type:
        if not (types.may_become(present.type, wanted.type) or change.narrows):
            raise conflict(change, wanted, present)
        collation = f" COLLATE {present.collation}" if present.collation else ""
        cut = f" USING {name}::{wanted.type}" if change.cuts and not types.holds(present.type, wanted.type) else ""
        actions.append(f"ALTER COLUMN {name} TYPE {wanted.type}{collation}{cut}")
    if wanted.default != present.default:
        set_to = "DROP DEFAULT" if wanted.default is None else f"SET DEFAULT {wanted.default}"
        actions.append(f"ALTER COLUMN {name} {set_to}")
    if wanted.nullable != present.nullable:
        actions.append(f"ALTER COLUMN {name} {'DROP' if wanted.nullable else 'SET'} NOT NULL")
    return [_alter(change.table, schema, *actions)] if actions else []


@_sql.register
def _drop_column(change: changes.DropColumn, live: Schema, schema: str | None) -> list[str]:
    """What is over nothing but the column goes with it, without a word."""
    gone = droppable(change, live) is None
    return [] if gone else [_alter(change.table, schema, f"DROP COLUMN {names.sql(change.name)}")]


@_sql.register
def _text_to_binary(change: changes.TextToBinary, live: Schema, schema: str | None) -> list[str]:
    """The text's bytes in UTF-8. A plain cast to bytea would read backslashes in the text as escapes."""
    present = column_to_alter(change, live, change.name)
    if present.type == change.type:
        return []
    if sqltext.base(present.type) not in types.TEXTS:
        raise conflict(change, change.apply(live).tables[change.table].columns[change.name], present)
    column = f"ALTER COLUMN {names.sql(change.name)}"
    actions = [f"{column} TYPE {change.type} USING convert_to({names.sql(change.name)}, 'UTF8')"]
    if present.default is not None:
        default = types.default_as_bytes(present.default)
        actions = [f"{column} DROP DEFAULT", *actions, f"{column} SET DEFAULT {default}"]
    return [_alter(change.table, schema, *actions)]


@_sql.register
def _binary_to_text(change: changes.BinaryToText, live: Schema, schema: str | None) -> list[str]:
    """The text whose bytes in UTF-8 these are; an explicit cast cuts what is too long, and no other does."""
    present = column_to_alter(change, live, change.name)
    wanted, column = change.target(present), f"ALTER COLUMN {names.sql(change.name)}"
    if present.type != types.blob("") or types.family(wanted.type) != "text":
        raise conflict(change, wanted, present)
    cut = f"::{wanted.type}" if change.cuts else ""
    actions = [f"{column} TYPE {wanted.type} USING convert_from({names.sql(change.name)}, 'UTF8'){cut}"]
    if present.default is not None:
        actions = [f"{column} DROP DEFAULT", *actions]
    if wanted.default is not None:
        actions.append(f"{column} SET DEFAULT {wanted.default}")
    return [_alter(change.table, schema, *actions)]


@_sql.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema, schema: str | None) -> list[str]:
    key, add = table_of(change, live).primary_key, f"ADD PRIMARY KEY ({names.listed(change.columns)})"
    if key is None:
        return [_alter(change.table, schema, add)]
    return [] if key.columns == change.columns else [_drop_constraint(change.table, schema, "p", key, add)]


@_sql.register
def _create_unique(change: changes.CreateUnique, live: Schema, schema: str | None) -> list[str]:
    if change.is_in(live):
        return []
    check_new_key(change, live)
    return [_alter(change.table, schema, f"ADD {_unique(change.key)}")]


@_sql.register
def _drop_unique(change: changes.DropUnique, live: Schema, schema: str | None) -> list[str]:
    """Drops the constraint, or the unique index that serves as one."""
    table = table_of(change, live)
    keys = [key for key in table.unique if key.columns == change.columns]
    indexes = [index for index in table.indexes if index.unique and index.columns == change.columns]
    return [_drop_constraint(change.table, schema, "u", key) for key in keys] + [
        f"DROP INDEX {names.qualified(index.name, schema)}" for index in indexes
    ]


@_sql.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema, schema: str | None) -> list[str]:
    present, add = change.same_columns(table_of(change, live)), f"ADD {_foreign_key(change.key, schema)}"
    if change.key in present:
        return [_drop_constraint(change.table, schema, "f", key) for key in present if key != change.key]
    if not present:
        return [_alter(change.table, schema, add)]
    *others, last = present
    return [_drop_constraint(change.table, schema, "f", key) for key in others] + [
        _drop_constraint(change.table, schema, "f", last, add)
    ]


@_sql.register
def _drop_foreign_keys(change: changes.DropForeignKey, live: Schema, schema: str | None) -> list[str]:
    return [_drop_constraint(change.table, schema, "f", key) for key in change.found(table_of(change, live))]


@_sql.register
def _create_index_if_missing(change: changes.CreateIndex, live: Schema, schema: str | None) -> list[str]:
    """An index over the same columns serves, whatever its name is; a name stands for one index in a schema."""
    if change.is_in(live):
        return []
    table_of(change, live)
    for table in live.tables.values():
        if (index := table.index(change.index.name)) is not None:
            raise index_in_the_way(change, table, index)
    return [_create_index(change.table, change.index, schema)]


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
    drop = f"DROP TRIGGER {names.sql(trigger.name)} ON {names.qualified(trigger.table, schema)}"
    function = [] if TOUCH in live.routines else [_create_function(schema)]
    return [drop] * (present is not None) + function + [_create_trigger(trigger, schema)]


def _alter(table: str, schema: str | None, *actions: str) -> str:
    return f"ALTER TABLE {names.qualified(table, schema)} {', '.join(actions)}"


def _drop_constraint(table: str, schema: str | None, kind: str, key: Key | ForeignKey, *then: str) -> str:
    """Drops a constraint and does `then` in the same statement.

    Offline nobody knows the name that the server gave it: then the statement finds it by its columns.
    """
    if key.name is not None:
        return _alter(table, schema, f"DROP CONSTRAINT {names.sql(key.name)}", *then)
    actions = ", ".join(("DROP CONSTRAINT %I", *(action.replace("%", "%%") for action in then)))
    return LOOK_UP.format(
        command=sqltext.quoted(f"ALTER TABLE %s {actions}"),
        table=sqltext.quoted(names.qualified(table, schema)),
        kind=sqltext.quoted(kind),
        columns=f"ARRAY[{', '.join(sqltext.quoted(names.to_server(name)) for name in key.columns)}]",
    )


def _create(table: Table, schema: str | None) -> str:
    parts = [_column(column, schema) for column in table.columns.values()]
    if table.primary_key is not None:
        parts.append(f"PRIMARY KEY ({names.listed(table.primary_key.columns)})")
    parts += [_unique(key) for key in table.unique]
    parts += [_foreign_key(key, schema) for key in table.foreign_keys]
    body = ",\n    ".join(parts)
    return f"CREATE TABLE {names.qualified(table.name, schema)} (\n    {body}\n)"


def _column(column: Column, schema: str | None) -> str:
    """A column's definition; a number of its own sequence is SERIAL, as the vendor writes it."""
    type_ = SERIALS[column.type] if column.generated == "" else column.type
    default = column.default
    if column.generated:
        default = f"nextval({sqltext.quoted(names.qualified(column.generated, schema))})"
    words = [names.sql(column.name), type_, f"DEFAULT {default}" if default is not None else ""]
    return " ".join(filter(None, [*words, "" if column.nullable else "NOT NULL"]))


def _unique(key: Key) -> str:
    named = f"CONSTRAINT {names.sql(key.name)} " if key.name else ""
    return f"{named}UNIQUE ({names.listed(key.columns)})"


def _foreign_key(key: ForeignKey, schema: str | None) -> str:
    named = f"CONSTRAINT {names.sql(key.name)} " if key.name else ""
    target = f"{names.qualified(key.ref_table, schema)} ({names.listed(key.ref_columns)})"
    actions = "".join(
        f" ON {event} {action}" for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update)) if action
    )
    return f"{named}FOREIGN KEY ({names.listed(key.columns)}) REFERENCES {target}{actions}"


def _create_index(table: str, index: Index, schema: str | None) -> str:
    columns = ", ".join(column if "(" in column else names.sql(column) for column in index.columns)
    unique = "UNIQUE " if index.unique else ""
    return f"CREATE {unique}INDEX {names.sql(index.name)} ON {names.qualified(table, schema)} ({columns})"


def _create_sequences(change: changes.CreateTable, live: Schema, schema: str | None) -> list[str]:
    """The sequences that are missing, counting like those that stand."""
    return [
        _create_sequence(name, datacentres.counted_alike(options, live.sequences.values()), schema)
        for name, options in change.sequences
        if name not in live.sequences
    ]


def _create_sequence(name: str, options: str, schema: str | None) -> str:
    return f"CREATE SEQUENCE {names.qualified(name, schema)} {options}".rstrip()


def _create_function(schema: str | None) -> str:
    name = names.qualified(TOUCH, schema)
    return f"CREATE FUNCTION {name}() RETURNS TRIGGER LANGUAGE plpgsql AS $$ {TOUCH_BODY} $$"


def _create_trigger(trigger: Trigger, schema: str | None) -> str:
    """A trigger for each row that calls the vendor's routine: the vendor has no other kind."""
    return (
        f"CREATE TRIGGER {names.sql(trigger.name)} {trigger.timing} {' OR '.join(trigger.events)} "
        f"ON {names.qualified(trigger.table, schema)} "
        f"FOR EACH ROW EXECUTE FUNCTION {names.qualified(TOUCH, schema)}()"
    )
