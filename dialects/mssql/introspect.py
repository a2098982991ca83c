"""Reads a live SQL Server database from its catalog views: one query a kind of object, however many tables there are.

See https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/object-catalog-views-transact-sql.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from apim_schema import datacentres, sqltext
from apim_schema.catalog import referential_action
from apim_schema.schema import COMPUTED, OWN_TABLES, Column, ForeignKey, Index, Key, Schema, Table, Trigger

from . import layout, names, triggers, types
from .names import Name

Rows = Sequence[Row[Any]]

TABLES = "t.schema_id = SCHEMA_ID({schema}) AND t.is_ms_shipped = 0"

DATABASE = """
SELECT CONVERT(NVARCHAR(128), DATABASEPROPERTYEX(DB_NAME(), 'Collation')) AS collation,
       CONVERT(INT, SERVERPROPERTY('babelfish')) AS babelfish,
       CONVERT(INT, SERVERPROPERTY('EngineEdition')) AS edition"""

COLUMNS = f"""
SELECT t.object_id AS table_id, t.name AS table_name, c.name AS name, y.name AS type, c.max_length AS max_length,
       c.precision AS digits, c.scale AS fraction, c.is_nullable AS is_nullable, c.is_identity AS is_identity,
       c.collation_name AS collation, d.definition AS definition, k.definition AS computed, b.name AS bound
FROM sys.tables t
JOIN sys.columns c ON c.object_id = t.object_id
JOIN sys.types y ON y.user_type_id = c.user_type_id
LEFT JOIN sys.default_constraints d ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
LEFT JOIN sys.computed_columns k ON k.object_id = c.object_id AND k.column_id = c.column_id
LEFT JOIN sys.objects b ON b.object_id = c.default_object_id AND b.parent_object_id = 0 AND d.object_id IS NULL
WHERE {TABLES} ORDER BY t.name, c.column_id"""

INDEXES = f"""
SELECT i.object_id AS table_id, i.name AS name, i.type_desc AS kind, i.is_unique AS is_unique,
       i.is_primary_key AS is_primary_key, i.is_unique_constraint AS is_unique_constraint,
       i.is_disabled AS is_disabled, i.filter_definition AS filter, c.name AS column_name,
       x.key_ordinal AS place, x.is_descending_key AS is_descending, x.is_included_column AS is_included
FROM sys.tables t
JOIN sys.indexes i ON i.object_id = t.object_id AND i.type > 0 AND i.is_hypothetical = 0
JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id
JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id
WHERE {TABLES} ORDER BY i.name, x.is_included_column, x.key_ordinal, x.index_column_id"""

STORAGE = f"""
SELECT i.object_id AS table_id, i.name AS name, i.type_desc AS kind, i.is_primary_key AS is_primary_key,
       i.fill_factor AS filled, i.is_padded AS is_padded, i.ignore_dup_key AS ignores_duplicates,
       i.allow_row_locks AS row_locks, i.allow_page_locks AS page_locks, p.data_compression_desc AS compression,
       s.name AS place, s.type AS kind_of_place, s.is_default AS is_default_place
FROM sys.tables t
JOIN sys.indexes i ON i.object_id = t.object_id AND i.type IN (1, 2) AND i.is_hypothetical = 0
JOIN sys.data_spaces s ON s.data_space_id = i.data_space_id
JOIN sys.partitions p ON p.object_id = i.object_id AND p.index_id = i.index_id AND p.partition_number = 1
WHERE {TABLES} ORDER BY i.object_id, i.index_id"""

FOREIGN_KEYS = f"""
SELECT f.parent_object_id AS table_id, f.name AS name, f.object_id AS key_id, c.name AS column_name,
       r.name AS ref_table, o.name AS ref_column, SCHEMA_NAME(r.schema_id) AS ref_schema,
       CASE WHEN r.schema_id = t.schema_id THEN 0 ELSE 1 END AS elsewhere,
       f.delete_referential_action_desc AS on_delete, f.update_referential_action_desc AS on_update
FROM sys.tables t
JOIN sys.foreign_keys f ON f.parent_object_id = t.object_id
JOIN sys.foreign_key_columns x ON x.constraint_object_id = f.object_id
JOIN sys.columns c ON c.object_id = x.parent_object_id AND c.column_id = x.parent_column_id
JOIN sys.tables r ON r.object_id = x.referenced_object_id
JOIN sys.columns o ON o.object_id = x.referenced_object_id AND o.column_id = x.referenced_column_id
WHERE {TABLES} ORDER BY f.name, x.constraint_column_id"""

NUMBERED = f"""
SELECT CONVERT(BIGINT, i.seed_value) AS seed, CONVERT(BIGINT, i.increment_value) AS step,
       i.is_not_for_replication AS is_apart
FROM sys.tables t
JOIN sys.identity_columns i ON i.object_id = t.object_id
WHERE {TABLES}"""

TRIGGERS = f"""
SELECT g.name AS name, t.name AS table_name, g.is_instead_of_trigger AS is_instead_of,
       OBJECTPROPERTY(g.object_id, 'ExecIsInsertTrigger') AS is_insert,
       OBJECTPROPERTY(g.object_id, 'ExecIsUpdateTrigger') AS is_update,
       OBJECTPROPERTY(g.object_id, 'ExecIsDeleteTrigger') AS is_delete, m.definition AS definition
FROM sys.triggers g
JOIN sys.tables t ON t.object_id = g.parent_id
LEFT JOIN sys.sql_modules m ON m.object_id = g.object_id
WHERE {TABLES} ORDER BY g.name"""

OTHERS = f"""
SELECT t.name AS name, t.type AS kind FROM sys.objects t
WHERE {TABLES} AND t.type IN ('P', 'FN', 'IF', 'TF', 'SO') ORDER BY t.name"""

SEQUENCE = "SO"

SIZED = ("CHAR", "VARCHAR", "BINARY", "VARBINARY")
SIZED_IN_PAIRS = ("NCHAR", "NVARCHAR")
WITH_PRECISION = ("DECIMAL", "NUMERIC")
WITH_SCALE = ("DATETIME2", "DATETIMEOFFSET", "TIME")

PLAIN_INDEXES = ("CLUSTERED", "NONCLUSTERED")

EVENTS = re.compile(
    r"\b(?:FOR|AFTER|INSTEAD\s+OF)\s+((?:INSERT|UPDATE|DELETE)(?:\s*,\s*(?:INSERT|UPDATE|DELETE))*)", re.I
)
"""In the text of a trigger, for a server that does not tell the events otherwise."""


def read(connection: Connection, schema: str | None) -> Schema:
    """All that is in one schema of the database, None for the connection's default; our own tables are left out."""

    def ask(query: str) -> Rows:
        return _ask(connection, query.format(schema=names.literal(schema) if schema else ""))

    [database] = ask(DATABASE)
    others = ask(OTHERS)
    storage = () if database.babelfish else ask(STORAGE)
    tables = _tables(ask(COLUMNS), ask(INDEXES), ask(FOREIGN_KEYS), storage, database.collation)
    return Schema(
        flavour="mssql_multidc" if datacentres.has_several(tables) else "mssql",
        tables=tables,
        # on Babelfish the sequence behind each IDENTITY column is among them
        sequences={Name(row.name): "" for row in others if row.kind.strip() == SEQUENCE and not database.babelfish},
        triggers={trigger.name: trigger for trigger in map(_trigger, ask(TRIGGERS)) if trigger.table in tables},
        routines={Name(row.name): row.kind.strip() for row in others if row.kind.strip() != SEQUENCE},
        options={"babelfish": "yes"}
        if database.babelfish
        else {"edition": str(database.edition), **_numbering(ask(NUMBERED))},
    )


def _numbering(numbered: Rows) -> dict[str, str]:
    """How most tables number their rows, for those that are still to be made."""
    found = Counter((*datacentres.counts(row.seed, row.step), row.is_apart) for row in numbered)
    if not found:
        return {}
    [((first, step, is_apart), _)] = found.most_common(1)
    return {"numbering": f"IDENTITY({first},{step}){' NOT FOR REPLICATION' * bool(is_apart)}"}


def refusal(live: Schema) -> str | None:
    """None: each of the vendor's scripts for this database leads somewhere."""
    return None


def converted(column: Column, old: Column, becomes_binary: bool = False) -> str | None:
    """The expression that gives a value of `column` the form it had as `old`; None if it needs none.

    Text that has become bytes stays bytes, and the other way round: which is which, the digest does not mind, since it
    takes text in UTF-8 everywhere.
    """
    if types.is_bytes(column) and sqltext.base(old.type) in types.TEXTS:
        return f"CONVERT(VARBINARY(MAX), {names.sql(column.name)})"
    if becomes_binary and types.is_bytes(old) and sqltext.base(column.type) in types.TEXTS:
        return f"CONVERT(NVARCHAR(MAX), {names.sql(column.name)})"
    return None


def _ask(connection: Connection, query: str) -> Rows:
    """Runs a query that holds all its values: no driver has to guess their types."""
    return connection.exec_driver_sql(query, execution_options={"no_parameters": True}).all()


def _tables(columns: Rows, indexes: Rows, foreign_keys: Rows, storage: Rows, collation: str) -> dict[str, Table]:
    by_index, by_key, stored = (_grouped(rows, "table_id") for rows in (indexes, foreign_keys, storage))
    tables: dict[str, Table] = {}
    for number, rows in _grouped(columns, "table_id").items():
        name = Name(rows[0].table_name, tables)
        if name not in OWN_TABLES:
            options = dict(option for row in stored[number] for option in layout.told(row))
            tables[name] = _table(name, rows, by_index[number], by_key[number], collation, options)
    return tables


def _grouped(rows: Iterable[Row[Any]], field: str) -> dict[Any, list[Row[Any]]]:
    grouped: dict[Any, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, field)].append(row)
    return grouped


def _table(
    name: Name, columns: Rows, indexes: Rows, foreign_keys: Rows, collation: str, options: dict[str, str]
) -> Table:
    found: dict[str, Column] = {}
    for row in columns:
        column = Name(row.name, found)
        found[column] = _column(column, row, collation)
    grouped = [(rows[0], rows) for rows in _grouped(indexes, "name").values()]
    return Table(
        name,
        found,
        next((_key(rows) for first, rows in grouped if first.is_primary_key), None),
        tuple(_key(rows) for first, rows in grouped if first.is_unique_constraint),
        tuple(map(_foreign_key, _grouped(foreign_keys, "key_id").values())),
        tuple(_index(rows) for first, rows in grouped if not first.is_primary_key and not first.is_unique_constraint),
        options,
    )


def _column(name: Name, row: Row[Any], collation: str) -> Column:
    """A column; its collation where it has another than the database, in which its default names would be made.

    A default may be an object of its own (sp_bindefault), whatever its value is.
    """
    type_ = types.normalise_type(_type(row))
    bound = f"BOUND {row.bound}" if row.bound else None
    default = f"{COMPUTED} {row.computed}" if row.computed else bound or types.normalise_default(row.definition, type_)
    own = row.collation if row.collation and row.collation.lower() != collation.lower() else None
    return Column(name, type_, bool(row.is_nullable), default, "" if row.is_identity else None, collation=own)


def _type(row: Row[Any]) -> str:
    """The type as DDL writes it; `max_length` counts bytes, -1 is MAX."""
    type_ = row.type.upper()
    if type_ in SIZED + SIZED_IN_PAIRS:
        length = row.max_length // 2 if type_ in SIZED_IN_PAIRS else row.max_length
        return f"{type_}({'MAX' if row.max_length == -1 else length})"
    if type_ in WITH_PRECISION:
        return f"{type_}({row.digits},{row.fraction})"
    return f"{type_}({row.fraction})" if type_ in WITH_SCALE else type_


def _key(rows: Rows) -> Key:
    return Key(tuple(Name(row.column_name) for row in rows), rows[0].name)


def _foreign_key(rows: Rows) -> ForeignKey:
    """A foreign key; a table in another schema is named with that schema and so is never one of ours."""
    first = rows[0]
    ref_table = Name(first.ref_table)
    return ForeignKey(
        tuple(Name(row.column_name) for row in rows),
        f"{first.ref_schema}.{ref_table}" if first.elsewhere else ref_table,
        tuple(Name(row.ref_column) for row in rows),
        referential_action(first.on_delete.replace("_", " ")),
        referential_action(first.on_update.replace("_", " ")),
        first.name,
    )


def _index(rows: Rows) -> Index:
    """An index; what is more than a list of columns stands as a last column, so that it equals none of the vendor's.

    That is a filter, another kind of index than a B-tree, or one that is disabled. A columnstore has no key: its
    columns count as one.
    """
    first = rows[0]
    plain = first.kind in PLAIN_INDEXES
    details = [
        f"[where {first.filter}]" if first.filter else "",
        "" if plain else f"[{first.kind.lower()}]",
        "[disabled]" if first.is_disabled else "",
    ]
    columns = [_indexed(row) for row in rows if not (plain and row.is_included)]
    include = tuple(Name(row.column_name) for row in rows if plain and row.is_included)
    return Index(Name(first.name), (*columns, *filter(None, details)), bool(first.is_unique), include)


def _indexed(row: Row[Any]) -> str:
    return f"{Name(row.column_name)} DESC" if row.is_descending else Name(row.column_name)


def _trigger(row: Row[Any]) -> Trigger:
    timing = "INSTEAD" if row.is_instead_of else "AFTER"
    return Trigger(Name(row.name), Name(row.table_name), timing, _events(row), action=row.definition)


def _events(row: Row[Any]) -> tuple[str, ...]:
    """What fires a trigger: as the server tells, else as its text says.

    Babelfish for PostgreSQL may have neither: then a trigger with the name of one of the vendor's is taken for it.
    """
    told = {"INSERT": row.is_insert, "UPDATE": row.is_update, "DELETE": row.is_delete}
    if any(told.values()):
        return tuple(event for event, fires in told.items() if fires)
    if written := EVENTS.search(row.definition or ""):
        return tuple(event.strip().upper() for event in written[1].split(","))
    return triggers.EVENTS if row.name.upper() in triggers.BODIES else ()
