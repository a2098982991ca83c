"""How the rows that stand in the way are named, with keys as only MySQL has them."""

from __future__ import annotations

from importlib import import_module

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import preflight, registry
from apim_schema.changes import AddColumn, AlterColumn, CreateIndex, CreateUnique, DropColumn
from apim_schema.hazards import BLOCK, CORRECT
from apim_schema.schema import Column, Index, Key
from tests.dialects.mysql.conftest import Run

DIALECT = registry.load("mysql")
COLUMNS = "ID VARCHAR(255) NOT NULL, V VARCHAR(1024) NOT NULL"
SHORTER = AlterColumn("T", "V", type="VARCHAR(2)", narrows="VARCHAR(1024)")
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
    (found,) = preflight.check(DIALECT, connection, schema, live, [SHORTER])
    assert str(found).endswith(f"characters it will have: {named}; {CORRECT}")


@pytest.mark.parametrize(
    ("setting", "answer", "columns", "said"),
    [
        ("KEY_LIMIT", "SELECT 16384 AS page", ("ID", "V"), ""),
        ("KEY_LIMIT", "SELECT 8192 AS page", ("ID",), ""),
        ("KEY_LIMIT", "SELECT 8192 AS page", ("ID", "V"), "would have 2040 bytes, and this server allows 1536"),
        ("LARGE_PREFIX", "SELECT 'innodb_large_prefix', 'ON'", ("ID", "V"), ""),
        ("LARGE_PREFIX", "SELECT 'innodb_large_prefix', 'OFF'", ("ID", "V"), "1020 bytes, and this server allows 767"),
    ],
)
def test_a_key_that_is_too_long_for_this_server(
    connection: Connection,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    answer: str,
    columns: tuple[str, ...],
    said: str,
) -> None:
    """As a server with small pages, and as MySQL 5.7, answer."""
    run("CREATE TABLE T (ID VARCHAR(255), V VARCHAR(255)) CHARACTER SET utf8mb4")
    monkeypatch.setattr(import_module("apim_schema.dialects.mysql.obstacles"), setting, answer)
    live, schema = DIALECT.introspect.read(connection, None), DIALECT.session.default_schema(connection)
    for change in (CreateIndex("T", Index("I", columns)), CreateUnique("T", Key(columns))):
        found = DIALECT.obstacles.find(connection, schema, [change], live)
        assert [(o.level, o.table, o.query) for o in found] == [(BLOCK, "T", answer)] * bool(said)
        assert all(said in obstacle.problem for obstacle in found)


@pytest.mark.parametrize(
    ("key", "collation", "rows", "refused"),
    [
        ("UNIQUE (ROLE_NAME, ATTR_NAME)", "latin1_swedish_ci", "('x', 'y'), ('X', 'Y')", True),
        ("PRIMARY KEY (ROLE_NAME, ATTR_NAME(2))", "latin1_swedish_ci", "('x', 'abc'), ('X', 'ABd'), ('z', 'z')", True),
        (
            "UNIQUE (ROLE_NAME, ATTR_NAME)",
            "latin1_swedish_ci",
            "('x', 'y'), ('X', 'z'), (NULL, 'z'), (NULL, 'z')",
            False,
        ),
        ("UNIQUE (ROLE_NAME, ATTR_NAME)", "latin1_general_cs", "('x', 'y'), ('X', 'y')", False),
        ("INDEX (ROLE_NAME, ATTR_NAME)", "latin1_swedish_ci", "('x', 'y'), ('X', 'y')", False),
    ],
)
def test_a_collation_that_takes_more_for_equal(
    connection: Connection, run: Run, key: str, collation: str, rows: str, refused: bool
) -> None:
    """As on the way back from 4.7.0, whose keys tell upper from lower case; both columns go together."""
    run(f"CREATE TABLE IDN_SCIM_GROUP (ROLE_NAME VARCHAR(9), ATTR_NAME VARCHAR(9), {key}) COLLATE latin1_bin")
    run(f"INSERT INTO IDN_SCIM_GROUP VALUES {rows}")
    live, schema = DIALECT.introspect.read(connection, None), DIALECT.session.default_schema(connection)
    both = ("ROLE_NAME", "ATTR_NAME")
    wanted = [AlterColumn("IDN_SCIM_GROUP", name, charset="latin1", collation=collation) for name in both]
    found = [finding.problem for finding in preflight.check(DIALECT, connection, schema, live, wanted)]
    assert [problem.partition(" gets another collation")[0] for problem in found] == [*both] * refused
    statements = [statement.sql for statement in DIALECT.ddl.combined(wanted, live, None)]
    if refused:
        with pytest.raises(DBAPIError, match="1062"):
            run(*statements)
    else:
        run(*statements)


def test_a_value_in_another_case_is_none_of_the_default(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (ID INT PRIMARY KEY, V VARCHAR(9) DEFAULT 'OFF') COLLATE latin1_swedish_ci")
    run("INSERT INTO T VALUES (1, 'OFF'), (2, 'off'), (3, NULL)")
    live, schema = DIALECT.introspect.read(connection, None), DIALECT.session.default_schema(connection)
    (found,) = preflight.check(DIALECT, connection, schema, live, [DropColumn("T", "V")])
    assert found.keys == ((2,),)


@pytest.mark.parametrize(("own", "refused"), [(64_900, False), (64_930, True)])
def test_a_row_that_gets_too_long(connection: Connection, run: Run, own: int, refused: bool) -> None:
    """As with a wide column that a customer has added to a table which gets another one."""
    run(f"CREATE TABLE T (ID INT PRIMARY KEY, V VARCHAR({own}), B BLOB) CHARACTER SET latin1")
    live, schema = DIALECT.introspect.read(connection, None), DIALECT.session.default_schema(connection)
    wanted = [AddColumn("T", Column("A", "VARCHAR(300)")), AddColumn("T", Column("C", "VARCHAR(300)"))]
    found = [finding.problem for finding in preflight.check(DIALECT, connection, schema, live, wanted)]
    assert bool(found) == refused, found
    statements = [statement.sql for statement in DIALECT.ddl.combined(wanted, live, None)]
    if refused:
        with pytest.raises(DBAPIError, match="1118"):
            run(*statements)
    else:
        run(*statements)
