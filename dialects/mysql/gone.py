"""The customer's objects that depend on a column or a table that is dropped, and what would become of them.

The server refuses to drop a column that a computed column reads, or a check over others too, and a table that another
database points to; a check over the column alone goes with it. Views and triggers it lets stand, and they fail from
then on, with all that writes to the trigger's table
(https://dev.mysql.com/doc/refman/8.4/en/alter-table.html, https://mariadb.com/kb/en/alter-table/).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from apim_schema import changes, sqltext
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Schema, Server, Table

from . import dependents
from .dependents import is_table, mentions, named
from .session import MYSQL

WAY_OUT = "drop it, and keep its definition"


@dataclass(frozen=True)
class Gone:
    """What is dropped: a table, or one of its columns where `column` is not ""."""

    table: Table
    column: str = ""

    def __str__(self) -> str:
        return f"{self.column or 'the table'}, which is dropped"

    def blocks(self, what: str, query: str) -> Obstacle:
        return Obstacle(BLOCK, self.table.name, f"{what} names {self}", WAY_OUT, query)

    def warns(self, what: str, query: str) -> Obstacle:
        return Obstacle(WARN, self.table.name, f"{what} names {self}", "see what it does with it", query)

    def is_named_in(self, body: str | None) -> bool:
        """Whether a text has the names of the table and of the column."""
        return mentions(body, self.table.name) and (not self.column or mentions(body, self.column))


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """What would be in the way of dropping something, or be of no use afterwards."""

    def ask(query: str) -> Sequence[Row[Any]]:
        return connection.execute(text(query), {"schema": schema}).all()

    gone = list(_gone(wanted, live))
    tables = [each.table for each in gone if not each.column]
    for each in gone:
        yield from _of_expressions(each, live.server or Server(MYSQL), ask)
        yield from _from_elsewhere(each, schema, ask)
        yield from _of_views(each, schema, ask)
        yield from _of_triggers(each, tables, schema, ask)
        yield from _in_bodies(each, schema, ask)


def _gone(wanted: Sequence[Change], live: Schema) -> Iterator[Gone]:
    for change in wanted:
        table = live.tables.get(change.table)
        if table and isinstance(change, changes.DropTable):
            yield Gone(table)
        elif table and isinstance(change, changes.DropColumn) and change.name in table.columns:
            yield Gone(table, change.name)


def _of_expressions(gone: Gone, server: Server, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
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


def _from_elsewhere(gone: Gone, schema: str, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    """Foreign keys of other databases; those of this one are no matter of what else it has."""
    for row in ask(dependents.FOREIGN_KEYS):
        here = row.ref_owner == schema and is_table(row.ref_table, gone.table)
        if here and row.owner != schema and gone.column.upper() in ("", row.ref_column.upper()):
            yield gone.blocks(dependents.key_of(row, schema), dependents.FOREIGN_KEYS)


def _of_views(gone: Gone, schema: str, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    for row in ask(dependents.VIEWS):
        if mentions(row.body, gone.table.name) and (not gone.column or _shows(row.body, gone)):
            yield gone.blocks(f"view {named(row, schema)}", dependents.VIEWS)


def _shows(body: str, gone: Gone) -> bool:
    """Whether a view reads the column: the server writes each with its table, or with that one's alias."""
    table, column = re.escape(gone.table.name), re.escape(gone.column)
    aliases = (gone.table.name, *re.findall(rf"`{table}` `([^`]+)`", body, re.I))
    return any(re.search(rf"`{re.escape(alias)}`\.`{column}`", body, re.I) for alias in aliases)


def _of_triggers(
    gone: Gone, tables: Sequence[Table], schema: str, ask: Callable[[str], Sequence[Row[Any]]]
) -> Iterator[Obstacle]:
    """Triggers of tables that stay: whoever writes to those would fail."""
    for row in ask(dependents.TRIGGERS):
        what = f"trigger {named(row, schema)}"
        if row.owner == schema and any(is_table(row.table_name, table) for table in tables):
            continue
        own = gone.column and row.owner == schema and is_table(row.table_name, gone.table)
        if own and re.search(rf"\b(NEW|OLD)\s*\.\s*`?{re.escape(gone.column)}`?(?!\w)", row.body, re.I):
            yield gone.blocks(what, dependents.TRIGGERS)
        elif gone.is_named_in(row.body):
            yield gone.warns(what, dependents.TRIGGERS) if gone.column else gone.blocks(what, dependents.TRIGGERS)


def _in_bodies(gone: Gone, schema: str, ask: Callable[[str], Sequence[Row[Any]]]) -> Iterator[Obstacle]:
    for row in ask(dependents.BODIES):
        if gone.is_named_in(row.body):
            yield gone.warns(f"{row.kind} {named(row, schema)}", dependents.BODIES)
