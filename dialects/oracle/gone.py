"""The customer's objects that depend on a column or a table that is dropped, and what would become of them.

With a column go, without a word, its indexes and the constraints over it alone; one over other columns too forbids it
(ORA-12991), and so do a virtual column and extended statistics (ORA-54031), a partition by it (ORA-12984) and a foreign
key to it (ORA-12992). A table goes unless a foreign key of another one points to it (ORA-02449). Views, materialized
views, triggers, PL/SQL and synonyms are left behind invalid: whoever writes to the trigger's table fails from then on
(ORA-04098), and so does who writes to a table whose materialized view log has the column (ORA-12096). Each statement
commits, so that what fails in the middle leaves half a release. See
https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/ALTER-TABLE.html (drop_column_clause),
https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/DROP-TABLE.html and
https://docs.oracle.com/en/database/oracle/oracle-database/19/adfns/schema-object-dependency.html.

Keys and indexes are in the model, and so are foreign keys of this schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from apim_schema import sqltext
from apim_schema.changes import Change
from apim_schema.dropped import Dropped, dropped
from apim_schema.hazards import Obstacle
from apim_schema.schema import Schema

from . import dependents
from .dependents import Ask
from .introspect import QUERIES

LOGGED = """
SELECT l.MASTER AS table_name, l.LOG_TABLE AS name, c.COLUMN_NAME AS uses FROM ALL_MVIEW_LOGS l
JOIN ALL_TAB_COLUMNS c ON c.OWNER = l.LOG_OWNER AND c.TABLE_NAME = l.LOG_TABLE WHERE l.LOG_OWNER = :owner"""
"""A log is a table with the columns that it logs."""
SYNONYMS = """
SELECT TABLE_NAME AS table_name, OWNER || '.' || SYNONYM_NAME AS name FROM ALL_SYNONYMS
WHERE TABLE_OWNER = :owner AND DB_LINK IS NULL"""
TRIGGERS = """
SELECT OWNER || '.' || TRIGGER_NAME AS name, TABLE_NAME AS table_name FROM ALL_TRIGGERS WHERE TABLE_OWNER = :owner"""
SOURCES = """
SELECT d.REFERENCED_NAME AS table_name, d.OWNER || '.' || d.NAME AS name, d.TYPE AS kind, s.TEXT AS line
FROM ALL_DEPENDENCIES d
LEFT JOIN ALL_SOURCE s ON s.OWNER = d.OWNER AND s.NAME = d.NAME AND s.TYPE = d.TYPE
WHERE d.REFERENCED_OWNER = :owner AND d.REFERENCED_TYPE = 'TABLE'
AND d.TYPE IN ('TRIGGER', 'FUNCTION', 'PACKAGE', 'PACKAGE BODY', 'PROCEDURE', 'TYPE', 'TYPE BODY')
ORDER BY d.REFERENCED_NAME, d.OWNER, d.NAME, d.TYPE, s.LINE"""
"""What is compiled over a table, line by line; a text that this login may not see is NULL."""

WRAPPED = re.compile(r"\s*(?:FUNCTION|PROCEDURE|(?:PACKAGE|TYPE)(?: BODY)?)\s+\S+\s+WRAPPED\b", re.IGNORECASE)
"""https://docs.oracle.com/en/database/oracle/oracle-database/19/lnpls/plsql-source-text-wrapping.html"""

OF_COLUMNS = {
    dependents.CHECKS: "check constraint {name}",
    dependents.STATISTICS: "extended statistics {name}",
    dependents.PARTITIONS: "a partition",
    dependents.TRIGGERS: "trigger {name}",
    dependents.LOG_GROUPS: "supplemental log group {name}",
    dependents.AUDITED: "audit policy {name}",
    LOGGED: "materialized view log {name}",
}
"""By what it is asked with; `uses` of a row is a column, or an expression over some."""
QUERIED = {dependents.VIEWS: "view {name}", dependents.MVIEWS: "materialized view {name}"}
"""The same, where `uses` is a query."""


@dataclass(frozen=True)
class Source:
    """Something in PL/SQL that is compiled over a table; `text` is None where nobody can read it here."""

    name: str
    kind: str
    text: str | None

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}"

    def may_name(self, column: str) -> bool:
        return self.text is None or not column or sqltext.mentions(self.text, column)


def find(ask: Ask, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """What would be in the way of dropping something, go with it in silence, or be of no use afterwards."""
    every = list(dropped(wanted, live))
    tables = {gone.table.name for gone in every if not gone.column}
    for gone in every:
        kinds = (_of_column if gone.column else _of_table, _of_queries, _of_keys)
        found = (obstacle for kind in kinds for obstacle in kind(gone, ask))
        yield from dict.fromkeys((*found, *_of_sources(gone, tables, ask)))


def _rows(gone: Dropped, query: str, ask: Ask) -> Iterator[Any]:
    return (row for row in ask(query) if row.table_name == gone.table.name)


def _of_column(gone: Dropped, ask: Ask) -> Iterator[Obstacle]:
    for query, what in OF_COLUMNS.items():
        for row in _rows(gone, query, ask):
            if dependents.uses(row.uses, gone.column):
                yield gone.blocks(what.format(name=row.name), query)
    for column in gone.table.columns.values():
        if column.is_computed and dependents.uses(column.default, gone.column):
            yield gone.blocks(f"virtual column {column.name}", QUERIES["columns"])


def _of_table(gone: Dropped, ask: Ask) -> Iterator[Obstacle]:
    for row in _rows(gone, SYNONYMS, ask):
        yield gone.warns(f"synonym {row.name}", SYNONYMS)


def _of_queries(gone: Dropped, ask: Ask) -> Iterator[Obstacle]:
    """Views: the server keeps what their authors wrote, with a star as the columns that it meant."""
    for query, what in QUERIED.items():
        for row in _rows(gone, query, ask):
            if not gone.column or row.uses is None or sqltext.reads(row.uses, gone.table.name, gone.column):
                yield gone.blocks(what.format(name=row.name), query)


def _of_keys(gone: Dropped, ask: Ask) -> Iterator[Obstacle]:
    """Foreign keys of other schemas, which name the key that they point to."""
    keys = filter(None, (gone.table.primary_key, *gone.table.unique))
    named = {key.name for key in keys if gone.column in ("", *key.columns)}
    for row in ask(dependents.REFERENCES):
        if row.key in named:
            yield gone.blocks(f"foreign key {row.name}", dependents.REFERENCES)


def _of_sources(gone: Dropped, tables: set[str], ask: Ask) -> Iterator[Obstacle]:
    """Triggers of tables that stay, for which whoever writes to those would fail; and routines.

    Of a trigger whose text is not seen, its columns are known all the same.
    """
    owners = {row.name: row.table_name for row in ask(TRIGGERS)}
    for source in _sources(gone, ask):
        owner = owners.get(source.name) if source.kind == "TRIGGER" else None
        own = owner == gone.table.name
        if owner in tables or (own and source.text is None) or not source.may_name(gone.column):
            continue
        fails = own if gone.column else source.kind == "TRIGGER"
        yield gone.blocks(str(source), SOURCES) if fails else gone.warns(str(source), SOURCES)


def _sources(gone: Dropped, ask: Ask) -> Iterator[Source]:
    lines = groupby(_rows(gone, SOURCES, ask), key=lambda row: (row.name, row.kind))
    for (name, kind), rows in lines:
        text = "".join(row.line or "" for row in rows)
        yield Source(name, kind, text if text and not WRAPPED.match(text) else None)
