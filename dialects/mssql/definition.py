"""Definitions as SQL Server writes them: of tables, columns, keys and indexes.

NULL or NOT NULL is always said: what a column without it gets depends on settings.
"""

from __future__ import annotations

from dataclasses import replace

from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table

from . import layout, names

NUMBERING = "IDENTITY(1,1)"


def create_table(table: Table, live: Schema, schema: str | None) -> str:
    numbering = live.options.get("numbering", NUMBERING)
    parts = [of_column(_collated(column, table, live), numbering) for column in table.columns.values()]
    if table.primary_key is not None:
        parts.append(of_primary_key(table.primary_key, table))
    parts += [of_unique(key, table) for key in table.unique]
    parts += [of_foreign_key(table.name, key, live, schema) for key in table.foreign_keys]
    body = ",\n    ".join(parts)
    return f"CREATE TABLE {names.qualified(table.name, schema)} (\n    {body}\n)"


def _collated(column: Column, table: Table, live: Schema) -> Column:
    """The column in the collation of what its foreign key points to: the server wants both alike."""
    for key in table.foreign_keys:
        if column.name in key.columns and key.ref_table in live.tables:
            target = live.tables[key.ref_table].columns.get(key.ref_columns[key.columns.index(column.name)])
            return replace(column, collation=target.collation) if target and target.collation else column
    return column


def typed(column: Column) -> str:
    collation = f" COLLATE {column.collation}" if column.collation else ""
    return f"{names.sql(column.name)} {column.type}{collation}"


def of_column(column: Column, numbering: str = NUMBERING) -> str:
    identity = f" {numbering}" if column.generated is not None else ""
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    return f"{typed(column)}{identity}{'' if column.nullable else ' NOT'} NULL{default}"


def of_primary_key(key: Key, table: Table) -> str:
    return f"{named(key)}PRIMARY KEY {_laid_out(key, table)}"


def of_unique(key: Key, table: Table) -> str:
    return f"{named(key)}UNIQUE {_laid_out(key, table)}"


def _laid_out(key: Key, table: Table) -> str:
    kind, storage = layout.kind(table.options, key.name), layout.storage(table.options, key.name)
    return f"{kind}({names.listed(key.columns)}){storage}"


def named(key: Key | ForeignKey) -> str:
    return f"CONSTRAINT {names.sql(key.name)} " if key.name else ""


def of_foreign_key(table: str, key: ForeignKey, live: Schema, schema: str | None) -> str:
    columns, target = names.columns(table, key.columns, live), names.table(key.ref_table, live, schema)
    actions = "".join(
        f" ON {event} {action}" for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update)) if action
    )
    referenced = names.columns(key.ref_table, key.ref_columns, live)
    return f"{named(key)}FOREIGN KEY ({columns}) REFERENCES {target} ({referenced}){actions}"


def create_index(table: str, index: Index, live: Schema, schema: str | None) -> str:
    unique, columns = "UNIQUE " * index.unique, names.columns(table, index.columns, live)
    include = f" INCLUDE ({names.columns(table, index.include, live)})" if index.include else ""
    options, name = live.tables[table].options if table in live.tables else {}, names.spelling(index.name)
    kind, storage = layout.kind(options, name), layout.storage(options, name)
    source = names.table(table, live, schema)
    return f"CREATE {unique}{kind}INDEX {names.sql(index.name)} ON {source} ({columns}){include}{storage}"
