"""Reads a live PostgreSQL database from pg_catalog: one query a kind of object, however many tables there are.

See https://www.postgresql.org/docs/current/catalogs.html.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import datacentres, sqltext
from apim_schema.schema import COMPUTED, OWN_TABLES, Column, ForeignKey, Index, Key, Schema, Table, Trigger

from . import names, types

Rows = Sequence[Row[Any]]

NAMESPACE = "(SELECT oid FROM pg_namespace WHERE nspname = coalesce(CAST(:schema AS text), current_schema()))"
TABLES = f"c.relnamespace = {NAMESPACE} AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
"""Partitions are left out: their rows are the partitioned table's."""

COLUMNS = f"""
SELECT c.relname AS table_name, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull AS required,
       pg_get_expr(d.adbin, d.adrelid) AS default, a.attgenerated <> '' AS computed,
       CASE WHEN l.collnamespace <> 'pg_catalog'::regnamespace THEN l.collnamespace::regnamespace
            || '.' ELSE '' END || quote_ident(l.collname) AS collation,
       a.attidentity <> '' OR EXISTS (
           SELECT FROM pg_depend o JOIN pg_sequence s ON s.seqrelid = o.objid
           JOIN pg_depend u ON u.refclassid = 'pg_class'::regclass AND u.refobjid = s.seqrelid
           AND u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid
           WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.deptype = 'a'
           AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum) AS draws_own
FROM pg_class c
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation AND a.attcollation <> t.typcollation
WHERE {TABLES} ORDER BY c.relname, a.attnum"""

CONSTRAINTS = f"""
SELECT c.relname AS table_name, k.conname AS name, k.contype AS kind,
       {{columns}} AS columns, {{ref_columns}} AS ref_columns,
       r.relname AS ref_table, nullif(n.oid, c.relnamespace) IS NOT NULL AS elsewhere, n.nspname AS ref_schema,
       k.confdeltype AS on_delete, k.confupdtype AS on_update,
       concat_ws(', ', CASE WHEN k.condeferrable THEN 'deferrable' END,
                 CASE WHEN NOT k.convalidated THEN 'not valid' END,
                 CASE WHEN (to_jsonb(x) ->> 'indnullsnotdistinct')::boolean THEN 'nulls not distinct' END) AS detail
FROM pg_constraint k
LEFT JOIN pg_index x ON x.indexrelid = k.conindid AND k.contype <> 'f'
JOIN pg_class c ON c.oid = k.conrelid
LEFT JOIN pg_class r ON r.oid = k.confrelid
LEFT JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE {TABLES} AND k.contype IN ('p', 'u', 'f') ORDER BY k.conname"""
NAMES_OF = """ARRAY(SELECT a.attname::text FROM unnest({numbers}) WITH ORDINALITY AS u (number, place)
       JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = u.number ORDER BY u.place)"""

INDEXES = f"""
SELECT c.relname AS table_name, i.relname AS name, x.indisunique AS is_unique, x.indisvalid AS is_valid,
       pg_get_indexdef(x.indexrelid, 0, true) AS definition,
       ARRAY(SELECT pg_get_indexdef(x.indexrelid, place, true) FROM generate_series(1, x.indnkeyatts) AS place
             ORDER BY place) AS columns,
       ARRAY(SELECT pg_get_indexdef(x.indexrelid, place, true)
             FROM generate_series(x.indnkeyatts + 1, x.indnatts) AS place ORDER BY place) AS include
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_class i ON i.oid = x.indexrelid
WHERE {TABLES} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid
                               AND k.contype IN ('p', 'u', 'x')) ORDER BY i.relname"""

SEQUENCES = f"""
SELECT c.relname AS name, s.seqincrement AS step, coalesce(
           CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE') THEN pg_sequence_last_value(c.oid) END,
           s.seqstart) AS reached
FROM pg_class c
JOIN pg_sequence s ON s.seqrelid = c.oid
WHERE c.relnamespace = {NAMESPACE} AND NOT EXISTS (
    SELECT FROM pg_depend o WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid
    AND o.refclassid = 'pg_class'::regclass AND o.deptype IN ('a', 'i')) ORDER BY c.relname"""

TRIGGERS = f"""
SELECT t.tgname AS name, c.relname AS table_name, t.tgtype AS type, p.proname AS function
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE {TABLES} AND NOT t.tgisinternal ORDER BY c.oid, t.tgname"""

ROUTINES = f"""
SELECT p.proname AS name, p.prosrc AS body
FROM pg_proc p
WHERE p.pronamespace = {NAMESPACE} AND NOT EXISTS (
    SELECT FROM pg_depend o WHERE o.classid = 'pg_proc'::regclass AND o.objid = p.oid AND o.deptype = 'e')
ORDER BY p.oid"""

ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
"""pg_constraint.confdeltype; NO ACTION and RESTRICT are None in the model."""
EVENTS = {4: "INSERT", 8: "DELETE", 16: "UPDATE", 32: "TRUNCATE"}
"""Bits of pg_trigger.tgtype; besides them 1 is FOR EACH ROW, 2 BEFORE and 64 INSTEAD OF."""

IDENTIFIER = re.compile(r'\w+|"(?:[^"]|"")+"')
TEXT_CAST = re.compile(r"::(?:text|character varying|bpchar)(?:\(\d+\))?")
STORAGE = re.compile(r" WITH \([^)]*\)$")


def read(connection: Connection, schema: str | None) -> Schema:
    """All that is in one schema of the database, None for the connection's default; our own tables are left out."""

    def ask(query: str) -> Rows:
        return connection.execute(text(query), {"schema": schema}).all()

    tables = _tables(ask(COLUMNS), ask(_constraints_query()), ask(INDEXES))
    return Schema(
        flavour="postgresql_multidc" if datacentres.has_several(tables) else "postgresql",
        tables=tables,
        sequences={names.to_model(row.name): datacentres.options(row.reached, row.step) for row in ask(SEQUENCES)},
        triggers=_triggers(ask(TRIGGERS)),
        routines={names.to_model(row.name): row.body for row in ask(ROUTINES)},
    )


def refusal(live: Schema) -> str | None:
    """None: each of the vendor's scripts for this database leads somewhere."""
    return None


def converted(column: Column, old: Column, becomes_binary: bool = False) -> str | None:
    """The expression that gives a value of `column` the form it had as `old`: text that has become bytes, and back."""
    if column.type == "BYTEA" and sqltext.base(old.type) in types.TEXTS:
        return f"convert_from({names.sql(column.name)}, 'UTF8')"
    if old.type == "BYTEA" and sqltext.base(column.type) in types.TEXTS:
        return f"convert_to({names.sql(column.name)}, 'UTF8')"
    return None


def _constraints_query() -> str:
    return CONSTRAINTS.format(
        columns=NAMES_OF.format(numbers="k.conkey", table="k.conrelid"),
        ref_columns=NAMES_OF.format(numbers="k.confkey", table="k.confrelid"),
    )


def _tables(columns: Rows, constraints: Rows, indexes: Rows) -> dict[str, Table]:
    keys, foreign_keys, held = _by_table(constraints, "pu"), _by_table(constraints, "f"), _by_table(indexes)
    return {
        names.to_model(table): Table(
            names.to_model(table),
            _columns(rows),
            next((_key(row) for row in keys[table] if row.kind == "p"), None),
            tuple(_key(row) for row in keys[table] if row.kind == "u"),
            tuple(map(_foreign_key, foreign_keys[table])),
            tuple(map(_index, held[table])),
        )
        for table, rows in _by_table(columns).items()
        if names.to_model(table) not in OWN_TABLES
    }


def _by_table(rows: Iterable[Row[Any]], kinds: str = "") -> dict[str, list[Row[Any]]]:
    grouped: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if not kinds or row.kind in kinds:
            grouped[row.table_name].append(row)
    return grouped


def _columns(rows: Rows) -> dict[str, Column]:
    """The columns of one table; a table without any is a row without a name."""
    return {column.name: column for column in map(_column, (row for row in rows if row.name is not None))}


def _column(row: Row[Any]) -> Column:
    """A column; one that draws from its own sequence (SERIAL, IDENTITY) is generated "", else by the name of that.

    A sequence that it owns and does not draw from is left of a default that was dropped.
    """
    type_ = types.normalise_type(row.type)
    generated = "" if row.draws_own else types.sequence_of(row.default)
    default = None if generated is not None else types.normalise_default(row.default, type_)
    if row.computed:
        default = f"{COMPUTED} ({row.default})"
    return Column(names.to_model(row.name), type_, not row.required, default, generated, collation=row.collation)


def _names(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(names.to_model, found))


def _key(row: Row[Any]) -> Key:
    return Key(_names(row.columns), names.to_model(row.name), row.detail)


def _foreign_key(row: Row[Any]) -> ForeignKey:
    """A foreign key; a table in another schema is named with that schema and so is never one of ours."""
    table = names.to_model(row.ref_table)
    return ForeignKey(
        _names(row.columns),
        f"{row.ref_schema}.{table}" if row.elsewhere else table,
        _names(row.ref_columns),
        ACTIONS.get(row.on_delete),
        ACTIONS.get(row.on_update),
        names.to_model(row.name),
        row.detail,
    )


def _index(row: Row[Any]) -> Index:
    """An index; what is more than a list of columns and expressions stands as a last column, so that it equals none.

    That is another access method, a predicate, an order, an operator class, a collation, or an index that a failed
    CREATE INDEX CONCURRENTLY has left invalid. Storage parameters make no other index, nor do included columns.
    """
    columns = tuple(map(_indexed, row.columns))
    include = f" INCLUDE ({', '.join(row.include)})" if row.include else ""
    details = STORAGE.sub("", row.definition.partition(" USING ")[2]).replace(include, "", 1)
    if details != f"btree ({', '.join(row.columns)})":
        columns += (f"[{details}]",)
    if not row.is_valid:
        columns += ("[invalid]",)
    return Index(names.to_model(row.name), columns, row.is_unique, tuple(map(_indexed, row.include)))


def _indexed(sql: str) -> str:
    """A column by its name, an expression as the vendor writes it: `lower(app_name::text)` is LOWER(APP_NAME)."""
    if IDENTIFIER.fullmatch(sql):
        return names.to_model(names.to_server(sql))
    return sqltext.fold(TEXT_CAST.sub("", sql))


def _triggers(rows: Rows) -> dict[str, Trigger]:
    """Triggers by name; of two with one name, which PostgreSQL allows on two tables, the later is `NAME ON TABLE`."""
    found: dict[str, Trigger] = {}
    for row in rows:
        trigger = _trigger(row)
        found[f"{trigger.name} ON {trigger.table}" if trigger.name in found else trigger.name] = trigger
    return found


def _trigger(row: Row[Any]) -> Trigger:
    return Trigger(
        names.to_model(row.name),
        names.to_model(row.table_name),
        "INSTEAD OF" if row.type & 64 else "BEFORE" if row.type & 2 else "AFTER",
        tuple(event for bit, event in EVENTS.items() if row.type & bit),
        action=f"for each {'row' if row.type & 1 else 'statement'}: call {row.function}()",
    )
