"""What PostgreSQL vouches for: every way to come to other rows in one transaction is doubted, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from apim_schema import registry
from apim_schema.errors import Refused
from apim_schema.locks import OPTION, Waiting
from apim_schema.schema import Column
from apim_schema.witness import Made, Witness
from tests.dialects.postgresql.conftest import Run
from tests.servers import Server, new_database

DIALECT = registry.load("postgresql")
SESSION = DIALECT.session
SCHEMA = "seen"
TABLES = ("T", "PARENT", "CHILD", "SPLIT", "OTHER")

MADE = (
    f"CREATE SCHEMA {SCHEMA}",
    f"SET search_path = {SCHEMA}",
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, note VARCHAR(20))",
    "CREATE TABLE child (extra INTEGER) INHERITS (parent)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), n INTEGER NOT NULL, large TEXT, "
    "p INTEGER REFERENCES parent ON DELETE CASCADE)",
    "CREATE TABLE split (id INTEGER PRIMARY KEY, note VARCHAR(20)) PARTITION BY RANGE (id)",
    "CREATE TABLE low PARTITION OF split FOR VALUES FROM (0) TO (50)",
    "CREATE TABLE high PARTITION OF split FOR VALUES FROM (50) TO (1000)",
    "CREATE TABLE other (id INTEGER PRIMARY KEY)",
    "CREATE VIEW seen_other AS SELECT id FROM other",
    "INSERT INTO parent SELECT i, 'p' || i FROM generate_series(1, 9) i",
    "INSERT INTO child SELECT i, 'c' || i, i FROM generate_series(20, 29) i",
    "INSERT INTO t SELECT i, 'a' || i, 'b' || i, i, repeat(md5(i::text), 500), 1 FROM generate_series(1, 100) i",
    "ALTER TABLE t ADD late INTEGER DEFAULT 1",
    "INSERT INTO split SELECT i, 's' || i FROM generate_series(1, 99) i",
    "INSERT INTO other SELECT generate_series(1, 9)",
    "CREATE FUNCTION writes() RETURNS INTEGER LANGUAGE plpgsql SECURITY DEFINER AS "
    f"$$BEGIN UPDATE {SCHEMA}.t SET a = 'x' WHERE id = 1; RETURN 1; END$$",
    "CREATE FUNCTION writes_when_indexed(INTEGER) RETURNS INTEGER IMMUTABLE LANGUAGE plpgsql AS "
    f"$$BEGIN PERFORM {SCHEMA}.writes(); RETURN $1; END$$",
    "CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN PERFORM writes(); END$$",
    "CREATE FUNCTION empties() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN "
    "CREATE TEMP TABLE kept AS SELECT * FROM t; TRUNCATE t; INSERT INTO t SELECT * FROM kept; END$$",
    "CREATE FUNCTION touches() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM writes(); RETURN NULL; END$$",
)


@pytest.fixture(scope="module")
def made(postgresql: Server) -> Iterator[Engine]:
    """A database whose tables stand before the transaction of any test."""
    with new_database(postgresql) as url:
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            for statement in MADE:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        yield engine


@pytest.fixture
def connection(made: Engine) -> Iterator[Connection]:
    with SESSION.connect(made, SCHEMA) as connection:
        yield connection


@pytest.fixture
def witness(connection: Connection) -> Witness:
    found = DIALECT.witness.find(connection, SCHEMA)
    assert not isinstance(found, str), found
    return found


HARMLESS = {
    "a column with a constant default": ("ALTER TABLE t ADD c VARCHAR(9) NOT NULL DEFAULT 'x'",),
    "a default that fills and goes": ("ALTER TABLE t ADD c INTEGER DEFAULT 1", "ALTER TABLE t ALTER c DROP DEFAULT"),
    "a longer VARCHAR": ("ALTER TABLE t ALTER a TYPE VARCHAR(200)", "ALTER TABLE split ALTER note TYPE TEXT"),
    "NOT NULL, and NULL": ("ALTER TABLE t ALTER a SET NOT NULL", "ALTER TABLE t ALTER n DROP NOT NULL"),
    "indexes and keys": ("CREATE INDEX ON t (a)", "CREATE INDEX ON split (note)", "ALTER TABLE t ADD UNIQUE (b)"),
    "another primary key": ("ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, n)",),
    "a foreign key": ("ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES parent (id)",),
    "a dropped column": ("ALTER TABLE t DROP b",),
    "a renamed index": ("ALTER INDEX t_pkey RENAME TO renamed",),
    "a trigger": ("CREATE TRIGGER mine AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touches()",),
    "statistics": ("ANALYZE t", "SELECT pg_stat_reset_single_table_counters('t'::regclass)", "SELECT pg_stat_reset()"),
    "locked rows": ("SELECT * FROM t FOR UPDATE",),
    "a table of its own": ("CREATE TABLE fresh AS SELECT * FROM t", "UPDATE fresh SET a = 'x'", "TRUNCATE fresh"),
    "a sequence": ("CREATE SEQUENCE counted", "SELECT nextval('counted')"),
    "a large object": ("SELECT lo_put(lo_create(0), 0, 'x')",),
}


@pytest.mark.parametrize("statements", HARMLESS.values(), ids=HARMLESS)
def test_what_leaves_the_rows_alone_is_vouched_for(witness: Witness, run: Run, statements: tuple[str, ...]) -> None:
    mark = witness.mark(TABLES)
    assert (set(mark.remembered), mark.unfit) == (set(TABLES), {})
    run(*statements)
    assert witness.doubts(mark) == {}


FILE = "stand in another file"
WRITTEN = "were written in this transaction: "
OTHERS = "has other partitions or children"
READ = "are read as another "
WRITES = {
    "an update": ("T", f"{WRITTEN}1 updated", ("UPDATE t SET a = 'x' WHERE id = 1",)),
    "an insert": ("T", f"{WRITTEN}1 inserted", ("INSERT INTO t (id, n) VALUES (1000, 1)",)),
    "a delete": ("T", f"{WRITTEN}1 deleted", ("DELETE FROM t WHERE id = 1",)),
    "the same rows again": (
        "T",
        f"{WRITTEN}100 inserted, 100 deleted",
        ("WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO t SELECT * FROM gone",),
    ),
    "an upsert": ("T", WRITTEN, ("INSERT INTO t (id, n) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET a = 'x'",)),
    "through a view": ("OTHER", f"{WRITTEN}1 updated", ("UPDATE seen_other SET id = 10 WHERE id = 1",)),
    "a long value": ("T", f"{WRITTEN}", ("UPDATE t SET large = repeat(md5(a), 900) WHERE id = 1",)),
    "a cascade": ("T", f"{WRITTEN}100 deleted", ("DELETE FROM parent WHERE id = 1",)),
    "a function": ("T", f"{WRITTEN}1 updated", ("SELECT writes()",)),
    "a function in an index": ("T", f"{WRITTEN}9 updated", ("CREATE INDEX ON other (writes_when_indexed(id))",)),
    "a function in a default": ("T", WRITTEN, ("ALTER TABLE other ADD c INTEGER DEFAULT writes()",)),
    "a trigger": (
        "T",
        f"{WRITTEN}1 updated",
        (
            "CREATE TRIGGER mine AFTER UPDATE ON other EXECUTE FUNCTION touches()",
            "UPDATE other SET id = id WHERE id = 1",
        ),
    ),
    "a trigger that waits for the commit": (
        "T",
        f"{WRITTEN}1 updated",
        (
            "CREATE CONSTRAINT TRIGGER mine AFTER UPDATE ON other DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION touches()",
            "UPDATE other SET id = id WHERE id = 1",
        ),
    ),
    "an event trigger": (
        "T",
        f"{WRITTEN}1 updated",
        ("CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION on_ddl()", "ALTER TABLE other ADD c INTEGER"),
    ),
    "an event trigger that puts the rows back": (
        "T",
        FILE,
        (
            "CREATE EVENT TRIGGER mine ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION empties()",
            "ALTER TABLE other ADD c INTEGER",
        ),
    ),
    "a write that is counted no more": (
        "T",
        f"{WRITTEN}1 updated",
        ("SELECT writes()", "SELECT pg_stat_reset_single_table_counters('t'::regclass)", "SELECT pg_stat_reset()"),
    ),
    "a write that is taken back": (
        "T",
        f"{WRITTEN}1 updated",
        ("SAVEPOINT s", "SELECT writes()", "ROLLBACK TO SAVEPOINT s"),
    ),
    "TRUNCATE": ("T", FILE, ("TRUNCATE t",)),
    "TRUNCATE after a write": ("T", FILE, ("UPDATE t SET a = 'x'", "TRUNCATE t")),
    "an empty partition": ("SPLIT", FILE, ("TRUNCATE low",)),
    "another type": ("T", FILE, ("ALTER TABLE t ALTER n TYPE BIGINT",)),
    "another value": ("T", FILE, ("ALTER TABLE t ALTER a TYPE VARCHAR(20) USING upper(a)",)),
    "a volatile default": ("T", FILE, ("ALTER TABLE t ADD c DOUBLE PRECISION DEFAULT random()",)),
    "another order": ("T", FILE, ("CLUSTER t USING t_pkey",)),
    "no log": ("T", FILE, ("ALTER TABLE parent SET LOGGED", "ALTER TABLE t SET UNLOGGED")),
    "a partition": ("SPLIT", f"low {WRITTEN}1 updated", ("UPDATE low SET note = 'x' WHERE id = 1",)),
    "a row that moves": ("SPLIT", WRITTEN, ("UPDATE split SET id = 100 WHERE id = 1",)),
    "a partition less": ("SPLIT", OTHERS, ("ALTER TABLE split DETACH PARTITION low",)),
    "a partition more": ("SPLIT", OTHERS, ("CREATE TABLE more PARTITION OF split FOR VALUES FROM (1000) TO (2000)",)),
    "a child": ("PARENT", f"child {WRITTEN}1 updated", ("UPDATE child SET note = 'x' WHERE id = 20",)),
    "a child less": ("PARENT", OTHERS, ("ALTER TABLE child NO INHERIT parent",)),
    "another table": ("T", OTHERS, ("ALTER TABLE t RENAME TO u", "CREATE TABLE t AS SELECT * FROM u")),
    "no table": ("T", OTHERS, ("ALTER TABLE t RENAME TO u",)),
    "exchanged columns": (
        "T",
        f"{READ}a, b",
        ("ALTER TABLE t RENAME a TO x", "ALTER TABLE t RENAME b TO a", "ALTER TABLE t RENAME x TO b"),
    ),
    "a new column in the place of an old one": ("T", f"{READ}b", ("ALTER TABLE t DROP b, ADD b VARCHAR(20)",)),
    "another meaning of the same bytes": ("T", f"{READ}n", ("ALTER TABLE t ALTER n TYPE oid",)),
    "another value of the catalog": (
        "T",
        f"{READ}late",
        (
            "ALTER TABLE other ADD e INTEGER DEFAULT 7",
            "UPDATE pg_attribute SET attmissingval = (SELECT attmissingval FROM pg_attribute WHERE attname = 'e' AND "
            "attrelid = 'other'::regclass) WHERE attrelid = 't'::regclass AND attname = 'late'",
        ),
    ),
    "counters that are off": ("T", "track_counts has been turned off", ("SET track_counts = off", "SELECT writes()")),
}


@pytest.mark.parametrize(("table", "reason", "statements"), WRITES.values(), ids=WRITES)
def test_every_way_to_other_rows_is_doubted(
    witness: Witness, run: Run, table: str, reason: str, statements: tuple[str, ...]
) -> None:
    mark = witness.mark(TABLES)
    run(*statements)
    assert reason in witness.doubts(mark)[table]


def test_rows_that_are_copied_in_are_doubted(witness: Witness, connection: Connection) -> None:
    mark = witness.mark(TABLES)
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy("COPY other FROM STDIN") as copy:
        copy.write("100\n101\n")
    assert witness.doubts(mark) == {"OTHER": f"rows of other {WRITTEN}2 inserted"}


def test_earlier_work_of_the_transaction_is_no_doubt(witness: Witness, run: Run) -> None:
    run("UPDATE t SET a = 'x'", "TRUNCATE other")
    mark = witness.mark(TABLES)
    assert witness.doubts(mark) == {}
    run("UPDATE t SET a = 'x' WHERE id = 1")
    assert witness.doubts(mark) == {"T": f"rows of t {WRITTEN}1 updated"}


def anew(*tables: str) -> list[Made]:
    return [Made(f"TRUNCATE {table}", table, anew=True) for table in tables]


def test_tables_that_are_written_anew_are_read(witness: Witness) -> None:
    """With them those that have a part in common."""
    assert witness.unfit(TABLES, anew("PARENT")) == dict.fromkeys(("PARENT", "CHILD"), "its rows are written anew")
    assert set(witness.unfit(TABLES, anew("CHILD"))) == {"PARENT", "CHILD"}
    assert set(witness.unfit(TABLES, anew("SPLIT", "FRESH"))) == {"SPLIT"}


UNFIT = {
    "a label that can be renamed": (
        "CREATE TYPE mood AS ENUM ('good')",
        "CREATE TABLE odd (id INTEGER, m mood, ms mood[])",
        "what m, ms of odd means is not in its rows alone",
    ),
    "rows of another server": (
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far",
        "CREATE TABLE odd (id INTEGER); CREATE FOREIGN TABLE far_away () INHERITS (odd) SERVER away",
        "far_away is a foreign table",
    ),
    "rows in another form": (
        "CREATE ACCESS METHOD strange TYPE TABLE HANDLER heap_tableam_handler",
        "CREATE TABLE odd (id INTEGER) USING strange",
        "odd is stored by strange, not by the server's own heap",
    ),
    "rows that can't be locked": (
        "CREATE ROLE apim_test_reader; GRANT USAGE ON SCHEMA seen TO apim_test_reader",
        "CREATE TABLE odd (id INTEGER); GRANT SELECT ON odd TO apim_test_reader; SET ROLE apim_test_reader",
        "the login may not lock odd: it has none of UPDATE, DELETE and TRUNCATE",
    ),
}


@pytest.mark.parametrize(("before", "make", "reason"), UNFIT.values(), ids=UNFIT)
def test_what_nobody_can_vouch_for_is_said_beforehand(
    witness: Witness, run: Run, before: str, make: str, reason: str
) -> None:
    run(before, make)
    witness.hold(("ODD",), lambda told: None)
    assert witness.mark(("ODD",)).unfit == {"ODD": reason}


def test_what_is_worked_out_when_it_is_read_is_read(witness: Witness, connection: Connection, run: Run) -> None:
    if (connection.dialect.server_version_info or ()) < (18,):
        pytest.skip("every generated column is stored")
    run("CREATE TABLE odd (id INTEGER, twice INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL)")
    assert witness.mark(("ODD",)).unfit == {"ODD": "what twice of odd means is not in its rows alone"}


NEW = {
    "a text": (Column("C", "VARCHAR(9)"), "'it''s :x'"),
    "a number": (Column("C", "INTEGER"), "7"),
    "bytes": (Column("C", "BYTEA"), "'\\x0041'::bytea"),
    "yes or no": (Column("C", "BOOLEAN"), "false"),
    "a time": (Column("C", "TIMESTAMP"), "CURRENT_TIMESTAMP"),
    "nothing": (Column("C", "VARCHAR(9)"), None),
}


@pytest.mark.parametrize(("column", "default"), NEW.values(), ids=NEW)
@pytest.mark.parametrize("table", ["T", "PARENT", "SPLIT"])
def test_the_catalog_tells_what_a_new_column_holds(
    witness: Witness, run: Run, table: str, column: Column, default: str | None
) -> None:
    mark = witness.mark(TABLES)
    run(f"ALTER TABLE {table} ADD c {column.type}" + (f" DEFAULT {default}" if default else ""))
    assert witness.doubts(mark) == {}
    assert not witness.differs(table, column, default)
    other = {"VARCHAR(9)": "'other'", "INTEGER": "8", "BYTEA": "''", "BOOLEAN": "true", "TIMESTAMP": "'1999-01-01'"}
    assert witness.differs(table, column, other[column.type])
    assert default is None or witness.differs(table, column, None)


def test_one_partition_with_another_default_is_seen(witness: Witness, run: Run) -> None:
    column = Column("C", "INTEGER")
    run("ALTER TABLE child ADD c INTEGER DEFAULT 8", "ALTER TABLE parent ADD c INTEGER DEFAULT 7")
    assert witness.differs("PARENT", column, "7")
    assert witness.differs("CHILD", column, "7")
    assert not witness.differs("CHILD", column, "8")


def test_a_server_that_does_not_count_is_no_witness(made: Engine) -> None:
    name = make_url(str(made.url)).database
    with made.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.execute(text(f"ALTER DATABASE {name} SET track_counts = off"))
        try:
            with SESSION.connect(made, SCHEMA) as connection:
                found = DIALECT.witness.find(connection, SCHEMA)
        finally:
            admin.execute(text(f"ALTER DATABASE {name} RESET track_counts"))
    assert found == "track_counts is off, so that the server counts no writes"


SWITCHES = {
    "in its settings": "SET track_counts = off AS 'BEGIN RETURN; END'",
    "in its body": "AS 'BEGIN SET track_counts = off; END'",
}


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=SWITCHES)
def test_a_function_that_stops_the_counters_is_named(connection: Connection, run: Run, switch: str) -> None:
    run(f"CREATE FUNCTION hides() RETURNS void LANGUAGE plpgsql {switch}")
    assert DIALECT.witness.find(connection, SCHEMA) == "hides() may turn track_counts off"


def test_nobody_else_writes_to_what_is_held(made: Engine, witness: Witness) -> None:
    witness.hold(TABLES, lambda told: None)
    with SESSION.connect(made, SCHEMA) as other:
        assert other.execute(text("SELECT count(*) FROM split")).scalar_one() == 99
        for table in ("t", "parent", "child", "split", "low", "other"):
            with pytest.raises(OperationalError, match="lock timeout"), other.begin_nested():
                other.exec_driver_sql(f"SET LOCAL lock_timeout = '10ms'; DELETE FROM {table}")


def test_who_writes_is_named(made: Engine, witness: Witness, connection: Connection) -> None:
    """Who reads is in nobody's way; between the attempts nothing is held."""
    connection.exec_driver_sql("SET lock_timeout TO '50ms'")
    connection.execution_options(**{OPTION: Waiting(ddl_retries=1)})
    told: list[str] = []
    with SESSION.connect(made, SCHEMA) as writer, SESSION.connect(made, SCHEMA) as reader:
        pids = [c.execute(text("SELECT pg_backend_pid()")).scalar_one() for c in (writer, reader)]
        writer.execute(text("UPDATE low SET note = note WHERE id = 1"))
        reader.execute(text("SELECT * FROM t"))
        with pytest.raises(Refused, match=rf"process {pids[0]} .*--evidence full") as refused:
            witness.hold(TABLES, told.append)
        assert str(pids[1]) not in str(refused.value)
        assert told == [told[0]]
        assert f"waits for process {pids[0]} (user postgres" in told[0]
        writer.rollback()
        witness.hold(TABLES, told.append)
