"""The customer's objects that depend on what a change alters, and what would become of them.

PostgreSQL writes down what depends on what (https://www.postgresql.org/docs/current/catalog-pg-depend.html). When a
column gets another type it refuses where a view, a rule, a policy, a trigger's definition, a function's body, a
generated column or a publication names the column. Checks, indexes and statistics it reads anew from their text: for
a longer text they mean the same, for bytes `inputs <> 'forbidden'` compares a hexadecimal dump, and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import changes
from apim_schema.changes import Change, find_column
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Schema

from . import names
from .introspect import NAMESPACE

AGAIN = "drop it, and make it anew after the upgrade"
BYTES, TEXT = "bytes", "text"
REWRITE = {
    BYTES: "write it for bytes: convert_from(column, 'UTF8') is the text",
    TEXT: "write it for text: convert_to(column, 'UTF8') are the bytes",
}

FAMILY = f"""
WITH RECURSIVE family AS (
    SELECT c.oid, c.oid AS root, c.relname AS table_name FROM pg_class c
    WHERE c.relnamespace = {NAMESPACE} AND c.relname = ANY(:tables) AND c.relkind IN ('r', 'p')
    UNION
    SELECT i.inhrelid, f.root, f.table_name FROM pg_inherits i JOIN family f ON i.inhparent = f.oid
)"""
"""The tables themselves, and those that inherit from them or are their partitions: what is altered, is in all."""

OBJECT = """
CASE WHEN d.classid = 'pg_rewrite'::regclass THEN (
    SELECT CASE WHEN r.rulename = '_RETURN' THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0)
                ELSE pg_describe_object(d.classid, d.objid, 0) END
    FROM pg_rewrite r WHERE r.oid = d.objid)
ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END"""
"""What depends, in the server's words: `view v` for its rule, `constraint c on table t`."""

OF_COLUMNS = f"""{FAMILY}
SELECT DISTINCT f.table_name, a.attname AS column_name, d.classid::regclass::text AS catalog, {OBJECT} AS object,
       k.contype AS constraint_type, s.oid IS NOT NULL AND a.attnum <> ALL (s.stxkeys) AS in_statistics,
       concat_ws(' ', pg_get_expr(k.conbin, k.conrelid), pg_get_expr(x.indexprs, x.indrelid),
                 pg_get_expr(x.indpred, x.indrelid)) AS expression,
       x.indexrelid IS NOT NULL AS is_index,
       EXISTS (SELECT FROM unnest(x.indkey::int2[], x.indclass::oid[], x.indcollation::oid[])
                   AS part (number, operators, sorting)
               JOIN pg_opclass o ON o.oid = part.operators
               WHERE part.number = a.attnum AND (NOT o.opcdefault OR part.sorting <> a.attcollation
                   OR NOT EXISTS (SELECT FROM pg_opclass b WHERE b.opcmethod = o.opcmethod AND b.opcdefault
                                  AND b.opcintype = 'bytea'::regtype))) AS unfit_for_bytes,
       x.indisunique AND NOT coalesce(l.collisdeterministic, true) AS folds
FROM pg_depend d
JOIN family f ON d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid
JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = d.refobjsubid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
LEFT JOIN pg_statistic_ext s ON d.classid = 'pg_statistic_ext'::regclass AND s.oid = d.objid
LEFT JOIN pg_index x ON x.indexrelid = CASE WHEN k.contype IN ('p', 'u', 'x') THEN k.conindid
                                            WHEN d.classid = 'pg_class'::regclass THEN d.objid END
WHERE a.attname = ANY(:columns)
  AND NOT EXISTS (SELECT FROM pg_attrdef e WHERE d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
                  AND e.adrelid = f.oid AND e.adnum = a.attnum)
  AND NOT EXISTS (SELECT FROM pg_class q WHERE d.classid = 'pg_class'::regclass AND q.oid = d.objid
                  AND (q.relkind = 'S' OR q.oid = f.oid AND d.objsubid = 0))
ORDER BY f.table_name, object, column_name"""
"""A column's own default and its own sequence go with it; a partition key is asked for by itself."""

OF_TABLES = f"""{FAMILY}
SELECT f.table_name, pg_describe_object('pg_class'::regclass, a.attrelid, a.attnum) AS object, 'row type' AS kind
FROM family f
JOIN pg_class t ON t.oid = f.oid
JOIN pg_type y ON y.oid = t.reltype
LEFT JOIN pg_type m ON m.typbasetype = y.oid
JOIN pg_attribute a ON a.atttypid IN (y.oid, y.typarray, m.oid) AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'm', 'f')
UNION ALL
SELECT f.table_name, pg_describe_object('pg_constraint'::regclass, k.oid, 0), 'whole row'
FROM family f JOIN pg_constraint k ON k.conrelid = f.oid AND k.contype = 'c' AND 0 = ANY (k.conkey)
UNION ALL
SELECT DISTINCT f.table_name, {OBJECT}, 'whole row'
FROM family f
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
     AND d.refobjid = f.oid AND d.refobjsubid = 0
WHERE pg_get_ruledef(d.objid) ~ '\\.\\*'
UNION ALL
SELECT f.table_name, a.attname, 'inherited'
FROM family f JOIN pg_attribute a ON a.attrelid = f.oid AND f.oid = f.root AND a.attinhcount > 0
UNION ALL
SELECT f.table_name, a.attname, 'partition key'
FROM family f
JOIN pg_partitioned_table p ON p.partrelid = f.oid
JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum > 0 AND (a.attnum = ANY (p.partattrs) OR EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = f.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid AND d.refobjsubid = a.attnum))"""

OF_INDEXES = f"""
SELECT c.relname AS table_name, i.relname AS index_name, x.indisreplident AS identifies,
       ARRAY(SELECT {OBJECT} FROM pg_depend d WHERE d.deptype = 'n' AND (
                 d.refclassid = 'pg_class'::regclass AND d.refobjid = i.oid
                 OR d.refclassid = 'pg_constraint'::regclass AND d.refobjid = k.oid) ORDER BY 1) AS objects
FROM pg_class i
JOIN pg_index x ON x.indexrelid = i.oid
JOIN pg_class c ON c.oid = x.indrelid
LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u')
WHERE i.relnamespace = {NAMESPACE} AND i.relname = ANY(:indexes)"""

PUBLISHED = f"""
SELECT c.relname AS table_name, p.pubname AS name, ARRAY(
    SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = c.oid AND to_jsonb(r) -> 'prattrs' @> to_jsonb(a.attnum)) AS columns
FROM pg_publication_rel r
JOIN pg_publication p ON p.oid = r.prpubid AND (p.pubupdate OR p.pubdelete)
JOIN pg_class c ON c.oid = r.prrelid AND c.relreplident = 'd'
WHERE c.relnamespace = {NAMESPACE} AND c.relname = ANY(:tables) AND to_jsonb(r) -> 'prattrs' <> 'null'"""
"""The columns that a publication names, from PostgreSQL 15 on, where the primary key identifies the rows."""

ROUTINES = f"""{FAMILY}
SELECT pg_describe_object('pg_proc'::regclass, p.oid, 0) AS object, p.prosrc AS body,
       ARRAY(SELECT f.table_name::text FROM pg_trigger t JOIN family f ON f.oid = t.tgrelid
             WHERE t.tgfoid = p.oid AND NOT t.tgisinternal) AS fires_on
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND EXISTS (SELECT FROM unnest(CAST(:columns AS text[])) AS w WHERE strpos(lower(p.prosrc), w) > 0) ORDER BY object"""

SETTINGS = f"""
SELECT c.relname AS table_name, t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = {NAMESPACE} AND t.tgenabled <> 'O' AND t.tgname = ANY(:triggers)"""


@dataclass(frozen=True)
class Altered:
    """A column that gets another type: it `becomes` BYTES or TEXT, or where it stays what it is, ""."""

    table: str
    name: str
    becomes: str


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """The customer's objects that a change would alter in silence or stumble over."""

    def ask(query: str, **values: Sequence[str]) -> Sequence[Row[Any]]:
        server = {name: [names.to_server(value) for value in found] for name, found in values.items()}
        return connection.execute(text(query), {"schema": schema, **server}).all()

    altered = _altered(wanted, live)
    of_columns = ask(OF_COLUMNS, tables=[a.table for a in altered], columns=[a.name for a in altered])
    for column in altered:
        for found in _of_column(column, [row for row in of_columns if _is(row, column)]):
            yield found.asked_by(OF_COLUMNS)
    present = [change for change in wanted if change.table in live.tables]
    for row in ask(OF_TABLES, tables=[change.table for change in present]):
        for found in _of_table(row, present, altered):
            yield found.asked_by(OF_TABLES)
    yield from _of_keys(present, live, ask)
    yield from _in_routines(altered, ask)
    yield from _disabled(wanted, ask)


def _altered(wanted: Sequence[Change], live: Schema) -> list[Altered]:
    """Each column once, with the conversion that is made of it on the way, if there is one."""
    found: dict[tuple[str, str], Altered] = {}
    for change in wanted:
        if isinstance(change, changes.TextToBinary | changes.AlterColumn | changes.BinaryToText):
            present = find_column(live, change.table, change.name)
            type_ = change.column.type if isinstance(change, changes.BinaryToText) else change.type
            if present is not None and type_ not in (None, present.type):
                before = found.get((change.table, change.name))
                becomes = CONVERSIONS.get(type(change), before.becomes if before else "")
                found[change.table, change.name] = Altered(change.table, change.name, becomes)
    return list(found.values())


CONVERSIONS: dict[type[Change], str] = {changes.TextToBinary: BYTES, changes.BinaryToText: TEXT}


def _is(row: Row[Any], column: Altered) -> bool:
    return (names.to_model(row.table_name), names.to_model(row.column_name)) == (column.table, column.name)


def _of_column(column: Altered, rows: Sequence[Row[Any]]) -> Iterator[Obstacle]:
    for row in rows:
        if row.is_index or row.catalog in ("pg_constraint", "pg_statistic_ext"):
            problem = _of_converted(row, column) if column.becomes else ""
        else:
            problem = f"{row.object} names {column.name}: the server gives the column no other type while it is there"
        if problem:
            yield Obstacle(BLOCK, column.table, problem, "; ".join(filter(None, (AGAIN, REWRITE.get(column.becomes)))))


def _of_converted(row: Row[Any], column: Altered) -> str:
    """What becomes of a check, a foreign key, an index or statistics when a text becomes bytes, or these a text.

    "" if nothing does.
    """
    over = f"{row.object} is over {column.name}, which becomes {column.becomes}"
    if row.constraint_type == "f":
        return f"{over}: the server refuses a foreign key of two types"
    if row.unfit_for_bytes:
        return f"{over}: it has operators or a collation that these have not"
    if row.folds:
        return f"{over}: texts that are equal for it now would differ"
    if row.in_statistics or _asks_for_more_than_null(row.expression, column.name):
        return (
            f"{row.object} reads {column.name}, which becomes {column.becomes}: it would stay, and mean something else"
        )
    return ""


def _asks_for_more_than_null(expression: str, column: str) -> bool:
    name = re.escape(names.identifier(names.to_server(column)))
    rest = re.sub(rf"(?<![\w\"]){name} IS (NOT )?NULL\b", "", expression)
    return re.search(rf"(?<![\w\"]){name}(?![\w\"])", rest) is not None


def _of_table(row: Row[Any], present: Sequence[Change], altered: Sequence[Altered]) -> Iterator[Obstacle]:
    table = names.to_model(row.table_name)
    columns = {column.name: column for column in altered if column.table == table}
    if row.kind == "row type":
        if columns or any(isinstance(c, changes.AddColumn) and c.table == table and _is_filled(c) for c in present):
            problem = f"{row.object} has the row type of this table, which the server does not alter while it is there"
            yield Obstacle(BLOCK, table, problem, AGAIN)
    elif row.kind == "whole row":
        for becomes in {column.becomes for column in columns.values() if column.becomes}:
            problem = (
                f"{row.object} reads whole rows, of which a column becomes {becomes}: it would mean something else"
            )
            yield Obstacle(BLOCK, table, problem, AGAIN)
    elif (name := names.to_model(row.object)) in columns:
        what = "is inherited from another table" if row.kind == "inherited" else "is part of the partition key"
        yield Obstacle(BLOCK, table, f"{name} {what}: the server gives it no other type", "make it a table of its own")
    elif row.kind == "partition key":
        for change in present:
            if isinstance(change, changes.ReplacePrimaryKey) and change.table == table and name not in change.columns:
                problem = (
                    f"{name} is part of the partition key, and would not be part of the primary key: the server refuses"
                )
                yield Obstacle(BLOCK, table, problem, "make it a table without partitions")


def _is_filled(change: changes.AddColumn) -> bool:
    return change.fill is not None or change.column.default is not None or change.column.generated is not None


def _of_keys(present: Sequence[Change], live: Schema, ask: Any) -> Iterator[Obstacle]:
    """What leans on a key that is dropped or replaced."""
    gone = {name: (change.table, str(change)) for change in present for name in _keys_gone(change, live)}
    for row in ask(OF_INDEXES, indexes=list(gone)):
        table, change = gone[names.to_model(row.index_name)]
        for found in row.objects:
            problem = f"{found} depends on {row.index_name}: the server refuses to {change} while it is there"
            yield Obstacle(BLOCK, table, problem, AGAIN, OF_INDEXES)
        if row.identifies:
            problem = f"{row.index_name} is the replica identity, and goes: updates and deletes would not be replicated"
            way_out = f"ALTER TABLE {names.identifier(row.table_name)} REPLICA IDENTITY DEFAULT"
            yield Obstacle(BLOCK, table, problem, way_out, OF_INDEXES)
    keys = {c.table: c.columns for c in present if isinstance(c, changes.ReplacePrimaryKey)}
    for row in ask(PUBLISHED, tables=list(keys)):
        table = names.to_model(row.table_name)
        if missing := sorted(set(keys[table]) - set(map(names.to_model, row.columns))):
            problem = (
                f"publication {row.name} names its columns, and not {', '.join(missing)}, which the new primary key "
                "has: the server would refuse every update and delete"
            )
            way_out = "take the table out of the publication, and add it after the upgrade"
            yield Obstacle(BLOCK, table, problem, way_out, PUBLISHED)


def _keys_gone(change: Change, live: Schema) -> list[str]:
    """The names of the keys and unique indexes that a change drops."""
    table = live.tables[change.table]
    if isinstance(change, changes.ReplacePrimaryKey):
        return [table.primary_key.name] if table.primary_key and table.primary_key.name else []
    if isinstance(change, changes.DropUnique):
        keys = [key.name for key in table.unique if key.columns == change.columns and key.name]
        return keys + [index.name for index in table.indexes if index.unique and index.columns == change.columns]
    return []


def _in_routines(altered: Sequence[Altered], ask: Any) -> Iterator[Obstacle]:
    """The bodies that name a column which is converted: what they do with it nobody can tell."""
    columns = [column for column in altered if column.becomes]
    for row in ask(ROUTINES, tables=[column.table for column in columns], columns=[column.name for column in columns]):
        for column in columns:
            fires = names.to_server(column.table) in row.fires_on
            if mentions(row.body, column.name) and (fires or mentions(row.body, column.table)):
                problem = f"{row.object}{' of a trigger' * fires} names {column.name}, which becomes {column.becomes}"
                yield Obstacle(BLOCK if fires else WARN, column.table, problem, REWRITE[column.becomes], ROUTINES)


def mentions(body: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(names.to_server(name))}(?!\w)", body, re.IGNORECASE) is not None


def _disabled(wanted: Sequence[Change], ask: Any) -> Iterator[Obstacle]:
    """A trigger that is made anew fires again, whatever it was told."""
    made = [change.trigger.name for change in wanted if isinstance(change, changes.ReplaceTrigger)]
    for row in ask(SETTINGS, triggers=made):
        problem = f"trigger {row.name} is disabled, or fires on replicas, and will be enabled as a new one is"
        yield Obstacle(WARN, names.to_model(row.table_name), problem, "disable it again after the upgrade", SETTINGS)
