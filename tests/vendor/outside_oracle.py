"""Reads an Oracle schema by queries of the data dictionary (ALL_*)."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import sqlalchemy as sa

COLUMNS = """
    SELECT c.table_name, c.column_name, c.data_type, c.char_length, c.data_precision, c.data_scale, c.nullable,
           c.data_default
    FROM all_tab_columns c JOIN all_tables t ON t.owner = c.owner AND t.table_name = c.table_name
    WHERE c.owner = :owner
"""
CONSTRAINTS = """
    SELECT k.table_name, k.constraint_name, k.constraint_type, k.delete_rule, r.table_name, c.column_name,
           rc.column_name
    FROM all_constraints k
    JOIN all_cons_columns c ON c.owner = k.owner AND c.constraint_name = k.constraint_name
    LEFT JOIN all_constraints r ON r.owner = k.r_owner AND r.constraint_name = k.r_constraint_name
    LEFT JOIN all_cons_columns rc
      ON rc.owner = r.owner AND rc.constraint_name = r.constraint_name AND rc.position = c.position
    WHERE k.owner = :owner AND k.constraint_type IN ('P', 'U', 'R') AND k.status = 'ENABLED'
    ORDER BY k.table_name, k.constraint_name, c.position
"""
INDEXES = """
    SELECT i.table_name, i.index_name, i.uniqueness, c.column_name, e.column_expression
    FROM all_indexes i
    JOIN all_ind_columns c ON c.index_owner = i.owner AND c.index_name = i.index_name
    LEFT JOIN all_ind_expressions e
      ON e.index_owner = i.owner AND e.index_name = i.index_name AND e.column_position = c.column_position
    WHERE i.table_owner = :owner AND i.index_type <> 'LOB' AND NOT EXISTS (
        SELECT 1 FROM all_constraints k
        WHERE k.owner = i.table_owner AND k.table_name = i.table_name AND k.index_name = i.index_name)
    ORDER BY i.table_name, i.index_name, c.column_position
"""
SEQUENCES = "SELECT sequence_name FROM all_sequences WHERE sequence_owner = :owner AND sequence_name NOT LIKE 'ISEQ$$%'"
TRIGGERS = """
    SELECT trigger_name, table_name, trigger_type, triggering_event, trigger_body
    FROM all_triggers WHERE owner = :owner AND status = 'ENABLED'
"""
ROUTINES = """
    SELECT object_name FROM all_objects
    WHERE owner = :owner AND object_type IN ('FUNCTION', 'PROCEDURE', 'PACKAGE')
"""
OWNER = "SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL"

Tables = dict[str, Any]
Row = tuple[Any, ...]


def read(connection: sa.Connection, schema: str | None) -> dict[str, Any]:
    """All that stands in one schema."""
    where = {"owner": schema or connection.exec_driver_sql(OWNER).scalar()}

    def rows(query: str) -> list[Row]:
        return [tuple(row) for row in connection.execute(sa.text(query), where)]

    tables: Tables = defaultdict(
        lambda: {"columns": {}, "primary_key": None, "unique": [], "foreign_keys": [], "indexes": {}}
    )
    for table, name, *about in rows(COLUMNS):
        tables[table]["columns"][name] = _column(*about)
    _constraints(tables, rows(CONSTRAINTS))
    _indexes(tables, rows(INDEXES))
    triggers = rows(TRIGGERS)
    for _, table, _, _, body in triggers:
        if numbered := re.search(r"nextval\s+into\s+:new\.(\w+)", body, re.IGNORECASE):
            tables[table]["columns"][numbered[1].upper()]["generated"] = True
    return {
        "tables": dict(tables),
        "sequences": [name for (name,) in rows(SEQUENCES)],
        "triggers": {name: [table, type_.split()[0], event.split(" OR ")] for name, table, type_, event, _ in triggers},
        "routines": [name for (name,) in rows(ROUTINES)],
    }


def _column(
    type_: str, length: int, precision: int | None, scale: int | None, nullable: str, default: str | None
) -> dict[str, Any]:
    return {
        "type": type_ + _suffix(type_, length, precision, scale),
        "nullable": nullable == "Y",
        "default": _default(default),
        "generated": False,
        "on_update": None,
        "collation": None,
    }


def _suffix(type_: str, length: int, precision: int | None, scale: int | None) -> str:
    """INTEGER is NUMBER without a precision and with scale 0; NUMBER alone has neither."""
    if type_ in ("VARCHAR2", "CHAR"):
        return f"({length})"
    if type_ != "NUMBER" or (precision is None and scale is None):
        return ""
    return f"({'*' if precision is None else precision},{scale})"


def _default(expression: str | None) -> str | None:
    """A literal without its quotes; the dictionary keeps the text as it was written, blanks and all."""
    word = (expression or "NULL").strip()
    if word.upper() == "NULL":
        return None
    return word[1:-1] if word.startswith("'") else word.upper()


def _constraints(tables: Tables, rows: list[Row]) -> None:
    found: dict[tuple[str, str], tuple[str, list[Any]]] = {}
    for table, name, kind, delete, parent, column, referred in rows:
        _, key = found.setdefault((table, name), (kind, [[], parent, [], delete, None]))
        key[0].append(column)
        key[2].append(referred)
    for (table, _), (kind, key) in found.items():
        if kind == "P":
            tables[table]["primary_key"] = key[0]
        elif kind == "U":
            tables[table]["unique"].append(key[0])
        else:
            tables[table]["foreign_keys"].append(key)


def _indexes(tables: Tables, rows: list[Row]) -> None:
    found: dict[tuple[str, str, bool], list[str]] = {}
    for table, name, uniqueness, column, expression in rows:
        columns = found.setdefault((table, name, uniqueness == "UNIQUE"), [])
        columns.append(expression.replace('"', "").upper() if expression else column)
    for (table, name, unique), columns in found.items():
        tables[table]["indexes"][name] = [columns, unique]


def type_of(facts: dict[str, Any]) -> str:
    """VARCHAR is VARCHAR2, the integers are NUMBER without a precision, TIMESTAMP has six digits."""
    written = facts["type"].replace("VARCHAR(", "VARCHAR2(")
    if written in ("INTEGER", "INT", "SMALLINT"):
        return "NUMBER(*,0)"
    if written == "TIMESTAMP":
        return "TIMESTAMP(6)"
    return str(re.sub(r"^NUMBER\((\d+)\)$", r"NUMBER(\1,0)", written))


def default_of(facts: dict[str, Any]) -> str | None:
    return _default(facts.get("default"))


def key_column(table: dict[str, Any], written: str) -> str:
    return written
