"""The frame of a script for sqlcmd: one transaction that the first error ends, with an exit code that is not 0.

GO separates the batches, so that each may use what the one before has made. A client that goes on after an error, as
sqlcmd does without -b and `:on error`, and as SSMS does, must not run the rest outside of the transaction, nor commit
what a batch that did not compile has left out: XACT_ABORT does not cover that. So after each batch NOEXEC is set where
it failed. See https://learn.microsoft.com/en-us/sql/tools/sqlcmd/sqlcmd-commands and
https://learn.microsoft.com/en-us/sql/t-sql/statements/set-noexec-transact-sql.
"""

from __future__ import annotations

from collections.abc import Sequence

from apim_schema import sqltext
from apim_schema.changes import Change
from apim_schema.impact import Statement
from apim_schema.schema import Schema

from . import dependents, names, obstacles, session, tsql

CLIENT = "sqlcmd -b -x"
"""-b for an exit code that is not 0, -x so that $(NAME) in a text is left as it is."""
COMMAND = "sqlcmd -b -x -S SERVER -d {database} -i upgrade.sql"
CONTINUES = False
"""Whether a script that failed can be run again: here nothing of it is left."""

SETTINGS = (*session.SETTINGS, "LOCK_TIMEOUT 60000", "NOCOUNT ON", "IMPLICIT_TRANSACTIONS OFF")
"""sqlcmd begins with QUOTED_IDENTIFIER OFF, unlike drivers; here no statement is tried again."""

GUARD = "IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;"
"""Where a batch failed, rolls back and has nothing run any more: @@ERROR is not 0 too where it did not compile."""
GO = f"GO\n{GUARD}\nGO"
GUARDED = """\
-- After each batch of what follows stands the same line: where the batch failed, it rolls back and lets nothing
-- run any more, also in a client that goes on after an error. The last lines commit, unless one has failed."""


NOW = "CONVERT(DATETIME, CONVERT(DATETIME2(0), SYSUTCDATETIME()))"
WHO = "SUSER_SNAME()"


def opening() -> str:
    """Stop at the first error, and begin the transaction."""
    settings = "\n".join(f"SET {setting};" for setting in SETTINGS)
    return f":on error exit\n{settings}\n{GUARDED}\nGO\n{_batch('BEGIN TRANSACTION;')}"


def version_table(name: str) -> str:
    """Makes the table of the stamp where there is none."""
    return own_table(name, f"CREATE TABLE {name} (version_num VARCHAR(32) NOT NULL PRIMARY KEY);")


def own_table(name: str, create: str) -> str:
    """Makes a table of ours where there is none."""
    return _batch(f"IF OBJECT_ID({names.literal(name)}) IS NULL\n    {create}")


def plain(sql: str) -> str:
    """A batch of its own: that of a table does not compile before the table is there."""
    return _batch(f"{sql};")


def refuse(condition: str, message: str) -> str:
    """An error with this message where the condition holds."""
    return _batch(f"IF {condition}\n    {tsql.throw(message)}")


def refuse_rows(condition: str, message: str, column: tuple[str, str], schema: str | None, type_: str = "") -> str:
    """The same: nothing of a script that failed is left."""
    return refuse(condition, message)


def lacks(columns: Sequence[tuple[str, str]], schema: str | None) -> str:
    """The condition that one of these columns is missing; names are compared in upper case, as the model has them."""
    owner = names.literal(names.spelling(schema)) if schema else ""
    wanted = ", ".join(f"({sqltext.quoted(table)}, {sqltext.quoted(column)})" for table, column in columns)
    return (
        f"EXISTS (SELECT 1 FROM (VALUES {wanted}) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM sys.tables t "
        f"JOIN sys.columns c ON c.object_id = t.object_id WHERE t.schema_id = SCHEMA_ID({owner}) "
        "AND UPPER(t.name) = w.t AND UPPER(c.name) = w.c))"
    )


def requires(changes: Sequence[Change], live: Schema, schema: str | None) -> Sequence[str]:
    """What would be lost in silence; of all else that is in the way the server makes an error."""
    asked = obstacles.silent(changes, live)
    return [_batch(tsql.refuse_found(dependents.answers(asked, schema)))] if asked else []


def begin(name: str, before: str, release: str) -> str:
    """Nothing: the database is at the release before, or the script has ended."""
    return ""


def look(statements: Sequence[Statement], live: Schema, schema: str | None) -> str:
    """Nothing: of a script that failed, nothing is in."""
    return ""


def unit(number: int, statement: Statement, live: Schema, schema: str | None) -> str:
    """One statement, in a batch of its own."""
    end = "" if statement.sql.endswith(";") else ";"
    return _batch(f"{statement.sql}{end}")


def stamp(name: str, older: Sequence[str], release: str) -> str:
    """Says that the database is at this release."""
    return _batch(f"DELETE FROM {name};\nINSERT INTO {name} (version_num) VALUES ('{release}');")


def closing() -> str:
    """Commits, unless something failed; the session can be used again in any case."""
    return "COMMIT;\nGO\nSET NOEXEC OFF;\nIF XACT_STATE() <> 0 ROLLBACK;\nGO"


def _batch(sql: str) -> str:
    return f"{sql}\n{GO}"
