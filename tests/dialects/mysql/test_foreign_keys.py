"""Foreign keys: names that are free, and rows whose parent is gone."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import preflight, registry
from apim_schema.changes import AlterColumn, Change, CreateTable, ReplaceForeignKey, TextToBinary
from apim_schema.errors import Conflict
from apim_schema.schema import Column, ForeignKey, Key, Schema, Table
from tests.dialects.mysql.conftest import Run
from tests.servers import Server

DIALECT = registry.load("mysql")
PARENT = "CREATE TABLE P (A INT PRIMARY KEY)"
KEY = ForeignKey(("A",), "P", ("A",))
NEW = CreateTable(Table("NEW", {"A": Column("A", "INTEGER"), "B": Column("B", "INTEGER")}, foreign_keys=(KEY, KEY)))


def make(connection: Connection, run: Run, change: Change) -> Schema:
    live = DIALECT.introspect.read(connection, None)
    run(*(statement.sql for statement in DIALECT.ddl.statements(change, live, None)))
    live = DIALECT.introspect.read(connection, None)
    assert change.is_in(live)
    return live


@pytest.mark.parametrize("taken", ["NEW_ibfk_1", "new_IBFK_2"])
def test_a_name_that_a_backup_table_has_taken(connection: Connection, run: Run, taken: str) -> None:
    run(PARENT, f"CREATE TABLE BACKUP (A INT, CONSTRAINT `{taken}` FOREIGN KEY (A) REFERENCES P (A))")
    with pytest.raises(DBAPIError, match=r"1826|1005"):
        run("CREATE TABLE NEW (A INT, FOREIGN KEY (A) REFERENCES P (A), FOREIGN KEY (A) REFERENCES P (A))")
    made = make(connection, run, NEW).tables["NEW"].foreign_keys
    assert taken.upper() not in {str(key.name).upper() for key in made}


def test_a_free_name_is_left_to_the_server(connection: Connection) -> None:
    live = Schema("mysql", {"P": Table("P", {"A": Column("A", "INTEGER")}, Key(("A",)))})
    assert "CONSTRAINT" not in DIALECT.ddl.statements(NEW, live, None)[0].sql


def test_a_new_key_is_as_large_as_what_it_points_to(connection: Connection, run: Run) -> None:
    """A customer whose numbers ran out has made them wider, on both sides of each foreign key that there was."""
    run("CREATE TABLE P (A BIGINT PRIMARY KEY)")
    made = make(connection, run, NEW).tables["NEW"]
    assert (made.columns["A"].type, made.columns["B"].type) == ("BIGINT", "INTEGER")


@pytest.mark.parametrize(
    ("parent", "told"),
    {
        "CREATE TABLE P (A INT PRIMARY KEY) ENGINE=MyISAM": "P is of the engine MyISAM",
        "CREATE TABLE P (A INT)": "no key is over P",
        "CREATE TABLE P (A SMALLINT PRIMARY KEY)": "A is INTEGER and P.A is SMALLINT",
        "CREATE TABLE P (A VARCHAR(9) PRIMARY KEY)": "A is INTEGER and P.A is in ",
    }.items(),
)
@pytest.mark.parametrize("beside", [False, True])
def test_what_a_new_key_can_not_point_to_is_said_beforehand(
    connection: Connection, run: Run, parent: str, told: str, beside: bool
) -> None:
    run(parent, "CREATE TABLE T (A INT)")
    with pytest.raises(DBAPIError, match=r"1824|1822|6125|3780|1005"):
        run("CREATE TABLE NEW (A INT, FOREIGN KEY (A) REFERENCES P (A))")
    live = DIALECT.introspect.read(connection, None)
    with pytest.raises(Conflict, match=told):
        DIALECT.ddl.statements(ReplaceForeignKey("T", KEY) if beside else NEW, live, None)


@pytest.mark.parametrize("present", ["T_ibfk_1", "t_ibfk_1", "T_A_fk", "t_a_FK"])
def test_a_key_beside_another_one(connection: Connection, run: Run, present: str) -> None:
    """The second is what a dump leaves where `lower_case_table_names` is 1: the server would choose the same name."""
    run(PARENT, f"CREATE TABLE T (A INT, CONSTRAINT `{present}` FOREIGN KEY (A) REFERENCES P (A) ON DELETE CASCADE)")
    if present == "t_ibfk_1":
        with pytest.raises(DBAPIError, match=r"1826|1050"):
            run("ALTER TABLE T ADD FOREIGN KEY (A) REFERENCES P (A)")
    make(connection, run, ReplaceForeignKey("T", KEY))


@pytest.mark.parametrize(
    ("owner", "name", "refused"),
    [("BACKUP", "new_ibfk_2", True), ("BACKUP", "OTHER_ibfk_2", False), ("NEW", "NEW_ibfk_2", False)],
)
def test_a_script_refuses_a_name_that_is_taken(
    connection: Connection, run: Run, owner: str, name: str, refused: bool
) -> None:
    """But not one that it has given itself, when it is run again."""
    run(PARENT, f"CREATE TABLE {owner} (A INT, CONSTRAINT `{name}` FOREIGN KEY (A) REFERENCES P (A))")
    checks = [check for check in DIALECT.script.requires([NEW], Schema("mysql"), None) if "table_constraints" in check]
    assert checks
    if refused:
        with pytest.raises(DBAPIError, match="a foreign key has the name of one to be made"):
            run(*(check.removesuffix(";") for check in checks))
    else:
        run(*(check.removesuffix(";") for check in checks))


ORPHANS = (
    "CREATE TABLE P (A VARCHAR(20) PRIMARY KEY)",
    "CREATE TABLE T (A VARCHAR(20), I VARCHAR(200), PRIMARY KEY (I), FOREIGN KEY (A) REFERENCES P (A))",
    "INSERT INTO P VALUES ('here')",
    "SET foreign_key_checks = 0",
    "INSERT INTO T VALUES ('gone', 'one'), ('here', 'two'), (NULL, 'three')",
    "SET foreign_key_checks = 1",
)
CHANGES: dict[str, tuple[Change, bool, bool]] = {
    "bytes": (TextToBinary("T", "B", "LONGBLOB"), True, False),
    "character set": (
        AlterColumn("T", "B", type="VARCHAR(200)", charset="latin1", collation="latin1_bin"),
        True,
        False,
    ),
    "longer": (AlterColumn("T", "B", type="VARCHAR(250)"), False, False),
    "foreign key": (
        ReplaceForeignKey("T", ForeignKey(("A",), "P", ("A",), "CASCADE")),
        True,
        True,
    ),
}


@pytest.mark.parametrize(("change", "mysql", "mariadb"), CHANGES.values(), ids=CHANGES)
def test_rows_whose_parent_is_gone(
    both: Server, connection: Connection, run: Run, change: Change, mysql: bool, mariadb: bool
) -> None:
    """They are found where the server would fail, and only there."""
    run(*ORPHANS, "ALTER TABLE T ADD B VARCHAR(200), ADD INDEX I (B(50))")
    live = DIALECT.introspect.read(connection, None)
    schema = DIALECT.session.default_schema(connection)
    found = [str(finding) for finding in preflight.check(DIALECT, connection, schema, live, [change])]
    told = "T: (A) points to no row of P: (I='one'); correct these rows"
    fails = mariadb if both.name == "mariadb" else mysql
    assert found == [told] * fails
    if fails:
        with pytest.raises(DBAPIError, match="1452"):
            make(connection, run, change)
    else:
        make(connection, run, change)


def not_null(table: str, column: str) -> AlterColumn:
    return AlterColumn(table, column, nullable=False)


@pytest.mark.parametrize("rule", ["", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON UPDATE CASCADE"])
@pytest.mark.parametrize("parent", ["VARCHAR(9) NULL", "VARCHAR(9) NOT NULL"])
@pytest.mark.parametrize(
    "change",
    [
        not_null("T", "A"),
        not_null("P", "A"),
        AlterColumn("T", "A", default="'x'"),
        AlterColumn("P", "A", default="'x'"),
    ],
    ids=["child not null", "parent not null", "child's default", "parent's default"],
)
def test_a_column_of_a_foreign_key_is_refused_where_the_server_refuses_it(
    connection: Connection, run: Run, rule: str, parent: str, change: AlterColumn
) -> None:
    """Whether it may be NULL, and its default; nowhere else."""
    run(
        f"CREATE TABLE P (A {parent}, UNIQUE (A))",
        f"CREATE TABLE T (I INT PRIMARY KEY, A VARCHAR(9), CONSTRAINT F FOREIGN KEY (A) REFERENCES P (A) {rule})",
    )
    live = DIALECT.introspect.read(connection, None)
    if change.is_in(live):
        pytest.skip("it is so already")
    schema = DIALECT.session.default_schema(connection)
    found = [o.problem for o in DIALECT.obstacles.find(connection, schema, [change], live)]
    if found:
        assert found == ["foreign key F of T can set A to NULL, which must have a value then"]
        with pytest.raises(DBAPIError, match="1830"):
            make(connection, run, change)
    else:
        make(connection, run, change)
