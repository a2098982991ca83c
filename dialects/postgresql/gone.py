"""The customer's objects that depend on a column or a table that is dropped, and what would become of them.

The server refuses where a view, a function's body, a computed column or a foreign key of another schema names it.
Checks and statistics over several columns go with one of them, without a word; and the functions of triggers fail from
then on.
See https://www.postgresql.org/docs/current/ddl-depend.html and
https://www.postgresql.org/docs/current/sql-altertable.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.dropped import WAY_OUT
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Schema

from . import dependents, names
from .dependents import mentions
from .introspect import NAMESPACE

OF_COLUMNS = f"""{dependents.FAMILY}
SELECT DISTINCT f.table_name, a.attname AS column_name, {dependents.OBJECT} AS object
FROM pg_depend d
JOIN family f ON d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid
JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = d.refobjsubid
LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
WHERE a.attname = ANY(:columns)
  AND (k.oid IS NULL OR k.contype IN ('c', 'x') OR k.contype = 'f' AND k.connamespace <> {NAMESPACE})
  AND NOT EXISTS (SELECT FROM pg_attrdef e WHERE d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
                  AND e.adrelid = f.oid AND e.adnum = a.attnum)
  AND NOT EXISTS (SELECT FROM pg_class q WHERE d.classid = 'pg_class'::regclass AND q.oid = d.objid
                  AND q.relkind IN ('S', 'i', 'I'))
ORDER BY f.table_name, column_name, object"""
"""Keys and indexes are in the model, and so are foreign keys of this schema; its own default goes with a column."""

OF_TABLES = f"""{dependents.FAMILY}
SELECT DISTINCT f.table_name, {dependents.OBJECT} AS object
FROM family f
JOIN pg_class t ON t.oid = f.oid
LEFT JOIN pg_type y ON y.typrelid = t.oid
JOIN pg_depend d ON d.deptype = 'n' AND (
    d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid
    OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray))
LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
WHERE k.connamespace IS DISTINCT FROM {NAMESPACE} AND NOT EXISTS (
    SELECT FROM pg_rewrite r WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class = f.oid)
ORDER BY f.table_name, object"""

OF_TRIGGERS = f"""
SELECT c.relname AS table_name, t.tgname AS name, p.prosrc AS body
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relnamespace = {NAMESPACE} AND NOT t.tgisinternal ORDER BY c.relname, t.tgname"""


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """What would be in the way of dropping something, go with it in silence, or be of no use afterwards."""

    def ask(query: str, **values: Sequence[str]) -> Sequence[Row[Any]]:
        server = {name: [names.to_server(value) for value in found] for name, found in values.items()}
        return connection.execute(text(query), {"schema": schema, **server}).all()

    present = [change for change in wanted if change.table in live.tables]
    columns = [change for change in present if isinstance(change, changes.DropColumn)]
    tables = [change.table for change in present if isinstance(change, changes.DropTable)]
    for row in ask(OF_COLUMNS, tables=[c.table for c in columns], columns=[c.name for c in columns]):
        table, column = names.to_model(row.table_name), names.to_model(row.column_name)
        if any((change.table, change.name) == (table, column) for change in columns):
            problem = f"{row.object} names {column}, which is dropped"
            yield Obstacle(BLOCK, table, problem, WAY_OUT, OF_COLUMNS)
    for row in ask(OF_TABLES, tables=tables):
        problem = f"{row.object} depends on the table, which is dropped"
        yield Obstacle(BLOCK, names.to_model(row.table_name), problem, WAY_OUT, OF_TABLES)
    yield from _of_triggers(columns, tables, ask(OF_TRIGGERS))


def _of_triggers(
    columns: Sequence[changes.DropColumn], tables: Sequence[str], rows: Sequence[Row[Any]]
) -> Iterator[Obstacle]:
    """Triggers of tables that stay, by their functions: whoever writes to those would fail."""
    for row in rows:
        owner = names.to_model(row.table_name)
        if owner in tables:
            continue
        for change in columns:
            own = change.table == owner and _has(row.body, change.name)
            if own or (mentions(row.body, change.table) and mentions(row.body, change.name)):
                problem = f"trigger {row.name} on {owner} names {change.name}, which is dropped"
                yield Obstacle(BLOCK if own else WARN, change.table, problem, WAY_OUT, OF_TRIGGERS)
        for table in tables:
            if mentions(row.body, table):
                problem = f"trigger {row.name} on {owner} names the table, which is dropped"
                yield Obstacle(BLOCK, table, problem, WAY_OUT, OF_TRIGGERS)


def _has(body: str, column: str) -> bool:
    """Whether a trigger's function names a column of the row that it fires for."""
    name = re.escape(names.to_server(column))
    return re.search(rf'\b(new|old)\s*\.\s*"?{name}"?(?!\w)', body, re.IGNORECASE) is not None
