"""What may lean on a column, as questions to the catalog: each with what becomes of it, and the way out.

ALTER TABLE refuses a column that something depends on (errors 5074 and 4922), and what stands on a column that is
dropped and made anew goes with it in silence. See
https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-table-transact-sql and
https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/object-catalog-views-transact-sql.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from apim_schema.hazards import BLOCK, Level

from . import layout, names

Column = tuple[str, str]
"""A table and one of its columns, as the server spells them."""

COLUMNS = """(VALUES {columns}) w (table_name, column_name)
JOIN sys.tables t ON t.name = w.table_name AND t.schema_id = SCHEMA_ID({schema})
JOIN sys.columns c ON c.object_id = t.object_id AND c.name = w.column_name"""


@dataclass(frozen=True)
class Question:
    """A query of the catalog about columns: each row is an object that is in the way, `name` in the texts."""

    sql: str
    problem: str
    way_out: str
    silent: bool = False
    """Whether the server would let the change through, and say nothing."""
    level: Level = BLOCK
    applies: Callable[[Any], bool] = bool
    """Whether a row counts, where the catalog can't tell: its `body` is a text to be looked through."""

    def query(self, columns: Sequence[Column], schema: str | None) -> str:
        """What is asked about these columns: rows of a table, a column and a name."""
        pairs = ", ".join(f"({names.literal(table)}, {names.literal(column)})" for table, column in columns)
        return self.sql.format(columns=pairs, schema=names.literal(schema) if schema else "")

    def answer(self, columns: Sequence[Column], schema: str | None) -> str:
        """The same as a query that gives the whole text, as `said`, for who can't put it together."""
        words = re.split(r"\{(name|column)\}", f": {self.problem}; {self.way_out}")
        parts = (PLACES[word] if at % 2 else names.literal(word) for at, word in enumerate(words) if word)
        asked = self.query(columns, schema).replace("\n", "\n    ")
        table = "q.table_name COLLATE DATABASE_DEFAULT"
        return f"SELECT {' + '.join((table, *parts))} AS said FROM (\n    {asked}\n) q"


PLACES = {"name": "q.name", "column": "q.column_name"}


def answers(asked: Iterable[tuple[Question, Sequence[Column]]], schema: str | None) -> str:
    """One query for the texts of all that is found."""
    return "\nUNION ALL\n".join(question.answer(columns, schema) for question, columns in asked)


def joined(name: str, join: str) -> str:
    """The query for what joins the columns that are asked about; `name` is the SQL for its name, and more columns."""
    return f"SELECT DISTINCT t.name AS table_name, c.name AS column_name, {name} AS name\nFROM {COLUMNS}\n{join}"


def _joined(name: str, join: str, problem: str, way_out: str, silent: bool = False) -> Question:
    return Question(joined(name, join), problem, way_out, silent)


OF_ITS_PRIMARY_KEY = """JOIN sys.index_columns x ON x.object_id = t.object_id AND x.column_id = c.column_id
JOIN sys.indexes p ON p.object_id = x.object_id AND p.index_id = x.index_id AND p.is_primary_key = 1"""

HIDDEN = (
    Question(
        "SELECT DB_NAME() AS table_name, N'' AS column_name, N'' AS name "
        "WHERE COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DEFINITION'), 0) = 0 "
        "AND COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER ANY SECURITY POLICY'), 0) = 0",
        "this login may not see whether a security policy hides rows from it",
        "GRANT VIEW DEFINITION to it",
        silent=True,
    ),
    Question(
        "SELECT t.name AS table_name, m.name AS column_name, N'MASKED' AS name FROM sys.tables t\n"
        "JOIN sys.masked_columns m ON m.object_id = t.object_id AND m.is_masked = 1\n"
        "WHERE t.schema_id = SCHEMA_ID({schema}) "
        "AND COALESCE(HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK'), 0) = 0",
        "{column} is masked for this login",
        "GRANT UNMASK to it",
        silent=True,
    ),
    Question(
        "SELECT DISTINCT t.name AS table_name, N'' AS column_name, y.name AS name FROM sys.tables t\n"
        "JOIN sys.security_predicates p ON p.target_object_id = t.object_id AND p.predicate_type_desc = 'FILTER'\n"
        "JOIN sys.security_policies y ON y.object_id = p.object_id AND y.is_enabled = 1\n"
        "WHERE t.schema_id = SCHEMA_ID({schema})",
        "the security policy {name} hides rows of it",
        "ALTER SECURITY POLICY {name} WITH (STATE = OFF) until it is done",
        silent=True,
    ),
)
"""What hides values or rows of a schema from this login: a filter holds for everybody, db_owner too. See
https://learn.microsoft.com/en-us/sql/relational-databases/security/row-level-security and
https://learn.microsoft.com/en-us/sql/relational-databases/security/dynamic-data-masking."""

STORED = _joined(
    "i.name",
    "JOIN sys.index_columns x ON x.object_id = t.object_id AND x.column_id = c.column_id\n"
    "JOIN sys.indexes i ON i.object_id = x.object_id AND i.index_id = x.index_id AND i.is_primary_key = 1\n"
    "JOIN sys.data_spaces s ON s.data_space_id = i.data_space_id\n"
    "JOIN sys.partitions p ON p.object_id = i.object_id AND p.index_id = i.index_id\n"
    f"WHERE NOT ({layout.DEFAULT})",
    "the key {name} has options, which a script does not keep",
    "use apim-schema upgrade, which keeps them",
    silent=True,
)
"""Of a primary key that is made again."""

DROP = "drop it before, and make it again after the upgrade"

OF_A_TABLE = (
    _joined(
        "N'SYSTEM_VERSIONING'",
        "WHERE t.temporal_type <> 0",
        "is a temporal table or its history",
        "ALTER TABLE ... SET (SYSTEM_VERSIONING = OFF) before, and ON again after the upgrade of both tables",
        silent=True,
    ),
    _joined(
        "N'CDC'",
        "WHERE t.is_tracked_by_cdc = 1",
        "is read by change data capture, which knows its columns as they are",
        "sp_cdc_disable_table before, and sp_cdc_enable_table after the upgrade",
    ),
    _joined(
        "N'replication'",
        "WHERE t.is_published = 1 OR t.is_merge_published = 1 OR t.is_replicated = 1 OR t.is_sync_tran_subscribed = 1",
        "is an article of a replication",
        "drop the article before, and publish it again after the upgrade",
    ),
    _joined(
        "N'MEMORY_OPTIMIZED'",
        "WHERE t.is_memory_optimized = 1",
        "is a memory-optimized table, which can't be altered in a transaction with others",
        "move its rows to a table on disk before",
    ),
    _joined(
        "y.name",
        "JOIN sys.security_predicates p ON p.target_object_id = t.object_id\n"
        "JOIN sys.security_policies y ON y.object_id = p.object_id AND y.is_enabled = 1",
        "the security policy {name} may forbid to write its rows",
        "ALTER SECURITY POLICY {name} WITH (STATE = OFF) before, and ON again after the upgrade",
    ),
)
"""What forbids every change of a table's columns and keys."""

OF_A_KEY = (
    _joined(
        "f.name",
        "JOIN sys.foreign_key_columns x ON x.referenced_object_id = t.object_id "
        "AND x.referenced_column_id = c.column_id\n"
        "JOIN sys.foreign_keys f ON f.object_id = x.constraint_object_id",
        "the foreign key {name} points to the key with {column}, which is replaced",
        DROP,
    ),
    _joined(
        "i.name",
        "JOIN sys.index_columns x ON x.object_id = t.object_id AND x.column_id = c.column_id\n"
        "JOIN sys.indexes i ON i.object_id = x.object_id AND i.index_id = x.index_id\n"
        "JOIN sys.data_spaces s ON s.data_space_id = i.data_space_id AND s.type = 'PS'",
        "the index or key {name} is partitioned, and would not be so any more",
        "make it again without partitions before, or change this table by hand",
        silent=True,
    ),
    _joined(
        "i.name",
        "JOIN sys.fulltext_indexes f ON f.object_id = t.object_id\n"
        "JOIN sys.index_columns x ON x.object_id = f.object_id AND x.index_id = f.unique_index_id "
        "AND x.column_id = c.column_id\n"
        "JOIN sys.indexes i ON i.object_id = x.object_id AND i.index_id = x.index_id",
        "a full-text index leans on the key {name}, which is replaced",
        "drop the full-text index before, and make it again after the upgrade",
    ),
    _joined(
        "N'CHANGE_TRACKING'",
        f"{OF_ITS_PRIMARY_KEY}\nJOIN sys.change_tracking_tables k ON k.object_id = t.object_id",
        "change tracking leans on its primary key, which is replaced",
        "ALTER TABLE ... DISABLE CHANGE_TRACKING before, and ENABLE it after the upgrade",
    ),
    _joined(
        "i.name",
        f"{OF_ITS_PRIMARY_KEY}\nJOIN sys.indexes i ON i.object_id = t.object_id AND i.type IN (3, 4)",
        "the XML or spatial index {name} leans on its primary key, which is replaced",
        DROP,
    ),
)
"""What forbids to drop a key of a table."""

COMPUTED = _joined(
    "k.name",
    "JOIN sys.computed_columns k ON k.object_id = t.object_id AND CHARINDEX(QUOTENAME(c.name), k.definition) > 0",
    "the computed column {name} is made of {column}",
    DROP,
)
BOUND = _joined(
    "o.name",
    "JOIN sys.sql_expression_dependencies d ON d.referenced_id = t.object_id "
    "AND d.referenced_minor_id = c.column_id AND d.is_schema_bound_reference = 1\n"
    "JOIN sys.objects o ON o.object_id = d.referencing_id AND o.object_id <> t.object_id "
    "AND o.type NOT IN ('C', 'D')",
    "{name} is bound to {column} (WITH SCHEMABINDING)",
    DROP,
)
FOREIGN_KEY = _joined(
    "f.name",
    "JOIN sys.foreign_key_columns x ON x.parent_object_id = t.object_id AND x.parent_column_id = c.column_id "
    "OR x.referenced_object_id = t.object_id AND x.referenced_column_id = c.column_id\n"
    "JOIN sys.foreign_keys f ON f.object_id = x.constraint_object_id",
    "the foreign key {name} holds {column} to the type it has",
    DROP,
)
RULE = _joined(
    "OBJECT_NAME(c.rule_object_id)",
    "WHERE c.rule_object_id <> 0",
    "the rule {name} is bound to {column}",
    "sp_unbindrule before, and sp_bindrule after the upgrade, or better a CHECK constraint",
)
DEFAULT_OBJECT = _joined(
    "o.name",
    "JOIN sys.objects o ON o.object_id = c.default_object_id AND o.parent_object_id = 0",
    "the default object {name} is bound to {column}",
    "sp_unbindefault before, and a DEFAULT constraint instead",
)
MASKED = _joined(
    "m.masking_function",
    "JOIN sys.masked_columns m ON m.object_id = c.object_id AND m.column_id = c.column_id AND m.is_masked = 1",
    "{column} has a mask, {name}, which the change would not keep",
    "ALTER COLUMN ... DROP MASKED before, and ADD MASKED after the upgrade",
    silent=True,
)
ENCRYPTED = _joined(
    "N'ENCRYPTED'",
    "WHERE c.encryption_type IS NOT NULL",
    "{column} is encrypted by the client (Always Encrypted): the server can't convert it",
    "decrypt it before, and encrypt it again after the upgrade",
)
STATISTICS = _joined(
    "s.name",
    "JOIN sys.stats s ON s.object_id = t.object_id AND s.user_created = 1\n"
    "JOIN sys.stats_columns x ON x.object_id = s.object_id AND x.stats_id = s.stats_id\n"
    "WHERE x.column_id = c.column_id OR CHARINDEX(QUOTENAME(c.name), s.filter_definition) > 0",
    "the statistics {name} are of {column}",
    "DROP STATISTICS before; make them again after the upgrade if they are still of use",
)
CHECK = _joined(
    "k.name",
    "JOIN sys.check_constraints k ON k.parent_object_id = t.object_id "
    "AND CHARINDEX(QUOTENAME(c.name), k.definition) > 0",
    "the check {name} is about {column}",
    DROP,
)
FILTER = _joined(
    "i.name",
    "JOIN sys.indexes i ON i.object_id = t.object_id AND CHARINDEX(QUOTENAME(c.name), i.filter_definition) > 0",
    "the filter of the index {name} is about {column}",
    DROP,
)

OF_AN_ALTERED_COLUMN = (COMPUTED, BOUND, FOREIGN_KEY, RULE, DEFAULT_OBJECT, ENCRYPTED)
"""What forbids any other type or nullability of a column, and so does MASKED."""

OF_A_SHORTER_COLUMN = (STATISTICS, CHECK, FILTER)
"""What forbids less room in a column."""


FULL_TEXT = (
    "JOIN sys.fulltext_index_columns x ON x.object_id = t.object_id "
    "AND (x.column_id = c.column_id OR x.type_column_id = c.column_id)"
)
READERS = """JOIN sys.sql_expression_dependencies d ON d.is_schema_bound_reference = 0 \
AND (d.referenced_id = t.object_id OR d.referenced_id IS NULL AND d.referenced_database_name IS NULL \
AND d.referenced_entity_name = t.name)
JOIN sys.objects o ON o.object_id = d.referencing_id AND o.parent_object_id <> t.object_id
LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id"""
"""Views, routines and triggers of other tables that use the table, and do not forbid a change."""
MAY_NAME = """(m.definition IS NULL OR CHARINDEX(UPPER(c.name), UPPER(m.definition)) > 0 \
OR o.type = 'V' AND CHARINDEX(N'*', REPLACE(m.definition, N'(*)', N'')) > 0)"""
"""Whether the text of one may name the column, as far as the server can tell."""


def _of_a_converted_column(old: str, new: str, index: str) -> tuple[Question, ...]:
    """What forbids that a column of the one kind becomes one of the other; `index` is the way out for an index."""
    return (
        _joined(
            "i.name",
            "JOIN sys.index_columns x ON x.object_id = t.object_id AND x.column_id = c.column_id\n"
            "JOIN sys.indexes i ON i.object_id = x.object_id AND i.index_id = x.index_id",
            f"the index or key {{name}} is over {{column}}, which becomes {new}",
            index,
        ),
        _joined(
            "N'full-text'",
            FULL_TEXT,
            f"a full-text index is over {{column}}, which becomes {new}",
            "ALTER FULLTEXT INDEX ... DROP ({column}) before",
        ),
        _joined(
            "g.name",
            "JOIN sys.triggers g ON g.parent_id = t.object_id AND g.is_disabled = 0",
            f"the trigger {{name}} fires when {{column}} is converted, and may take its {new} for {old} afterwards",
            "disable it before; after the upgrade look at what it does, and enable it",
            silent=True,
        ),
        _joined(
            "o.name",
            f"{READERS}\nWHERE {MAY_NAME}",
            f"{{name}} reads {{column}} as {old}, which becomes {new}",
            f"{DROP}, for {new}",
            silent=True,
        ),
    )


OF_NEW_BYTES = _of_a_converted_column(
    "text", "bytes", "drop it before; bytes of any length can be included in an index, and be no key"
)
OF_A_NEW_TEXT = _of_a_converted_column("bytes", "text", DROP)

OF_A_NEW_COLUMN = (
    _joined(
        "p.state_desc COLLATE DATABASE_DEFAULT + N' ' + p.permission_name COLLATE DATABASE_DEFAULT + N' TO ' "
        "+ USER_NAME(p.grantee_principal_id)",
        "JOIN sys.database_permissions p ON p.class = 1 AND p.major_id = t.object_id AND p.minor_id = c.column_id",
        "the permission on {column} would be lost: {name}",
        "REVOKE it before, and give it again after the upgrade",
        silent=True,
    ),
    _joined(
        "p.name",
        "JOIN sys.extended_properties p ON p.class = 1 AND p.major_id = t.object_id AND p.minor_id = c.column_id",
        "the extended property {name} of {column} would be lost",
        "sp_dropextendedproperty before, and sp_addextendedproperty after the upgrade",
        silent=True,
    ),
)
"""What forbids to drop a column and to make another in its place."""

CUT = _joined(
    "g.name",
    "JOIN sys.triggers g ON g.parent_id = t.object_id AND g.is_disabled = 0",
    "the trigger {name} fires when what is too long is cut",
    "disable it before, and enable it afterwards",
    silent=True,
)
"""Of a table in which texts are cut."""

FILLED = _joined(
    "g.name",
    "JOIN sys.triggers g ON g.parent_id = t.object_id AND g.is_disabled = 0",
    "the trigger {name} fires when a new column is filled",
    "disable it before, and enable it after the upgrade",
    silent=True,
)
"""Of a table in which a new column gets a value."""

NO_UPDATE = _joined(
    "N'UPDATE'",
    "WHERE COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME(t.schema_id)) + N'.' + QUOTENAME(t.name), "
    "'OBJECT', 'UPDATE'), 0) = 0",
    "this login may not write its rows",
    "GRANT UPDATE on it, or db_datawriter",
)
"""Of a table in which a column gets a value."""

OF_A_FOREIGN_KEY = _joined(
    "f.name",
    "JOIN sys.foreign_key_columns x ON x.parent_object_id = t.object_id AND x.parent_column_id = c.column_id\n"
    "JOIN sys.foreign_keys f ON f.object_id = x.constraint_object_id AND f.is_disabled = 1",
    "the foreign key {name} is disabled, and the one that replaces it will not be",
    "ALTER TABLE ... WITH CHECK CHECK CONSTRAINT {name} before, which fails where rows have no parent",
)
"""Of the columns of a foreign key that is replaced."""

CLASSIFIED = _joined(
    "COALESCE(s.label, N'')",
    "JOIN sys.sensitivity_classifications s ON s.class = 1 AND s.major_id = t.object_id AND s.minor_id = c.column_id",
    "the sensitivity classification {name} of {column} would be lost",
    "DROP SENSITIVITY CLASSIFICATION before, and ADD it after the upgrade",
    silent=True,
)
"""Of a new column too, on SQL Server 2019 and later, which have the view."""
