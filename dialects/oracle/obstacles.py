"""What the catalog of Oracle shows to be in the way of a change: the customer's objects, privileges, settings.

A text that becomes bytes is dropped once they are copied, and so are bytes that become text; what stands on it goes
with it, stops it, or compiles anew over another type. A column that only gets another length keeps its objects, but for
those that forbid it.
See https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/static-data-dictionary-views.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema import sqltext
from apim_schema.changes import (
    AlterColumn,
    BinaryToText,
    Change,
    CreateTable,
    DropUnique,
    ReplacePrimaryKey,
    TextToBinary,
    find_column,
)
from apim_schema.hazards import BLOCK, WARN, Level, Obstacle
from apim_schema.schema import Column, ForeignKey, Key, Schema, Table

from . import names, space, types
from .introspect import QUERIES

NO_DBMS_LOB = (
    "this login may not use DBMS_LOB, which texts are converted with; as SYS, "
    "GRANT EXECUTE ON SYS.DBMS_LOB to it, or to the role that it has"
)
LOB_PROBE = "SELECT DBMS_LOB.GETLENGTH(TO_BLOB(HEXTORAW('00'))) FROM DUAL"
LOGIN = "SELECT SYS_CONTEXT('USERENV', 'SESSION_USER') FROM DUAL"
PRIVILEGES = "SELECT PRIVILEGE AS name FROM SESSION_PRIVS"
EXEMPT_FROM_POLICIES, EXEMPT_FROM_REDACTION = "EXEMPT ACCESS POLICY", "EXEMPT REDACTION POLICY"

POLICIES = """
SELECT OBJECT_NAME AS table_name, POLICY_NAME AS name FROM ALL_POLICIES
WHERE OBJECT_OWNER = :owner AND ENABLE = 'YES' AND SEL = 'YES' ORDER BY OBJECT_NAME, POLICY_NAME"""
REDACTED = """
SELECT c.OBJECT_NAME AS table_name, c.COLUMN_NAME AS name FROM REDACTION_COLUMNS c
JOIN REDACTION_POLICIES p ON p.OBJECT_OWNER = c.OBJECT_OWNER AND p.OBJECT_NAME = c.OBJECT_NAME
WHERE c.OBJECT_OWNER = :owner AND TRIM(p.ENABLE) = 'YES' ORDER BY c.OBJECT_NAME, c.COLUMN_NAME"""
TABLES = """
SELECT TABLE_NAME AS table_name, READ_ONLY AS read_only, COMPRESS_FOR AS compressed, IOT_TYPE AS organised
FROM ALL_TABLES WHERE OWNER = :owner AND (READ_ONLY = 'YES' OR COMPRESS_FOR = 'BASIC' OR IOT_TYPE = 'IOT')"""
REFERENCES = """
SELECT R_CONSTRAINT_NAME AS key, OWNER || '.' || CONSTRAINT_NAME AS name FROM ALL_CONSTRAINTS
WHERE R_OWNER = :owner AND OWNER <> :owner AND CONSTRAINT_TYPE = 'R'"""
MVIEW_LOGS = "SELECT MASTER AS table_name, LOG_TABLE AS name FROM ALL_MVIEW_LOGS WHERE LOG_OWNER = :owner"
UPDATE_TRIGGERS = """
SELECT TABLE_NAME AS table_name, OWNER || '.' || TRIGGER_NAME AS name FROM ALL_TRIGGERS t
WHERE TABLE_OWNER = :owner AND STATUS = 'ENABLED' AND TRIGGERING_EVENT LIKE '%UPDATE%' AND NOT EXISTS (
    SELECT 1 FROM ALL_TRIGGER_COLS c
    WHERE c.TRIGGER_OWNER = t.OWNER AND c.TRIGGER_NAME = t.TRIGGER_NAME AND c.COLUMN_LIST = 'YES')"""


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
        """
SELECT TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, SEARCH_CONDITION_VC AS uses FROM ALL_CONSTRAINTS
WHERE OWNER = :owner AND CONSTRAINT_TYPE = 'C'""",
        "check constraint {name} reads {column}, and would go with it or forbid that it goes (ORA-12991)",
        f"drop the constraint {AGAIN}",
    ),
    Dependent(
        """
SELECT TABLE_NAME AS table_name, EXTENSION_NAME AS name, EXTENSION AS uses FROM ALL_STAT_EXTENSIONS
WHERE OWNER = :owner AND DROPPABLE = 'YES'""",
        "extended statistics {name} are over {column}, which can't be altered then (ORA-54033)",
        "drop them with DBMS_STATS.DROP_EXTENDED_STATS, and create them again afterwards",
        resized=BLOCK,
    ),
    Dependent(
        """
SELECT NAME AS table_name, NAME AS name, COLUMN_NAME AS uses FROM ALL_PART_KEY_COLUMNS
WHERE OWNER = :owner AND TRIM(OBJECT_TYPE) = 'TABLE'
UNION ALL SELECT NAME, NAME, COLUMN_NAME FROM ALL_SUBPART_KEY_COLUMNS
WHERE OWNER = :owner AND TRIM(OBJECT_TYPE) = 'TABLE'""",
        "it is partitioned by {column}, which can't be altered or dropped then (ORA-14060, ORA-12984)",
        "partition it by another column",
        resized=BLOCK,
    ),
    Dependent(
        """
SELECT TABLE_NAME AS table_name, TRIGGER_OWNER || '.' || TRIGGER_NAME AS name, COLUMN_NAME AS uses
FROM ALL_TRIGGER_COLS WHERE TABLE_OWNER = :owner""",
        "trigger {name} reads or writes {column}, and would be compiled anew over another type",
        f"drop the trigger {AGAIN}",
    ),
    Dependent(
        """
SELECT d.REFERENCED_NAME AS table_name, d.OWNER || '.' || d.NAME AS name, v.TEXT AS uses FROM ALL_DEPENDENCIES d
JOIN ALL_VIEWS v ON v.OWNER = d.OWNER AND v.VIEW_NAME = d.NAME
WHERE d.REFERENCED_OWNER = :owner AND d.REFERENCED_TYPE = 'TABLE' AND d.TYPE = 'VIEW'""",
        "view {name} reads {column}, and would show another type or no longer compile",
        f"drop the view {AGAIN}",
    ),
    Dependent(
        """
SELECT d.REFERENCED_NAME AS table_name, d.OWNER || '.' || d.NAME AS name, m.QUERY AS uses FROM ALL_DEPENDENCIES d
JOIN ALL_MVIEWS m ON m.OWNER = d.OWNER AND m.MVIEW_NAME = d.NAME
WHERE d.REFERENCED_OWNER = :owner AND d.REFERENCED_TYPE = 'TABLE' AND d.TYPE = 'MATERIALIZED VIEW'""",
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
        """
SELECT TABLE_NAME AS table_name, LOG_GROUP_NAME AS name, COLUMN_NAME AS uses
FROM ALL_LOG_GROUP_COLUMNS WHERE OWNER = :owner""",
        "supplemental log group {name} has {column}, and would lose it: a replica would miss what changes there",
        "take the table out of replication, or drop the log group and replicate it anew afterwards",
    ),
    Dependent(
        """
SELECT OBJECT_NAME AS table_name, POLICY_NAME AS name, POLICY_COLUMN AS uses
FROM ALL_AUDIT_POLICY_COLUMNS WHERE OBJECT_SCHEMA = :owner""",
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


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Sequence[Obstacle]:
    """What is in the way of these changes, none of which is in yet."""
    owner = names.owner(schema)
    held = {row.name for row in _ask(connection, PRIVILEGES)}
    columns = _altered(wanted, live)
    converted = {table for (table, _), replaced in columns.items() if replaced}
    return [
        *_lacking(connection, owner, held, wanted),
        *_hidden(connection, owner, held),
        *_tables(connection, owner, wanted, live, converted),
        *_references(connection, owner, wanted, live),
        *_packages(connection, converted),
        *space.find(connection, owner, held, converted),
        *_dependents(connection, owner, columns),
        *(
            obstacle
            for (table, name), replaced in columns.items()
            for obstacle in _over(live.tables[table], name, replaced)
        ),
    ]


def _altered(wanted: Iterable[Change], live: Schema) -> Columns:
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


def _lacking(connection: Connection, owner: str, held: set[str], wanted: Sequence[Change]) -> Iterator[Obstacle]:
    """The privileges that are missing; another login than the owner may have them by object or by schema as well."""
    login = str(connection.execute(text(LOGIN)).scalar_one())
    created = [change for change in wanted if isinstance(change, CreateTable)]
    kinds = {
        "TABLE": created,
        "SEQUENCE": [c for c in created if c.sequences],
        "TRIGGER": [c for c in created if c.triggers],
    }
    needed = [f"CREATE {kind}" for kind, changes in kinds.items() if changes]
    if login != owner:
        others = ("ALTER ANY TABLE", "CREATE ANY INDEX", "LOCK ANY TABLE", "SELECT ANY TABLE", "UPDATE ANY TABLE")
        needed = [*(privilege.replace(" ", " ANY ", 1) for privilege in needed), *others]
    lacking = [privilege for privilege in needed if privilege not in held]
    if lacking:
        level: Level = BLOCK if login == owner else WARN
        but = "" if login == owner else ", unless by object or schema"
        problem = f"{login} lacks {', '.join(lacking)}{but}: a statement would fail half way"
        yield Obstacle(level, "", problem, f"GRANT {', '.join(lacking)} TO {names.sql(login)}", PRIVILEGES)


def _hidden(connection: Connection, owner: str, held: set[str]) -> Iterator[Obstacle]:
    """What would keep rows or values from being copied and compared as they are."""
    if EXEMPT_FROM_POLICIES not in held:
        for row in _ask(connection, POLICIES, owner):
            problem = f"policy {row.name} may hide rows from this login, which would be neither converted nor compared"
            way_out = f"GRANT {EXEMPT_FROM_POLICIES} to it, or disable the policy"
            yield Obstacle(BLOCK, row.table_name, problem, way_out, POLICIES)
    if EXEMPT_FROM_REDACTION in held:
        return
    try:
        redacted = _ask(connection, REDACTED, owner)
    except DBAPIError:
        problem = "this login may not see whether columns are redacted, which would be copied and compared as redacted"
        way_out = f"GRANT SELECT on REDACTION_COLUMNS and REDACTION_POLICIES, or {EXEMPT_FROM_REDACTION}, to it"
        yield Obstacle(WARN, "", problem, way_out, REDACTED)
        return
    for row in redacted:
        problem = f"{row.name} is redacted, and would be copied and compared as redacted"
        way_out = f"GRANT {EXEMPT_FROM_REDACTION} to this login, or disable the policy"
        yield Obstacle(BLOCK, row.table_name, problem, way_out, REDACTED)


def _tables(
    connection: Connection, owner: str, wanted: Sequence[Change], live: Schema, converted: set[str]
) -> Iterator[Obstacle]:
    """What is said of a whole table and forbids to alter it."""
    changed = {change.table for change in wanted if change.table in live.tables}
    replaced = {change.table for change in wanted if isinstance(change, ReplacePrimaryKey)}
    cut = {change.table for change in wanted if isinstance(change, AlterColumn) and _cuts(change, live)}
    for row in _ask(connection, TABLES, owner):
        if row.read_only == "YES" and row.table_name in changed:
            yield Obstacle(
                BLOCK, row.table_name, "it is read only (ORA-12081)", "ALTER TABLE … READ WRITE first", TABLES
            )
        if row.organised == "IOT" and row.table_name in replaced & changed:
            problem = "it is organised by its primary key, which can't be replaced then (ORA-25188)"
            yield Obstacle(BLOCK, row.table_name, problem, "make it a table of its own with DBMS_REDEFINITION", TABLES)
        if row.compressed == "BASIC" and row.table_name in converted:
            problem = "it is compressed, and no column of it can be dropped (ORA-39726)"
            yield Obstacle(
                BLOCK, row.table_name, problem, "ALTER TABLE … MOVE NOCOMPRESS, and rebuild its indexes", TABLES
            )
    for row in _ask(connection, MVIEW_LOGS, owner):
        if row.table_name in (converted | replaced) & changed:
            problem = f"its materialized view log {row.name} would keep the column or the key as it was"
            yield Obstacle(BLOCK, row.table_name, problem, "drop the log, and create it again afterwards", MVIEW_LOGS)
    for row in _ask(connection, UPDATE_TRIGGERS, owner):
        if row.table_name in converted | cut:
            problem = f"trigger {row.name} fires on every update, and would on each row that is converted or cut"
            way_out = f"ALTER TRIGGER {row.name} DISABLE, and ENABLE it afterwards"
            yield Obstacle(BLOCK, row.table_name, problem, way_out, UPDATE_TRIGGERS)


def _cuts(change: AlterColumn, live: Schema) -> bool:
    column = find_column(live, change.table, change.name)
    return change.cuts and column is not None and types.narrows(column, change.target(column, live.flavour))


def _references(connection: Connection, owner: str, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """The foreign keys, of any schema, that point to a key which goes."""
    others = _ask(connection, REFERENCES, owner)
    for table, key in _dropped_keys(wanted, live):
        own = (k.name for t in live.tables.values() for k in t.foreign_keys if _points_to(k, table, key))
        for name in (*own, *(row.name for row in others if row.key == key.name)):
            problem = f"foreign key {name} points to the key over ({', '.join(key.columns)}), which goes (ORA-02273)"
            yield Obstacle(BLOCK, table, problem, "drop the foreign key", REFERENCES)


def _points_to(foreign: ForeignKey, table: str, key: Key) -> bool:
    return (foreign.ref_table, foreign.ref_columns) == (table, key.columns)


def _dropped_keys(wanted: Sequence[Change], live: Schema) -> Iterator[tuple[str, Key]]:
    for change in wanted:
        if isinstance(change, DropUnique | ReplacePrimaryKey) and change.table in live.tables:
            table = live.tables[change.table]
            primary = isinstance(change, ReplacePrimaryKey)
            keys = (table.primary_key,) if primary else (k for k in table.unique if k.columns == change.columns)
            yield from ((table.name, key) for key in keys if key is not None)


def _packages(connection: Connection, converted: set[str]) -> Iterator[Obstacle]:
    if converted:
        try:
            _ask(connection, LOB_PROBE)
        except DBAPIError:
            problem, _, way_out = NO_DBMS_LOB.partition("; ")
            yield Obstacle(BLOCK, "", problem, way_out, LOB_PROBE)


def _dependents(connection: Connection, owner: str, columns: Columns) -> Iterator[Obstacle]:
    for kind in DEPENDENTS if columns else ():
        for row in _ask(connection, kind.query, owner):
            for (table, column), replaced in columns.items():
                level = kind.level if replaced else kind.resized
                if level is not None and row.table_name == table and _uses(row.uses, column):
                    told = kind.problem.format(name=row.name, column=column)
                    yield Obstacle(level, table, told, kind.way_out, kind.query)


def _over(table: Table, name: str, replaced: bool) -> Iterator[Obstacle]:
    """What the live schema itself has over a column: virtual columns, expressions, and for bytes keys and indexes."""
    for column in table.columns.values():
        if column.is_computed and _uses(column.default, name):
            problem = f"virtual column {column.name} is made from {name}, which can't be altered then (ORA-54033)"
            yield Obstacle(BLOCK, table.name, problem, f"drop the column {AGAIN}", QUERIES["columns"])
    for index in table.indexes:
        if any(_uses(part, name) and (replaced or part != name) for part in index.columns):
            problem = f"index {index.name} is over {name}, and forbids the change or goes with it (ORA-30556)"
            yield Obstacle(BLOCK, table.name, problem, f"drop the index {AGAIN}", QUERIES["index_columns"])
    primary = (table.primary_key,) if table.primary_key else ()
    keys: tuple[Key | ForeignKey, ...] = (*primary, *table.unique, *table.foreign_keys)
    for key in keys:
        if replaced and name in key.columns:
            problem = f"constraint {key.name} is over {name}, which can't be bytes then"
            yield Obstacle(BLOCK, table.name, problem, "drop the constraint", QUERIES["constraints"])


NOT_NULL = re.compile(r'"?[\w$#]+"? IS NOT NULL')


def _uses(words: Any, column: str) -> bool:
    """Whether a text names a column; one that is not there may do so. NOT NULL is carried over with the column."""
    if words is None:
        return True
    plain = sqltext.QUOTED.sub("''", sqltext.fold(str(words)))
    return not NOT_NULL.fullmatch(plain) and re.search(rf"(?<![\w$#]){re.escape(column)}(?![\w$#])", plain) is not None


def _ask(connection: Connection, query: str, owner: str = "") -> Sequence[Any]:
    return connection.execute(text(query), {"owner": owner} if ":owner" in query else {}).all()
