"""A SQL Server whose catalog views can be asked anything: each view of the facts is a table of a PostgreSQL server.

The functions are made there too, as far as the queries use them.
"""

from __future__ import annotations

from types import SimpleNamespace as Row
from typing import Any

import sqlalchemy as sa

from apim_schema import chain
from tests.dialects.mssql import facts, held

LIVE = chain.expected("mssql", "apim", "4.5.0")
CONVERTED, NARROWED, WIDENED = "AM_API_POLICY_MAPPING", "AM_API_ENDPOINTS", "AM_SERVICE_CATALOG"
TABLES = (CONVERTED, NARROWED, WIDENED)

NUMBERS = (
    "rows",
    "used_pages",
    "max_length",
    "precision",
    "scale",
    "fill_factor",
    "key_ordinal",
    "partition_ordinal",
    "partition_number",
    "encryption_type",
    "size",
    "max_size",
    "growth",
)
FUNCTIONS = """
CREATE COLLATION sys.database_default FROM "C";
CREATE FUNCTION sys.schema_id(text) RETURNS integer LANGUAGE sql AS $$ SELECT CASE WHEN $1 = 'dbo' THEN 1 END $$;
CREATE FUNCTION sys.schema_name(integer) RETURNS text LANGUAGE sql AS
    $$ SELECT CASE $1 WHEN 1 THEN 'dbo' WHEN 2 THEN 'hr' END $$;
CREATE FUNCTION sys.charindex(text, text) RETURNS integer LANGUAGE sql AS $$ SELECT strpos($2, $1) $$;
CREATE FUNCTION sys.quotename(text) RETURNS text LANGUAGE sql AS $$ SELECT '[' || $1 || ']' $$;
CREATE FUNCTION sys.user_name(integer) RETURNS text LANGUAGE sql AS $$ SELECT 'user' || $1 $$;
CREATE FUNCTION sys.object_name(integer) RETURNS text LANGUAGE sql AS
    $$ SELECT name FROM sys.objects WHERE object_id = $1 $$;
CREATE FUNCTION sys.object_id(text) RETURNS integer LANGUAGE sql AS
    $$ SELECT coalesce((SELECT object_id FROM sys.tables WHERE schema_id = 1 AND '[dbo].[' || name || ']' = $1),
                       to_regclass($1)::oid::integer) $$;
CREATE FUNCTION sys.db_id() RETURNS integer LANGUAGE sql AS $$ SELECT 5 $$;
CREATE FUNCTION sys.dm_os_volume_stats(integer, integer) RETURNS SETOF sys.dm_os_volume_stats LANGUAGE sql AS
    $$ SELECT * FROM sys.dm_os_volume_stats WHERE (database_id, file_id) = ($1, $2) $$;
CREATE FUNCTION sys.db_name() RETURNS text LANGUAGE sql AS $$ SELECT 'apim' $$;
CREATE FUNCTION sys.has_perms_by_name(text, text, text) RETURNS integer LANGUAGE sql AS
    $$ SELECT CASE WHEN strpos(current_setting('login.lacks', true), $3) > 0 THEN 0 ELSE 1 END $$;
CREATE OPERATOR sys.+ (LEFTARG = text, RIGHTARG = text, FUNCTION = textcat);
"""


class Catalog:
    """A connection to a server with these views; `facts` are what it says of itself and of the login."""

    def __init__(self, connection: sa.Connection) -> None:
        self.database, self.info = connection, dict[str, object]()
        self.facts: dict[str, int | None] = {
            "babelfish": None,
            "classifications": 1,
            "alters": 1,
            "creates": 1,
            "definitions": 1,
            "dependencies": 1,
            "volumes": None,
        }
        self.asked: list[str] = []

    def exec_driver_sql(self, sql: str, **options: Any) -> Any:
        self.asked.append(held.hold(sql))
        if "SERVERPROPERTY" in sql or "AS dependencies" in sql:
            return [Row(**self.facts)]
        return self.database.exec_driver_sql(
            sql.replace("N'", "'").replace("CROSS APPLY", "CROSS JOIN LATERAL"), **options
        )

    def add(self, view: str, **values: object) -> None:
        for name, value in values.items():
            legal = facts.VIEWS[view].columns[name]
            assert legal is None or str(value) in legal, f"sys.{view}.{name} is never {value!r}"
        listed = ", ".join(f":{name}" for name in values)
        self.database.execute(sa.text(f"INSERT INTO sys.{view} ({', '.join(values)}) VALUES ({listed})"), values)


def view(name: str) -> str:
    columns = ", ".join(f"{column} {_type(column, legal)}" for column, legal in facts.VIEWS[name].columns.items())
    return f"CREATE TABLE sys.{name} ({columns})"


def _type(column: str, legal: facts.Legal) -> str:
    if column.endswith(("_bytes", "_count")):
        return "bigint"
    number = column.endswith("_id") or column in NUMBERS or (legal and all(value.isdigit() for value in legal))
    return "integer" if number else "text"


def make(connection: sa.Connection) -> None:
    """Makes the views, with the tables of the tests in them."""
    for statement in ("CREATE SCHEMA sys", "SET search_path TO sys, pg_catalog", *map(view, facts.VIEWS)):
        connection.exec_driver_sql(statement)
    for statement in FUNCTIONS.strip().split(";\n"):
        connection.exec_driver_sql(statement)
    tables(Catalog(connection))


def tables(catalog: Catalog) -> None:
    """The tables that change, one of which another schema has as well, and their columns in the order of the model."""
    quiet = dict.fromkeys(("is_published", "is_merge_published", "is_replicated", "is_sync_tran_subscribed"), 0)
    quiet |= dict.fromkeys(("temporal_type", "is_tracked_by_cdc", "is_memory_optimized", "is_ms_shipped"), 0)
    for number, name in enumerate(TABLES, start=1):
        catalog.add("tables", object_id=number, name=name, schema_id=1, **quiet)
        for place, column in enumerate(LIVE.tables[name].columns, start=1):
            catalog.add(
                "columns", object_id=number, name=column, column_id=place, rule_object_id=0, default_object_id=0
            )
    catalog.add("tables", object_id=99, name=CONVERTED, schema_id=2, **(quiet | {"temporal_type": 2}))
    catalog.add("columns", object_id=99, name="PARAMETERS", column_id=1, rule_object_id=0, default_object_id=0)


def number(table: str) -> int:
    return TABLES.index(table) + 1


def place(table: str, column: str) -> int:
    return list(LIVE.tables[table].columns).index(column) + 1


def name(table: int, column: int) -> str:
    return list(LIVE.tables[TABLES[table - 1]].columns)[column - 1]
