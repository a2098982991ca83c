"""What a change costs, held against what the server does: whether its rows are written anew, and who may write.

A table that is rebuilt has another number in InnoDB. Whether others may write, the server says when it is asked to
let them: LOCK=NONE is refused where it can't be.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema import changes, registry
from apim_schema.changes import Change
from apim_schema.dialect import Statement, Work
from apim_schema.schema import Column, ForeignKey, Index, Key, Server
from tests.dialects.mysql.conftest import Run

DIALECT = registry.load("mysql")
TABLES = (
    "CREATE TABLE P (ID INT PRIMARY KEY)",
    "CREATE TABLE T (ID INT NOT NULL PRIMARY KEY, SHORT VARCHAR(45) NOT NULL, MIDDLE VARCHAR(200), "
    "LONG_ VARCHAR(1024), N INT NOT NULL, M INT, P INT, UNIQUE KEY U (SHORT), KEY I (N), "
    "CONSTRAINT F FOREIGN KEY (P) REFERENCES P (ID) ON DELETE CASCADE) CHARACTER SET latin1{options}",
    "INSERT INTO P VALUES (1)",
    "INSERT INTO T VALUES (1, 'a', 'b', 'c', 1, 1, 1), (2, 'x', 'y', 'z', 2, 2, 1)",
)
ADD = changes.AddColumn("T", Column("D", "INTEGER", False, "0"))
CASES: Sequence[tuple[Change, Work]] = [
    (ADD, "metadata"),
    (changes.AddColumn("T", Column("D", "VARCHAR(9)", False), "'x'"), "metadata"),
    (changes.AlterColumn("T", "SHORT", "VARCHAR(255)"), "metadata"),
    (changes.AlterColumn("T", "MIDDLE", "VARCHAR(512)"), "rebuild"),
    (changes.AlterColumn("T", "LONG_", "VARCHAR(2048)"), "metadata"),
    (changes.AlterColumn("T", "LONG_", "VARCHAR(512)"), "rebuild"),
    (changes.AlterColumn("T", "N", "BIGINT"), "rebuild"),
    (changes.AlterColumn("T", "MIDDLE", charset="utf8mb4", collation="utf8mb4_bin"), "rebuild"),
    (changes.AlterColumn("T", "N", nullable=True), "rebuild"),
    (changes.AlterColumn("T", "M", nullable=False), "rebuild"),
    (changes.TextToBinary("T", "LONG_", "BLOB"), "rebuild"),
    (changes.ReplacePrimaryKey("T", ("ID", "SHORT")), "rebuild"),
    (changes.CreateIndex("T", Index("J", ("M",))), "in place"),
    (changes.CreateUnique("T", Key(("M",), "V")), "in place"),
    (changes.DropUnique("T", ("SHORT",)), "metadata"),
    (changes.DropIndex("T", "I"), "metadata"),
    (changes.DropColumn("T", "M"), "rebuild"),
    (changes.DropForeignKey("T", ("P",), "P"), "metadata"),
    (changes.ReplaceForeignKey("T", ForeignKey(("P",), "P", ("ID",))), "rebuild"),
]


@pytest.mark.parametrize(("change", "work"), CASES, ids=str)
def test_what_a_change_costs(connection: Connection, run: Run, change: Change, work: Work) -> None:
    made(run)
    assert dearest(connection, change) == work


def made(run: Run, options: str = "") -> None:
    run(*(statement.format(options=options) for statement in TABLES))


def dearest(connection: Connection, change: Change) -> Work:
    """Makes a change, holds what each of its statements was said to cost against what it did, and gives the dearest."""
    live = DIALECT.introspect.read(connection, None)
    assert live.server is not None
    for statement in DIALECT.ddl.statements(change, live, None):
        before = number(connection, live.server)
        if statement.impact.blocks == "writes":
            assert not lets_write(connection, statement)
        else:
            assert lets_write(connection, statement)
        assert (number(connection, live.server) != before) == statement.impact.rewrites, statement
    assert change.is_in(DIALECT.introspect.read(connection, None))
    return DIALECT.impact.assess(change, live).work


def lets_write(connection: Connection, statement: Statement) -> bool:
    """Runs a statement, if others may write meanwhile; and as it stands where they may not."""
    stated = "ALGORITHM=" in statement.sql
    try:
        connection.exec_driver_sql(statement.sql if stated else f"{statement.sql}, LOCK=NONE")
    except DBAPIError:
        connection.exec_driver_sql(statement.sql)
        return False
    return True


def number(connection: Connection, server: Server) -> int:
    """The number of the table in InnoDB, which a rebuild changes."""
    view = "innodb_sys_tables" if server.name == "MariaDB" else "innodb_tables"
    query = text(f"SELECT table_id FROM information_schema.{view} WHERE name = CONCAT(DATABASE(), '/T')")
    return int(connection.execute(query).scalar_one())
