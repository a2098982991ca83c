"""What a change costs, held against what the server does: whether its rows are written anew, and who may write.

A table that is rebuilt has another number in InnoDB. Whether others may write, the server says when it is asked to
let them: LOCK=NONE is refused where it can't be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from apim_schema import changes, registry
from apim_schema.changes import Change
from apim_schema.errors import Unfinished
from apim_schema.impact import Statement, Work
from apim_schema.schema import Column, ForeignKey, Index, Key
from apim_schema.schema import Server as Kind
from tests.dialects.mysql.conftest import Run, opened, runner
from tests.servers import Server

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
    (changes.AlterColumn("T", "LONG_", "VARCHAR(512)", narrows="VARCHAR(1024)"), "rebuild"),
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
    (changes.DropColumn("T", "M"), "metadata"),
    (changes.DropForeignKey("T", ("P",), "P"), "metadata"),
    (changes.ReplaceForeignKey("T", ForeignKey(("P",), "P", ("ID",))), "rebuild"),
]


@pytest.mark.parametrize(("change", "work"), CASES, ids=str)
def test_what_a_change_costs(connection: Connection, run: Run, change: Change, work: Work) -> None:
    made(run)
    assert dearest(connection, change) == work


def test_a_text_that_crosses_255_bytes(connection: Connection, run: Run) -> None:
    """In latin1. MariaDB lets one of at most 127 bytes grow as it is; MySQL counts the bytes of the length."""
    made(run)
    live = DIALECT.introspect.read(connection, None)
    on_mariadb = live.server is not None and live.server.name == "MariaDB"
    crossing = changes.AlterColumn("T", "SHORT", "VARCHAR(512)")
    assert dearest(connection, crossing) == ("metadata" if on_mariadb else "rebuild")


def test_a_text_of_several_bytes_a_character_crosses_them_earlier(connection: Connection, run: Run) -> None:
    made(run)
    run("ALTER TABLE T MODIFY MIDDLE VARCHAR(45) CHARACTER SET utf8mb4")
    assert dearest(connection, changes.AlterColumn("T", "MIDDLE", "VARCHAR(63)")) == "metadata"
    assert dearest(connection, changes.AlterColumn("T", "MIDDLE", "VARCHAR(64)")) == "rebuild"


def test_a_column_goes_with_its_index(connection: Connection, run: Run) -> None:
    made(run)
    live = DIALECT.introspect.read(connection, None)
    on_mariadb = live.server is not None and live.server.name == "MariaDB"
    assert dearest(connection, changes.DropColumn("T", "N")) == ("metadata" if on_mariadb else "rebuild")


def test_a_compressed_table_is_rebuilt_for_a_column(connection: Connection, run: Run) -> None:
    made(run, " ROW_FORMAT=COMPRESSED")
    assert dearest(connection, ADD) == "rebuild"
    assert dearest(connection, changes.CreateIndex("T", Index("J", ("M",)))) == "in place"


def test_a_table_with_a_full_text_index_is_copied_for_a_column(connection: Connection, run: Run) -> None:
    made(run)
    run("CREATE FULLTEXT INDEX W ON T (LONG_)")
    live = DIALECT.introspect.read(connection, None)
    [statement] = DIALECT.ddl.statements(ADD, live, None)
    assert (statement.impact.work, statement.impact.blocks) == ("rebuild", "writes")
    if live.server and live.server.name == "MySQL":
        dearest(connection, ADD)


def test_a_table_that_has_used_up_its_row_versions_is_rebuilt_for_a_column(mysql: Server) -> None:
    """MySQL would refuse ALGORITHM=INSTANT with error 4092 then."""
    with opened(mysql) as connection:
        run = runner(connection)
        made(run)
        for _ in range(32):
            run("ALTER TABLE T ADD COLUMN X INT, ALGORITHM=INSTANT", "ALTER TABLE T DROP COLUMN X, ALGORITHM=INSTANT")
        assert dearest(connection, ADD) == "rebuild"
        assert dearest(connection, changes.AddColumn("T", Column("E", "INTEGER"))) == "metadata"


def test_a_table_full_of_columns_that_were_dropped_at_once_has_a_way_out(mariadb: Server) -> None:
    """Nothing tells beforehand; the server neither drops nor adds another column until the table is written anew."""
    with opened(mariadb) as connection:
        run = runner(connection)
        made(run)
        add, drop = "ADD COLUMN X VARCHAR(255), ADD COLUMN Y VARCHAR(255)", "DROP COLUMN X, DROP COLUMN Y"
        with pytest.raises(DBAPIError, match="1118"):
            run(*(f"ALTER TABLE T {altered}, ALGORITHM=INSTANT" for _ in range(64) for altered in (add, drop)))
        live = DIALECT.introspect.read(connection, None)
        [statement] = DIALECT.ddl.statements(changes.DropColumn("T", "M"), live, None)
        with pytest.raises(Unfinished, match="finds no room in the row") as refused:
            DIALECT.session.execute(connection, statement.sql)
        way_out = re.search(r"ALTER TABLE \S+ FORCE", str(refused.value))
        assert way_out
        run(way_out[0])
        DIALECT.session.execute(connection, statement.sql)
        assert "M" not in DIALECT.introspect.read(connection, None).tables["T"].columns


def test_a_login_that_may_not_see_row_versions_leaves_the_algorithm_to_the_server(mysql: Server) -> None:
    with opened(mysql) as connection:
        run, url = runner(connection), connection.engine.url
        made(run)
        run(
            "CREATE USER apim_test_curious IDENTIFIED BY 'secret'",
            f"GRANT ALL ON {url.database}.* TO apim_test_curious",
        )
        try:
            engine = create_engine(url.set(username="apim_test_curious", password="secret"), poolclass=NullPool)
            with DIALECT.session.connect(engine, None) as other:
                [statement] = DIALECT.ddl.statements(ADD, DIALECT.introspect.read(other, None), None)
                assert "ALGORITHM" not in statement.sql
                assert dearest(connection, ADD) == statement.impact.work == "metadata"
        finally:
            run("DROP USER apim_test_curious")


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


def number(connection: Connection, server: Kind) -> int:
    """The number of the table in InnoDB, which a rebuild changes."""
    view = "innodb_sys_tables" if server.name == "MariaDB" else "innodb_tables"
    query = text(f"SELECT table_id FROM information_schema.{view} WHERE name = CONCAT(DATABASE(), '/T')")
    return int(connection.execute(query).scalar_one())
