"""The customer's objects that depend on a column that changes, and what would become of them.

A text that becomes bytes is dropped once they are copied, and so are bytes that become text; what stands on it goes
with it, stops it, or compiles anew over another type. A column that only gets another length keeps its objects, but for
those that forbid it.
See https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/static-data-dictionary-views.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apim_schema import sqltext
from apim_schema.changes import AlterColumn, BinaryToText, Change, TextToBinary
from apim_schema.hazards import BLOCK, WARN, Level, Obstacle
from apim_schema.schema import Column, ForeignKey, Key, Schema, Table

from .introspect import QUERIES

Ask = Callable[[str], Sequence[Any]]
"""Asks the data dictionary about one owner's schema, the same only once."""

CHECKS = """
SELECT TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, SEARCH_CONDITION_VC AS uses FROM ALL_CONSTRAINTS
WHERE OWNER = :owner AND CONSTRAINT_TYPE = 'C'"""

STATISTICS = """
SELECT TABLE_NAME AS table_name, EXTENSION_NAME AS name, EXTENSION AS uses FROM ALL_STAT_EXTENSIONS
WHERE OWNER = :owner AND DROPPABLE = 'YES'"""

PARTITIONS = """
SELECT NAME AS table_name, NAME AS name, COLUMN_NAME AS uses FROM ALL_PART_KEY_COLUMNS
WHERE OWNER = :owner AND TRIM(OBJECT_TYPE) = 'TABLE'
UNION ALL SELECT NAME, NAME, COLUMN_NAME FROM ALL_SUBPART_KEY_COLUMNS
WHERE OWNER = :owner AND TRIM(OBJECT_TYPE) = 'TABLE'"""

TRIGGERS = """
SELECT TABLE_NAME AS table_name, TRIGGER_OWNER || '.' || TRIGGER_NAME AS name, COLUMN_NAME AS uses
FROM ALL_TRIGGER_COLS WHERE TABLE_OWNER = :owner"""

VIEWS = """
SELECT d.REFERENCED_NAME AS table_name, d.OWNER || '.' || d.NAME AS name, v.TEXT AS uses FROM ALL_DEPENDENCIES d
JOIN ALL_VIEWS v ON v.OWNER = d.OWNER AND v.VIEW_NAME = d.NAME
WHERE d.REFERENCED_OWNER = :owner AND d.REFERENCED_TYPE = 'TABLE' AND d.TYPE = 'VIEW'"""

MVIEWS = """
SELECT d.REFERENCED_NAME AS table_name, d.OWNER || '.' || d.NAME AS name, m.QUERY AS uses FROM ALL_DEPENDENCIES d
JOIN ALL_MVIEWS m ON m.OWNER = d.OWNER AND m.MVIEW_NAME = d.NAME
WHERE d.REFERENCED_OWNER = :owner AND d.REFERENCED_TYPE = 'TABLE' AND d.TYPE = 'MATERIALIZED VIEW'"""

LOG_GROUPS = """
SELECT TABLE_NAME AS table_name, LOG_GROUP_NAME AS name, COLUMN_NAME AS uses
FROM ALL_LOG_GROUP_COLUMNS WHERE OWNER = :owner"""

AUDITED = """
SELECT OBJECT_NAME AS table_name, POLICY_NAME AS name, POLICY_COLUMN AS uses
FROM ALL_AUDIT_POLICY_COLUMNS WHERE OBJECT_SCHEMA = :owner"""

REFERENCES = """
SELECT R_CONSTRAINT_NAME AS key, OWNER || '.' || CONSTRAINT_NAME AS name FROM ALL_CONSTRAINTS
WHERE R_OWNER = :owner AND OWNER <> :owner AND CONSTRAINT_TYPE = 'R'"""


@dataclass(frozen=True)
class Dependent:
    """A kind of object that stands on columns: `uses` of a row is text in which a column's name is looked for.

    `resized` is the level where the column only gets another length, None where that does no harm.
    """

    query: str
    problem: str
    way_out: str
    level: Level = BLOCK
    resized: Level | None = None


AGAIN = "and create it again afterwards, for the column as it will be"
DEPENDENTS = (
    Dependent(
        CHECKS,
        "check constraint {name} reads {column}, and would go with it or forbid that it goes (ORA-12991)",
        f"drop the constraint {AGAIN}",
    ),
    Dependent(
        STATISTICS,
        "extended statistics {name} are over {column}, which can't be altered then (ORA-54033)",
        "drop them with DBMS_STATS.DROP_EXTENDED_STATS, and create them again afterwards",
        resized=BLOCK,
    ),
    Dependent(
        PARTITIONS,
        "it is partitioned by {column}, which can't be altered or dropped then (ORA-14060, ORA-12984)",
        "partition it by another column",
        resized=BLOCK,
    ),
    Dependent(
        TRIGGERS,
        "trigger {name} reads or writes {column}, and would be compiled anew over another type",
        f"drop the trigger {AGAIN}",
    ),
    Dependent(
        VIEWS,
        "view {name} reads {column}, and would show another type or no longer compile",
        f"drop the view {AGAIN}",
    ),
    Dependent(
        MVIEWS,
        "materialized view {name} reads {column}, and keeps it as it was: it may no longer be refreshed",
        f"drop the materialized view {AGAIN}",
        resized=WARN,
    ),
    Dependent(
        """
SELECT REFERENCED_NAME AS table_name, OWNER || '.' || NAME AS name, NULL AS uses FROM ALL_DEPENDENCIES
WHERE REFERENCED_OWNER = :owner AND REFERENCED_TYPE = 'TABLE'
AND TYPE IN ('FUNCTION', 'PACKAGE', 'PACKAGE BODY', 'PROCEDURE')""",
        "{name} uses the table, and is compiled anew over another type of {column}",
        "look afterwards whether it compiles, and as what it reads the column",
        level=WARN,
    ),
    Dependent(
        """
SELECT TABLE_NAME AS table_name, PRIVILEGE || ' to ' || GRANTEE AS name, COLUMN_NAME AS uses
FROM ALL_COL_PRIVS WHERE TABLE_SCHEMA = :owner""",
        "the grant of {name} on {column} would be lost with it",
        "revoke it, and grant it again afterwards",
    ),
    Dependent(
        LOG_GROUPS,
        "supplemental log group {name} has {column}, and would lose it: a replica would miss what changes there",
        "take the table out of replication, or drop the log group and replicate it anew afterwards",
    ),
    Dependent(
        AUDITED,
        "audit policy {name} watches {column}, and would lose it",
        "drop the policy with DBMS_FGA.DROP_POLICY, and add it again afterwards",
    ),
    Dependent(
        """
SELECT TABLE_NAME AS table_name, COMMENTS AS name, COLUMN_NAME AS uses
FROM ALL_COL_COMMENTS WHERE OWNER = :owner AND COMMENTS IS NOT NULL""",
        "the comment on {column} is lost with it: {name}",
        "make it again afterwards",
        level=WARN,
    ),
)

Columns = Mapping[tuple[str, str], bool]
"""The columns that are altered, by (table, column): whether another one takes its place, or only its length changes."""


def find(ask: Ask, columns: Columns, live: Schema) -> Iterator[Obstacle]:
    """The customer's objects that a change of these columns would lose, alter in silence or stumble over."""
    yield from _dependents(ask, columns)
    for (table, name), replaced in columns.items():
        yield from _over(live.tables[table], name, replaced)


def altered(wanted: Iterable[Change], live: Schema) -> Columns:
    """The columns whose type these changes alter, that are there."""
    found: dict[tuple[str, str], bool] = {}
    for change in wanted:
        if not isinstance(change, AlterColumn | TextToBinary | BinaryToText) or change.table not in live.tables:
            continue
        column, converts = live.tables[change.table].columns.get(change.name), not isinstance(change, AlterColumn)
        if column is not None and (converts or _gets_another_type(change, column, live)):
            found[change.table, change.name] = converts or found.get((change.table, change.name), False)
    return found


def _gets_another_type(change: Change, column: Column, live: Schema) -> bool:
    return isinstance(change, AlterColumn) and change.target(column, live.flavour).type != column.type


def _dependents(ask: Ask, columns: Columns) -> Iterator[Obstacle]:
    for kind in DEPENDENTS if columns else ():
        for row in ask(kind.query):
            for (table, column), replaced in columns.items():
                level = kind.level if replaced else kind.resized
                if level is not None and row.table_name == table and uses(row.uses, column):
                    told = kind.problem.format(name=row.name, column=column)
                    yield Obstacle(level, table, told, kind.way_out, kind.query)


def _over(table: Table, name: str, replaced: bool) -> Iterator[Obstacle]:
    """What the live schema itself has over a column: virtual columns, expressions, and for bytes keys and indexes."""
    for column in table.columns.values():
        if column.is_computed and uses(column.default, name):
            problem = f"virtual column {column.name} is made from {name}, which can't be altered then (ORA-54033)"
            yield Obstacle(BLOCK, table.name, problem, f"drop the column {AGAIN}", QUERIES["columns"])
    for index in table.indexes:
        if any(uses(part, name) and (replaced or part != name) for part in index.columns):
            problem = f"index {index.name} is over {name}, and forbids the change or goes with it (ORA-30556)"
            yield Obstacle(BLOCK, table.name, problem, f"drop the index {AGAIN}", QUERIES["index_columns"])
    primary = (table.primary_key,) if table.primary_key else ()
    keys: tuple[Key | ForeignKey, ...] = (*primary, *table.unique, *table.foreign_keys)
    for key in keys:
        if replaced and name in key.columns:
            problem = f"constraint {key.name} is over {name}, which can't be bytes then"
            yield Obstacle(BLOCK, table.name, problem, "drop the constraint", QUERIES["constraints"])


NOT_NULL = re.compile(r'"?[\w$#]+"? IS NOT NULL')


def uses(words: Any, column: str) -> bool:
    """Whether a text names a column; one that is not there may do so. NOT NULL is carried over with the column."""
    if words is None:
        return True
    plain = sqltext.QUOTED.sub("''", sqltext.fold(str(words)))
    return not NOT_NULL.fullmatch(plain) and re.search(rf"(?<![\w$#]){re.escape(column)}(?![\w$#])", plain) is not None
