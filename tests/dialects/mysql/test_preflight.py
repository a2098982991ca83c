"""How the rows that stand in the way are named, with keys as only MySQL has them."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from apim_schema import preflight, registry
from apim_schema.changes import AlterColumn
from apim_schema.dialect import CORRECT
from tests.dialects.mysql.conftest import Run

DIALECT = registry.load("mysql")
COLUMNS = "ID VARCHAR(255) NOT NULL, V VARCHAR(1024) NOT NULL"
NAMED = "(ID='b', V='too long'), (ID='c', V='longer still')"


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("PRIMARY KEY (ID, V(3))", NAMED),
        ("UNIQUE (ID, V(3))", "(ID='b'), (ID='c')"),
        ("INDEX (ID)", "2 rows"),
    ],
)
def test_rows_are_named_by_their_key(connection: Connection, run: Run, key: str, named: str) -> None:
    run(f"CREATE TABLE T ({COLUMNS}, {key})")
    run("INSERT INTO T VALUES ('a', 'ok'), ('b', 'too long'), ('c', 'longer still')")
    live = DIALECT.introspect.read(connection, None)
    schema = DIALECT.session.default_schema(connection)
    (found,) = preflight.check(DIALECT, connection, schema, live, [AlterColumn("T", "V", type="VARCHAR(2)")])
    assert str(found).endswith(f"characters it will have: {named}; {CORRECT}")
