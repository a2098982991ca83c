"""Reads a PostgreSQL schema by queries of pg_catalog and information_schema."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import sqlalchemy as sa

TYPES = {
    "SERIAL": "integer",
    "INT": "integer",
    "VARCHAR": "character varying",
    "CHAR": "character",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP(0)": "timestamp(0) without time zone",
}
ACTIONS = {"a": None, "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}

COLUMNS = """
    SELECT upper(c.relname), upper(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid)
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND n.nspname = :schema
"""
CONSTRAINTS = """
    SELECT upper(c.relname), k.contype::text, k.confdeltype::text, k.confupdtype::text, upper(r.relname),
           ARRAY(SELECT upper(a.attname) FROM unnest(k.conkey) WITH ORDINALITY AS p(num, pos)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.num ORDER BY p.pos),
           ARRAY(SELECT upper(a.attname) FROM unnest(k.confkey) WITH ORDINALITY AS p(num, pos)
                 JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.num ORDER BY p.pos)
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class r ON r.oid = k.confrelid
    WHERE k.contype IN ('p', 'u', 'f') AND k.convalidated AND n.nspname = :schema
"""
INDEXES = """
    SELECT upper(c.relname), upper(i.relname), x.indisunique,
           ARRAY(SELECT pg_get_indexdef(x.indexrelid, p, true) FROM generate_series(1, x.indnkeyatts) AS p ORDER BY p)
    FROM pg_index x
    JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND x.indisvalid
      AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""
SEQUENCES = """
    SELECT upper(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND n.nspname = :schema
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
"""
TRIGGERS = """
    SELECT upper(trigger_name), upper(event_object_table), action_timing,
           array_agg(event_manipulation::text ORDER BY event_manipulation::text)
    FROM information_schema.triggers WHERE trigger_schema = :schema GROUP BY 1, 2, 3
"""
ROUTINES = """
    SELECT upper(p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = :schema AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def read(connection: sa.Connection, schema: str | None) -> dict[str, Any]:
    """All that stands in one schema."""
    where = {"schema": schema or connection.exec_driver_sql("SELECT current_schema()").scalar()}
    tables: dict[str, Any] = defaultdict(
        lambda: {"columns": {}, "primary_key": None, "unique": [], "foreign_keys": [], "indexes": {}}
    )
    for table, name, type_, not_null, default in connection.execute(sa.text(COLUMNS), where):
        tables[table]["columns"][name] = _column(type_, not not_null, default)
    for table, kind, *about in connection.execute(sa.text(CONSTRAINTS), where):
        _constraint(tables[table], kind, *about)
    for table, name, unique, columns in connection.execute(sa.text(INDEXES), where):
        tables[table]["indexes"][name] = [[_index_column(column) for column in columns], unique]
    triggers = connection.execute(sa.text(TRIGGERS), where)
    return {
        "tables": dict(tables),
        "sequences": list(connection.execute(sa.text(SEQUENCES), where).scalars()),
        "triggers": {name: [table, timing, list(events)] for name, table, timing, events in triggers},
        "routines": list(connection.execute(sa.text(ROUTINES), where).scalars()),
    }


def _column(type_: str, nullable: bool, default: str | None) -> dict[str, Any]:
    generated = default is not None and default.startswith("nextval(")
    return {
        "type": type_,
        "nullable": nullable,
        "default": None if generated else _default(default),
        "generated": generated,
        "on_update": None,
        "collation": None,
    }


def _constraint(
    table: dict[str, Any], kind: str, delete: str, update: str, parent: str, columns: list[str], referred: list[str]
) -> None:
    if kind == "p":
        table["primary_key"] = columns
    elif kind == "u":
        table["unique"].append(columns)
    else:
        table["foreign_keys"].append([columns, parent, referred, ACTIONS[delete], ACTIONS[update]])


def _index_column(definition: str) -> str:
    """`lower(app_name::text)` is LOWER(APP_NAME)."""
    return definition.replace("::text", "").upper()


def _default(expression: str | None) -> str | None:
    """A literal without its quotes and its cast; the type of the column says what it means."""
    if expression is None:
        return None
    word = re.sub(r"::[a-z ]+$", "", expression)
    return word[1:-1] if word.startswith("'") else word.lower()


def type_of(facts: dict[str, Any]) -> str:
    name, bracket, length = facts["type"].partition("(")
    return TYPES.get(facts["type"]) or f"{TYPES.get(name, name.lower())}{bracket}{length}"


def default_of(facts: dict[str, Any]) -> str | None:
    """`DEFAULT '1'` of a BOOLEAN column is kept as true."""
    value = _default(facts.get("default"))
    return {"0": "false", "1": "true"}.get(str(value), value) if facts["type"] == "BOOLEAN" else value


def key_column(table: dict[str, Any], written: str) -> str:
    return written
