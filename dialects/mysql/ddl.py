"""The statements of each change on MySQL and MariaDB: from what the live database has to what the change wants.

Every DDL statement commits at once. So a change is as few statements as can be, each of them as a whole or not at
all, and every state between two of them is one that the same function recognises and goes on from. MODIFY restates
all of a column, since what it does not name is lost (https://dev.mysql.com/doc/refman/8.4/en/alter-table.html).
Where nothing is known of the server and its character sets (offline), the statements are those that hold on all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.convergence import column_of, conflict, filled, missing_indexes, still_to_add, table_of
from apim_schema.dialect import REBUILD, Statement
from apim_schema.errors import Conflict
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table

from . import impact, names, queries, types
from .impact import Way

UTF8 = ("utf8mb4", "utf8mb3", "utf8", "ascii")
"""Character sets whose bytes are UTF-8 as they stand."""


@dataclass(frozen=True)
class Alter:
    """An ALTER TABLE; `columns` are those that its clauses define or use in part, which no two may do to the same.

    `alone` is one that depends on another table and keeps its place.
    """

    table: str
    clauses: tuple[str, ...]
    way: Way
    columns: frozenset[str] = frozenset()
    alone: bool = False


Step = Alter | str


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
    done: list[tuple[Step, list[Change]]] = []
    for change in wanted:
        if change.is_in(live):
            continue
        for step in _steps(change, live, schema):
            place = _last_of(step, done)
            together = None if place is None else _together(done[place], step, change)
            if place is None or together is None:
                done.append((step, [change]))
            else:
                done[place] = (together, [*done[place][1], change])
        live = change.apply(live)
    return [Statement(_rendered(step, schema), first, tuple(more)) for step, (first, *more) in done]


def _last_of(step: Step, done: Sequence[tuple[Step, list[Change]]]) -> int | None:
    """The place of the last ALTER of the same table."""
    places = [
        place
        for place, (before, _) in enumerate(done)
        if isinstance(before, Alter) and isinstance(step, Alter) and before.table == step.table
    ]
    return places[-1] if places else None


def _together(last: tuple[Step, list[Change]], step: Step, change: Change) -> Alter | None:
    """Both as one ALTER; None where that would be dearer, or the second needs what the first leaves."""
    before, made = last
    if not (isinstance(before, Alter) and isinstance(step, Alter)) or before.alone or step.alone:
        return None
    dearer = before.way.algorithm != step.way.algorithm and REBUILD not in (before.way.work, step.way.work)
    if dearer or change in made or before.columns & step.columns:
        return None
    way = impact.worst((before.way, step.way))
    return Alter(step.table, (*before.clauses, *step.clauses), way, before.columns | step.columns)


def _rendered(step: Step, schema: str | None) -> str:
    if isinstance(step, str):
        return step
    return f"ALTER TABLE {names.qualified(step.table, schema)} {', '.join((*step.clauses, *step.way.clauses))}"


def create(schema: Schema, into: str | None) -> list[Statement]:
    """The statements that make a whole schema in an empty database, tables in the order of their foreign keys.

    Its options name the database's character set; without them, keys are kept to what every one allows.
    """
    empty = Schema(schema.flavour, options=schema.options)
    return combined(map(changes.CreateTable, schema.in_order()), empty, into)


def as_made(table: Table, live: Schema) -> Table:
    """A table of a release as the live server has it: in the database's character set, unique keys named.

    A key without a name is called after its first column
    (https://dev.mysql.com/doc/refman/8.4/en/create-table.html#create-table-indexes-keys).
    """
    table = _aligned(table, live)
    unique = tuple(key if key.name else replace(key, name=names.column_of(key.columns[0])) for key in table.unique)
    known = {name: live.options[name] for name in ("charset", "collation") if name in live.options}
    return replace(table, unique=unique, options=known)


@singledispatch
def _steps(change: Change, live: Schema, schema: str | None) -> Sequence[Step]:
    raise NotImplementedError(type(change).__name__)


@_steps.register
def _create_table(change: changes.CreateTable, live: Schema, schema: str | None) -> Sequence[Step]:
    """One statement, indexes and all; of a table that is there, the indexes that it lacks."""
    present, wanted = live.tables.get(change.table), change.definition
    if present is None:
        return [_create(wanted, live, schema)]
    missing = missing_indexes(change, wanted, present, live.flavour)
    way = impact.way(impact.ADD_INDEX, present, live.server)
    return [Alter(change.table, (f"ADD {_index(index)}",), way) for index in missing]


@_steps.register
def _add_column(change: changes.AddColumn, live: Schema, schema: str | None) -> Sequence[Step]:
    """ADD COLUMN; with `fill`, under a default that goes again, so that only the new column is filled."""
    table, touched = table_of(change, live), frozenset({change.column.name})

    def alter(clause: str, operation: str) -> Alter:
        return Alter(table.name, (clause,), impact.way(operation, table, live.server), touched)

    add = alter(f"ADD COLUMN {_column(filled(change, live.flavour))}", impact.ADD_COLUMN)
    drop_default = alter(f"ALTER COLUMN {names.sql(change.column.name)} DROP DEFAULT", impact.SET_DEFAULT)
    return still_to_add(change, live, add, drop_default)


@_steps.register
def _alter_column(change: changes.AlterColumn, live: Schema, schema: str | None) -> Sequence[Step]:
    table = table_of(change, live)
    present = column_of(change, live, change.name)
    wanted = change.target(present)
    if types.family(wanted.type) != types.family(present.type):
        raise conflict(change, wanted, present)
    return [_modify(table, present, wanted, live)]


@_steps.register
def _text_to_binary(change: changes.TextToBinary, live: Schema, schema: str | None) -> Sequence[Step]:
    """Through utf8mb4, then to bytes, which MODIFY takes as they stand.

    Killed in between, the column is the same text in utf8mb4, from which the second step goes on. A binary column
    has no default but an expression (MySQL 8.0.13), so the text's goes.
    """
    table = table_of(change, live)
    present = column_of(change, live, change.name)
    wanted = replace(present, type=change.type, charset=None, collation=None, default=None)
    if not types.is_text(present.type):
        raise conflict(change, wanted, present)
    binary = _modify(table, present, wanted, live)
    if table.charset_of(present)[0] in UTF8:
        return [binary]
    return [_modify(table, present, replace(present, charset="utf8mb4", collation=None), live), binary]


@_steps.register
def _replace_primary_key(change: changes.ReplacePrimaryKey, live: Schema, schema: str | None) -> Sequence[Step]:
    """Both keys in one statement: there is no moment without one, and a foreign key may lean on its index."""
    table = table_of(change, live)
    parts = types.fitting(table, change.columns, _leaned_on(table), table.options.get("charset"))
    if table.primary_key is not None and table.primary_key.columns == parts:
        return []
    drop = ["DROP PRIMARY KEY"] if table.primary_key else []
    support = _support(table, table.primary_key, parts)
    way = impact.way(impact.REPLACE_PRIMARY_KEY, table, live.server)
    cut = frozenset(names.column_of(part) for part in parts if part not in change.columns)
    return [Alter(table.name, (*drop, f"ADD PRIMARY KEY ({names.listed(parts)})", *support), way, cut)]


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
        way = impact.way(impact.ADD_FOREIGN_KEY, table, server)
        steps.append(Alter(table.name, (f"ADD {_foreign_key(change.key, schema)}",), way, alone=True))
    way = impact.way(impact.DROP_FOREIGN_KEY, table, server)
    for key in present:
        if key != change.key:
            steps += _drop(table, "FOREIGN KEY", key, (), way, schema)
    return steps


@_steps.register
def _create_index(change: changes.CreateIndex, live: Schema, schema: str | None) -> Sequence[Step]:
    """Adds the index; where its key would be too long, its text columns take the short character set with it."""
    table, server = table_of(change, live), live.server
    namesake = table.index(change.index.name)
    if namesake is not None and not namesake.optional:
        raise Conflict(
            f"cannot {change}: {table.name} has an index of this name over ({', '.join(namesake.columns)}), "
            f"wanted is ({', '.join(change.index.columns)}); rename or drop it"
        )
    columns = impact.shortened(change, table)
    charset, collation = change.short_charset or (None, None)
    clauses = [f"MODIFY {_column(replace(column, charset=charset, collation=collation))}" for column in columns]
    way = impact.way(impact.CONVERT if columns else impact.ADD_INDEX, table, server)
    touched = frozenset(column.name for column in columns)
    return [Alter(table.name, (*clauses, f"ADD {_index(change.index)}"), way, touched)]


@_steps.register
def _keep_index(change: changes.KeepIndex, live: Schema, schema: str | None) -> Sequence[Step]:
    return ()


def _modify(table: Table, present: Column, wanted: Column, live: Schema) -> Alter:
    way = impact.way(impact.alteration(table, present, wanted), table, live.server)
    return Alter(table.name, (f"MODIFY {_column(wanted)}",), way, frozenset({wanted.name}))


def _leaned_on(table: Table) -> set[str]:
    return {column for key in table.foreign_keys for column in key.columns}


def _support(table: Table, dropped: Key | None, instead: tuple[str, ...]) -> tuple[str, ...]:
    """ADD INDEX for each foreign key that would have no index once a key is dropped and another is there instead."""
    keys = (table.primary_key, *table.unique)
    left = [instead, *(key.columns for key in keys if key and key is not dropped), *(i.columns for i in table.indexes)]
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
        return [Alter(table.name, (f"DROP {what} {names.sql(key.name)}", *support), way)]
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


def _create(table: Table, live: Schema, schema: str | None) -> str:
    """CREATE TABLE, with key parts as long as the database's character set allows."""
    table, charset, whole = _aligned(table, live), live.options.get("charset"), _leaned_on(table)

    def fitting(columns: tuple[str, ...]) -> tuple[str, ...]:
        return types.fitting(table, columns, whole, charset)

    parts = [_column(column) for column in table.columns.values()]
    if table.primary_key is not None:
        parts.append(f"PRIMARY KEY ({names.listed(fitting(table.primary_key.columns))})")
    for key in table.unique:
        named = f"CONSTRAINT {names.sql(key.name)} " if key.name else ""
        parts.append(f"{named}UNIQUE ({names.listed(fitting(key.columns))})")
    parts += [_index(replace(index, columns=fitting(index.columns))) for index in table.indexes]
    parts += [_foreign_key(key, schema) for key in table.foreign_keys]
    body = ",\n    ".join(parts)
    return f"CREATE TABLE {names.qualified(table.name, schema)} (\n    {body}\n) ENGINE=InnoDB"


def _aligned(table: Table, live: Schema) -> Table:
    """The table with its foreign keys' text columns in the character set of what they point to, as the server wants."""
    for key in table.foreign_keys:
        parent = live.tables.get(key.ref_table)
        for name, ref_name in zip(key.columns, key.ref_columns, strict=True):
            if parent is None or not types.is_text(table.columns[name].type):
                continue
            charset, collation = parent.charset_of(parent.columns[ref_name])
            if collation != live.options.get("collation"):
                table = table.with_column(replace(table.columns[name], charset=charset, collation=collation))
    return table


def _column(column: Column) -> str:
    """A column's whole definition. NULL is said: unsaid, a TIMESTAMP is NOT NULL on servers before MySQL 8.0."""
    words = [
        names.sql(column.name),
        column.type,
        f"CHARACTER SET {column.charset}" if column.charset else "",
        f"COLLATE {column.collation}" if column.collation else "",
        "NULL" if column.nullable else "NOT NULL",
        f"DEFAULT {column.default}" if column.default is not None else "",
        f"ON UPDATE {column.on_update}" if column.on_update else "",
        "AUTO_INCREMENT" if column.generated == "" else "",
        f"COMMENT {sqltext.quoted(column.comment.replace(chr(92), chr(92) * 2))}" if column.comment else "",
    ]
    return " ".join(filter(None, words))


def _index(index: Index) -> str:
    return f"{'UNIQUE ' * index.unique}INDEX {names.sql(index.name)} ({names.listed(index.columns)})"


def _foreign_key(key: ForeignKey, schema: str | None) -> str:
    named = f"CONSTRAINT {names.sql(key.name)} " if key.name else ""
    target = f"{names.qualified(key.ref_table, schema)} ({names.listed(key.ref_columns)})"
    actions = "".join(
        f" ON {event} {action}" for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update)) if action
    )
    return f"{named}FOREIGN KEY ({names.listed(key.columns)}) REFERENCES {target}{actions}"
