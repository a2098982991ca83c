"""What the catalog of PostgreSQL shows to be in the way of a change: privileges, names, foreign keys, dependents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, Obstacle
from apim_schema.schema import Schema

from . import dependents, foreign_keys, gone, names, privileges
from .introspect import NAMESPACE

TAKEN = f"""
SELECT c.relname AS name, pg_describe_object('pg_class'::regclass, c.oid, 0) AS object
FROM pg_class c WHERE c.relnamespace = {NAMESPACE} AND c.relname = ANY(:names)
UNION ALL
SELECT t.typname, pg_describe_object('pg_type'::regclass, t.oid, 0) FROM pg_type t
WHERE t.typnamespace = {NAMESPACE} AND t.typname = ANY(:names) AND t.typrelid = 0 AND t.typelem = 0"""
"""Tables, views, indexes and sequences share their names, and a table has a type of its name."""


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Sequence[Obstacle]:
    """What is in the way of these changes, none of which is in yet."""
    return [
        *privileges.find(connection, schema, wanted, live),
        *_taken(connection, schema, wanted, live),
        *foreign_keys.find(connection, schema, wanted, live),
        *dependents.find(connection, schema, wanted, live),
        *gone.find(connection, schema, wanted, live),
    ]


def _taken(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """Other objects that have the name of one which is to be made, but indexes that it replaces."""
    dropped = {change.name for change in wanted if isinstance(change, changes.DropIndex)}
    given = ((name, change) for change in wanted for name in _made(change, live) if name not in dropped)
    made = {names.to_server(name): str(change) for name, change in given}
    for row in connection.execute(text(TAKEN), {"schema": schema, "names": list(made)}):
        yield Obstacle(BLOCK, "", f"cannot {made[row.name]}: {row.object} has the name {row.name}", "rename it", TAKEN)


def _made(change: Change, live: Schema) -> list[str]:
    """The names that a change gives: a named key is an index of that name as well."""
    if isinstance(change, changes.CreateIndex):
        return [change.index.name]
    if not isinstance(change, changes.CreateTable):
        return []
    sequences = [name for name, _ in change.sequences if name not in live.sequences]
    if change.table in live.tables:
        present = live.tables[change.table]
        return sequences + [index.name for index in change.definition.indexes if present.index(index.name) is None]
    keys = [key.name for key in change.definition.unique if key.name]
    return [change.table, *sequences, *keys, *(index.name for index in change.definition.indexes)]
