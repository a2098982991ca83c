"""What becomes of a customer's object over a column or a table that is dropped: each is tried without the check.

Whatever the server refuses, and whatever it lets stand that is of no use afterwards, must be found beforehand.
"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.changes import DropColumn, DropTable
from apim_schema.hazards import BLOCK
from tests.dialects.mysql.conftest import Run
from tests.servers import Server, new_database

DIALECT = registry.load("mysql")
MADE = (
    "CREATE TABLE STAYS (ID INT PRIMARY KEY, A VARCHAR(20), KIND VARCHAR(20))",
    "CREATE TABLE GOES (ID INT PRIMARY KEY, KIND VARCHAR(20))",
    "CREATE TABLE ALSO (ID INT, KIND VARCHAR(20))",
    "INSERT INTO STAYS VALUES (1, 'a', 'b')",
)
WANTED = (DropColumn("STAYS", "KIND"), DropTable("GOES"))
WRITE = "UPDATE STAYS SET A = 'c'"
TRIGGER = "CREATE TRIGGER G BEFORE UPDATE ON STAYS FOR EACH ROW "

CASES = {
    "check": ("ALTER TABLE STAYS ADD CONSTRAINT C CHECK (KIND <> A)", "constraint C names KIND", ""),
    "computed column": ("ALTER TABLE STAYS ADD V VARCHAR(20) AS (UPPER(KIND))", "generated column V names KIND", ""),
    "view": ("CREATE VIEW V AS SELECT s.KIND FROM STAYS s", "view V names KIND", "SELECT * FROM V"),
    "view of a table": ("CREATE VIEW V AS SELECT ID FROM GOES", "view V names the table", "SELECT * FROM V"),
    "trigger": (f"{TRIGGER} SET @x = OLD.`kind`", "trigger G names KIND", WRITE),
    "trigger that writes": (f"{TRIGGER} INSERT INTO GOES VALUES (2, 'x')", "trigger G names the table", WRITE),
    "view of a namesake": (
        "CREATE VIEW V AS SELECT s.ID, a.KIND FROM STAYS s JOIN ALSO a ON a.ID = s.ID",
        "",
        "SELECT * FROM V",
    ),
    "trigger of another column": (f"{TRIGGER} SET NEW.A = 'KIND'", "", WRITE),
    "check of another column": ("ALTER TABLE STAYS ADD CONSTRAINT C CHECK (A <> 'KIND')", "", WRITE),
}


def blocking(connection: Connection) -> list[str]:
    live = DIALECT.introspect.read(connection, None)
    schema = DIALECT.session.default_schema(connection)
    found = DIALECT.obstacles.find(connection, schema, WANTED, live)
    return [obstacle.problem for obstacle in found if obstacle.level == BLOCK]


def drop(connection: Connection, run: Run, *then: str) -> None:
    live = DIALECT.introspect.read(connection, None)
    run(*(statement.sql for statement in DIALECT.ddl.combined(WANTED, live, None)), *then)


@pytest.mark.parametrize(("made", "named", "then"), CASES.values(), ids=CASES)
def test_what_depends_on_what_goes(connection: Connection, run: Run, made: str, named: str, then: str) -> None:
    """Where `named`, dropping fails, or what is run `then` does."""
    run(*MADE, made)
    told = blocking(connection)
    assert bool(told) == bool(named), told
    assert named in "\n".join(told)
    if named:
        with pytest.raises(DBAPIError, match=r"3108|3959|1054|1356|1146|1901"):
            drop(connection, run, *filter(None, [then]))
    else:
        drop(connection, run, then)


def test_what_another_database_points_to(both: Server, connection: Connection, run: Run) -> None:
    run(*MADE)
    here = DIALECT.session.default_schema(connection)
    with new_database(both) as url:
        child = f"{make_url(url).database}.CHILD"
        run(f"CREATE TABLE {child} (ID INT, CONSTRAINT K FOREIGN KEY (ID) REFERENCES {here}.GOES (ID))")
        assert blocking(connection) == [f"foreign key K of {child} names the table, which is dropped"]
        with pytest.raises(DBAPIError, match=r"3730|1451"):
            drop(connection, run)
