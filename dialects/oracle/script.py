"""The frame of a script for SQL*Plus and SQLcl, which the first error ends with an exit code that is not 0.

Every DDL statement commits, so a script that was stopped can be run again: each statement looks in the data
dictionary whether it is still to be made. For what the client does with a line see
https://docs.oracle.com/en/database/oracle/oracle-database/19/sqpug/SET-system-variable-summary.html.
"""

from __future__ import annotations

from collections.abc import Sequence

from apim_schema import changes, sqltext
from apim_schema.changes import Change, find_column, replay
from apim_schema.impact import Statement
from apim_schema.schema import Schema

from . import due, obstacles, plsql, session, silent
from .ddl import SUCCESSOR

CLIENT = "SQL*Plus or SQLcl"
COMMAND = "sqlplus USER@{database} @upgrade.sql EXIT"
CONTINUES = True
"""Whether a script that failed can be run again: it skips what is in."""

FRAME = """WHENEVER OSERROR EXIT FAILURE ROLLBACK
WHENEVER SQLERROR EXIT FAILURE ROLLBACK
SET DEFINE OFF
SET ESCAPE OFF
SET SQLBLANKLINES ON
SET ECHO OFF
SET FEEDBACK OFF"""
"""With DEFINE off an ampersand is an ampersand, and with SQLBLANKLINES on an empty line ends no statement."""

IF_TRUE = """DECLARE
    is_true INTEGER;
BEGIN
    SELECT COUNT(*) INTO is_true FROM DUAL
    WHERE {condition};
    IF is_true = 1 THEN
        {then};
    END IF;
END;
/"""
LACKS = """((
        SELECT COUNT(DISTINCT TABLE_NAME || '.' || REPLACE(COLUMN_NAME, '{successor}', ''))
        FROM ALL_TAB_COLUMNS
        WHERE OWNER = {owner} AND (TABLE_NAME, REPLACE(COLUMN_NAME, '{successor}', '')) IN (
            {columns})
    ) < {number})"""
LOOKS = """\
-- Each block asks the data dictionary whether its statement is still to be made, and then makes it: so a script that
-- is run again goes on where it stopped."""
INVALID = """EXISTS (
        SELECT 1 FROM ALL_ERRORS
        WHERE OWNER = {owner} AND NAME = {name} AND TYPE = 'TRIGGER' AND ATTRIBUTE = 'ERROR')"""
LOB_PACKAGE = """NOT EXISTS (
        SELECT 1 FROM ALL_OBJECTS
        WHERE OWNER = 'SYS' AND OBJECT_NAME = 'DBMS_LOB' AND OBJECT_TYPE = 'PACKAGE')"""
"""ALL_OBJECTS shows what this login may use."""
STAMP = """DELETE FROM {name} WHERE version_num IN ({older});
INSERT INTO {name} (version_num) SELECT '{release}' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM {name});
COMMIT;"""

CLOSING = """SET DEFINE ON
SET VERIFY OFF
COLUMN 1 NEW_VALUE 1 NOPRINT
COLUMN leave NEW_VALUE leave NOPRINT
SELECT '' AS "1" FROM DUAL WHERE 1 = 0;
SELECT CASE UPPER('&1') WHEN 'EXIT' THEN 'EXIT' END AS leave FROM DUAL;
COLUMN 1 CLEAR
COLUMN leave CLEAR
SET VERIFY ON
SET FEEDBACK 6
SET SQLBLANKLINES OFF
WHENEVER OSERROR CONTINUE NONE
WHENEVER SQLERROR CONTINUE NONE
&leave"""
"""The client's defaults again, and EXIT where that was the script's argument: `@upgrade.sql EXIT`.

A variable that no row gives a value is defined all the same, as empty: so the client does not ask for &1.
"""

NOW = "CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE)"
WHO = "USER"


def opening() -> str:
    """Stop at the first error, take every sign as it is, and the settings of an upgrade's session."""
    return "\n".join((FRAME, *(f"{setting};" for setting in session.SETTINGS)))


def version_table(name: str) -> str:
    """Makes the table of the stamp where there is none."""
    key = f"CONSTRAINT {name.rpartition('.')[2]}_pkc PRIMARY KEY (version_num)"
    return own_table(name, f"CREATE TABLE {name} (version_num VARCHAR2(32) NOT NULL, {key})")


def own_table(name: str, create: str) -> str:
    """Makes a table of ours where there is none."""
    owner, _, table = name.rpartition(".")
    there = due.OBJECT.format(
        owner=sqltext.quoted(owner.strip('"')) if owner else plsql.CURRENT_SCHEMA,
        kind="TABLE",
        name=sqltext.quoted(table.upper()),
    )
    return _if_true(f"NOT {there}", _execute(create))


def plain(sql: str) -> str:
    """A statement as it is, committed at once as all others are."""
    return f"{sql};\nCOMMIT;"


def refuse(condition: str, message: str) -> str:
    """An error with this message, ORA-20000, where the condition holds."""
    return _if_true(condition, f"RAISE_APPLICATION_ERROR(-20000, {sqltext.quoted(message)})")


def refuse_rows(condition: str, message: str, column: tuple[str, str], schema: str | None, type_: str = "") -> str:
    """The same, as text, where the column is there: a block with a condition about a missing one does not compile."""
    of_type = due.column(*column, schema, f" AND c.DATA_TYPE = {sqltext.quoted(type_)}")
    asked = of_type if type_ else f"NOT {lacks([column], schema)}"
    return _if_true(asked, _execute(refuse(condition, message).removesuffix("\n/")))


def lacks(columns: Sequence[tuple[str, str]], schema: str | None) -> str:
    """The condition that one of these columns is missing; one that a conversion left under its working name is not."""
    pairs = (f"({sqltext.quoted(table)}, {sqltext.quoted(column)})" for table, column in columns)
    return LACKS.format(
        owner=plsql.owner(schema), columns=",\n            ".join(pairs), number=len(columns), successor=SUCCESSOR
    )


def requires(wanted: Sequence[Change], live: Schema, schema: str | None) -> Sequence[str]:
    """The columns that change must be there: a statement that finds none would take it for changed already.

    What a conversion needs must be granted, since it would fail half way. A column that the script itself drops later
    may be gone, and nothing of the customer's may use it.
    """
    converting = [c for c in wanted if isinstance(c, changes.TextToBinary | changes.BinaryToText)]
    changing = [*(c for c in wanted if isinstance(c, changes.AlterColumn)), *converting]
    known = (live, replay(live, wanted))
    columns = {(c.table, c.name) for c in changing if all(find_column(schema, c.table, c.name) for schema in known)}
    missing = [refuse(lacks(sorted(columns), schema), "a column that would be altered is missing")] if columns else []
    granted = [refuse(LOB_PACKAGE, obstacles.NO_DBMS_LOB)] if converting else []
    return [*missing, *granted, *(refuse(*asked) for asked in silent.conditions(wanted, live, schema))]


def begin(name: str, before: str, release: str) -> str:
    """Nothing is asked of the stamp: each statement leaves alone what a later release has made."""
    return ""


def look(statements: Sequence[Statement], live: Schema, schema: str | None) -> str:
    """A word on how each statement looks by itself, in the block that it is run by."""
    return f"\n{LOOKS}" if statements else ""


def unit(number: int, statement: Statement, live: Schema, schema: str | None) -> str:
    """One statement, run where it is still to be made; a trigger must compile as well."""
    condition, made = due.condition(statement, schema), due.created(statement.sql)
    if condition is None:
        return f"{statement.sql}\n/" if statement.sql.endswith("END;") else f"{statement.sql};"
    guarded = _if_true(condition, _execute(statement.sql))
    return f"{guarded}\n{_compiled(made[1], schema)}" if made and made[0] == "TRIGGER" else guarded


def stamp(name: str, older: Sequence[str], release: str) -> str:
    """Says that the database is at this release, unless it is at a later one."""
    return STAMP.format(name=name, older=", ".join(map(sqltext.quoted, older)), release=release)


def closing() -> str:
    """Leaves the client as it is by default: each statement has committed, and there may be more scripts to run."""
    return CLOSING


def _if_true(condition: str, then: str) -> str:
    return IF_TRUE.format(condition=condition, then=then)


def _execute(sql: str) -> str:
    """The statement on lines of its own, as it would be run by itself."""
    return f"EXECUTE IMMEDIATE '{plsql.embedded(sqltext.wrapped(sql))}'"


def _compiled(trigger: str, schema: str | None) -> str:
    """A trigger with errors is there all the same, and none of the client's errors."""
    return refuse(
        INVALID.format(owner=plsql.owner(schema), name=sqltext.quoted(trigger)),
        f"trigger {trigger} does not compile, see ALL_ERRORS: drop it, mend the cause and run this script again",
    )
