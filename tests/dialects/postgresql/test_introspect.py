"""What the server's catalogs say, in the model's words."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from apim_schema import chain, compare, registry
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Trigger
from tests.dialects.postgresql.conftest import Connect, Run
from tests.vendor import make

DIALECT = registry.load("postgresql")


def read(connection: Connection, schema: str | None = None) -> Schema:
    return DIALECT.introspect.read(connection, schema)


@pytest.mark.parametrize("release", [*chain.OLDER, *chain.releases("apim")])
@pytest.mark.parametrize("database", chain.DATABASES)
def test_every_release_as_the_vendor_makes_it(connection: Connection, run: Run, database: str, release: str) -> None:
    run(*make.script(make.catalog("postgresql", database, release)))
    assert compare.mismatches(chain.expected("postgresql", database, release), read(connection)) == []


@pytest.mark.parametrize("schema", ["wso2", "My 'odd' %s schema"])
def test_a_schema_of_its_own(connect: Connect, schema: str) -> None:
    maker = connect()
    make.create(maker, "postgresql", "shared", "4.2.0", schema=schema)
    maker.commit()
    connection = connect(schema)
    expected = chain.expected("postgresql", "shared", "4.2.0")
    assert compare.mismatches(expected, read(connection)) == []
    assert compare.mismatches(expected, read(connection, schema)) == []
    assert read(connect()).tables == read(connection, "public").tables == {}


def test_columns(connection: Connection, run: Run) -> None:
    run(
        "CREATE SEQUENCE named_seq",
        "CREATE TYPE mood AS ENUM ('glad', 'sad')",
        """CREATE TABLE t (
            a SERIAL, b INTEGER GENERATED ALWAYS AS IDENTITY, c BIGINT DEFAULT nextval('named_seq') NOT NULL,
            d VARCHAR(10) DEFAULT 'It''s', e TIMESTAMP(0) DEFAULT now(), f CHAR(3), g BOOLEAN DEFAULT true,
            h NUMERIC(10, 2)[], i INTEGER GENERATED ALWAYS AS (b * 2) STORED, j TEXT COLLATE "C", "Order" mood)""",
        "CREATE INDEX t_c ON t (c)",
    )
    assert list(read(connection).tables["T"].columns.values()) == [
        Column("A", "INTEGER", nullable=False, generated=""),
        Column("B", "INTEGER", nullable=False, generated=""),
        Column("C", "BIGINT", nullable=False, generated="NAMED_SEQ"),
        Column("D", "VARCHAR(10)", default="'It''s'"),
        Column("E", "TIMESTAMP(0)", default="CURRENT_TIMESTAMP"),
        Column("F", "CHAR(3)"),
        Column("G", "BOOLEAN", default="TRUE"),
        Column("H", "NUMERIC(10,2)[]"),
        Column("I", "INTEGER", default="GENERATED ALWAYS AS ((b * 2))"),
        Column("J", "TEXT", collation='"C"'),
        Column('"Order"', "MOOD"),
    ]


def test_a_sequence_that_nobody_draws_from_makes_no_numbers(connection: Connection, run: Run) -> None:
    """Its column owns it still; so does one that draws from another."""
    run(
        "CREATE SEQUENCE another",
        "CREATE TABLE t (a SERIAL, b SERIAL, c SERIAL)",
        "ALTER TABLE t ALTER a DROP DEFAULT, ALTER b SET DEFAULT 7, ALTER c SET DEFAULT nextval('another')",
    )
    assert list(read(connection).tables["T"].columns.values()) == [
        Column("A", "INTEGER", nullable=False),
        Column("B", "INTEGER", nullable=False, default="7"),
        Column("C", "INTEGER", nullable=False, generated="ANOTHER"),
    ]


def test_keys_by_structure_with_their_names(connection: Connection, run: Run) -> None:
    run(
        "CREATE SCHEMA other",
        "CREATE TABLE other.parent (id INTEGER PRIMARY KEY)",
        'CREATE TABLE parent (x INTEGER, y INTEGER, CONSTRAINT "Key" PRIMARY KEY (y, x))',
        """CREATE TABLE child (a INTEGER, b INTEGER, c INTEGER REFERENCES other.parent,
            CONSTRAINT one UNIQUE (b, a), UNIQUE (c),
            CONSTRAINT up FOREIGN KEY (a, b) REFERENCES parent (y, x) ON DELETE SET NULL ON UPDATE RESTRICT)""",
    )
    tables = read(connection).tables
    parent, child = tables["PARENT"], tables["CHILD"]
    assert parent.primary_key == Key(("Y", "X"))
    assert parent.primary_key.name == '"Key"'
    assert [(key.columns, key.name) for key in child.unique] == [(("C",), "CHILD_C_KEY"), (("B", "A"), "ONE")]
    assert child.foreign_keys == (
        ForeignKey(("C",), "other.PARENT", ("ID",)),
        ForeignKey(("A", "B"), "PARENT", ("Y", "X"), on_delete="SET NULL"),
    )
    assert child.foreign_keys[1].name == "UP"
    assert not child.indexes


INDEXES = [
    ("ON t (a, b)", Index("I", ("A", "B"))),
    ("ON t (lower(a), b)", Index("I", ("LOWER(A)", "B"))),
    ('ON t ("Odd")', Index("I", ('"Odd"',))),
    ('ON t ("order")', Index("I", ("ORDER",))),
    ("ON t (a) WITH (fillfactor = 70)", Index("I", ("A",))),
    ("ON t (a) WHERE b > 0", Index("I", ("A", "[btree (a) WHERE b > 0]"))),
    ("ON t (a DESC)", Index("I", ("A", "[btree (a DESC)]"))),
    ("ON t (a varchar_pattern_ops)", Index("I", ("A", "[btree (a varchar_pattern_ops)]"))),
    ('ON t (a COLLATE "C")', Index("I", ("A", '[btree (a COLLATE "C")]'))),
    ("ON t (a) INCLUDE (b)", Index("I", ("A",), include=("B",))),
    (
        'ON t (a) INCLUDE ("order", "Odd") WHERE b > 0',
        Index("I", ("A", "[btree (a) WHERE b > 0]"), include=("ORDER", '"Odd"')),
    ),
    ("ON t USING hash (a)", Index("I", ("A", "[hash (a)]"))),
    ("ON t ((a || ':x'))", Index("I", ("(A || ':x')",))),
]


@pytest.mark.parametrize(("definition", "expected"), INDEXES)
def test_an_index_that_is_more_than_columns_equals_none(
    connection: Connection, run: Run, definition: str, expected: Index
) -> None:
    run('CREATE TABLE t (a VARCHAR(10), b INTEGER, "Odd" INTEGER, "order" INTEGER)', f"CREATE INDEX i {definition}")
    assert read(connection).tables["T"].indexes == (expected,)


def test_keys_may_hold_other_columns_beside_theirs(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER, PRIMARY KEY (a) INCLUDE (b), UNIQUE (b) INCLUDE (a, c))")
    table = read(connection).tables["T"]
    assert (table.primary_key, table.unique) == (Key(("A",)), (Key(("B",)),))


def test_an_invalid_index_equals_none(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE t (a INTEGER)",
        "CREATE UNIQUE INDEX i ON t (a)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass",
    )
    assert read(connection).tables["T"].indexes == (Index("I", ("A", "[invalid]"), unique=True),)


def test_only_tables_that_hold_rows_of_their_own(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE parted (id INTEGER) PARTITION BY RANGE (id)",
        "CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (9)",
        "CREATE VIEW seen AS SELECT * FROM parted",
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM parted",
        "CREATE TABLE alembic_version_apim (version_num VARCHAR(32) PRIMARY KEY)",
        "CREATE TABLE apim_schema_history (id SERIAL)",
        "CREATE TABLE bare ()",
    )
    found = read(connection)
    assert set(found.tables) == {"PARTED", "BARE"}
    assert found.sequences == {}


def test_sequences_triggers_and_routines(connection: Connection, run: Run) -> None:
    run(
        "CREATE SEQUENCE mine START WITH 5 INCREMENT BY 2",
        "CREATE TABLE first (id SERIAL)",
        "CREATE TABLE second (id INTEGER)",
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
        "CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON first FOR EACH ROW EXECUTE FUNCTION touch()",
        "CREATE TRIGGER stamp AFTER DELETE ON second EXECUTE FUNCTION touch()",
    )
    found = read(connection)
    assert found.sequences == {"MINE": "START WITH 1 INCREMENT BY 2"}  # where it began does not matter
    assert found.triggers == {
        "STAMP": Trigger("STAMP", "FIRST", "BEFORE", ("INSERT", "UPDATE")),
        "STAMP ON SECOND": Trigger("STAMP", "SECOND", "AFTER", ("DELETE",)),
    }
    assert found.triggers["STAMP"].action == "for each row: call touch()"
    assert found.triggers["STAMP ON SECOND"].action == "for each statement: call touch()"
    assert list(found.routines) == ["TOUCH"]


def test_a_text_that_became_bytes_is_read_as_text(connection: Connection) -> None:
    old, new = Column("X", "VARCHAR(10)"), Column("X", "BYTEA")
    expression = DIALECT.introspect.converted(new, old)
    assert expression == "convert_from(X, 'UTF8')"
    text = "naïve \\x41 \\\\ '' 日本"
    row = connection.exec_driver_sql(f"SELECT {expression} FROM (SELECT convert_to(%s, 'UTF8') AS x) t", (text,))
    assert row.scalar_one() == text
    assert DIALECT.introspect.converted(old, old) is None
    assert DIALECT.introspect.converted(new, new) is None
