"""The statements of every change, executed on a server and looked at from there."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, changes, compare, registry
from apim_schema.changes import Change
from apim_schema.errors import Conflict
from apim_schema.impact import Statement
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table, Trigger
from tests.dialects.postgresql.conftest import Connect, Run
from tests.releases import FIRST, HEAD
from tests.vendor import make

DIALECT = registry.load("postgresql")


def read(connection: Connection, schema: str | None = None) -> Schema:
    return DIALECT.introspect.read(connection, schema)


def sql(change: Change, live: Schema, schema: str | None = None) -> list[str]:
    return [statement.sql for statement in DIALECT.ddl.statements(change, live, schema)]


def execute(connection: Connection, statements: Iterable[Statement]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement.sql, execution_options={"no_parameters": True})


def remaining(connection: Connection, change: Change) -> list[str]:
    return sql(change, read(connection))


def vendor(connection: Connection, release: str, schema: str | None = None) -> None:
    make.create(connection, "postgresql", "apim", release, schema=schema)


def test_each_statement_brings_its_change_on(connect: Connect) -> None:
    connection = connect()
    vendor(connection, FIRST)
    live = read(connection)
    for change in chain.pending("postgresql", "apim", FIRST, HEAD):
        first, *rest = DIALECT.ddl.statements(change, live, None)
        execute(connection, [first])
        for statement in rest:
            assert remaining(connection, change)[0] == statement.sql
            execute(connection, [statement])
        live = read(connection)
        assert sql(change, live) == []
        assert change.is_in(live)
    assert compare.mismatches(chain.expected("postgresql", "apim", HEAD), live) == []


@pytest.mark.parametrize("schema", [None, "wso2", "My 'odd' %s schema"])
@pytest.mark.parametrize("release", ["4.2.0", "4.4.0", "4.6.0"])
def test_offline_does_the_same(connect: Connect, release: str, schema: str | None) -> None:
    connection = connect()
    vendor(connection, release, schema)
    connection.exec_driver_sql("SET search_path TO public")
    model = chain.expected("postgresql", "apim", release)
    for change in chain.pending("postgresql", "apim", release, HEAD):
        execute(connection, DIALECT.ddl.statements(change, model, schema))
        model = model if change.is_in(model) else change.apply(model)
    assert compare.mismatches(model, read(connection, schema)) == []


def test_offline_differs_only_where_a_name_is_unknown(connect: Connect) -> None:
    connection = connect()
    vendor(connection, "4.3.0")
    live, model = read(connection), chain.expected("postgresql", "apim", "4.3.0")
    key = changes.ReplacePrimaryKey("AM_API_CLIENT_CERTIFICATE", ("ALIAS", "TENANT_ID"))
    index = changes.CreateIndex("AM_API", Index("I", ("API_NAME",)))
    assert sql(key, live) == [
        "ALTER TABLE AM_API_CLIENT_CERTIFICATE DROP CONSTRAINT AM_API_CLIENT_CERTIFICATE_PKEY, "
        "ADD PRIMARY KEY (ALIAS, TENANT_ID)"
    ]
    assert sql(key, model)[0].startswith("DO $do$")
    assert sql(index, live) == sql(index, model) == ["CREATE INDEX I ON AM_API (API_NAME)"]


def test_the_look_up_fails_where_there_is_no_such_constraint(connection: Connection, run: Run) -> None:
    model = Schema("postgresql", {"T": Table("T", {}, unique=(Key(("A", "B")),))})
    (drop,) = sql(changes.DropUnique("T", ("A", "B")), model)
    run("CREATE TABLE t (a INTEGER, b INTEGER, UNIQUE (b, a), PRIMARY KEY (a, b))")
    with pytest.raises(DBAPIError, match="is null"), connection.begin_nested():
        run(drop)
    run('ALTER TABLE t ADD CONSTRAINT "Q%\'" UNIQUE (a, b)', drop)
    table = read(connection).tables["T"]
    assert (table.unique, table.primary_key) == ((Key(("B", "A")),), Key(("A", "B")))


@pytest.mark.parametrize("schema", [None, "wso2"])
@pytest.mark.parametrize("database", chain.DATABASES)
def test_a_whole_schema(connect: Connect, database: str, schema: str | None) -> None:
    connection = connect()
    connection.exec_driver_sql("CREATE SCHEMA wso2")
    for release in chain.releases(database):
        expected = chain.expected("postgresql", database, release)
        point = connection.begin_nested()
        execute(connection, DIALECT.ddl.create(expected, schema))
        assert compare.compare(expected, read(connection, schema)) == []
        point.rollback()


def test_create_table(connection: Connection, run: Run) -> None:
    table = Table(
        "T",
        {
            "ID": Column("ID", "BIGINT", nullable=False, generated=""),
            "N": Column("N", "INTEGER", nullable=False, generated="N_SEQ"),
            "ORDER": Column("ORDER", "VARCHAR(9)", default="'50% it''s'"),
        },
        Key(("ID",)),
        unique=(Key(("N", "ORDER"), "N_KEY"),),
        foreign_keys=(ForeignKey(("ID",), "T", ("ID",), on_delete="CASCADE", on_update="SET NULL"),),
        indexes=(Index("I", ("LOWER(ORDER)",)),),
    )
    change = changes.CreateTable(table, sequences=(("N_SEQ", "START WITH 1 INCREMENT BY 1"),))
    assert sql(change, Schema("postgresql"), "wso2") == [
        "CREATE SEQUENCE wso2.N_SEQ START WITH 1 INCREMENT BY 1",
        "CREATE TABLE wso2.T (\n"
        "    ID BIGSERIAL NOT NULL,\n"
        "    N INTEGER DEFAULT nextval('wso2.N_SEQ') NOT NULL,\n"
        "    \"order\" VARCHAR(9) DEFAULT '50% it''s',\n"
        "    PRIMARY KEY (ID),\n"
        '    CONSTRAINT N_KEY UNIQUE (N, "order"),\n'
        "    FOREIGN KEY (ID) REFERENCES wso2.T (ID) ON DELETE CASCADE ON UPDATE SET NULL\n"
        ")",
        "CREATE INDEX I ON wso2.T (LOWER(ORDER))",
    ]


def test_a_table_that_is_there_gets_what_is_missing(connection: Connection, run: Run) -> None:
    columns = {"A": Column("A", "INTEGER"), "B": Column("B", "INTEGER")}
    table = Table("T", columns, indexes=(Index("I", ("A",)), Index("J", ("B",))))
    change = changes.CreateTable(table, sequences=(("S", ""),))
    run("CREATE TABLE t (a INTEGER, b INTEGER, mine TEXT)", "CREATE INDEX i ON t (a)")
    assert remaining(connection, change) == ["CREATE SEQUENCE S", "CREATE INDEX J ON T (B)"]
    run("DROP INDEX i")
    assert len(remaining(connection, change)) == 3
    run(*remaining(connection, change))
    assert remaining(connection, change) == []


def test_a_filled_column(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (1), (2)")
    change = changes.AddColumn("T", Column("KIND", "VARCHAR(9)", nullable=False), fill="'Regular'")
    add, drop_default = remaining(connection, change)
    assert add == "ALTER TABLE T ADD COLUMN KIND VARCHAR(9) DEFAULT 'Regular' NOT NULL"
    run(add)
    assert remaining(connection, change) == [drop_default]
    run(drop_default)
    assert remaining(connection, change) == []
    assert connection.execute(text("SELECT kind FROM t")).scalars().all() == ["Regular", "Regular"]
    with pytest.raises(DBAPIError, match="not-null"), connection.begin_nested():
        run("INSERT INTO t (id) VALUES (3)")


TEXT = "naïve \\x41 \\\\ \\' '' \" 日本 \t\n%s :x"


@pytest.mark.parametrize("default", ["", " DEFAULT 'a\\b%'"])
def test_text_to_binary(connection: Connection, run: Run, default: str) -> None:
    run(f"CREATE TABLE t (id INTEGER, x VARCHAR(99){default} NOT NULL)")
    insert = text("INSERT INTO t VALUES (1, :x), (2, '')")
    connection.execute(insert, {"x": TEXT})
    change = changes.TextToBinary("T", "X", "BYTEA")
    run(*remaining(connection, change))
    assert remaining(connection, change) == []
    found = connection.execute(text("SELECT x FROM t ORDER BY id")).scalars().all()
    assert [bytes(value) for value in found] == [TEXT.encode(), b""]
    assert not read(connection).tables["T"].columns["X"].nullable
    if default:
        run("INSERT INTO t VALUES (3)")
        assert bytes(connection.execute(text("SELECT x FROM t WHERE id = 3")).scalar_one()) == b"a\\b%"


def test_alter_column(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (x VARCHAR(9) NOT NULL DEFAULT 'a')", "INSERT INTO t VALUES ('12345678')")
    wider = changes.AlterColumn("T", "X", "VARCHAR(20)", nullable=True)
    assert remaining(connection, wider) == [
        "ALTER TABLE T ALTER COLUMN X TYPE VARCHAR(20), ALTER COLUMN X DROP NOT NULL"
    ]
    run(*remaining(connection, wider))
    assert read(connection).tables["T"].columns["X"] == Column("X", "VARCHAR(20)", default="'a'")
    narrower = changes.AlterColumn("T", "X", "VARCHAR(7)", nullable=False, narrows="VARCHAR(20)")
    with pytest.raises(DBAPIError, match="too long"), connection.begin_nested():
        run(*remaining(connection, narrower))


def test_a_key_that_is_missing_is_added(connection: Connection, run: Run) -> None:
    run("CREATE TABLE parent (id INTEGER PRIMARY KEY)", "CREATE TABLE t (a INTEGER, b INTEGER)")
    run(*remaining(connection, changes.ReplacePrimaryKey("T", ("B", "A"))))
    key = ForeignKey(("A",), "PARENT", ("ID",), on_delete="CASCADE")
    run(*remaining(connection, changes.ReplaceForeignKey("T", key)))
    table = read(connection).tables["T"]
    assert (table.primary_key, table.foreign_keys) == (Key(("B", "A")), (key,))


def test_of_two_equal_foreign_keys_both_are_replaced(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a INTEGER REFERENCES parent ON DELETE CASCADE, b INTEGER REFERENCES parent)",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parent",
    )
    wanted = changes.ReplaceForeignKey("T", ForeignKey(("A",), "PARENT", ("ID",), on_update="CASCADE"))
    run(*remaining(connection, wanted))
    assert set(read(connection).tables["T"].foreign_keys) == {wanted.key, ForeignKey(("B",), "PARENT", ("ID",))}
    run("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parent")
    run(*remaining(connection, wanted))
    assert len(read(connection).tables["T"].foreign_keys) == 2


def test_drop_unique_drops_a_unique_index_as_well(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (a INTEGER, b INTEGER, UNIQUE (a, b), UNIQUE (b))", "CREATE UNIQUE INDEX u ON t (a, b)")
    change = changes.DropUnique("T", ("A", "B"))
    assert remaining(connection, change) == ["ALTER TABLE T DROP CONSTRAINT T_A_B_KEY", "DROP INDEX U"]
    run(*remaining(connection, change))
    table = read(connection).tables["T"]
    assert (table.unique, table.indexes) == ((Key(("B",)),), ())


def test_an_index_under_another_name_serves(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (a INTEGER)", "CREATE INDEX mine ON t (a)")
    assert remaining(connection, changes.CreateIndex("T", Index("I", ("A",)))) == []


def test_the_trigger_s_routine_is_made_where_it_is_missing(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (id INTEGER, time_stamp TIMESTAMP)", "INSERT INTO t VALUES (1, '2000-01-01')")
    change = changes.ReplaceTrigger(Trigger("TIME_STAMP", "T", "BEFORE", ("UPDATE",)))
    run(*remaining(connection, change))
    assert remaining(connection, change) == []
    run("UPDATE t SET id = 2")
    assert connection.execute(text("SELECT time_stamp = now()::timestamp FROM t")).scalar_one()
    after = changes.ReplaceTrigger(Trigger("TIME_STAMP", "T", "AFTER", ("INSERT", "UPDATE")))
    assert remaining(connection, after) == [
        "DROP TRIGGER TIME_STAMP ON T",
        "CREATE TRIGGER TIME_STAMP AFTER INSERT OR UPDATE ON T FOR EACH ROW EXECUTE FUNCTION UPDATE_MODIFIED_COLUMN()",
    ]


@pytest.mark.parametrize(
    ("database", "release"), [(database, r) for database in chain.DATABASES for r in chain.releases(database)]
)
def test_every_routine_of_a_release_is_the_one_that_is_known(database: str, release: str) -> None:
    schema = chain.expected("postgresql", database, release)
    unknown = schema.routines.keys() - {"UPDATE_MODIFIED_COLUMN"}
    assert not unknown, f"{database} {release}: ddl.py makes no {', '.join(unknown)}"
    for trigger in schema.triggers.values():
        assert trigger.action == "for each row: call update_modified_column()", f"{database} {release}: {trigger.name}"


def test_what_is_kept_needs_no_statement(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (a INTEGER)", "CREATE INDEX i ON t (a)")
    assert remaining(connection, changes.KeepIndex("T", "I")) == []


CONFLICTS: list[tuple[Change, str]] = [
    (changes.CreateTable(Table("T", {"A": Column("A", "BIGINT")})), "expected BIGINT, found INTEGER"),
    (changes.CreateTable(Table("T", {"A": Column("A", "INTEGER")}, Key(("A",)))), "primary key of"),
    (changes.AddColumn("T", Column("A", "BIGINT", default="0")), "found INTEGER, wanted BIGINT default 0"),
    (changes.AddColumn("MISSING", Column("A", "BIGINT")), "no table MISSING"),
    (changes.AlterColumn("T", "A", "VARCHAR(9)"), r"found INTEGER, wanted VARCHAR\(9\)"),
    (changes.AlterColumn("T", "NONE", "VARCHAR(9)"), "T has no column NONE"),
    (changes.TextToBinary("T", "A", "BYTEA"), "found INTEGER, wanted BYTEA"),
    (changes.CreateIndex("T", Index("I", ("B",))), r"T has an index of this name: found \(A\), wanted \(B\)"),
    (changes.CreateIndex("OTHER", Index("I", ("A",))), "T has an index of this name"),
    (
        changes.ReplaceTrigger(Trigger("STAMP", "OTHER", "BEFORE", ("UPDATE",))),
        "a trigger of this name: found one on T",
    ),
]


@pytest.mark.parametrize(("change", "message"), CONFLICTS, ids=str)
def test_what_is_in_the_way(connection: Connection, run: Run, change: Change, message: str) -> None:
    run(
        "CREATE TABLE t (a INTEGER, b INTEGER)",
        "CREATE TABLE other (a INTEGER)",
        "CREATE INDEX i ON t (a)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
        "CREATE TRIGGER stamp BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
    )
    with pytest.raises(Conflict, match=message) as caught:
        remaining(connection, change)
    assert str(change) in str(caught.value)


def test_another_type_keeps_the_collation(connection: Connection, run: Run) -> None:
    """ALTER TYPE without COLLATE would put the type's own in its place, and one of a schema is found by its name."""
    run("CREATE SCHEMA odd; CREATE COLLATION odd.mine (LOCALE = 'C')")
    run('CREATE TABLE t (a VARCHAR(10) COLLATE "C", b VARCHAR(10) COLLATE odd.mine, c VARCHAR(10))')
    for name in "ABC":
        execute(
            connection, DIALECT.ddl.statements(changes.AlterColumn("T", name, "VARCHAR(20)"), read(connection), None)
        )
    columns = read(connection).tables["T"].columns.values()
    assert [(c.type, c.collation) for c in columns] == [
        ("VARCHAR(20)", '"C"'),
        ("VARCHAR(20)", "odd.mine"),
        ("VARCHAR(20)", None),
    ]


def test_a_default_becomes_bytes_with_its_text(connection: Connection, run: Run) -> None:
    """As the plan has it: an upgrade is compared with that in the end."""
    run("CREATE TABLE t (a VARCHAR(10) DEFAULT 'it''s é' NOT NULL, b VARCHAR(10))")
    for name in "AB":
        live, change = read(connection), changes.TextToBinary("T", name, "BYTEA")
        execute(connection, DIALECT.ddl.statements(change, live, None))
        assert read(connection).tables["T"] == change.apply(live).tables["T"]
    run("INSERT INTO t DEFAULT VALUES")
    assert connection.execute(text("SELECT a FROM t")).scalar() == "it's é".encode()
