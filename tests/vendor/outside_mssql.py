"""Reads a SQL Server schema by queries of the catalog views (sys.*).

Babelfish keeps six digits of a DATETIME2 instead of seven and tells no difference: so there is none here. It lists the
sequences behind IDENTITY columns, which nobody has made.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import sqlalchemy as sa

COLUMNS = """
    SELECT t.name, c.name, y.name, c.max_length, c.scale, c.is_nullable, c.is_identity, d.definition,
           CASE WHEN c.collation_name <> CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS sysname)
                THEN c.collation_name END
    FROM sys.tables t
    JOIN sys.columns c ON c.object_id = t.object_id
    JOIN sys.types y ON y.user_type_id = c.user_type_id
    LEFT JOIN sys.default_constraints d ON d.object_id = c.default_object_id
    WHERE t.schema_id = SCHEMA_ID(:schema)
"""
INDEXES = """
    SELECT t.name, i.name, i.is_primary_key, i.is_unique, c.name
    FROM sys.tables t
    JOIN sys.indexes i ON i.object_id = t.object_id AND i.index_id > 0 AND i.is_disabled = 0
    JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id AND x.is_included_column = 0
    JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id
    WHERE t.schema_id = SCHEMA_ID(:schema) ORDER BY t.name, i.name, x.key_ordinal
"""
FOREIGN_KEYS = """
    SELECT t.name, f.name, r.name, f.delete_referential_action_desc, f.update_referential_action_desc, c.name, rc.name
    FROM sys.foreign_keys f
    JOIN sys.tables t ON t.object_id = f.parent_object_id
    JOIN sys.tables r ON r.object_id = f.referenced_object_id
    JOIN sys.foreign_key_columns x ON x.constraint_object_id = f.object_id
    JOIN sys.columns c ON c.object_id = x.parent_object_id AND c.column_id = x.parent_column_id
    JOIN sys.columns rc ON rc.object_id = x.referenced_object_id AND rc.column_id = x.referenced_column_id
    WHERE t.schema_id = SCHEMA_ID(:schema) AND f.is_disabled = 0
    ORDER BY t.name, f.name, x.constraint_column_id
"""
SEQUENCES = """
    SELECT name FROM sys.sequences WHERE schema_id = SCHEMA_ID(:schema) AND SERVERPROPERTY('babelfish') IS NULL
"""
TRIGGERS = """
    SELECT g.name, t.name, CASE WHEN g.is_instead_of_trigger = 1 THEN 'INSTEAD' ELSE 'AFTER' END, e.type_desc
    FROM sys.triggers g
    JOIN sys.tables t ON t.object_id = g.parent_id
    JOIN sys.trigger_events e ON e.object_id = g.object_id
    WHERE t.schema_id = SCHEMA_ID(:schema) ORDER BY g.name, e.type_desc
"""
ROUTINES = "SELECT name FROM sys.objects WHERE type IN ('P', 'FN', 'IF', 'TF') AND schema_id = SCHEMA_ID(:schema)"

Tables = dict[str, Any]
Row = tuple[Any, ...]


def read(connection: sa.Connection, schema: str | None) -> dict[str, Any]:
    """All that stands in one schema of the database."""
    where = {"schema": schema or connection.exec_driver_sql("SELECT SCHEMA_NAME()").scalar()}

    def rows(query: str) -> list[Row]:
        return [tuple(row) for row in connection.execute(sa.text(query), where)]

    tables: Tables = defaultdict(
        lambda: {"columns": {}, "primary_key": None, "unique": [], "foreign_keys": [], "indexes": {}}
    )
    for table, name, *about in rows(COLUMNS):
        tables[table.upper()]["columns"][name.upper()] = _column(*about)
    _indexes(tables, rows(INDEXES))
    _foreign_keys(tables, rows(FOREIGN_KEYS))
    return {
        "tables": dict(tables),
        "sequences": [name.upper() for (name,) in rows(SEQUENCES)],
        "triggers": _triggers(rows(TRIGGERS)),
        "routines": [name.upper() for (name,) in rows(ROUTINES)],
    }


def _column(
    name: str, length: int, scale: int, nullable: bool, identity: bool, default: str | None, collation: str | None
) -> dict[str, Any]:
    return {
        "type": name + _suffix(name, length, scale),
        "nullable": bool(nullable),
        "default": _default(default),
        "generated": bool(identity),
        "on_update": None,
        "collation": collation.lower() if collation else None,
    }


def _suffix(name: str, length: int, scale: int) -> str:
    """The length in characters; sys.columns has it in bytes, -1 for MAX."""
    if name in ("varchar", "char", "varbinary"):
        return "(max)" if length == -1 else f"({length})"
    if name in ("nvarchar", "nchar"):
        return "(max)" if length == -1 else f"({length // 2})"
    return f"({scale})" if name == "datetime2" and scale < 6 else ""


def _default(definition: str | None) -> str | None:
    """`((-1))` is -1, `('x')` is x, `(getdate())`, with `sys.` on Babelfish, is what CURRENT_TIMESTAMP is stored as."""
    if definition is None:
        return None
    while definition.startswith("(") and definition.endswith(")"):
        definition = definition[1:-1]
    if definition.startswith("'"):
        return definition[1:-1]
    return "getdate()" if definition.upper() == "CURRENT_TIMESTAMP" else definition.lower().removeprefix("sys.")


def _indexes(tables: Tables, rows: list[Row]) -> None:
    found: dict[tuple[str, str, bool, bool], list[str]] = {}
    for table, name, primary, unique, column in rows:
        key = (table.upper(), name.upper(), bool(primary), bool(unique))
        found.setdefault(key, []).append(column.upper())
    for (table, name, primary, unique), columns in found.items():
        if primary:
            tables[table]["primary_key"] = columns
        elif unique:
            tables[table]["unique"].append(columns)
        else:
            tables[table]["indexes"][name] = [columns, False]


def _foreign_keys(tables: Tables, rows: list[Row]) -> None:
    found: dict[tuple[str, str], list[Any]] = {}
    for table, name, parent, delete, update, column, referred in rows:
        actions = [delete.replace("_", " "), update.replace("_", " ")]
        key = found.setdefault((table.upper(), name), [[], parent.upper(), [], *actions])
        key[0].append(column.upper())
        key[2].append(referred.upper())
    for (table, _), key in found.items():
        tables[table]["foreign_keys"].append(key)


def _triggers(rows: list[Row]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, table, timing, event in rows:
        found.setdefault(name.upper(), [table.upper(), timing, []])[2].append(event)
    return found


def type_of(facts: dict[str, Any]) -> str:
    """INTEGER is int, DATETIME2(6) is as good as datetime2."""
    written = re.sub(r"^integer$", "int", facts["type"].lower())
    return re.sub(r"^datetime2\([67]\)$", "datetime2", written)


def default_of(facts: dict[str, Any]) -> str | None:
    return _default(facts.get("default"))


def key_column(table: dict[str, Any], written: str) -> str:
    return written
