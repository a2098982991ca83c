"""What the catalog of Oracle shows to be in the way of a change: the customer's objects, privileges, settings.

See https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/static-data-dictionary-views.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema.changes import (
    AlterColumn,
    Change,
    CreateTable,
    DropColumn,
    DropTable,
    DropUnique,
    ReplacePrimaryKey,
    find_column,
)
from apim_schema.hazards import BLOCK, WARN, Level, Obstacle
from apim_schema.schema import ForeignKey, Key, Schema

from . import dependents, gone, names, space, types

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
MVIEW_LOGS = "SELECT MASTER AS table_name, LOG_TABLE AS name FROM ALL_MVIEW_LOGS WHERE LOG_OWNER = :owner"
UPDATE_TRIGGERS = """
SELECT TABLE_NAME AS table_name, OWNER || '.' || TRIGGER_NAME AS name FROM ALL_TRIGGERS t
WHERE TABLE_OWNER = :owner AND STATUS = 'ENABLED' AND TRIGGERING_EVENT LIKE '%UPDATE%' AND NOT EXISTS (
    SELECT 1 FROM ALL_TRIGGER_COLS c
    WHERE c.TRIGGER_OWNER = t.OWNER AND c.TRIGGER_NAME = t.TRIGGER_NAME AND c.COLUMN_LIST = 'YES')"""


def find(connection: Connection, schema: str, wanted: Sequence[Change], live: Schema) -> Sequence[Obstacle]:
    """What is in the way of these changes, none of which is in yet."""
    owner = names.owner(schema)
    held = {row.name for row in _ask(connection, PRIVILEGES)}
    ask = cache(partial(_ask, connection, owner=owner))
    columns = dependents.altered(wanted, live)
    converted = {table for (table, _), replaced in columns.items() if replaced}
    return [
        *_lacking(connection, owner, held, wanted),
        *_hidden(connection, owner, held),
        *_tables(connection, owner, wanted, live, converted),
        *_references(ask, wanted, live),
        *_packages(connection, converted),
        *space.find(connection, owner, held, converted),
        *dependents.find(ask, columns, live),
        *gone.find(ask, wanted, live),
    ]


def _lacking(connection: Connection, owner: str, held: set[str], wanted: Sequence[Change]) -> Iterator[Obstacle]:
    """The privileges that are missing; another login than the owner may have them by object or by schema as well."""
    login = str(connection.execute(text(LOGIN)).scalar_one())
    created = [change for change in wanted if isinstance(change, CreateTable)]
    dropped = [change for change in wanted if isinstance(change, DropTable)]
    kinds = {
        "TABLE": created,
        "SEQUENCE": [c for c in created if c.sequences],
        "TRIGGER": [c for c in created if c.triggers],
    }
    needed = [f"CREATE {kind}" for kind, changes in kinds.items() if changes]
    if login != owner:
        others = ("ALTER ANY TABLE", "CREATE ANY INDEX", "LOCK ANY TABLE", "SELECT ANY TABLE", "UPDATE ANY TABLE")
        drops = ["DROP ANY TABLE"] * bool(dropped) + ["DROP ANY SEQUENCE"] * any(change.sequences for change in dropped)
        needed = [*(privilege.replace(" ", " ANY ", 1) for privilege in needed), *others, *drops]
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
    shrunk = converted | {change.table for change in wanted if isinstance(change, DropColumn)}
    for row in _ask(connection, TABLES, owner):
        if row.read_only == "YES" and row.table_name in changed:
            yield Obstacle(
                BLOCK, row.table_name, "it is read only (ORA-12081)", "ALTER TABLE … READ WRITE first", TABLES
            )
        if row.organised == "IOT" and row.table_name in replaced & changed:
            problem = "it is organised by its primary key, which can't be replaced then (ORA-25188)"
            yield Obstacle(BLOCK, row.table_name, problem, "make it a table of its own with DBMS_REDEFINITION", TABLES)
        if row.compressed == "BASIC" and row.table_name in shrunk & changed:
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


def _references(ask: dependents.Ask, wanted: Sequence[Change], live: Schema) -> Iterator[Obstacle]:
    """The foreign keys, of any schema, that point to a key which goes."""
    others = ask(dependents.REFERENCES)
    for table, key in _dropped_keys(wanted, live):
        own = (k.name for t in live.tables.values() for k in t.foreign_keys if _points_to(k, table, key))
        for name in (*own, *(row.name for row in others if row.key == key.name)):
            problem = f"foreign key {name} points to the key over ({', '.join(key.columns)}), which goes (ORA-02273)"
            yield Obstacle(BLOCK, table, problem, "drop the foreign key", dependents.REFERENCES)


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


def _ask(connection: Connection, query: str, owner: str = "") -> Sequence[Any]:
    return connection.execute(text(query), {"owner": owner} if ":owner" in query else {}).all()
