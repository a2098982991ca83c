"""The customer's objects that depend on a column or a table that is dropped, and what would become of them.

The server refuses to drop a column that a computed column reads, or a check over others too, and a table that another
database points to; a check over the column alone goes with it. Views and triggers it lets stand, and they fail from
then on, with all that writes to the trigger's table
(https://dev.mysql.com/doc/refman/8.4/en/alter-table.html, https://mariadb.com/kb/en/alter-table/).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import sqltext
from apim_schema.changes import Change
from apim_schema.dropped import Dropped, dropped
from apim_schema.hazards import Obstacle
from apim_schema.schema import Schema, Server, Table

from . import dependents
from .dependents import about, is_table, mentions, named
from .session import MYSQL


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """What would be in the way of dropping something, or be of no use afterwards."""

    @cache
    def ask(query: str) -> Sequence[Row[Any]]:
        """Once, however many columns it is asked about."""
        return connection.execute(text(query), {"schema": schema}).all()

    every = list(dropped(wanted, live))
    tables = [each.table for each in every if not each.column]
    for each in every:
        yield from _of_expressions(each, live.server or Server(MYSQL), ask)
        yield from _from_elsewhere(each, schema, ask)
        yield from _of_views(each, schema, ask)
        yield from _of_triggers(each, tables, schema, ask)
        yield from _in_bodies(each, schema, ask)


def _of_expressions(gone: Dropped, server: Server, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    """Checks, computed columns and partitions of the column's own table."""
    if not gone.column:
        return
    for row in dependents.checks(server, ask):
        if is_table(row.table_name, gone.table) and _reads(row.body, gone.column):
            yield gone.blocks(f"constraint {row.name}", dependents.CHECKS)
    for row in ask(dependents.GENERATED):
        if is_table(row.table_name, gone.table) and row.body and _reads(row.body, gone.column):
            yield gone.blocks(f"generated column {row.name}", dependents.GENERATED)
    for row in ask(dependents.PARTITIONS):
        if is_table(row.table_name, gone.table) and mentions(row.body, gone.column):
            yield gone.blocks("a partition", dependents.PARTITIONS)


def _reads(expression: str, column: str) -> bool:
    return mentions(sqltext.QUOTED.sub("", expression.replace("\\'", "'")), column)


def _from_elsewhere(gone: Dropped, schema: str, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    """Foreign keys of other databases; those of this one are no matter of what else it has."""
    for row in ask(dependents.FOREIGN_KEYS):
        here = row.ref_owner == schema and is_table(row.ref_table, gone.table)
        if here and row.owner != schema and gone.column.upper() in ("", row.ref_column.upper()):
            yield gone.blocks(dependents.key_of(row, schema), dependents.FOREIGN_KEYS)


def _of_views(gone: Dropped, schema: str, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    for row in about(schema, ask(dependents.VIEWS)):
        if mentions(row.body, gone.table.name) and (not gone.column or _shows(row.body, gone)):
            yield gone.blocks(f"view {named(row, schema)}", dependents.VIEWS)


def _shows(body: str, gone: Dropped) -> bool:
    """Whether a view reads the column: the server writes each with its table, or with that one's alias."""
    table, column = re.escape(gone.table.name), re.escape(gone.column)
    aliases = (gone.table.name, *re.findall(rf"`{table}` `([^`]+)`", body, re.I))
    return any(re.search(rf"`{re.escape(alias)}`\.`{column}`", body, re.I) for alias in aliases)


def _of_triggers(
    gone: Dropped, tables: Sequence[Table], schema: str, ask: Callable[[str], Sequence[Row[Any]]]
) -> Iterator[Obstacle]:
    """Triggers of tables that stay: whoever writes to those would fail."""
    for row in about(schema, ask(dependents.TRIGGERS)):
        what = f"trigger {named(row, schema)}"
        if row.owner == schema and any(is_table(row.table_name, table) for table in tables):
            continue
        own = gone.column and row.owner == schema and is_table(row.table_name, gone.table)
        if own and re.search(rf"\b(NEW|OLD)\s*\.\s*`?{re.escape(gone.column)}`?(?!\w)", row.body, re.I):
            yield gone.blocks(what, dependents.TRIGGERS)
        elif _names(row.body, gone):
            yield gone.warns(what, dependents.TRIGGERS) if gone.column else gone.blocks(what, dependents.TRIGGERS)


def _names(body: str | None, gone: Dropped) -> bool:
    """Whether a text has the names of the table and of the column."""
    return mentions(body, gone.table.name) and (not gone.column or mentions(body, gone.column))


def _in_bodies(gone: Dropped, schema: str, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    for row in about(schema, ask(dependents.BODIES)):
        if _names(row.body, gone):
            yield gone.warns(f"{row.kind} {named(row, schema)}", dependents.BODIES)
