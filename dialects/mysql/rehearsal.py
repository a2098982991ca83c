"""Where an upgrade is rehearsed on MySQL and MariaDB: in a database of its own, with the same tables and no rows."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema.errors import Refused

from . import names

STAGE = "an empty copy of the tables"

PREFIX = "apim_schema_rehearsal_"
DATABASE = """
SELECT default_character_set_name AS charset, default_collation_name AS collation
FROM information_schema.schemata WHERE schema_name = :schema"""
TABLES = """
SELECT table_name AS name FROM information_schema.tables
WHERE table_schema = :schema AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name"""


@contextmanager
def stage(connection: Connection, schema: str) -> Iterator[str]:
    """A new database with the tables of this one, dropped at the end: its name is nobody else's.

    Raises Refused where the login may not make one.
    """
    name = f"{PREFIX}{secrets.token_hex(8)}"
    _create(connection, name, schema)
    try:
        _copy(connection, schema, name)
        yield name
    finally:
        _run(connection, f"DROP DATABASE {names.sql(name)}")
        _run(connection, f"USE {names.sql(schema)}")


def _create(connection: Connection, name: str, schema: str) -> None:
    """CREATE DATABASE fails where there is one of this name: what is dropped in the end is ours."""
    row = connection.execute(text(DATABASE), {"schema": schema}).one()
    try:
        _run(connection, f"CREATE DATABASE {names.sql(name)} CHARACTER SET {row.charset} COLLATE {row.collation}")
    except DBAPIError as error:
        pattern = PREFIX.replace("_", "\\_")
        raise Refused(
            "a rehearsal needs a database of its own, and the server says",
            found=str(error.orig).strip(),
            way_out=f"GRANT ALL ON `{pattern}%`.* to the login, for CREATE and DROP among others",
        ) from error


def _copy(connection: Connection, schema: str, name: str) -> None:
    """Tables with their keys, checks, partitions and computed columns; nothing else is in the way of a statement."""
    definitions = [
        connection.exec_driver_sql(
            f"SHOW CREATE TABLE {names.qualified(row.name, schema)}", execution_options={"no_parameters": True}
        ).one()[1]
        for row in connection.execute(text(TABLES), {"schema": schema}).all()
    ]
    for statement in (
        f"USE {names.sql(name)}",
        "SET foreign_key_checks = 0",
        *definitions,
        "SET foreign_key_checks = 1",
    ):
        _run(connection, statement)


def _run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
