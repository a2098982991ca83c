"""What becomes of a customer's object over a column or a table that is dropped: each is tried without the check.

Whatever the server refuses, takes with it, or lets stand to no use must be found beforehand.
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
    "CREATE TABLE also (id INT, kind VARCHAR(20))",
    "INSERT INTO stays VALUES (1, 'a', 'b')",
)
WANTED = (DropColumn("STAYS", "KIND"), DropTable("GOES"))
WRITE = "UPDATE stays SET a = 'c'"
FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN {0} RETURN NEW; END$f$"
TRIGGER = "CREATE TRIGGER g BEFORE UPDATE ON stays FOR EACH ROW EXECUTE FUNCTION f()"
CHECKED = "INSERT INTO stays (id, a) VALUES (2, NULL)"

CASES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "view": (("CREATE VIEW v AS SELECT kind FROM stays",), "view v names KIND", ""),
    "view of a table": (("CREATE VIEW v AS SELECT id FROM goes",), "view v depends on the table", ""),
    "column of the row type": (("CREATE TABLE t (g goes)",), "column g of table t depends on the table", ""),
    "foreign key of another schema": (
        ("CREATE SCHEMA other", "CREATE TABLE other.t (id INT CONSTRAINT k REFERENCES goes (id))"),
        "constraint k on table other.t depends on the table",
        "",
    ),
    "computed column": (
        ("ALTER TABLE stays ADD v TEXT GENERATED ALWAYS AS (upper(kind)) STORED",),
        "column v of table stays names KIND",
        "",
    ),
    "trigger": ((FUNCTION.format("NEW.a := NEW.kind;"), TRIGGER), "trigger g on STAYS names KIND", WRITE),
    "trigger that writes": (
        (FUNCTION.format("INSERT INTO goes VALUES (2);"), TRIGGER),
        "trigger g on STAYS names the table",
        WRITE,
    ),
    "trigger of another column": ((FUNCTION.format("NEW.a := 'kind';"), TRIGGER), "", WRITE),
    "check of another column": (("ALTER TABLE stays ADD CONSTRAINT c CHECK (a <> 'kind')",), "", WRITE),
    "view of a namesake": (("CREATE VIEW v AS SELECT kind FROM also",), "", "SELECT * FROM v"),
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


@pytest.mark.parametrize(("made", "named", "then"), CASES.values(), ids=CASES)
def test_what_depends_on_what_goes(
    connection: Connection, run: Run, made: tuple[str, ...], named: str, then: str
) -> None:
    """Where `named`, dropping fails, or what is run `then` does."""
    run(*MADE, *made)
    told = blocking(connection)
    assert bool(told) == bool(named), told
    assert named in "\n".join(told)
    if named:
        with pytest.raises(DBAPIError, match=r"depend on it|has no field|does not exist"):
            drop(connection, run, *filter(None, [then]))
    else:
        drop(connection, run, then)


@pytest.mark.parametrize(("made", "named"), SILENT.items())
def test_what_would_go_in_silence(connection: Connection, run: Run, made: str, named: str) -> None:
    run(*MADE, made)
    assert blocking(connection) == [f"{named} names KIND, which is dropped"]
    drop(connection, run, CHECKED)
