"""The SQL of alterations on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from tests.vendor import postgresql
from tests.vendor.common import Catalog

quote = postgresql.quote
create_table = postgresql.table
column = postgresql.column

NUMBERS = {"SMALLINT": "INTEGER", "INTEGER": "BIGINT", "INT": "BIGINT", "TIMESTAMP(0)": "TIMESTAMP"}
LONG_TEXT = "TEXT"
TEXTLESS = "VARCHAR(64)"

KEY_NAME = """
SELECT k.conname FROM pg_constraint k
WHERE k.conrelid = to_regclass(:table) AND k.contype = :kind AND CAST(:columns AS text[]) = ARRAY(
    SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place)"""
KINDS = {"PRIMARY KEY": "p", "UNIQUE": "u", "FOREIGN KEY": "f"}

OURS = "c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
DETAILS = {
    "comment": f"""SELECT upper(c.relname), upper(a.attname), col_description(c.oid, a.attnum) FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid WHERE {OURS} AND col_description(c.oid, a.attnum) IS NOT NULL""",
    "table comment": f"""SELECT upper(c.relname), '', obj_description(c.oid, 'pg_class') FROM pg_class c
        WHERE {OURS} AND obj_description(c.oid, 'pg_class') IS NOT NULL""",
    "view": f"SELECT upper(c.relname), '', pg_get_viewdef(c.oid) FROM pg_class c WHERE {OURS} AND c.relkind = 'v'",
    "check": f"""SELECT upper(c.relname), upper(k.conname), pg_get_constraintdef(k.oid) FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid WHERE {OURS} AND k.contype = 'c'""",
    "collation": f"""SELECT upper(c.relname), upper(a.attname), l.collname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid JOIN pg_collation l ON l.oid = a.attcollation
        WHERE {OURS} AND a.attcollation <> t.typcollation""",
    "options": f"""SELECT upper(c.relname), '', array_to_string(c.reloptions, ',') FROM pg_class c
        WHERE {OURS} AND c.reloptions IS NOT NULL""",
}
"""What else of a table must stay: (table, column or nothing, what) of each kind."""


def altered(table: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    actions = []
    if before.get("default") != after.get("default"):
        default = f"SET DEFAULT {after['default']}" if after.get("default") else "DROP DEFAULT"
        actions.append(f"ALTER COLUMN {quote(name)} {default}")
    if before["type"] != after["type"]:
        actions.append(f"ALTER COLUMN {quote(name)} TYPE {after['type']}")
    if before["nullable"] != after["nullable"]:
        actions.append(f"ALTER COLUMN {quote(name)} {'DROP' if after['nullable'] else 'SET'} NOT NULL")
    return [f"ALTER TABLE {quote(table)} {', '.join(actions)}"]


def commented(table: str, name: str, facts: Mapping[str, Any], comment: str) -> list[str]:
    return [f"COMMENT ON COLUMN {quote(table)}.{quote(name)} IS '{comment}'"]


def table_commented(table: str, comment: str) -> list[str]:
    return [f"COMMENT ON TABLE {quote(table)} IS '{comment}'"]


def drop_index(table: str, index: str) -> str:
    return f"DROP INDEX {quote(index)}"


def rebuilt_index(table: str, index: str, columns: list[str]) -> list[str]:
    listed = ", ".join(map(quote, columns))
    return [drop_index(table, index), f"CREATE INDEX {quote(index)} ON {quote(table)} ({listed})"]


def key_name(connection: Connection, table: str, kind: str, columns: list[str]) -> str | None:
    """The name of the PRIMARY KEY, UNIQUE or FOREIGN KEY over these columns."""
    wanted = {"table": quote(table), "kind": KINDS[kind], "columns": [column.lower() for column in columns]}
    return connection.execute(text(KEY_NAME), wanted).scalar()


def drop_key(kind: str, name: str) -> str:
    return f"DROP CONSTRAINT {quote(name)}"


def without_numbers(table: str, name: str, facts: Mapping[str, Any]) -> list[str]:
    return [f"ALTER TABLE {quote(table)} ALTER COLUMN {quote(name)} DROP DEFAULT"]


def sequences_of(document: Catalog, table: Mapping[str, Any]) -> list[str]:
    """The sequences that the columns of a table draw from."""
    defaults = " ".join(str(facts.get("default")) for facts in table["columns"].values())
    return [name for name in document["sequences"] if re.search(rf"\b{name}\b", defaults, re.IGNORECASE)]


def create_sequence(name: str, options: str) -> str:
    return f"CREATE SEQUENCE {quote(name)} {options}"
