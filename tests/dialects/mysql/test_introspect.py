"""What is read of a live database: the vendor's, the customer's own, and what one server shows unlike another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, NullPool

from apim_schema import chain, compare, difference, drift, registry
from apim_schema.changes import AlterColumn
from apim_schema.difference import BREAKING, HARMLESS
from apim_schema.live import opened as opened_live
from apim_schema.progress import Silent
from apim_schema.schema import Column, Key, Table
from apim_schema.target import target
from apim_schema.verify import verify
from tests.dialects.mysql.conftest import SESSION, Run, opened, runner
from tests.releases import FIRST, HEAD
from tests.servers import Server, new_database, started
from tests.vendor import make, mysql

DIALECT = registry.load("mysql")


def table(connection: Connection, name: str = "T") -> Table:
    return DIALECT.introspect.read(connection, None).tables[name]


@pytest.mark.parametrize("database", chain.DATABASES)
@pytest.mark.parametrize("release", [FIRST, HEAD])
def test_the_vendors_database_is_its_release(both: Server, database: str, release: str) -> None:
    with opened(both) as connection:
        runner(connection)(*mysql.script(make.catalog("mysql", database, release)))
        live = DIALECT.introspect.read(connection, None)
    assert compare.compare(chain.expected("mysql", database, release), live) == []


def test_narrowed_columns_are_variants(both: Server) -> None:
    with opened(both, charset="utf8mb4") as connection:
        runner(connection)(*mysql.script(mysql.narrowed(make.catalog("mysql", "apim", "4.6.0"))))
        live = DIALECT.introspect.read(connection, None)
    found = compare.compare(chain.expected("mysql", "apim", "4.6.0"), live)
    assert {d.kind for d in found} == {difference.VARIANT}


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_servers_without_case_in_names_and_with_implicit_timestamps(engine: str) -> None:
    """As on Windows, and as on MySQL 5.7 and MariaDB before 10.10."""
    old = ("--lower-case-table-names=1", "--explicit-defaults-for-timestamp=OFF")
    with started(engine, *old) as server, opened(server) as connection:
        for database in chain.DATABASES:
            runner(connection)(*mysql.script(make.catalog("mysql", database, FIRST)))
        live = DIALECT.introspect.read(connection, None)
        assert "AM_API" in live.tables
        for database in chain.DATABASES:
            assert compare.mismatches(chain.expected("mysql", database, FIRST), live) == []
        assert DIALECT.space.sizes(connection, None).keys() == live.tables.keys()


COLUMNS = [
    ("VARCHAR(10) DEFAULT 'it''s'", "VARCHAR(10)", "'it''s'"),
    ("VARCHAR(10) DEFAULT 'NULL'", "VARCHAR(10)", "'NULL'"),
    ("VARCHAR(10) DEFAULT '0'", "VARCHAR(10)", "'0'"),
    ("VARCHAR(10) DEFAULT ''", "VARCHAR(10)", "''"),
    ("VARCHAR(10) DEFAULT NULL", "VARCHAR(10)", None),
    ("VARCHAR(10)", "VARCHAR(10)", None),
    ("INT(11) DEFAULT '-1234'", "INTEGER", "-1234"),
    ("INT UNSIGNED DEFAULT 7", "INTEGER UNSIGNED", "7"),
    ("BOOLEAN DEFAULT FALSE", "TINYINT(1)", "0"),
    ("DECIMAL(5,2) DEFAULT 1.50", "DECIMAL(5,2)", "1.50"),
    ("DATETIME DEFAULT NOW()", "DATETIME", "CURRENT_TIMESTAMP"),
    ("TIMESTAMP(3) NULL DEFAULT NOW(3)", "TIMESTAMP(3)", "CURRENT_TIMESTAMP(3)"),
    ("DATETIME DEFAULT '2020-02-03 04:05:06'", "DATETIME", "'2020-02-03 04:05:06'"),
    ("ENUM('a','B') DEFAULT 'B'", "ENUM('a','B')", "'B'"),
    ("BIT(3) DEFAULT b'101'", "BIT(3)", "B'101'"),
    ("CHAR(36) DEFAULT (UUID())", "CHAR(36)", "(uuid())"),
    ("LONGBLOB", "LONGBLOB", None),
]


@pytest.mark.parametrize(("written", "type_", "default"), COLUMNS)
def test_types_and_defaults(connection: Connection, run: Run, written: str, type_: str, default: str | None) -> None:
    run(f"CREATE TABLE T (C {written})")
    assert table(connection).columns["C"] == Column("C", type_, default=default)


@pytest.mark.parametrize("written", [written for written, _, _ in COLUMNS])
def test_what_is_read_is_restated(connection: Connection, run: Run, written: str) -> None:
    """MODIFY loses what it does not name."""
    run(f"CREATE TABLE T (C {written} COMMENT 'it''s a \\\\ path')")
    live = DIALECT.introspect.read(connection, None)
    for statement in DIALECT.ddl.statements(AlterColumn("T", "C", nullable=False), live, None):
        run(statement.sql)
    before, after = live.tables["T"].columns["C"], table(connection).columns["C"]
    assert after == replace(before, nullable=False)
    assert after.comment == before.comment == "it's a \\ path"


def test_attributes_of_a_column(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE T (id INT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT NOW() ON UPDATE NOW(), "
        "own VARCHAR(5) CHARACTER SET latin1 COLLATE latin1_bin COMMENT 'theirs', c VARCHAR(5), "
        "v INT AS (LENGTH(c)) VIRTUAL) CHARACTER SET utf8mb4"
    )
    found = table(connection)
    assert found.columns["ID"] == Column("ID", "INTEGER", nullable=False, generated="")
    assert found.columns["AT"].on_update == "CURRENT_TIMESTAMP"
    assert (found.columns["OWN"].charset, found.columns["OWN"].collation) == ("latin1", "latin1_bin")
    assert found.columns["OWN"].comment == "theirs"
    assert found.columns["C"].charset is None
    assert found.charset_of(found.columns["C"])[0] == "utf8mb4"
    assert str(found.columns["V"].default).startswith("GENERATED ALWAYS AS (")


def test_keys_and_indexes(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE P (A VARCHAR(20), B INT, PRIMARY KEY (A, B))",
        "CREATE TABLE T (X INT, Y VARCHAR(20), Z INT, W TEXT, CONSTRAINT U UNIQUE (Z, Y), UNIQUE (W(30)), "
        "INDEX I (Y(5), X DESC), FULLTEXT INDEX F (W), INDEX ON_KEY (Z, X), "
        "CONSTRAINT K FOREIGN KEY (Y, X) REFERENCES P (A, B) ON DELETE CASCADE ON UPDATE SET NULL)",
    )
    found = table(connection)
    assert (found.primary_key, set(found.unique)) == (None, {Key(("Z", "Y")), Key(("W(30)",))})
    (key,) = found.foreign_keys
    assert (key.name, key.columns, key.ref_table, key.ref_columns) == ("K", ("Y", "X"), "P", ("A", "B"))
    assert (key.on_delete, key.on_update) == ("CASCADE", "SET NULL")
    assert {i.name: (i.columns, i.optional) for i in found.indexes} == {
        "I": (("Y(5)", "X DESC"), False),
        "F": (("W", "[FULLTEXT]"), False),
        "ON_KEY": (("Z", "X"), False),
        "K": (("Y", "X"), True),
    }


def test_an_index_with_an_expression(mysql: Server) -> None:
    with opened(mysql) as connection:
        runner(connection)("CREATE TABLE T (C VARCHAR(9), INDEX I ((LOWER(C))), INDEX J (C) INVISIBLE)")
        found = {index.name: index.columns for index in table(connection).indexes}
    assert found == {"I": ("(lower(`C`))",), "J": ("C", "[invisible]")}


def test_a_key_into_another_database_is_none_of_ours(both: Server, connection: Connection, run: Run) -> None:
    with new_database(both) as url:
        other = url.rpartition("/")[2]
        run(f"CREATE TABLE {other}.P (A INT PRIMARY KEY)")
        run(f"CREATE TABLE T (A INT, FOREIGN KEY (A) REFERENCES {other}.P (A))")
        assert table(connection).foreign_keys[0].ref_table == f"{other}.P"
        run("DROP TABLE T")


def test_triggers_routines_and_own_tables(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE T (C INT)",
        "CREATE TABLE apim_schema_history (C INT)",
        "CREATE VIEW V AS SELECT C FROM T",
        "CREATE TRIGGER theirs BEFORE INSERT ON T FOR EACH ROW SET NEW.C = 1",
        "CREATE PROCEDURE doing() SELECT 1",
    )
    found = DIALECT.introspect.read(connection, None)
    assert list(found.tables) == ["T"]
    trigger: Any = found.triggers["THEIRS"]
    assert (trigger.table, trigger.timing, trigger.events) == ("T", "BEFORE", ("INSERT",))
    assert list(found.routines) == ["DOING"]


def test_tables_that_differ_in_case_only(connection: Connection, run: Run) -> None:
    """Where the server tells them apart, so does the model."""
    run("CREATE TABLE T (C INT)", "CREATE TABLE t (D INT)")
    assert [
        (name, list(found.columns)) for name, found in DIALECT.introspect.read(connection, None).tables.items()
    ] == [
        ("T", ["C"]),
        ("t", ["D"]),
    ]


@contextmanager
def reading(server: Server, url: str) -> Iterator[str]:
    """The URL of a login that has SELECT on the database and nothing else."""
    database = sa.make_url(url).database
    with server.connection() as admin:
        admin.exec_driver_sql("CREATE USER apim_reader IDENTIFIED BY 'x'")
        try:
            admin.exec_driver_sql(f"GRANT SELECT ON {database}.* TO apim_reader")
            yield sa.make_url(url).set(username="apim_reader", password="x").render_as_string(hide_password=False)
        finally:
            admin.exec_driver_sql("DROP USER apim_reader")


@pytest.mark.parametrize("release", ["4.2.0", "4.7.0"])
def test_a_login_with_select_only_reads_the_same(both: Server, release: str) -> None:
    """MariaDB hides the rules of foreign keys from it, in silence."""
    with new_database(both, charset="latin1") as url, reading(both, url) as readers:
        make.create(url, "mysql", "apim", release)
        with opened_live(target("apim", readers)) as live:
            assert live.recognised is not None
            assert (live.recognised.release, live.differences) == (release, ())
            assert verify(live, None, Silent()).differences == ()
            seen = live.model
        with opened_live(target("apim", url)) as live:
            assert seen == live.model


ACTIONS = {
    "KEPT": "",
    "GONE": "ON DELETE CASCADE",
    "TWO": "ON DELETE SET NULL ON UPDATE CASCADE",
    "HERE": "ON UPDATE CASCADE",
    "`it's (``a``) name, )`": "ON DELETE CASCADE ON UPDATE SET NULL",
}


def test_what_foreign_keys_do_is_read_by_any_login(both: Server) -> None:
    keys = ", ".join(f"CONSTRAINT {n} FOREIGN KEY (`P )`, A) REFERENCES P (`P )`, A) {a}" for n, a in ACTIONS.items())
    columns = "`P )` INT, A INT"
    with new_database(both) as url, reading(both, url) as readers:
        owner, reader = (sa.create_engine(found, poolclass=NullPool) for found in (url, readers))
        with SESSION.connect(owner, None) as connection:
            runner(connection)(f"CREATE TABLE P ({columns}, KEY (`P )`, A), UNIQUE KEY U (`P )`, A))")
            runner(connection)(f"CREATE TABLE T ({columns}, {keys})")
            expected = table(connection).foreign_keys
        with SESSION.connect(reader, None) as connection:
            found = table(connection).foreign_keys
    assert {(key.name, key.on_delete, key.on_update) for key in found} == {
        ("KEPT", None, None),
        ("GONE", "CASCADE", None),
        ("TWO", "SET NULL", "CASCADE"),
        ("HERE", None, "CASCADE"),
        ("it's (`a`) name, )", "CASCADE", "SET NULL"),
    }
    assert set(found) == set(expected)


def test_a_narrowed_column_may_drift_besides() -> None:
    """What utf8mb4 made narrower is legal, and another default of it harmless."""
    expected = Column("ATTR_NAME", "VARCHAR(1024)", nullable=False)
    narrowed = Column("ATTR_NAME", "VARCHAR(512)", nullable=False, default="'d'")
    for name, class_ in (("IDN_SCIM_GROUP", HARMLESS), ("AM_API", BREAKING)):
        found = Table(name, {"ATTR_NAME": narrowed})
        assert drift.of_column(DIALECT.types, found, expected, narrowed).class_ == class_


def test_letters_of_which_the_server_knows_no_capital(connection: Connection, run: Run) -> None:
    """What is read has to be a name for the server again."""
    run("CREATE TABLE `maß` (`größe` INT, `id` INT PRIMARY KEY, UNIQUE (`größe`))")
    (found,) = DIALECT.introspect.read(connection, None).tables.values()
    assert [*found.columns] == ["größe", "ID"]
    listed = ", ".join(map(DIALECT.names.sql, (*found.columns, *found.unique[0].columns)))
    run(f"SELECT {listed} FROM {DIALECT.names.sql(found.name)}")
