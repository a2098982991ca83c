"""What becomes of a foreign key of another database to a table that is dropped: it is tried without the check.

What every database has is in tests/conformance.
"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.changes import DropTable
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
