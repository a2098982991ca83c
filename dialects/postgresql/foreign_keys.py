"""The tables that new foreign keys point to, and what the server refuses of them.

It wants a key over exactly what is pointed to, that is unique, whole, valid and not deferrable; and it lets a permanent
table point to permanent ones only. NULLS NOT DISTINCT, included columns, an order or operators of its own are no
obstacle. See https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-PARMS-REFERENCES.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, Obstacle
from apim_schema.schema import ForeignKey, Schema

from . import names
from .introspect import NAMES_OF, TABLES

Pointed = Mapping[tuple[str, tuple[str, ...]], Sequence[str]]
"""The tables that will point to a table and some columns of it."""

KEYS = f"""
SELECT c.relname AS table_name, c.relpersistence = 'u' AS unlogged, i.relname AS key_name, k.contype AS kind,
       {NAMES_OF.format(numbers="(x.indkey::int2[])[0:x.indnkeyatts - 1]", table="c.oid")} AS columns,
       x.indpred IS NULL AND x.indexprs IS NULL AS whole, x.indisvalid AS valid, x.indimmediate AS immediate
FROM pg_class c
LEFT JOIN pg_index x ON x.indrelid = c.oid AND x.indisunique
LEFT JOIN pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u')
WHERE {TABLES} AND c.relname = ANY(:tables) ORDER BY c.relname, i.relname"""
"""Each table once at least, and once for each of its unique keys."""


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """What the server would refuse when it is at a new foreign key, in the middle of the upgrade."""
    pointed, made = _pointed(wanted, live), _made(wanted)
    tables = {table for (parent, _), children in pointed.items() for table in (parent, *children)}
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(text(KEYS), {"schema": schema, "tables": [*map(names.to_server, tables)]}):
        found[names.to_model(row.table_name)].append(row)
    for (parent, columns), children in pointed.items():
        if (parent, frozenset(columns)) not in made:
            yield from _of_keys(parent, columns, children, found[parent], schema)
        permanent = [child for child in children if not any(row.unlogged for row in found[child])]
        if permanent and any(row.unlogged for row in found[parent]):
            problem = f"the table is unlogged, and {', '.join(permanent)} will point to it: the server refuses that"
            way_out = f"ALTER TABLE {names.qualified(parent, schema)} SET LOGGED"
            yield Obstacle(BLOCK, parent, problem, way_out, KEYS)


def _pointed(wanted: Sequence[Change], live: Schema) -> Pointed:
    """To what the new foreign keys point, and from where; a table that comes with them has the release's keys."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for change in wanted:
        for key in _new(change, live):
            if key.ref_table in live.tables:
                found[key.ref_table, key.ref_columns].append(change.table)
    return found


def _new(change: Change, live: Schema) -> Sequence[ForeignKey]:
    """The foreign keys that a change makes: a table that is there gets none."""
    if isinstance(change, changes.CreateTable):
        return change.definition.foreign_keys if change.table not in live.tables else ()
    return (change.key,) if isinstance(change, changes.ReplaceForeignKey) else ()


def _made(wanted: Sequence[Change]) -> set[tuple[str, frozenset[str]]]:
    """The keys that the same run makes, by table and columns."""
    primary = {(c.table, frozenset(c.columns)) for c in wanted if isinstance(c, changes.ReplacePrimaryKey)}
    return primary | {(c.table, frozenset(c.key.columns)) for c in wanted if isinstance(c, changes.CreateUnique)}


def _of_keys(
    parent: str, columns: Sequence[str], children: Sequence[str], keys: Sequence[Row[Any]], schema: str
) -> Iterator[Obstacle]:
    """Why none of a table's keys serves; of those over the columns the last one is spoken of."""
    over = [key for key in keys if key.whole and {*map(names.to_model, key.columns)} == {*columns}]
    if any(key.valid and key.immediate for key in over):
        return
    listed, table = f"({', '.join(columns)})", names.qualified(parent, schema)
    what, way_out = f"no unique key is over {listed}", f"ALTER TABLE {table} ADD UNIQUE ({names.listed(columns)})"
    for key in over:
        name, kind = names.identifier(key.key_name), "PRIMARY KEY" if key.kind == "p" else "UNIQUE"
        what = f"the key {key.key_name} over {listed} is {'deferrable' if key.valid else 'invalid'}"
        way_out = f"REINDEX INDEX {names.identifier(schema)}.{name}"
        if key.valid:
            again = f"ADD CONSTRAINT {name} {kind} ({', '.join(map(names.identifier, key.columns))})"
            way_out = f"ALTER TABLE {table} DROP CONSTRAINT {name}, {again}"
    yield Obstacle(
        BLOCK, parent, f"{what}, and {', '.join(children)} will point there: the server refuses that", way_out, KEYS
    )
