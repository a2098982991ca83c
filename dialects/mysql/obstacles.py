"""What MySQL and MariaDB show to be in the way of a change: the customer's objects, privileges, settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from apim_schema import changes
from apim_schema.changes import Change, replay
from apim_schema.hazards import BLOCK, Obstacle
from apim_schema.schema import Schema, Table

from . import dependents, gone, privileges, space, types

REQUIRES_KEY = "SHOW VARIABLES LIKE 'sql_require_primary_key'"
KEY_LIMIT = "SELECT @@innodb_page_size AS page"
KEY_BYTES = {4096: 768, 8192: 1536}
"""By the size of a page: https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html."""
LARGE_PREFIX = "SHOW VARIABLES LIKE 'innodb_large_prefix'"
WITHOUT_LARGE_PREFIX = 767
"""Bytes of each column of a key where MySQL 5.7 is set so; later servers have no such setting."""
OTHERS = """
SELECT IF(@@lower_case_table_names = 0, table_name, UPPER(table_name)) AS name, LOWER(table_type) AS kind
FROM information_schema.tables WHERE table_schema = :schema"""


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Sequence[Obstacle]:
    """What is in the way of these changes, none of which is in yet."""
    return [
        *privileges.find(connection, schema, wanted, live),
        *_keyless(connection, wanted, live),
        *_short_keys(connection, wanted, live),
        *_long_rows(wanted, live),
        *_taken(connection, schema, wanted, live),
        *dependents.find(connection, schema, wanted, live),
        *gone.find(connection, schema, wanted, live),
        *space.find(connection, schema, wanted, live),
    ]


def _keyless(connection: Connection, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """Tables without a primary key, where the server lets nobody alter one and this login may not switch that off."""
    found = connection.execute(text(REQUIRES_KEY)).first()
    if found is None or found[1] != "ON":
        return
    for table in dict.fromkeys(change.table for change in wanted if change.table in live.tables):
        if live.tables[table].primary_key is None:
            problem = "the table has no primary key, and the server is set to sql_require_primary_key"
            way_out = "GRANT SESSION_VARIABLES_ADMIN ON *.* to the login, or add a primary key, or switch that off"
            yield Obstacle(BLOCK, table, problem, way_out, REQUIRES_KEY)


def _short_keys(connection: Connection, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """New keys that are longer than this server's pages or settings allow; 3072 bytes are the most anywhere."""
    (server,) = connection.execute(text(KEY_LIMIT)).all()
    large = connection.execute(text(LARGE_PREFIX)).first()
    small = large is not None and large[1] == "OFF"
    limit = WITHOUT_LARGE_PREFIX if small else KEY_BYTES.get(server.page, types.KEY_BYTES)
    for table, parts in _new_keys(wanted, live) if limit < types.KEY_BYTES else ():
        charset = table.options.get("charset", live.options.get("charset"))
        counted = [(part,) for part in parts] if small else [parts]
        if (longest := max(types.key_bytes(table, part, charset) for part in counted)) > limit:
            problem = f"the key over ({', '.join(parts)}) would have {longest} bytes, and this server allows {limit}"
            way_out = "SET GLOBAL innodb_large_prefix = ON" if small else "take a server with innodb_page_size = 16K"
            yield Obstacle(BLOCK, table.name, problem, way_out, LARGE_PREFIX if small else KEY_LIMIT)


def _new_keys(wanted: Sequence[Change], live: Schema) -> Iterator[tuple[Table, tuple[str, ...]]]:
    for change in wanted:
        table = change.apply(live).tables.get(change.table)
        if table is None:
            continue
        if isinstance(change, changes.CreateTable):
            for key in (table.primary_key, *table.unique, *table.indexes):
                yield from [(table, key.columns)] if key else []
        elif isinstance(change, changes.CreateIndex):
            yield table, change.index.columns
        elif isinstance(change, changes.CreateUnique):
            yield table, change.key.columns
        elif isinstance(change, changes.ReplacePrimaryKey):
            yield table, change.columns


def _long_rows(wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """Tables whose columns, with the customer's own, would be too much for one row."""
    after = replay(live, (change for change in wanted if change.table in live.tables))
    for name in dict.fromkeys(change.table for change in wanted if change.table in live.tables):
        if name in after.tables and (size := types.row_bytes(after.tables[name])) > types.ROW_BYTES:
            problem = f"the columns of a row would have {size} bytes, and {types.ROW_BYTES} is the most"
            yield Obstacle(BLOCK, name, problem, "make a wide column of your own a TEXT or a BLOB")


def _taken(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """Views and sequences that have the name of a table which is to be made."""
    made = {c.table for c in wanted if isinstance(c, changes.CreateTable) and c.table not in live.tables}
    for row in connection.execute(text(OTHERS), {"schema": schema}).all():
        if row.name in made:
            problem = f"cannot create table {row.name}: a {row.kind} has the name"
            yield Obstacle(BLOCK, "", problem, "rename it", OTHERS)
