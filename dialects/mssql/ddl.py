"""The statements of each change on SQL Server: from what the live database has to what the change wants.

Each statement is a batch of its own, so that it may use a column that the one before has added. Every form is in
https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-table-transact-sql and its neighbours. NULL or NOT NULL
is always said: what a column without it gets depends on settings, and ALTER COLUMN without it makes it nullable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch

from apim_schema import changes, compare, sqltext
from apim_schema.changes import Change
from apim_schema.convergence import (
    check_new_key,
    check_unreferenced,
    column_to_alter,
    conflict,
    droppable,
    index_in_the_way,
    missing_indexes,
    table_of,
)
from apim_schema.errors import Conflict
from apim_schema.impact import Statement
from apim_schema.schema import Column, ForeignKey, Key, Schema, Table

from . import definition, impact, names, triggers, tsql, types, utf8

AS_BYTES, AS_TEXT = "{0}_UTF8", "{0}_TEXT"
"""The column that takes the bytes of a text column, or the text of a binary one, while it is converted."""

BABELFISH = "babelfish"
"""An option of the live schema: the server is Babelfish for PostgreSQL, which speaks SQL Server's protocol.

It fills a new column without WITH VALUES, which it does not know, leaves a default alone, which can't be dropped, and
takes no COLLATE in ALTER COLUMN.
"""


def statements(change: Change, live: Schema, schema: str | None) -> list[Statement]:
    """What remains to be executed until `change` is in, looked at from `live`; empty where it is in already.

    `schema` is the schema that the objects live in, None for the connection's default. Raises Conflict where an
    object is in the way that is neither what the change starts from nor what it wants.
    """
    return [Statement(sql, change, impact.of_statement(sql, change, live)) for sql in _sql(change, live, schema)]


def combined(wanted: Iterable[Change], live: Schema, schema: str | None) -> list[Statement]:
    """What remains to be executed until all changes are in: nothing is won here by sharing a statement.

    A primary key that is replaced keeps its name, which the changes after it have to know.
    """
    found: list[Statement] = []
    for change in wanted:
        if not change.is_in(live):
            found += statements(change, live, schema)
            live = _with_key_name(change.apply(live), live, change.table)
    return found


def _with_key_name(reached: Schema, before: Schema, table: str) -> Schema:
    old = before.tables[table].primary_key if table in before.tables else None
    new = reached.tables[table].primary_key if table in reached.tables else None
    if old is None or new is None:
        return reached
    return reached.with_table(replace(reached.tables[table], primary_key=replace(new, name=old.name)))


def create(schema: Schema, into: str | None) -> list[Statement]:
    """The statements that make a whole schema in an empty database, tables in the order of their foreign keys."""
    tables = map(changes.CreateTable, schema.in_order())
    fired = [changes.ReplaceTrigger(trigger) for trigger in schema.triggers.values()]
    empty = Schema(schema.flavour)
    return [made for change in (*tables, *fired) for made in statements(change, empty, into)]


def as_made(table: Table, live: Schema) -> Table:
    """A table of a release as it is: nobody can tell the names that the server gives."""
    return table


@singledispatch
def _sql(change: Change, live: Schema, schema: str | None) -> list[str]:
    raise NotImplementedError(type(change).__name__)


@_sql.register
def _create_table(change: changes.CreateTable, live: Schema, schema: str | None) -> list[str]:
    """The table and its indexes, as far as they are missing."""
    present, wanted = live.tables.get(change.table), change.definition
    if present is None:
        indexes = wanted.indexes
        return [
            definition.create_table(wanted, live, schema),
            *(definition.create_index(wanted.name, i, live, schema) for i in indexes),
        ]
    missing = missing_indexes(change, wanted, present, live.flavour)
    return [definition.create_index(wanted.name, index, live, schema) for index in missing]


@_sql.register
def _drop_table(change: changes.DropTable, live: Schema, schema: str | None) -> list[str]:
    """The table; there are no sequences of a release's."""
    check_unreferenced(change, live)
    return [] if change.is_in(live) else [f"DROP TABLE {names.table(change.table, live, schema)}"]


@_sql.register
def _add_column(change: changes.AddColumn, live: Schema, schema: str | None) -> list[str]:
    """ADD; with `fill` nullable first, then filled, and NOT NULL last, so that no default has to go again."""
    wanted, present = change.column, table_of(change, live).columns.get(change.column.name)
    table = names.table(change.table, live, schema)
    filled = replace(wanted, nullable=True) if change.fill is not None else wanted
    add = [_add(table, filled, live)] if present is None else []
    if present is not None and not _fits(live, change.table, filled, present):
        if _fits(live, change.table, wanted, present):
            return []
        raise conflict(change, wanted, present)
    if filled == wanted:
        return add
    column = names.sql(present.name if present else wanted.name)
    fill = f"UPDATE {table} SET {column} = {change.fill} WHERE {column} IS NULL"
    return [*add, fill, _alter(table, wanted)]


def _fits(live: Schema, table: str, wanted: Column, found: Column) -> bool:
    return compare.fits(live.flavour, live.tables[table], wanted, found)


def _add(table: str, column: Column, live: Schema) -> str:
    """A new nullable column with a default says WITH VALUES: without it the rows that stand get NULL."""
    fills = column.default is not None and column.nullable and BABELFISH not in live.options
    return f"ALTER TABLE {table} ADD {definition.of_column(column)}{' WITH VALUES' * fills}"


@_sql.register
def _alter_column(change: changes.AlterColumn, live: Schema, schema: str | None) -> list[str]:
    """ALTER COLUMN, which restates all of the column; what is in the way goes and comes back.

    That is a default where the type changes, and keys and indexes where there is not just more room.
    """
    present = column_to_alter(change, live, change.name)
    wanted, table = change.target(present, live.flavour), names.table(change.table, live, schema)
    if not types.may_become(present.type, wanted.type):
        raise conflict(change, wanted, present)
    drop_default = [tsql.drop_default(table, present.name)] if present.default is not None else []
    add_default = [f"ALTER TABLE {table} ADD DEFAULT {wanted.default} FOR {names.sql(present.name)}"]
    if wanted.default == present.default:
        drop_default = add_default = []
    elif wanted.default is None:
        add_default = []
    cut = _cut(change, present, wanted, table)
    return [*cut, *drop_default, *_alter_type(change, present, wanted, live, schema), *add_default]


def _cut(change: changes.AlterColumn, present: Column, wanted: Column, table: str) -> list[str]:
    """What is too long is cut before: the server takes it for an error."""
    most = sqltext.length(wanted.type)
    if not change.cuts or most is None or not types.narrows(present.type, wanted.type):
        return []
    return [utf8.cut(table, names.sql(present.name), most)]


def _alter_type(
    change: changes.AlterColumn, present: Column, wanted: Column, live: Schema, schema: str | None
) -> list[str]:
    """The statements for another type or nullability; a default that is to stay is away meanwhile."""
    table = names.table(change.table, live, schema)
    if (wanted.type, wanted.nullable, wanted.collation) == (present.type, present.nullable, present.collation):
        return []
    more_room = wanted.nullable == present.nullable and sqltext.base(wanted.type) == sqltext.base(present.type)
    widened = more_room and not types.narrows(present.type, wanted.type)
    drop, restore = ([], []) if widened else _in_the_way(change, live, schema)
    alter = _alter(table, replace(wanted, collation=None) if BABELFISH in live.options else wanted)
    kept = present.default is not None and wanted.default == present.default
    if kept and wanted.type != present.type and BABELFISH not in live.options:
        alter = tsql.without_default(alter, table, present.name)
    return [*drop, alter, *restore]


def _alter(table: str, column: Column) -> str:
    return f"ALTER TABLE {table} ALTER COLUMN {definition.typed(column)}{'' if column.nullable else ' NOT'} NULL"


def _in_the_way(
    change: changes.AlterColumn | changes.DropColumn, live: Schema, schema: str | None
) -> tuple[list[str], list[str]]:
    """What drops the keys and indexes over a column that changes or goes, and what makes them again as they were.

    Raises Conflict where one is more than a list of columns: nobody but its owner knows all of it.
    """
    table, drop, restore = live.tables[change.table], [], []
    qualified = names.table(change.table, live, schema)
    for index in (index for index in table.indexes if change.name in (*index.columns, *index.include)):
        if not set(index.columns) <= table.columns.keys():
            raise Conflict(
                f"cannot {change}", way_out=f"drop index {index.name} before, and create it again after the upgrade"
            )
        drop.append(f"DROP INDEX {names.sql(index.name)} ON {qualified}")
        restore.append(definition.create_index(change.table, index, live, schema))
    for key in (key for key in table.unique if change.name in key.columns):
        drop.append(_drop_key(qualified, key, primary=False))
        restore.append(f"ALTER TABLE {qualified} ADD {definition.of_unique(key, table)}")
    if table.primary_key and change.name in table.primary_key.columns:
        drop.append(_drop_key(qualified, table.primary_key, primary=True))
        restore.insert(0, f"ALTER TABLE {qualified} ADD {definition.of_primary_key(table.primary_key, table)}")
    return drop, restore


@_sql.register
def _drop_column(change: changes.DropColumn, live: Schema, schema: str | None) -> list[str]:
    """What is over nothing but the column goes first, and its default: the server drops nothing with it."""
    if (column := droppable(change, live)) is None:
        return []
    qualified, drops = names.table(change.table, live, schema), _in_the_way(change, live, schema)[0]
    default = [tsql.drop_default(qualified, column.name)] if column.default is not None else []
    return [*drops, *default, f"ALTER TABLE {qualified} DROP COLUMN {names.sql(column.name)}"]


@_sql.register
def _text_to_binary(change: changes.TextToBinary, live: Schema, schema: str | None) -> list[str]:
    """The text's bytes in UTF-8. A default, which is none of the new type as it stands, comes back as its bytes."""
    present, qualified = column_to_alter(change, live, change.name), names.table(change.table, live, schema)
    if present.type == change.type:
        return []
    default = types.default_as_bytes(present.default) if present.default is not None else None
    wanted = replace(present, type=change.type, default=default, collation=None)
    if sqltext.base(present.type) not in types.TEXTS:
        raise conflict(change, replace(present, type=change.type), present)
    new = _beside(change, AS_BYTES, present, live)
    copy = utf8.copy_as_utf8(qualified, names.sql(present.name), names.sql(new))
    return _replaced(qualified, present, wanted, new, copy)


@_sql.register
def _binary_to_text(change: changes.BinaryToText, live: Schema, schema: str | None) -> list[str]:
    """The text whose bytes in UTF-8 these are, in the database's collation."""
    present, qualified = column_to_alter(change, live, change.name), names.table(change.table, live, schema)
    if change.is_in(live):
        return []
    wanted = change.target(present)
    if not types.is_bytes(present) or sqltext.base(wanted.type) not in types.TEXTS:
        raise conflict(change, wanted, present)
    new = _beside(change, AS_TEXT, present, live)
    most = sqltext.length(wanted.type) if change.cuts else None
    copy = utf8.copy_as_text(qualified, names.sql(present.name), names.sql(new), most)
    return _replaced(qualified, present, wanted, new, copy)


def _beside(change: Change, name: str, present: Column, live: Schema) -> str:
    """The name of the column that a conversion fills. Raises Conflict where there is one."""
    new = name.format(names.spelling(present.name))
    if new.upper() in live.tables[change.table].columns:
        raise Conflict(
            f"cannot {change}",
            found=f"{change.table} has a column {new}, which the conversion needs",
            way_out="rename it",
        )
    return new


def _replaced(table: str, present: Column, wanted: Column, new: str, copy: str) -> list[str]:
    """A new column takes the values of the present one, by `copy`, and then its place; NOT NULL comes last."""
    default = [tsql.drop_default(table, present.name)] if present.default is not None else []
    return [
        f"ALTER TABLE {table} ADD {definition.of_column(replace(wanted, name=new, nullable=True))}",
        copy,
        *default,
        f"ALTER TABLE {table} DROP COLUMN {names.sql(present.name)}",
        tsql.rename_column(table, names.sql(new), names.spelling(present.name)),
        *([] if present.nullable else [_alter(table, wanted)]),
    ]


@_sql.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema, schema: str | None) -> list[str]:
    """The new key has the old one's name and lies on the disk as that did."""
    table, qualified = table_of(change, live), names.table(change.table, live, schema)
    key = table.primary_key
    columns = tuple(names.found(name, table.columns) for name in change.columns)
    add = f"ALTER TABLE {qualified} ADD {definition.of_primary_key(Key(columns, key.name if key else None), table)}"
    if key is not None and key.columns == change.columns:
        return []
    drop = [_drop_key(qualified, key, primary=True)] if key else []
    open_ = (c for name in columns if (c := table.columns.get(name)) is not None and c.nullable)
    return [*drop, *(_alter(qualified, replace(column, nullable=False)) for column in open_), add]


@_sql.register
def _create_unique(change: changes.CreateUnique, live: Schema, schema: str | None) -> list[str]:
    if change.is_in(live):
        return []
    check_new_key(change, live)
    table = live.tables[change.table]
    key = replace(change.key, columns=tuple(names.found(name, table.columns) for name in change.key.columns))
    return [f"ALTER TABLE {names.table(change.table, live, schema)} ADD {definition.of_unique(key, table)}"]


@_sql.register
def _drop_unique(change: changes.DropUnique, live: Schema, schema: str | None) -> list[str]:
    """Drops the constraint, or the unique index that serves as one."""
    table, qualified = table_of(change, live), names.table(change.table, live, schema)
    keys = [key for key in table.unique if key.columns == change.columns]
    indexes = [index for index in table.indexes if index.unique and index.columns == change.columns]
    return [_drop_key(qualified, key, primary=False) for key in keys] + [
        f"DROP INDEX {names.sql(index.name)} ON {qualified}" for index in indexes
    ]


@_sql.register
def _replace_foreign_key(change: changes.ReplaceForeignKey, live: Schema, schema: str | None) -> list[str]:
    present, qualified = change.same_columns(table_of(change, live)), names.table(change.table, live, schema)
    drop = [_drop_foreign_key(qualified, key, live, schema) for key in present if key != change.key]
    add = f"ALTER TABLE {qualified} ADD {definition.of_foreign_key(change.table, change.key, live, schema)}"
    return drop if change.key in present else [*drop, add]


@_sql.register
def _drop_foreign_keys(change: changes.DropForeignKey, live: Schema, schema: str | None) -> list[str]:
    qualified = names.table(change.table, live, schema)
    return [_drop_foreign_key(qualified, key, live, schema) for key in change.found(table_of(change, live))]


@_sql.register
def _create_index_if_missing(change: changes.CreateIndex, live: Schema, schema: str | None) -> list[str]:
    """An index over the same columns serves, whatever its name is; a name stands for one index of a table."""
    if change.is_in(live):
        return []
    if (index := table_of(change, live).index(change.index.name)) is not None and not index.optional:
        raise index_in_the_way(change, live.tables[change.table], index)
    return [] if index is not None else [definition.create_index(change.table, change.index, live, schema)]


@_sql.register
def _drop_index(change: changes.DropIndex, live: Schema, schema: str | None) -> list[str]:
    index = table_of(change, live).index(change.name)
    return [f"DROP INDEX {names.sql(index.name)} ON {names.table(change.table, live, schema)}"] if index else []


@_sql.register
def _keep_index(change: changes.KeepIndex, live: Schema, schema: str | None) -> list[str]:
    return []


@_sql.register
def _replace_trigger(change: changes.ReplaceTrigger, live: Schema, schema: str | None) -> list[str]:
    """Raises Conflict for a trigger whose body is not known here: those of the releases are."""
    trigger, present = change.trigger, live.triggers.get(change.trigger.name)
    if present == trigger:
        return []
    if not triggers.knows(trigger):
        raise Conflict(f"cannot {change}", found="what it does is not known", way_out="replace it by hand")
    drop = f"DROP TRIGGER {names.qualified(present.name if present else trigger.name, schema)}"
    return [drop] * (present is not None) + [triggers.create(trigger, schema)]


def _drop_key(table: str, key: Key, primary: bool) -> str:
    if key.name is None:
        return tsql.drop_key(table, key, primary)
    return f"ALTER TABLE {table} DROP CONSTRAINT {names.sql(key.name)}"


def _drop_foreign_key(table: str, key: ForeignKey, live: Schema, schema: str | None) -> str:
    if key.name is None:
        return tsql.drop_foreign_key(table, key, names.table(key.ref_table, live, schema))
    return f"ALTER TABLE {table} DROP CONSTRAINT {names.sql(key.name)}"
