"""The statements of each change on MySQL and MariaDB: from what the live database has to what the change wants.

Every DDL statement commits at once. So a change is as few statements as can be, each of them as a whole or not at
all, and every state between two of them is one that the same function recognises and goes on from. MODIFY restates
all of a column, since what it does not name is lost (https://dev.mysql.com/doc/refman/8.4/en/alter-table.html).
Where nothing is known of the server and its character sets (offline), the statements are those that hold on all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import singledispatch

from apim_schema import changes, sqltext
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
from apim_schema.errors import Conflict
from apim_schema.impact import REBUILD, Statement
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table

from . import alter, definition, foreign_keys, impact, names, queries, types
from .alter import Alter, Made, Step
from .impact import Way


def statements(change: Change, live: Schema, schema: str | None) -> list[Statement]:
    """What remains to be executed until `change` is in, looked at from `live`; empty where it is in already.

    `schema` is the database that the tables are in, None for the connection's own. Raises Conflict where an object
    is in the way that is neither what the change starts from nor what it wants.
    """
    return combined([change], live, schema)


def combined(wanted: Iterable[Change], live: Schema, schema: str | None) -> list[Statement]:
    """What remains to be executed until all changes are in, in their order; raises Conflict as `statements` does.

    Alterations of one table are one statement, at the place of the first, where that costs no more.
    """
    done: list[Made] = []
    for change in wanted:
        if change.is_in(live):
            continue
        for step in _steps(change, live, schema):
            made = alter.Plain(step, impact.of_statement(step, change, live)) if isinstance(step, str) else step
            alter.join(made, change, done)
        live = change.apply(live)
    return [
        Statement(alter.rendered(step, live, schema), first, alter.impact_of(step, live), tuple(more))
        for step, (first, *more) in done
    ]


def create(schema: Schema, into: str | None) -> list[Statement]:
    """The statements that make a whole schema in an empty database, tables in the order of their foreign keys.

    Its options name the database's character set; without them, keys are kept to what every one allows.
    """
    empty = Schema(schema.flavour, options=schema.options)
    return combined(map(changes.CreateTable, schema.in_order()), empty, into)


def as_made(table: Table, live: Schema) -> Table:
    """A table of a release as the live server has it: in the database's character set, unique keys named."""
    table = definition.aligned(table, live)
    unique = tuple(key if key.name else replace(key, name=types.key_name(key.columns)) for key in table.unique)
    known = {name: live.options[name] for name in ("charset", "collation", impact.INSTANT) if name in live.options}
    return replace(table, unique=unique, options=known)


@singledispatch
def _steps(change: Change, live: Schema, schema: str | None) -> Sequence[Step]:
    raise NotImplementedError(type(change).__name__)


@_steps.register
def _create_table(change: changes.CreateTable, live: Schema, schema: str | None) -> Sequence[Step]:
    """One statement, indexes and all; of a table that is there, the indexes that it lacks."""
    present, wanted = live.tables.get(change.table), change.definition
    if present is None:
        made = as_made(wanted, live)
        for key in made.foreign_keys:
            definition.check_foreign_key(change, made, key, live.with_table(made))
        return [definition.create_table(wanted, live, schema)]
    missing = missing_indexes(change, wanted, present, live.flavour)
    way = impact.way(impact.ADD_INDEX, present, live.server)
    return [Alter(change.table, (f"ADD {definition.of_index(index)}",), way) for index in missing]


@_steps.register
def _drop_table(change: changes.DropTable, live: Schema, schema: str | None) -> Sequence[Step]:
    """The table; there are no sequences."""
    check_unreferenced(change, live)
    return [f"DROP TABLE {names.qualified(change.table, schema)}"]


@_steps.register
def _add_column(change: changes.AddColumn, live: Schema, schema: str | None) -> Sequence[Step]:
    """ADD COLUMN; with `fill`, under a default that goes again, so that only the new column is filled."""
    table, touched = table_of(change, live), frozenset({change.column.name})

    def altering(clause: str, operation: str) -> Alter:
        return Alter(table.name, (clause,), impact.way(operation, table, live.server), touched)

    add = altering(f"ADD COLUMN {definition.of_column(change.filled(live.flavour))}", impact.ADD_COLUMN)
    drop_default = altering(f"ALTER COLUMN {names.sql(change.column.name)} DROP DEFAULT", impact.SET_DEFAULT)
    return still_to_add(change, live, add, drop_default)


@_steps.register
def _alter_column(change: changes.AlterColumn, live: Schema, schema: str | None) -> Sequence[Step]:
    table = table_of(change, live)
    present = column_to_alter(change, live, change.name)
    wanted = change.target(present, live.flavour)
    if types.family(wanted.type) != types.family(present.type):
        raise conflict(change, wanted, present)
    return [*_cut(change, table, present, schema), _modify(table, present, wanted, live)]


def _cut(
    change: changes.AlterColumn | changes.BinaryToText, table: Table, present: Column, schema: str | None
) -> Sequence[Step]:
    """What is too long for the column as it will be is cut before: MODIFY refuses it, and to cut is no error here.

    What the server would put into other columns by itself stays as it is.
    """
    hazard = impact.too_long(change, present) if change.cuts else None
    if hazard is None:
        return []
    name, stamped = names.sql(present.name), (c.name for c in table.columns.values() if c.on_update)
    kept = "".join(f", t.{column} = t.{column}" for column in map(names.sql, stamped))
    return [
        f"UPDATE {names.qualified(table.name, schema)} t SET t.{name} = {hazard.cut}{kept} WHERE {hazard.condition}"
    ]


@_steps.register
def _drop_column(change: changes.DropColumn, live: Schema, schema: str | None) -> Sequence[Step]:
    """What is over nothing but the column goes with it, without a word."""
    droppable(change, live)
    table, clause = live.tables[change.table], f"DROP COLUMN {names.sql(change.name)}"
    way = impact.way(impact.dropping(table, change.name), table, live.server)
    return [Alter(table.name, (clause,), way, frozenset({change.name}))]


@_steps.register
def _text_to_binary(change: changes.TextToBinary, live: Schema, schema: str | None) -> Sequence[Step]:
    """Through utf8mb4, then to bytes, which MODIFY takes as they stand.

    Killed in between, the column is the same text in utf8mb4, from which the second step goes on. A binary column
    has no default but an expression (MySQL 8.0.13), so the text's goes.
    """
    table = table_of(change, live)
    present = column_to_alter(change, live, change.name)
    wanted = replace(present, type=change.type, charset=None, collation=None, default=None)
    if not types.is_text(present.type):
        raise conflict(change, wanted, present)
    binary = _modify(table, present, wanted, live)
    if table.charset_of(present)[0] in types.UTF8:
        return [binary]
    return [_modify(table, present, replace(present, charset="utf8mb4", collation=None), live), binary]


@_steps.register
def _binary_to_text(change: changes.BinaryToText, live: Schema, schema: str | None) -> Sequence[Step]:
    """Bytes become text in utf8mb4 as they stand, and that becomes text in the column's own character set.

    Killed in between, the column is the same text in utf8mb4, from which the second step goes on.
    """
    table = table_of(change, live)
    present = column_to_alter(change, live, change.name)
    wanted = change.target(present)
    if types.is_text(present.type):
        return [_modify(table, present, wanted, live)]
    if not types.is_binary(present.type):
        raise conflict(change, wanted, present)
    cut = _cut(change, table, present, schema)
    if table.charset_of(wanted)[0] == "utf8mb4":
        return [*cut, _modify(table, present, wanted, live)]
    text = replace(wanted, charset="utf8mb4", collation=None)
    return [*cut, _modify(table, present, text, live), _modify(table, text, wanted, live)]


@_steps.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema, schema: str | None) -> Sequence[Step]:
    """Both keys in one statement: there is no moment without one, and a foreign key may lean on its index."""
    table = table_of(change, live)
    parts = types.fitting(table, change.columns, definition.leaned_on(table), table.options.get("charset"))
    if table.primary_key is not None and table.primary_key.columns == parts:
        return []
    drop = ["DROP PRIMARY KEY"] if table.primary_key else []
    support = _support(table, table.primary_key, parts)
    way = impact.way(impact.REPLACE_PRIMARY_KEY, table, live.server)
    cut = frozenset(names.column_of(part) for part in parts if part not in change.columns)
    return [Alter(table.name, (*drop, f"ADD PRIMARY KEY ({names.listed(parts)})", *support), way, cut)]


@_steps.register
def _create_unique(change: changes.CreateUnique, live: Schema, schema: str | None) -> Sequence[Step]:
    """Raises Conflict for a key that would be too long: one over the beginnings of its columns would be another key."""
    check_new_key(change, live)
    table = live.tables[change.table]
    charset = table.options.get("charset")
    if charset and types.key_bytes(table, change.key.columns, charset) > types.KEY_BYTES:
        raise Conflict(
            f"cannot {change}",
            found=f"over {types.KEY_BYTES} bytes in {charset}",
            way_out="make its columns shorter before, and add one that is missing by hand",
        )
    way = impact.way(impact.ADD_INDEX, table, live.server)
    return [Alter(table.name, (f"ADD {definition.of_unique(change.key)}",), way, frozenset(change.key.columns))]


@_steps.register
def _drop_unique(change: changes.DropUnique, live: Schema, schema: str | None) -> Sequence[Step]:
    """Drops the key's index; a foreign key that leans on it gets one of its own in the same statement."""
    table, steps = table_of(change, live), list[Step]()
    for key in table.unique:
        if key.columns == change.columns:
            support = _support(table, key, ())
            operation = impact.ADD_INDEX if support else impact.DROP_INDEX
            way = impact.way(operation, table, live.server)
            steps += _drop(table, "INDEX", key, support, way, schema)
    return steps


@_steps.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema, schema: str | None) -> Sequence[Step]:
    """Adds the new key, then drops the old one: rows are never without a guard, and either state is gone on from."""
    table, server, steps = table_of(change, live), live.server, list[Step]()
    present = change.same_columns(table)
    if change.key not in present:
        definition.check_foreign_key(change, table, change.key, live)
        key = foreign_keys.beside(table.name, change.key, foreign_keys.taken(live))
        way = impact.way(impact.ADD_FOREIGN_KEY, table, server)
        clause = f"ADD {definition.of_foreign_key(key, schema)}"
        steps.append(Alter(table.name, (clause,), way, alone=True, referenced=frozenset({key.ref_table})))
    way = impact.way(impact.DROP_FOREIGN_KEY, table, server)
    for key in present:
        if key != change.key:
            steps += _drop(table, "FOREIGN KEY", key, (), way, schema)
    return steps


@_steps.register
def _drop_foreign_keys(change: changes.DropForeignKey, live: Schema, schema: str | None) -> Sequence[Step]:
    """The index that the server has made for it stays: it harms nothing, and nobody knows who uses it."""
    table = table_of(change, live)
    way = impact.way(impact.DROP_FOREIGN_KEY, table, live.server)
    return [step for key in change.found(table) for step in _drop(table, "FOREIGN KEY", key, (), way, schema)]


@_steps.register
def _create_index(change: changes.CreateIndex, live: Schema, schema: str | None) -> Sequence[Step]:
    """Adds the index. Where its key would be too long, its text columns take the short character set with it.

    Of an index without one, parts are cut, as in a table that is made with it: the same rows are found.
    """
    table, server = table_of(change, live), live.server
    namesake = table.index(change.index.name)
    if namesake is not None and not namesake.optional:
        raise index_in_the_way(change, table, namesake)
    columns = impact.shortened(change, table)
    charset, collation = change.short_charset or (None, None)
    clauses = [
        f"MODIFY {definition.of_column(replace(column, charset=charset, collation=collation))}" for column in columns
    ]
    way = impact.way(impact.CONVERT if columns else impact.ADD_INDEX, table, server)
    index = change.index if change.short_charset else _fitting(change.index, table)
    cut = (names.column_of(part) for part in index.columns if part not in change.index.columns)
    touched = frozenset((*cut, *(column.name for column in columns)))
    if types.is_narrow(table, change.index.columns):
        way = replace(way, work=REBUILD)
    return [Alter(table.name, (*clauses, f"ADD {definition.of_index(index)}"), way, touched)]


def _fitting(index: Index, table: Table) -> Index:
    """An index with key parts as long as the table's character set allows, where that is known."""
    charset = table.options.get("charset")
    fitting = types.fitting(table, index.columns, definition.leaned_on(table), charset) if charset else index.columns
    return replace(index, columns=fitting)


@_steps.register
def _drop_index(change: changes.DropIndex, live: Schema, schema: str | None) -> Sequence[Step]:
    """Drops the index; a foreign key that leans on it gets one of its own in the same statement."""
    table = table_of(change, live)
    index = table.index(change.name)
    support = _support(table, index, ())
    way = impact.way(impact.ADD_INDEX if support else impact.DROP_INDEX, table, live.server)
    touched = frozenset(names.column_of(part) for part in index.columns) if index else frozenset[str]()
    return [Alter(table.name, (f"DROP INDEX {names.sql(change.name)}", *support), way, touched)]


@_steps.register
def _keep_index(change: changes.KeepIndex, live: Schema, schema: str | None) -> Sequence[Step]:
    return ()


@_steps.register
def _replace_trigger(change: changes.ReplaceTrigger, live: Schema, schema: str | None) -> Sequence[Step]:
    """Drops the old one and creates the new one, which has to be said whole: what a dropped one did is forgotten."""
    trigger, present = change.trigger, live.triggers.get(change.trigger.name)
    if present is not None and present.table != trigger.table:
        raise trigger_in_the_way(change, present)
    if trigger.action is None:
        raise Conflict(f"cannot {change}", found="what it does is not known", way_out="replace it by hand")
    name = names.qualified(trigger.name, schema)
    create = (
        f"CREATE TRIGGER {name} {trigger.timing} {trigger.events[0]} "
        f"ON {names.qualified(trigger.table, schema)} FOR EACH ROW {trigger.action}"
    )
    return [f"DROP TRIGGER {name}"] * (present is not None) + [create]


def _modify(table: Table, present: Column, wanted: Column, live: Schema) -> Alter:
    way = impact.way(impact.alteration(table, present, wanted), table, live.server)
    return Alter(table.name, (f"MODIFY {definition.of_column(wanted)}",), way, frozenset({wanted.name}))


def _support(table: Table, dropped: Key | Index | None, instead: tuple[str, ...]) -> tuple[str, ...]:
    """ADD INDEX for each foreign key that would have no index once a key is dropped and another is there instead."""
    holders: tuple[Key | Index | None, ...] = (table.primary_key, *table.unique, *table.indexes)
    left = [instead, *(holder.columns for holder in holders if holder and holder is not dropped)]
    bare = [
        key.columns
        for key in table.foreign_keys
        if dropped
        and dropped.columns[: len(key.columns)] == key.columns
        and not any(columns[: len(key.columns)] == key.columns for columns in left)
    ]
    return tuple(f"ADD INDEX ({names.listed(columns)})" for columns in dict.fromkeys(bare))


def _drop(
    table: Table, what: str, key: Key | ForeignKey, support: tuple[str, ...], way: Way, schema: str | None
) -> Sequence[Step]:
    """Drops a key by its name. Offline nobody knows the one that the server gave it: the statements look it up.

    Where there is no such key, PREPARE fails on NULL.
    """
    if key.name is not None:
        referenced = frozenset({key.ref_table}) if isinstance(key, ForeignKey) else frozenset[str]()
        return [Alter(table.name, (f"DROP {what} {names.sql(key.name)}", *support), way, referenced=referenced)]
    command = sqltext.quoted(f"ALTER TABLE {names.qualified(table.name, schema)} DROP {what} `")
    rest = sqltext.quoted(", ".join(("`", *support, *way.clauses)))
    if isinstance(key, ForeignKey):
        found = queries.foreign_key_name(table.name, key, schema)
    else:
        found = queries.unique_name(table.name, key, schema)
    return [
        f"SET @apim_schema = (SELECT CONCAT({command}, name, {rest}) FROM ({found}) found)",
        "PREPARE apim_schema FROM @apim_schema",
        "EXECUTE apim_schema",
        "DEALLOCATE PREPARE apim_schema",
    ]
