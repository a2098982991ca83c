"""What becomes of PostgreSQL's own objects over a column or a table that is dropped: each is tried without the check.

Those that every database has are in tests/conformance.
"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.changes import DropColumn, DropTable
from apim_schema.hazards import BLOCK
from tests.dialects.postgresql.conftest import Run

DIALECT = registry.load("postgresql")
MADE = (
    "CREATE TABLE stays (id INT PRIMARY KEY, a VARCHAR(20), kind VARCHAR(20) DEFAULT 'x')",
    "CREATE TABLE goes (id INT PRIMARY KEY, kind VARCHAR(20))",
)
WANTED = (DropColumn("STAYS", "KIND"), DropTable("GOES"))
CHECKED = "INSERT INTO stays (id, a) VALUES (2, NULL)"

REFUSED = {
    ("CREATE TABLE t (g goes)",): "column g of table t",
    (
        "CREATE SCHEMA other",
        "CREATE TABLE other.t (id INT CONSTRAINT k REFERENCES goes (id))",
    ): "constraint k on table other.t",
}
SILENT = {
    "ALTER TABLE stays ADD CONSTRAINT c CHECK (a IS NOT NULL OR kind IS NULL)": "constraint c on table stays",
    "CREATE STATISTICS s ON a, kind FROM stays": "statistics object s",
}


def blocking(connection: Connection) -> list[str]:
    live = DIALECT.introspect.read(connection, None)
    found = DIALECT.obstacles.find(connection, "public", WANTED, live)
    return [obstacle.problem for obstacle in found if obstacle.level == BLOCK]


def drop(connection: Connection, run: Run, *then: str) -> None:
    live = DIALECT.introspect.read(connection, None)
    run(*(statement.sql for statement in DIALECT.ddl.combined(WANTED, live, None)), *then)


@pytest.mark.parametrize(("made", "named"), REFUSED.items())
def test_what_the_server_would_refuse(connection: Connection, run: Run, made: tuple[str, ...], named: str) -> None:
    run(*MADE, *made)
    assert blocking(connection) == [f"{named} depends on the table, which is dropped"]
    with pytest.raises(DBAPIError, match="depend on it"):
        drop(connection, run)


@pytest.mark.parametrize(("made", "named"), SILENT.items())
def test_what_would_go_in_silence(connection: Connection, run: Run, made: str, named: str) -> None:
    run(*MADE, made)
    assert blocking(connection) == [f"{named} names KIND, which is dropped"]
    drop(connection, run, CHECKED)
