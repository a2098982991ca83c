"""Reads a MySQL or MariaDB database by queries of information_schema."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import sqlalchemy as sa

TYPES = {"INTEGER": "int", "BOOLEAN": "tinyint(1)", "BLOB(1024)": "blob"}

COLUMNS = """
    SELECT table_name, column_name, column_type, is_nullable, column_default, extra, collation_name
    FROM information_schema.columns WHERE table_schema = :schema
    AND table_name IN (SELECT table_name FROM information_schema.tables
                       WHERE table_schema = :schema AND table_type = 'BASE TABLE')
"""
INDEXES = """
    SELECT table_name, index_name, non_unique, column_name, sub_part
    FROM information_schema.statistics WHERE table_schema = :schema ORDER BY table_name, index_name, seq_in_index
"""
FOREIGN_KEYS = """
    SELECT r.table_name, r.constraint_name, r.referenced_table_name, r.delete_rule, r.update_rule,
           u.column_name, u.referenced_column_name
    FROM information_schema.referential_constraints r
    JOIN information_schema.key_column_usage u
      ON u.constraint_schema = r.constraint_schema AND u.constraint_name = r.constraint_name
     AND u.table_name = r.table_name
    WHERE r.constraint_schema = :schema ORDER BY r.table_name, r.constraint_name, u.ordinal_position
"""
TRIGGERS = """
    SELECT trigger_name, event_object_table, action_timing, event_manipulation
    FROM information_schema.triggers WHERE trigger_schema = :schema
"""
ROUTINES = "SELECT routine_name FROM information_schema.routines WHERE routine_schema = :schema"
COLLATION = "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = :schema"

Tables = dict[str, Any]
Row = tuple[Any, ...]


def read(connection: sa.Connection, schema: str | None) -> dict[str, Any]:
    """All that stands in one database."""
    where = {"schema": schema or connection.exec_driver_sql("SELECT database()").scalar()}

    def rows(query: str) -> list[Row]:
        return [tuple(row) for row in connection.execute(sa.text(query), where)]

    usual = rows(COLLATION)[0][0]
    tables: Tables = defaultdict(
        lambda: {"columns": {}, "primary_key": None, "unique": [], "foreign_keys": [], "indexes": {}}
    )
    for table, name, type_, nullable, default, extra, collation in rows(COLUMNS):
        column = _column(type_, nullable == "YES", default, extra.lower())
        tables[table.upper()]["columns"][name.upper()] = column | {"collation": _unusual(collation, usual)}
    supporting = _foreign_keys(tables, rows(FOREIGN_KEYS))
    _indexes(tables, rows(INDEXES), supporting)
    return {
        "tables": dict(tables),
        "sequences": [],
        "triggers": {name: [table.upper(), timing, [event]] for name, table, timing, event in rows(TRIGGERS)},
        "routines": [name for (name,) in rows(ROUTINES)],
    }


def _column(type_: str, nullable: bool, default: str | None, extra: str) -> dict[str, Any]:
    on_update = re.search(r"on update (\w+)", extra)
    return {
        "type": re.sub(r"^(int|bigint|smallint)\(\d+\)", r"\1", type_),
        "nullable": nullable,
        "default": _default(default),
        "generated": "auto_increment" in extra,
        "on_update": on_update[1].upper() if on_update else None,
    }


def _unusual(collation: str | None, usual: str) -> str | None:
    """A collation that is not just the database's own."""
    return None if collation == usual else collation


def _foreign_keys(tables: Tables, rows: list[Row]) -> set[tuple[str, str, tuple[str, ...]]]:
    """Adds the foreign keys; returns table, name and columns of the indexes that the server makes for them.

    They are named after the constraint or, where that has no name of its own, after its first column.
    """
    found: dict[tuple[str, str], list[Any]] = {}
    for table, name, parent, delete, update, column, referred in rows:
        key = found.setdefault((table.upper(), name), [[], parent.upper(), [], delete, update])
        key[0].append(column.upper())
        key[2].append(referred.upper())
    for (table, _), key in found.items():
        tables[table]["foreign_keys"].append(key)
    return {(table, name.upper(), tuple(key[0])) for (table, own), key in found.items() for name in (own, key[0][0])}


def _indexes(tables: Tables, rows: list[Row], supporting: set[tuple[str, str, tuple[str, ...]]]) -> None:
    """Adds the keys and indexes, without those that only support a foreign key."""
    found: dict[tuple[str, str, bool], list[str]] = {}
    for table, name, non_unique, column, prefix in rows:
        columns = found.setdefault((table.upper(), name.upper(), not non_unique), [])
        columns.append(column.upper() + (f"({prefix})" if prefix else ""))
    for (table, name, unique), columns in found.items():
        if name == "PRIMARY":
            tables[table]["primary_key"] = columns
        elif unique:
            tables[table]["unique"].append(columns)
        elif not any((table, known, tuple(columns)) in supporting for known in (name, re.sub(r"_\d+$", "", name))):
            tables[table]["indexes"][name] = [columns, False]


def _default(expression: str | None) -> str | None:
    """A literal without its quotes; MariaDB says NULL for none and current_timestamp() for CURRENT_TIMESTAMP."""
    if expression is None or expression == "NULL":
        return None
    if expression.startswith("'"):
        return expression[1:-1]
    return "now" if expression.upper() in ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP()") else expression


def type_of(facts: dict[str, Any]) -> str:
    """INT(11), INT and INTEGER are one type; BOOLEAN is TINYINT(1)."""
    return TYPES.get(facts["type"]) or re.sub(r"^int(eger)?\(\d+\)", "int", facts["type"].lower())


def default_of(facts: dict[str, Any]) -> str | None:
    """FALSE and TRUE are numbers."""
    written = facts.get("default")
    return {"FALSE": "0", "TRUE": "1"}.get(written, _default(written)) if written else None


def key_column(table: dict[str, Any], written: str) -> str:
    """A prefix as long as the column is none."""
    name, _, prefix = written.partition("(")
    return name if prefix and table["columns"][name]["type"].endswith(f"({prefix}") else written
