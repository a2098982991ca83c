"""Definitions as MySQL and MariaDB write them: of tables, columns, keys and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apim_schema import sqltext
from apim_schema.changes import Change
from apim_schema.errors import Conflict
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table

from . import foreign_keys, names, types
from .session import MYSQL

OPTIONS = "ENGINE=InnoDB ROW_FORMAT=DYNAMIC"
"""Whatever the server's defaults are: the older row formats have keys of 767 bytes."""
INNODB = "innodb"
STRICT_SINCE = (8, 4)
"""Since when MySQL refuses a foreign key to what is not unique, unless it is told otherwise."""


def create_table(table: Table, live: Schema, schema: str | None) -> str:
    """CREATE TABLE, with key parts as long as the database's character set allows."""
    table, charset, whole = aligned(table, live), live.options.get("charset"), leaned_on(table)

    def fitting(columns: tuple[str, ...]) -> tuple[str, ...]:
        return types.fitting(table, columns, whole, charset)

    parts = [of_column(column) for column in table.columns.values()]
    if table.primary_key is not None:
        parts.append(f"PRIMARY KEY ({names.listed(fitting(table.primary_key.columns))})")
    for key in table.unique:
        parts.append(of_unique(replace(key, columns=fitting(key.columns))))
    parts += [of_index(replace(index, columns=fitting(index.columns))) for index in table.indexes]
    parts += [of_foreign_key(key, schema) for key in foreign_keys.of_new(table, foreign_keys.taken(live))]
    body = ",\n    ".join(parts)
    return f"CREATE TABLE {names.qualified(table.name, schema)} (\n    {body}\n) {OPTIONS}"


def aligned(table: Table, live: Schema) -> Table:
    """The table with its foreign keys' columns as the server wants them, like what they point to.

    Texts take the character set of that, and whole numbers its size.
    """
    for key in table.foreign_keys:
        parent = live.tables.get(key.ref_table)
        for name, ref_name in zip(key.columns, key.ref_columns, strict=True):
            if parent is not None and ref_name in parent.columns:
                table = table.with_column(_like(table.columns[name], parent, parent.columns[ref_name], live))
    return table


def _like(column: Column, parent: Table, referenced: Column, live: Schema) -> Column:
    if not types.is_text(column.type):
        return replace(column, type=referenced.type) if types.holds(column.type, referenced.type) else column
    charset, collation = parent.charset_of(referenced)
    if collation == live.options.get("collation"):
        return column
    return replace(column, charset=charset, collation=collation)


def check_foreign_key(change: Change, table: Table, key: ForeignKey, live: Schema) -> None:
    """Raises Conflict where the server would refuse a new foreign key.

    InnoDB wants both tables for itself, a key over what is pointed to, and the same type and collation there (errors
    1824, 1822, 6125 and 3780; https://dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html).
    """
    parent = live.tables.get(key.ref_table)
    if parent is None and live.server is None:  # a script is made change by change
        return
    if parent is None:
        raise Conflict(f"cannot {change}", found=f"there is no table {key.ref_table}")
    for side in (table, parent):
        if (engine := side.options.get("engine", INNODB)).lower() != INNODB:
            way_out = f"ALTER TABLE {names.sql(side.name)} ENGINE=InnoDB"
            raise Conflict(f"cannot {change}", found=f"{side.name} is of the engine {engine}", way_out=way_out)
    referenced = f"{parent.name} ({', '.join(key.ref_columns)})"
    if not any(_leads(parts, key.ref_columns, live) for parts in _keys(parent, live)):
        raise Conflict(f"cannot {change}", found=f"no key is over {referenced}", way_out="make one that is unique")
    for name, ref_name in zip(key.columns, key.ref_columns, strict=True):
        here, there = (_kind(side, side.columns.get(column)) for side, column in ((table, name), (parent, ref_name)))
        if here and there and here != there:
            told = f"{name} is {here} and {parent.name}.{ref_name} is {there}"
            raise Conflict(f"cannot {change}", found=told, way_out="convert one of them before")


def _keys(parent: Table, live: Schema) -> Iterator[tuple[str, ...]]:
    """The keys that a foreign key may point to: MySQL wants a unique one from 8.4 on."""
    yield from (key.columns for key in (parent.primary_key, *parent.unique) if key)
    if not _is_strict(live):
        yield from (index.columns for index in parent.indexes)


def _is_strict(live: Schema) -> bool:
    return live.server is not None and live.server.name == MYSQL and live.server.version >= STRICT_SINCE


def _leads(parts: tuple[str, ...], columns: tuple[str, ...], live: Schema) -> bool:
    """Whether a key begins with these columns, or where that is wanted, has no others."""
    plain = tuple(part for part in parts if not part.startswith("["))
    return (plain if _is_strict(live) else plain[: len(columns)]) == columns


def _kind(table: Table, column: Column | None) -> str | None:
    """What must be the same on both sides of a foreign key: of texts the collation, else the type; None if unknown."""
    if column is None:
        return None
    if not types.is_text(column.type):
        return column.type
    _, collation = table.charset_of(column)
    return f"in {collation}" if collation else None


def of_column(column: Column) -> str:
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


def of_unique(key: Key) -> str:
    named = f"CONSTRAINT {names.sql(key.name)} " if key.name else ""
    return f"{named}UNIQUE ({names.listed(key.columns)})"


def of_index(index: Index) -> str:
    return f"{'UNIQUE ' * index.unique}INDEX {names.sql(index.name)} ({names.listed(index.columns)})"


def of_foreign_key(key: ForeignKey, schema: str | None) -> str:
    named = f"CONSTRAINT {names.sql(key.name)} " if key.name else ""
    target = f"{names.qualified(key.ref_table, schema)} ({names.listed(key.ref_columns)})"
    actions = "".join(
        f" ON {event} {action}" for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update)) if action
    )
    return f"{named}FOREIGN KEY ({names.listed(key.columns)}) REFERENCES {target}{actions}"


def leaned_on(table: Table) -> set[str]:
    """The columns of a table's foreign keys."""
    return {column for key in table.foreign_keys for column in key.columns}
