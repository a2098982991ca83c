"""Definitions as MySQL and MariaDB write them: of tables, columns, keys and indexes."""

from __future__ import annotations

from dataclasses import replace

from apim_schema import sqltext
from apim_schema.changes import ReplaceForeignKey
from apim_schema.convergence import column_of
from apim_schema.errors import Conflict
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table

from . import foreign_keys, names, types

OPTIONS = "ENGINE=InnoDB ROW_FORMAT=DYNAMIC"
"""Whatever the server's defaults are: the older row formats have keys of 767 bytes."""


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


def check_alike(change: ReplaceForeignKey, live: Schema) -> None:
    """Raises Conflict where a new foreign key's texts have another collation than what they point to (error 3780)."""
    table, parent = live.tables[change.table], live.tables.get(change.key.ref_table)
    for name, ref_name in zip(change.key.columns, change.key.ref_columns, strict=True):
        column, referenced = column_of(change, live, name), parent and parent.columns.get(ref_name)
        if parent and referenced and types.is_text(column.type):
            (_, here), (_, there) = table.charset_of(column), parent.charset_of(referenced)
            if here and there and here != there:
                told = f"{name} is in {here} and {parent.name}.{ref_name} in {there}"
                raise Conflict(f"cannot {change}", found=told, way_out="convert one of them before")


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
