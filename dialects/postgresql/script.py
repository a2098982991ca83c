"""The frame of a script for psql: one transaction that the first error ends, with an exit code that is not 0.

See https://www.postgresql.org/docs/current/app-psql.html.
"""

from __future__ import annotations

from collections.abc import Sequence

from apim_schema import sqltext
from apim_schema.changes import Change
from apim_schema.impact import Statement
from apim_schema.schema import Schema

from . import names, silent

CLIENT = "psql"
COMMAND = "psql --no-psqlrc -d {database} -f upgrade.sql"
CONTINUES = False
"""Whether a script that failed can be run again: here nothing of it is left."""

OPENING = """\\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = warning;"""


REFUSE = """DO $refuse$ BEGIN IF
    {condition}
THEN RAISE EXCEPTION USING message =
    {message};
END IF; END $refuse$;"""

NOW = "date_trunc('second', now() AT TIME ZONE 'UTC')"
WHO = "current_user"


def opening() -> str:
    """Stop at the first error, and begin the transaction."""
    return OPENING


def version_table(name: str) -> str:
    """Makes the table of the stamp where there is none."""
    return f"CREATE TABLE IF NOT EXISTS {name} (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"


def own_table(name: str, create: str) -> str:
    """Makes a table of ours where there is none."""
    return f"{create.replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS', 1)};"


def plain(sql: str) -> str:
    return f"{sql};"


def refuse(condition: str, message: str) -> str:
    """An error with this message where the condition holds."""
    return REFUSE.format(condition=condition, message=sqltext.quoted(message))


def refuse_rows(condition: str, message: str, column: tuple[str, str], schema: str | None, type_: str = "") -> str:
    """The same: nothing of a script that failed is left."""
    return refuse(condition, message)


def lacks(columns: Sequence[tuple[str, str]], schema: str | None) -> str:
    """The condition that one of these columns is missing; it needs no parentheses of its own."""
    owner = sqltext.quoted(schema) if schema else "current_schema()"
    wanted = ", ".join(
        f"({sqltext.quoted(names.to_server(table))}, {sqltext.quoted(names.to_server(column))})"
        for table, column in columns
    )
    return (
        f"EXISTS (SELECT 1 FROM (VALUES {wanted}) AS w (t, c) WHERE NOT EXISTS (SELECT 1 FROM "
        f"information_schema.columns WHERE table_schema = {owner} AND table_name = w.t AND column_name = w.c))"
    )


def requires(wanted: Sequence[Change], live: Schema, schema: str | None) -> Sequence[str]:
    """What would go along, or stand and mean something else, without an error.

    Whatever else is in the way makes a statement fail, and nothing is left of the script: of bytes that become text,
    the server takes no check or index over.
    """
    asked = silent.conditions(wanted, live, schema)
    return [refuse(condition, f"{problem}: apim-schema plan names it") for problem, condition in asked]


def begin(name: str, before: str, release: str) -> str:
    """Nothing: the database is at the release before, or the script has ended."""
    return ""


def look(statements: Sequence[Statement], live: Schema, schema: str | None) -> str:
    """Nothing: of a script that failed, nothing is in."""
    return ""


def unit(number: int, statement: Statement, live: Schema, schema: str | None) -> str:
    """One statement with its terminator."""
    return f"{statement.sql};"


def stamp(name: str, older: Sequence[str], release: str) -> str:
    """Says that the database is at this release."""
    return f"DELETE FROM {name};\nINSERT INTO {name} (version_num) VALUES ('{release}');"


def closing() -> str:
    return "COMMIT;"
