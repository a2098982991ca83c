"""What another database has to do with a table that is dropped: it is tried without the check.

What every database has is in tests/conformance.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.changes import DropColumn, DropTable
from apim_schema.hazards import BLOCK
from tests.dialects.mysql.conftest import Run
from tests.servers import Server, new_database

DIALECT = registry.load("mysql")
MADE = "CREATE TABLE GOES (ID INT PRIMARY KEY, KIND VARCHAR(20))"
WANTED = (DropTable("GOES"),)


def blocking(connection: Connection) -> list[str]:
    live = DIALECT.introspect.read(connection, None)
    schema = DIALECT.session.default_schema(connection)
    found = DIALECT.obstacles.find(connection, schema, WANTED, live)
    return [obstacle.problem for obstacle in found if obstacle.level == BLOCK]


def test_what_another_database_points_to(both: Server, connection: Connection, run: Run) -> None:
    run(MADE)
    here = DIALECT.session.default_schema(connection)
    with new_database(both) as url:
        child = f"{make_url(url).database}.CHILD"
        run(f"CREATE TABLE {child} (ID INT, CONSTRAINT K FOREIGN KEY (ID) REFERENCES {here}.GOES (ID))")
        assert blocking(connection) == [f"foreign key K of {child} names the table, which is dropped"]
        with pytest.raises(DBAPIError, match=r"3730|1451"):
            run("DROP TABLE GOES")


OTHERS = {
    "view": "CREATE VIEW {0}.X AS SELECT g.KIND FROM {1}.GOES g",
    "trigger": "CREATE TRIGGER {0}.X BEFORE INSERT ON {0}.STAYS FOR EACH ROW DELETE FROM {1}.GOES",
}


@pytest.mark.parametrize("made", OTHERS.values(), ids=OTHERS)
def test_what_another_database_reads_is_named_and_its_namesakes_are_not(
    both: Server, connection: Connection, run: Run, made: str
) -> None:
    """Two environments on one server have the same tables, and the one is no matter of the other."""
    run(MADE)
    here = DIALECT.session.default_schema(connection)
    with new_database(both) as url:
        there = make_url(url).database
        run(MADE.replace("GOES", f"{there}.GOES"), f"CREATE TABLE {there}.STAYS (ID INT)", made.format(there, there))
        assert blocking(connection) == []
        run(*asked(connection))
        run(f"DROP {made.split()[1]} {there}.X", made.format(there, here))
        (told,) = blocking(connection)
        assert f"{there}.X names the table, which is dropped" in told
        with pytest.raises(DBAPIError, match=f"a {made.split()[1].lower()} reads what is dropped or converted"):
            run(*asked(connection))


def asked(connection: Connection) -> Sequence[str]:
    """What a script asks before its first statement."""
    return list(DIALECT.script.requires(WANTED, DIALECT.introspect.read(connection, None), None))


def test_a_check_of_another_table_with_the_same_name_is_none_of_the_columns(connection: Connection, run: Run) -> None:
    """On MariaDB the name of a check is its table's, and the first without a name is CONSTRAINT_1 in each."""
    run("CREATE TABLE T (A INT, B INT, CHECK (A > 0))", "CREATE TABLE U (B INT, CHECK (B > 0))")
    live = DIALECT.introspect.read(connection, None)
    run(*DIALECT.script.requires([DropColumn("T", "B")], live, None))
    with pytest.raises(DBAPIError, match="a check or a generated column reads what is dropped or converted"):
        run(*DIALECT.script.requires([DropColumn("T", "A")], live, None))
