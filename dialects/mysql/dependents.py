"""The customer's objects that depend on what a change alters, and what would become of them.

These servers keep no record of what depends on what: checks, generated columns, views, triggers and routines are
looked through for the names (https://dev.mysql.com/doc/refman/8.4/en/information-schema.html). The servers let most of
them stand: `CHECK (INPUTS <> 'forbidden')` holds over bytes as well, and tells upper from lower case there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import changes, sqltext
from apim_schema.changes import Change, find_column
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Column, Schema, Server, Table

from . import impact, introspect, names, types
from .session import MARIADB, MYSQL

AGAIN = "drop it, and make it anew after the upgrade"
FOR_BYTES = "CONVERT(column USING utf8mb4) is the text"
FOR_TEXT = "CAST(CONVERT(column USING utf8mb4) AS BINARY) are the bytes"
SYSTEM = "('mysql', 'sys', 'information_schema', 'performance_schema')"

BYTES, TEXT = CONVERTED = ("becomes bytes", "becomes text")
SORTED, RESIZED = "gets another character set", "gets another length"


def _model(name: str) -> str:
    """A table's name as the model has it: in upper case where names have none."""
    return f"IF(@@lower_case_table_names = 0, {name}, UPPER({name}))"


CHECKS = f"""
SELECT {_model("t.table_name")} AS table_name, c.constraint_name AS name, c.check_clause AS body
FROM information_schema.check_constraints c
JOIN information_schema.table_constraints t
  ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name {{same_table}}
WHERE t.table_schema = :schema AND t.constraint_type = 'CHECK' ORDER BY t.table_name, c.constraint_name"""
GENERATED = f"""
SELECT {_model("table_name")} AS table_name, column_name AS name, generation_expression AS body, extra AS extra,
       column_type AS type
FROM information_schema.columns WHERE table_schema = :schema ORDER BY table_name, ordinal_position"""
FOREIGN_KEYS = f"""
SELECT table_schema AS owner, {_model("table_name")} AS table_name, constraint_name AS name, column_name AS column_name,
       referenced_table_schema AS ref_owner, {_model("referenced_table_name")} AS ref_table,
       referenced_column_name AS ref_column
FROM information_schema.key_column_usage
WHERE referenced_table_name IS NOT NULL AND (table_schema = :schema OR referenced_table_schema = :schema)
ORDER BY table_schema, table_name, constraint_name, ordinal_position"""
VIEWS = f"""
SELECT table_schema AS owner, table_name AS name, view_definition AS body
FROM information_schema.views WHERE table_schema NOT IN {SYSTEM} ORDER BY table_schema, table_name"""
TRIGGERS = f"""
SELECT trigger_schema AS owner, trigger_name AS name, action_statement AS body,
       {_model("event_object_table")} AS table_name
FROM information_schema.triggers WHERE trigger_schema NOT IN {SYSTEM} ORDER BY trigger_schema, trigger_name"""
BODIES = f"""
SELECT LOWER(routine_type) AS kind, routine_schema AS owner, routine_name AS name, routine_definition AS body
FROM information_schema.routines WHERE routine_schema NOT IN {SYSTEM}
UNION ALL
SELECT 'event', event_schema, event_name, event_definition FROM information_schema.events ORDER BY 1, 2, 3"""
PARTITIONS = f"""
SELECT DISTINCT {_model("table_name")} AS table_name,
       CONCAT_WS(',', partition_expression, subpartition_expression) AS body
FROM information_schema.partitions WHERE table_schema = :schema AND partition_name IS NOT NULL ORDER BY table_name"""
VERSIONED = f"""
SELECT {_model("table_name")} AS table_name, @@system_versioning_alter_history AS history FROM information_schema.tables
WHERE table_schema = :schema AND table_type = 'SYSTEM VERSIONED' ORDER BY table_name"""


@dataclass(frozen=True)
class Altered:
    """A column that is restated as another one, and what becomes of it."""

    table: Table
    present: Column
    wanted: Column
    becomes: str

    @property
    def name(self) -> str:
        return self.present.name

    def told(self, what: str) -> str:
        return f"{what} names {self.name}, which {self.becomes}: it would stay, and mean something else"


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """The customer's objects that a change would alter in silence or stumble over."""
    server = live.server or Server(MYSQL)

    @cache
    def ask(query: str) -> Sequence[Row[Any]]:
        """Once, however many columns it is asked about."""
        return connection.execute(text(query), {"schema": schema}).all()

    altered = list(_altered(wanted, live))
    foreign_keys = ask(FOREIGN_KEYS)
    for column in altered:
        yield from _of_expressions(column, server, ask)
        yield from _of_indexes(column, server)
        yield from _of_foreign_keys(column, foreign_keys, schema, live, server)
        yield from _in_bodies(column, schema, ask)
    yield from _of_keys(wanted, live, foreign_keys, schema, server)
    yield from _of_tables(wanted, live, server, ask)


def _altered(wanted: Sequence[Change], live: Schema) -> Iterator[Altered]:
    """Each column once, as what it is in the end."""
    columns: dict[tuple[str, str], Column] = {}
    for change in wanted:
        for column in _made(change, live):
            columns[change.table, column.name] = column
    for (table_name, name), column in columns.items():
        table, present = live.tables[table_name], live.tables[table_name].columns[name]
        becomes = RESIZED
        if types.is_binary(column.type) != types.is_binary(present.type):
            becomes = BYTES if types.is_binary(column.type) else TEXT
        if becomes == RESIZED and table.charset_of(present) != table.charset_of(column):
            becomes = SORTED
        yield Altered(table, present, column, becomes)


def _made(change: Change, live: Schema) -> Sequence[Column]:
    """The columns that a change restates, as it makes them."""
    if isinstance(change, changes.AlterColumn | changes.TextToBinary | changes.BinaryToText):
        present = find_column(live, change.table, change.name)
        if present is None:
            return ()
        return (change.apply(live).tables[change.table].columns[change.name],)
    if isinstance(change, changes.CreateIndex) and change.short_charset and change.table in live.tables:
        charset, collation = change.short_charset
        shortened = impact.shortened(change, live.tables[change.table])
        return [replace(column, charset=charset, collation=collation) for column in shortened]
    return ()


def _of_expressions(column: Altered, server: Server, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    """Checks, generated columns and expressions of indexes; and what a restated column loses."""
    for row in checks(server, ask):
        if not is_table(row.table_name, column.table):
            continue
        if names.to_model(row.name) == column.name and server.name == MARIADB:
            problem = f"{column.name} has a check of its own, which would go when the column is restated"
            yield Obstacle(
                BLOCK, column.table.name, problem, "make it one of the table: ADD CONSTRAINT name CHECK (...)", CHECKS
            )
        elif _alters(row.body, column):
            yield Obstacle(BLOCK, column.table.name, column.told(f"constraint {row.name}"), AGAIN, CHECKS)
    for row in ask(GENERATED):
        if not is_table(row.table_name, column.table):
            continue
        if row.body and _alters(row.body, column):
            yield Obstacle(BLOCK, column.table.name, column.told(f"generated column {row.name}"), AGAIN, GENERATED)
        lost = re.search(r"\b(INVISIBLE|COMPRESSED|WITHOUT SYSTEM VERSIONING)\b", f"{row.extra} {row.type}", re.I)
        if names.to_model(row.name) == column.name and lost:
            problem = f"{column.name} is {lost[0].upper()}, which it would not be any more when it is restated"
            way_out = "take that back, and make it so again after the upgrade"
            yield Obstacle(BLOCK, column.table.name, problem, way_out, GENERATED)


def checks(server: Server, ask: Callable[[str], Sequence[Row[Any]]]) -> Sequence[Row[Any]]:
    """MySQL has checks since 8.0.16, whose names are the database's; on MariaDB they are the table's."""
    if server.name == MARIADB:
        return ask(CHECKS.format(same_table="AND t.table_name = c.table_name"))
    return ask(CHECKS.format(same_table="")) if server.version >= (8, 0, 16) else ()


def _of_indexes(column: Altered, server: Server) -> Iterator[Obstacle]:
    """Keys and indexes with the column in them, or an expression over it."""
    table = column.table
    for name, parts, unique in _indexes(table):
        for part in parts:
            if part.startswith("(") and _alters(part, column):
                yield Obstacle(BLOCK, table.name, column.told(f"index {name}"), AGAIN, introspect.INDEXES)
            elif names.column_of(part) == column.name and (problem := _of_part(column, parts, part, unique, server)):
                yield Obstacle(BLOCK, table.name, f"index {name} {problem}", AGAIN, introspect.INDEXES)


def _indexes(table: Table) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    for key in table.unique:
        yield str(key.name), key.columns, True
    for index in table.indexes:
        yield index.name, index.columns, False


def _of_part(column: Altered, parts: tuple[str, ...], part: str, unique: bool, server: Server) -> str:
    """What becomes of an index over the column; "" if nothing does."""
    over = f"is over {column.name}, which {column.becomes}"
    if column.becomes != RESIZED and "[FULLTEXT]" in parts:
        return f"{over}: a full-text search would find something else, or the server refuses"
    if column.becomes != RESIZED and unique and not _is_vendors(column, parts):
        return f"{over}: texts that are equal for it now would differ"
    if column.becomes == BYTES and part == column.name and server.name != MARIADB:
        return f"{over}: the server wants a length for the bytes of an index"
    longest = max(types.key_bytes(state, parts, column.table.options.get("charset")) for state in _states(column))
    if longest > types.KEY_BYTES and (unique or server.name != MARIADB):
        return f"{over}: its key would have {longest} bytes, and {types.KEY_BYTES} is the most"
    return ""


def _is_vendors(column: Altered, parts: tuple[str, ...]) -> bool:
    """Whether a key is one of the vendor's, which get another character set by the release's own will.

    Not every part is a column: an expression is none, nor is the mark of a key that MariaDB keeps as a hash.
    """
    columns = column.table.columns
    texts = {name for name in map(names.column_of, parts) if name in columns and types.is_text(columns[name].type)}
    return texts == set(types.LONG_KEYS.get(column.table.name, ()))


def _states(column: Altered) -> Iterator[Table]:
    """The table as it will be, and on the way there: a text becomes bytes by way of utf8mb4."""
    if column.becomes not in CONVERTED:
        yield column.table.with_column(column.wanted)
    elif column.table.charset_of(column.present)[0] not in types.UTF8:
        yield column.table.with_column(replace(column.present, charset="utf8mb4", collation=None))
    else:
        yield column.table


def _of_foreign_keys(
    column: Altered, rows: Sequence[Row[Any]], schema: str, live: Schema, server: Server
) -> Iterator[Obstacle]:
    """Of either side. Where a text only gets longer, MySQL lets a foreign key be, if it need not copy the table."""
    kind = impact.alteration(column.table, column.present, column.wanted)
    if kind == impact.SET_NOT_NULL:
        yield from _of_nulls(column, live, server)
        return
    if kind in (impact.DROP_NOT_NULL, impact.SET_DEFAULT) or (kind == impact.LENGTHEN and server.name != MARIADB):
        return
    for row in rows:
        sides = ((row.owner, row.table_name, row.column_name), (row.ref_owner, row.ref_table, row.ref_column))
        if any(o == schema and is_table(t, column.table) and names.to_model(c) == column.name for o, t, c in sides):
            problem = f"{key_of(row, schema)} is over {column.name}, which {column.becomes}: the server refuses that"
            yield Obstacle(BLOCK, column.table.name, problem, AGAIN, FOREIGN_KEYS)


def _of_nulls(column: Altered, live: Schema, server: Server) -> Iterator[Obstacle]:
    """A column that must have a value, and that a foreign key can set to NULL: the server refuses that, by error 1830.

    MariaDB counts the NULL that may come from a parent's column by ON UPDATE CASCADE as well.
    """
    for key in column.table.foreign_keys:
        if column.name not in key.columns:
            continue
        parent = live.tables.get(key.ref_table)
        above = parent.columns.get(key.ref_columns[key.columns.index(column.name)]) if parent else None
        passed_on = server.name == MARIADB and key.on_update == "CASCADE" and (above is None or above.nullable)
        if "SET NULL" in (key.on_delete, key.on_update) or passed_on:
            told = f"foreign key {key.name} of {column.table.name} can set {column.name} to NULL"
            yield Obstacle(BLOCK, column.table.name, f"{told}, which must have a value then", AGAIN, FOREIGN_KEYS)


def key_of(row: Row[Any], schema: str) -> str:
    return f"foreign key {row.name} of {row.table_name if row.owner == schema else f'{row.owner}.{row.table_name}'}"


def _in_bodies(column: Altered, schema: str, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    """Views, triggers, routines and events that name the column, where it becomes something else than longer."""
    if column.becomes == RESIZED:
        return
    for row in about(schema, ask(VIEWS)):
        if mentions(row.body, column.table.name) and _of_view(row.body, column):
            yield Obstacle(BLOCK, column.table.name, column.told(f"view {named(row, schema)}"), AGAIN, VIEWS)
    for row in about(schema, ask(TRIGGERS)):
        own = row.owner == schema and is_table(row.table_name, column.table)
        if mentions(row.body, column.name) and (own or mentions(row.body, column.table.name)):
            hurts = own and column.becomes in CONVERTED
            yield Obstacle(
                BLOCK if hurts else WARN, column.table.name, *_body(f"trigger {named(row, schema)}", column), TRIGGERS
            )
    for row in about(schema, ask(BODIES)):
        if mentions(row.body, column.name) and mentions(row.body, column.table.name):
            yield Obstacle(WARN, column.table.name, *_body(f"{row.kind} {named(row, schema)}", column), BODIES)


def about(schema: str, rows: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
    """The texts of a database, and of others those that name it: its tables have the names that they have there too."""
    return (row for row in rows if row.owner == schema or mentions(row.body, schema))


def named(row: Row[Any], schema: str) -> str:
    return str(row.name) if row.owner == schema else f"{row.owner}.{row.name}"


def _body(what: str, column: Altered) -> tuple[str, str]:
    case = "upper and lower case will differ, or not any more: look whether it compares them"
    way_out = {BYTES: FOR_BYTES, TEXT: FOR_TEXT}.get(column.becomes, case)
    return f"{what} names {column.name}, which {column.becomes}", f"see what it does with it: {way_out}"


def _of_view(body: str, column: Altered) -> bool:
    """Whether a view would show or find something else; one that only shows a text shows the same in another set."""
    if not mentions(body, column.name):
        return False
    plain = rf"(`[^`]*`\.)*`{re.escape(column.name)}` AS `[^`]*`"
    compares = re.search(r"\b(distinct|union|group by|order by)\b", body, re.I)
    return column.becomes in CONVERTED or bool(compares) or mentions(re.sub(plain, "", body, flags=re.I), column.name)


def _of_keys(
    wanted: Sequence[Change], live: Schema, rows: Sequence[Row[Any]], schema: str, server: Server
) -> Iterator[Obstacle]:
    """Foreign keys to a key that is dropped or replaced, and that no other index serves.

    MySQL refuses to drop a primary key even where the new one would serve. MariaDB drops the last one that does, and
    the foreign key then holds no row of the parent, and refuses all of the child.
    """
    for change in wanted:
        if not isinstance(change, changes.ReplacePrimaryKey | changes.DropUnique) or change.table not in live.tables:
            continue
        table = live.tables[change.table]
        for key in dict.fromkeys((row.owner, row.table_name, row.name) for row in rows):
            parts = [row for row in rows if (row.owner, row.table_name, row.name) == key]
            columns = tuple(names.to_model(row.ref_column) for row in parts)
            points_here = parts[0].ref_owner == schema and is_table(parts[0].ref_table, table)
            if points_here and not any(left[: len(columns)] == columns for left in _left(change, table, server)):
                problem = f"{key_of(parts[0], schema)} points to ({', '.join(columns)}), and no key is left there"
                yield Obstacle(BLOCK, table.name, problem, AGAIN, FOREIGN_KEYS)


def _left(
    change: changes.ReplacePrimaryKey | changes.DropUnique, table: Table, server: Server
) -> Iterator[tuple[str, ...]]:
    """The keys and indexes that serve a foreign key when the old one is dropped."""
    replaced = isinstance(change, changes.ReplacePrimaryKey)
    if replaced and server.name == MARIADB:
        yield change.columns
    if table.primary_key and not replaced:
        yield table.primary_key.columns
    for _, parts, unique in _indexes(table):
        if not unique or replaced or parts != change.columns:
            yield parts


def _of_tables(
    wanted: Sequence[Change], live: Schema, server: Server, ask: Callable[[str], Sequence[Row[Any]]]
) -> Iterator[Obstacle]:
    """Partitioned tables, and those that MariaDB keeps the history of."""
    for row in ask(PARTITIONS):
        for change in wanted:
            if problem := _of_partitions(change, live, row):
                yield Obstacle(BLOCK, row.table_name, problem, "ALTER TABLE ... REMOVE PARTITIONING first", PARTITIONS)
    for row in ask(VERSIONED) if server.name == MARIADB else ():
        changed = [change for change in wanted if is_table(row.table_name, live.tables.get(change.table))]
        if row.history != "KEEP" and any(isinstance(change, STATED) for change in changed):
            problem = "the table is system-versioned, and its columns can't be altered"
            way_out = "DROP SYSTEM VERSIONING, or SET GLOBAL system_versioning_alter_history = KEEP for the upgrade"
            yield Obstacle(BLOCK, row.table_name, problem, way_out, VERSIONED)


STATED = (
    changes.AddColumn,
    changes.AlterColumn,
    changes.TextToBinary,
    changes.BinaryToText,
    changes.DropColumn,
    changes.ReplacePrimaryKey,
)
"""The changes that MariaDB does not make to a table whose history it keeps."""


def _of_partitions(change: Change, live: Schema, row: Row[Any]) -> str:
    if isinstance(change, changes.CreateTable):
        pointed = [
            key for key in change.definition.foreign_keys if is_table(row.table_name, live.tables.get(key.ref_table))
        ]
        return f"the table is partitioned, and {change.table} gets a foreign key to it" * bool(pointed)
    if not is_table(row.table_name, live.tables.get(change.table)):
        return ""
    if isinstance(change, changes.TextToBinary) and mentions(row.body, change.name):
        return f"the table is partitioned by {change.name}, which becomes bytes"
    if isinstance(change, changes.ReplacePrimaryKey):
        outside = [c for c in live.tables[change.table].columns if mentions(row.body, c) and c not in change.columns]
        return f"the table is partitioned by {', '.join(outside)}, not in the new primary key" * bool(outside)
    return ""


def is_table(name: str, table: Table | None) -> bool:
    return table is not None and name == table.name


def _alters(expression: str, column: Altered) -> bool:
    """Whether an expression over the column would mean something else: not one that only asks for NULL."""
    if column.becomes == RESIZED:
        return False
    expression = sqltext.QUOTED.sub("", expression.replace("\\'", "'"))
    name = rf"`?\b{re.escape(column.name)}\b`?"
    harmless = [rf"{name} is (not )?null"]
    if column.becomes == SORTED:
        harmless.append(rf"(char|character)_length\({name}\)")
    for pattern in harmless:
        expression = re.sub(pattern, "", expression, flags=re.I)
    return mentions(expression, column.name)


def mentions(body: str | None, name: str) -> bool:
    """Whether a text says a name: as a word, whatever its case."""
    return body is not None and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", body, re.I) is not None
