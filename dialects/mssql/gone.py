"""The customer's objects that depend on a column or a table that is dropped, and what would become of them.

The server refuses to drop a column that a computed column, a check, a rule, a default object, statistics, the filter of
an index, a partition, a full-text index, a security policy or an object WITH SCHEMABINDING names (errors 5074, 4922),
and a table that one of the last two or a foreign key names (3729, 3726). All other views, routines and triggers, and
synonyms, it lets stand: they fail from then on (207, 208, 4413), with all that writes to the trigger's table. See
https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-table-transact-sql (DROP COLUMN),
https://learn.microsoft.com/en-us/sql/t-sql/statements/drop-table-transact-sql and
https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-sql-expression-dependencies-transact-sql.

Keys and indexes are in the model, and so are foreign keys of this schema; its own default goes with a column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apim_schema import sqltext
from apim_schema.dropped import LOOK, WAY_OUT
from apim_schema.hazards import BLOCK, WARN, Level

from . import dependents
from .dependents import FULL_TEXT, MAY_NAME, READERS, Question, joined

WAYS_OUT = {BLOCK: WAY_OUT, WARN: LOOK}
COLUMN, TABLE = "names {column}, which is dropped", "names the table, which is dropped"

OBJECT = """LOWER(REPLACE(REPLACE(o.type_desc COLLATE DATABASE_DEFAULT, N'SQL_', N''), N'_', N' ')) \
+ N' ' + SCHEMA_NAME(o.schema_id) + N'.' + o.name"""
"""What an object is, in the server's words, and its name."""

BOUND = """JOIN sys.sql_expression_dependencies d ON d.referenced_id = t.object_id AND d.is_schema_bound_reference = 1
JOIN sys.objects o ON o.object_id = d.referencing_id AND o.object_id <> t.object_id \
AND o.parent_object_id <> t.object_id AND o.type <> 'SP'"""
TO_THE_COLUMN = " AND d.referenced_minor_id = c.column_id"
KEY = "SCHEMA_NAME(o.schema_id) + N'.' + f.name"
FROM_ELSEWHERE = """JOIN sys.foreign_keys f ON f.referenced_object_id = t.object_id
JOIN sys.objects o ON o.object_id = f.object_id AND o.schema_id <> t.schema_id"""
OF_THE_COLUMN = """
JOIN sys.foreign_key_columns x ON x.constraint_object_id = f.object_id AND x.referenced_column_id = c.column_id"""
PARTITION = """JOIN sys.index_columns x ON x.object_id = t.object_id AND x.column_id = c.column_id \
AND x.partition_ordinal > 0"""
POLICY = """JOIN sys.security_predicates p ON p.target_object_id = t.object_id{which}
JOIN sys.security_policies y ON y.object_id = p.object_id AND y.is_enabled = 0"""
"""One that is on forbids every change of the table."""
TRIGGER = """JOIN sys.triggers g ON g.parent_id = t.object_id AND g.is_disabled = 0
JOIN sys.objects o ON o.object_id = g.object_id
JOIN sys.sql_modules m ON m.object_id = g.object_id"""
STAYING = """AND NOT EXISTS (SELECT 1 FROM (VALUES {columns}) v (table_name, column_name)
    JOIN sys.tables s ON s.name = v.table_name AND s.schema_id = t.schema_id AND s.object_id = o.parent_object_id)"""
"""A trigger of a table that is dropped goes with it."""


def _of(what: str, name: str, join: str, level: Level = BLOCK, way_out: str = "") -> Question:
    return Question(joined(name, join), what, way_out or WAYS_OUT[level], level=level)


def _again(question: Question, what: str, way_out: str = WAY_OUT) -> Question:
    """What forbids another type, and forbids that the column goes as well."""
    return replace(question, problem=f"{what} {COLUMN}", way_out=way_out)


def _left(question: Question) -> Question:
    """What the server lets stand, so that it fails from then on: a script has to ask for it."""
    return replace(question, silent=True)


def _read(join: str, applies: Callable[[Any], bool], level: Level = BLOCK) -> Question:
    """An object by its text: the server does not tell which columns it uses."""
    return replace(_of(f"{{name}} {COLUMN}", f"m.definition AS body, {OBJECT}", join, level), applies=applies)


def _shows(row: Any) -> bool:
    return sqltext.reads(row.body, row.table_name, row.column_name)


def _may_name(row: Any) -> bool:
    """Whether a text names the column; one that is encrypted may do so."""
    return row.body is None or sqltext.mentions(row.body, row.column_name)


OF_A_COLUMN = (
    _again(dependents.COMPUTED, "the computed column {name}"),
    _again(dependents.RULE, "the rule {name}", "sp_unbindrule before"),
    _again(dependents.DEFAULT_OBJECT, "the default object {name}", "sp_unbindefault before"),
    _again(dependents.STATISTICS, "the statistics {name}"),
    _again(dependents.CHECK, "the check {name}"),
    _again(dependents.FILTER, "the filter of the index {name}"),
    _of(f"{{name}} (WITH SCHEMABINDING) {COLUMN}", OBJECT, BOUND + TO_THE_COLUMN),
    _of(f"the foreign key {{name}} {COLUMN}", KEY, FROM_ELSEWHERE + OF_THE_COLUMN),
    _of(f"a full-text index {COLUMN}", "N'full-text'", FULL_TEXT, way_out="ALTER FULLTEXT INDEX ... DROP ({column})"),
    _of(f"a partition {COLUMN}", "N'partition'", PARTITION),
    _of(
        f"the security policy {{name}} {COLUMN}",
        "y.name",
        POLICY.format(which=" AND CHARINDEX(QUOTENAME(c.name), p.predicate_definition) > 0"),
    ),
    _left(_read(f"{TRIGGER}\nWHERE {MAY_NAME}", _may_name)),
    _left(_read(f"{READERS}\nWHERE o.type = 'V' AND m.definition IS NOT NULL AND {MAY_NAME}", _shows)),
    _read(f"{READERS}\nWHERE (o.type <> 'V' OR m.definition IS NULL) AND {MAY_NAME}", _may_name, WARN),
)
"""What forbids that a column goes, or is of no use afterwards."""

OF_A_TABLE = (
    _of(f"{{name}} (WITH SCHEMABINDING) {TABLE}", OBJECT, BOUND),
    _of(f"the foreign key {{name}} {TABLE}", KEY, FROM_ELSEWHERE),
    _of(f"the security policy {{name}} {TABLE}", "y.name", POLICY.format(which="")),
    _left(_of(f"{{name}} {TABLE}", OBJECT, f"{READERS}\nWHERE o.type IN ('V', 'TR') {STAYING}")),
    _of(f"{{name}} {TABLE}", OBJECT, f"{READERS}\nWHERE o.type NOT IN ('V', 'TR')", WARN),
    _of(
        f"the synonym {{name}} {TABLE}",
        "SCHEMA_NAME(n.schema_id) + N'.' + n.name",
        "JOIN sys.synonyms n ON OBJECT_ID(n.base_object_name) = t.object_id",
        WARN,
    ),
)
"""The same of a table."""
