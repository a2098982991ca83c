"""What MySQL and MariaDB show to be in the way of a change: the customer's objects, privileges, settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.dialect import BLOCK, Obstacle
from apim_schema.schema import Schema

from . import dependents, privileges, space

OTHERS = """
SELECT IF(@@lower_case_table_names = 0, table_name, UPPER(table_name)) AS name, LOWER(table_type) AS kind
FROM information_schema.tables WHERE table_schema = :schema"""


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Sequence[Obstacle]:
    """What is in the way of these changes, none of which is in yet."""
    return [
        *privileges.find(connection, schema, wanted, live),
        *_keyless(connection, wanted, live),
        *_taken(connection, schema, wanted, live),
        *dependents.find(connection, schema, wanted, live),
        *space.find(connection, schema, wanted, live),
    ]


def _keyless(connection: Connection, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """Tables without a primary key, where the server lets nobody alter one and this login may not switch that off."""
    found = connection.execute(text("SHOW VARIABLES LIKE 'sql_require_primary_key'")).first()
    if found is None or found[1] != "ON":
        return
    for table in dict.fromkeys(change.table for change in wanted if change.table in live.tables):
        if live.tables[table].primary_key is None:
            problem = "the table has no primary key, and the server is set to sql_require_primary_key"
            way_out = "GRANT SESSION_VARIABLES_ADMIN ON *.* to the login, or add a primary key, or switch that off"
            yield Obstacle(BLOCK, table, problem, way_out)


def _taken(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """Views and sequences that have the name of a table which is to be made."""
    made = {c.table for c in wanted if isinstance(c, changes.CreateTable) and c.table not in live.tables}
    for row in connection.execute(text(OTHERS), {"schema": schema}).all():
        if row.name in made:
            yield Obstacle(BLOCK, "", f"cannot create table {row.name}: a {row.kind} has the name", "rename it")
