"""What the binary log vouches for: every way to come to other rows is doubted, and nothing else is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, make_url

from apim_schema import registry
from apim_schema.witness import Made, Mark, Witness
from tests.dialects.mysql.conftest import runner
from tests.servers import Server, new_database, started

DIALECT = registry.load("mysql")
SESSION = DIALECT.session
binlog: Any = import_module("apim_schema.dialects.mysql.binlog")

MADE = (
    "CREATE TABLE PARENT (ID INTEGER PRIMARY KEY, NOTE VARCHAR(20))",
    "CREATE TABLE CHILD (ID INTEGER PRIMARY KEY, P INTEGER, "
    "FOREIGN KEY (P) REFERENCES PARENT (ID) ON DELETE CASCADE ON UPDATE CASCADE)",
    "CREATE TABLE GRANDCHILD (ID INTEGER PRIMARY KEY, C INTEGER, "
    "FOREIGN KEY (C) REFERENCES CHILD (ID) ON DELETE SET NULL)",
    "CREATE TABLE KEPT (ID INTEGER PRIMARY KEY, P INTEGER, FOREIGN KEY (P) REFERENCES PARENT (ID))",
    "CREATE TABLE T (ID INTEGER PRIMARY KEY, A VARCHAR(20), N INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE OTHER (ID INTEGER PRIMARY KEY, A VARCHAR(20))",
    "CREATE TABLE SPLIT (ID INTEGER PRIMARY KEY) PARTITION BY RANGE (ID) "
    "(PARTITION LOW VALUES LESS THAN (50), PARTITION HIGH VALUES LESS THAN (1000))",
    "CREATE VIEW SEEN AS SELECT ID, A FROM OTHER",
    "CREATE PROCEDURE WRITES() UPDATE T SET N = N + 1 WHERE ID = 1",
    "CREATE FUNCTION COUNTS() RETURNS INTEGER DETERMINISTIC BEGIN UPDATE T SET N = N + 1 WHERE ID = 1; RETURN 1; END",
    "CREATE TABLE FIRES (ID INTEGER PRIMARY KEY)",
    "CREATE TRIGGER MINE AFTER INSERT ON FIRES FOR EACH ROW UPDATE T SET N = N + 1 WHERE ID = 1",
    *(f"INSERT INTO {table} (ID) VALUES (1), (2), (3)" for table in ("PARENT", "T", "OTHER", "SPLIT")),
    *(f"INSERT INTO {table} VALUES (1, 1), (2, 2)" for table in ("CHILD", "GRANDCHILD")),
)
TABLES = ("PARENT", "CHILD", "GRANDCHILD", "KEPT", "T", "OTHER", "SPLIT", "FIRES")
ALL = dict.fromkeys(TABLES)


@pytest.fixture(scope="module")
def made(logged: Server) -> Iterator[Engine]:
    """A database whose tables stand before any test; each test leaves them as others can use them."""
    with new_database(logged) as url:
        engine = create_engine(url, poolclass=NullPool)
        with session(engine) as connection:
            runner(connection)("SET GLOBAL log_bin_trust_function_creators = ON", *MADE)
        yield engine


@contextmanager
def session(engine: Engine) -> Iterator[Connection]:
    """Somebody else's, each statement of which commits."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@pytest.fixture
def other(made: Engine) -> Iterator[Connection]:
    with session(made) as connection:
        yield connection


@pytest.fixture
def connection(made: Engine) -> Iterator[Connection]:
    with SESSION.connect(made, None) as connection:
        yield connection


@pytest.fixture
def witness(connection: Connection, made: Engine) -> Witness:
    found = DIALECT.witness.find(connection, name(made))
    assert not isinstance(found, str), found
    return found


def name(made: Engine) -> str:
    return str(make_url(str(made.url)).database)


def marked(witness: Witness, statements: tuple[Made, ...] = ()) -> Mark:
    mark = witness.mark(TABLES, statements)
    assert (set(mark.remembered), mark.unfit) == (set(TABLES), {})
    assert witness.doubts(mark) == {}
    return mark


HARMLESS = {
    "reading": ("BEGIN", "SELECT * FROM T FOR UPDATE", "COMMIT"),
    "what is taken back": ("BEGIN", "UPDATE T SET N = N + 1", "ROLLBACK"),
    "a write that changes nothing": ("UPDATE T SET A = A",),
    "statistics": ("ANALYZE TABLE T", "OPTIMIZE TABLE T", "FLUSH TABLES"),
    "a table of its own": (
        *("CREATE TABLE FRESH (ID INTEGER PRIMARY KEY)", "INSERT INTO FRESH VALUES (1)", "TRUNCATE TABLE FRESH"),
        *("ALTER TABLE FRESH ADD A INTEGER", "DROP TABLE FRESH"),
    ),
    "a copy": ("CREATE TABLE FRESH AS SELECT ID FROM T", "DROP TABLE FRESH"),
    "a temporary table": ("CREATE TEMPORARY TABLE T2 AS SELECT * FROM T", "UPDATE T2 SET N = 1", "DROP TABLE T2"),
    "programs": (
        "CREATE TRIGGER MORE BEFORE UPDATE ON T FOR EACH ROW SET NEW.N = 1",
        *("DROP TRIGGER MORE", "CREATE VIEW SEEN_T AS SELECT * FROM T", "DROP VIEW SEEN_T"),
        *("CREATE PROCEDURE IDLE() TRUNCATE T", "DROP PROCEDURE IDLE"),
    ),
    "logins": (
        *("CREATE USER apim_test_some IDENTIFIED BY 'secret'", "GRANT SELECT ON `{0}`.* TO apim_test_some"),
        "DROP USER apim_test_some",
    ),
    "a table of the same name elsewhere": (
        *("CREATE DATABASE {0}_2", "USE {0}_2", "CREATE TABLE T (ID INTEGER)", "INSERT INTO T VALUES (1)"),
        *("ALTER TABLE T ADD A INTEGER", "TRUNCATE T", "DROP DATABASE {0}_2", "USE {0}"),
    ),
    "another file of the log": ("FLUSH BINARY LOGS", "FLUSH BINARY LOGS"),
}


@pytest.mark.parametrize("statements", HARMLESS.values(), ids=HARMLESS)
def test_what_leaves_the_rows_alone_is_vouched_for(
    witness: Witness, other: Connection, made: Engine, statements: tuple[str, ...]
) -> None:
    mark = marked(witness)
    runner(other)(*(statement.replace("{0}", name(made)) for statement in statements))
    assert witness.doubts(mark) == {}


WRITTEN = r"rows were written: binary log log\.0"
WITH_THOSE = "may have gone with those of |rows were written"
"""MySQL writes what a cascade does into its log from 9.6 on."""
FOREIGN = "which is none of ours, names it"
AS_STATEMENT = "as a statement, which does not name all tables"
WRITES: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "an insert": ({"T": WRITTEN}, ("INSERT INTO T (ID) VALUES (1000)", "DELETE FROM T WHERE ID = 1000")),
    "an upsert": ({"T": WRITTEN}, ("INSERT INTO T (ID) VALUES (1) ON DUPLICATE KEY UPDATE N = N + 1",)),
    "a row that is put back": (
        {"OTHER": WRITTEN},
        ("DELETE FROM OTHER WHERE ID = 3", "INSERT INTO OTHER VALUES (3, NULL)"),
    ),
    "a transaction": ({"T": WRITTEN}, ("BEGIN", "SAVEPOINT S", "UPDATE T SET N = N + 1", "COMMIT")),
    "through a view": ({"OTHER": WRITTEN}, ("UPDATE SEEN SET A = CONCAT(IFNULL(A, ''), 'x') WHERE ID = 1",)),
    "a procedure": ({"T": WRITTEN}, ("CALL WRITES()",)),
    "a function": ({"T": WRITTEN}, ("DO COUNTS()",)),
    "a trigger": ({"T": WRITTEN, "FIRES": WRITTEN}, ("INSERT INTO FIRES VALUES (1)", "DELETE FROM FIRES")),
    "a partition": (
        {"SPLIT": WRITTEN},
        ("UPDATE SPLIT SET ID = 99 WHERE ID = 1", "UPDATE SPLIT SET ID = 1 WHERE ID = 99"),
    ),
    "a cascade": (
        {"PARENT": WRITTEN, "CHILD": WITH_THOSE, "GRANDCHILD": WITH_THOSE},
        ("DELETE FROM PARENT WHERE ID = 1", "INSERT INTO PARENT (ID) VALUES (1)"),
    ),
    "another key of a parent": (
        {"PARENT": WRITTEN, "CHILD": WITH_THOSE, "GRANDCHILD": WITH_THOSE},
        ("UPDATE PARENT SET ID = 20 WHERE ID = 2", "UPDATE PARENT SET ID = 2 WHERE ID = 20"),
    ),
    "a child": ({"CHILD": WRITTEN, "GRANDCHILD": WITH_THOSE}, ("UPDATE CHILD SET P = NULL WHERE ID = 2",)),
    "two phases": (
        {"T": WRITTEN},
        ("XA START 'k'", "UPDATE T SET N = N + 1", "XA END 'k'", "XA PREPARE 'k'", "XA COMMIT 'k'"),
    ),
    "two phases in one": (
        {"T": WRITTEN},
        ("XA START 'k'", "UPDATE T SET N = N + 1", "XA END 'k'", "XA COMMIT 'k' ONE PHASE"),
    ),
    "from another database": ({"T": WRITTEN}, ("USE mysql", "UPDATE {0}.T SET N = N + 1", "USE {0}")),
    "in another file of the log": (
        {"T": WRITTEN},
        ("FLUSH BINARY LOGS", "UPDATE T SET N = N + 1", "FLUSH BINARY LOGS", "FLUSH BINARY LOGS"),
    ),
    "TRUNCATE": ({"OTHER": FOREIGN}, ("TRUNCATE OTHER", "INSERT INTO SEEN (ID) VALUES (1), (2), (3)")),
    "another type": (
        {"OTHER": FOREIGN},
        ("ALTER TABLE OTHER MODIFY A VARCHAR(30)", "ALTER TABLE {0}.OTHER MODIFY A VARCHAR(20)"),
    ),
    "another type, from another database": (
        {"OTHER": FOREIGN},
        (
            *("USE mysql", "ALTER TABLE {0}.`OTHER` MODIFY A VARCHAR(30)"),
            *("ALTER TABLE {0}.OTHER MODIFY A VARCHAR(20)", "USE {0}"),
        ),
    ),
    "another table": (
        {"OTHER": FOREIGN},
        (
            *("RENAME TABLE OTHER TO OTHER_2", "CREATE TABLE OTHER LIKE OTHER_2"),
            *("DROP TABLE OTHER", "RENAME TABLE OTHER_2 TO OTHER"),
        ),
    ),
    "a partition less": ({"SPLIT": FOREIGN}, ("ALTER TABLE SPLIT TRUNCATE PARTITION HIGH",)),
    "an index": ({"T": FOREIGN}, ("CREATE INDEX I ON T (A)", "DROP INDEX I ON T")),
    "a statement": (
        dict.fromkeys(TABLES, f"UPDATE {AS_STATEMENT}"),
        ("SET SESSION binlog_format = 'STATEMENT'", "UPDATE OTHER SET A = 'x'", "SET SESSION binlog_format = 'ROW'"),
    ),
    "one of mixed format": (
        dict.fromkeys(TABLES, f"UPDATE {AS_STATEMENT}"),
        ("SET SESSION binlog_format = 'MIXED'", "UPDATE OTHER SET A = 'y'", "SET SESSION binlog_format = 'ROW'"),
    ),
    "a function, as a statement": (
        dict.fromkeys(TABLES, f"SELECT {AS_STATEMENT}"),
        ("SET SESSION binlog_format = 'STATEMENT'", "DO COUNTS()", "SET SESSION binlog_format = 'ROW'"),
    ),
    "a query that fills a table, as a statement": (
        dict.fromkeys(TABLES, f"CREATE {AS_STATEMENT}"),
        (
            *("SET SESSION binlog_format = 'STATEMENT'", "CREATE TABLE FRESH AS SELECT ID FROM T"),
            *("SET SESSION binlog_format = 'ROW'", "DROP TABLE FRESH"),
        ),
    ),
    "a database": (
        dict.fromkeys(TABLES, "ALTER DATABASE of this database"),
        ("ALTER DATABASE `{0}` CHARACTER SET utf8mb4",),
    ),
    "a log that is begun anew": (dict.fromkeys(TABLES, "log.0"), ("RESET",)),
    "a log that is purged": (dict.fromkeys(TABLES, "log.0"), ("FLUSH BINARY LOGS", "PURGE")),
}
"""The last two are said in other words by each server."""


@pytest.mark.parametrize(("expected", "statements"), WRITES.values(), ids=WRITES)
def test_every_way_to_other_rows_is_doubted(
    witness: Witness, other: Connection, logged: Server, expected: Mapping[str, str], statements: tuple[str, ...]
) -> None:
    mark = marked(witness)
    for statement in statements:
        if statement == "PURGE":
            purge(logged)
        else:
            runner(other)(spelled(logged, statement, name(other.engine)))
    found = witness.doubts(mark)
    assert found.keys() == expected.keys()
    for table, reason in expected.items():
        assert re.search(reason, found[table]), table


def spelled(server: Server, statement: str, database: str) -> str:
    """What each server has other words for, and the name of the database."""
    if statement == "RESET":
        return "RESET BINARY LOGS AND GTIDS" if server.name == "mysql" else "RESET MASTER"
    return statement.replace("{0}", database)


def purge(server: Server) -> None:
    """Removes all files but the one that is written to; MariaDB keeps one until its rows are on the disk."""
    with server.connection() as admin:
        for _ in range(200):
            *older, newest = [row[0] for row in admin.exec_driver_sql("SHOW BINARY LOGS")]
            if not older:
                return
            admin.exec_driver_sql(f"PURGE BINARY LOGS TO '{newest}'")
            time.sleep(0.1)
    pytest.fail(f"{older} are not purged")


def compressed(server: Server) -> tuple[str, str]:
    if server.name == "mysql":
        return "SET SESSION binlog_transaction_compression = ON", "SET SESSION binlog_transaction_compression = OFF"
    return "SET GLOBAL log_bin_compress = ON, log_bin_compress_min_len = 10", "SET GLOBAL log_bin_compress = OFF"


@pytest.mark.parametrize("page", [1, 2, 3, 5, 1000])
def test_what_is_compressed_is_read(
    witness: Witness, other: Connection, logged: Server, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Whatever part of it is asked for at once."""
    monkeypatch.setattr(binlog, "PAGE", page)
    mark = marked(witness)
    on, off = compressed(logged)
    several = ("BEGIN", "UPDATE T SET N = N + 1", "UPDATE OTHER SET A = CONCAT(IFNULL(A, ''), 'z')", "COMMIT")
    altered = "ALTER TABLE SPLIT COMMENT 'a statement that is long enough to be compressed, compressed, compressed'"
    runner(other)(on, *several, altered, "FLUSH BINARY LOGS", *several, "INSERT INTO FIRES VALUES (7)", off)
    runner(other)("DELETE FROM FIRES")
    found = witness.doubts(mark)
    assert found.keys() == {"T", "OTHER", "FIRES", "SPLIT"}
    assert FOREIGN in found["SPLIT"]


def test_who_has_begun_before_and_commits_after_is_seen(witness: Witness, made: Engine) -> None:
    with session(made) as early, session(made) as late:
        runner(early)("BEGIN", "UPDATE T SET N = N + 1")
        mark = marked(witness)
        runner(early)("COMMIT")
        runner(late)("BEGIN", "UPDATE OTHER SET A = 'open'")
        assert witness.doubts(mark).keys() == {"T"}
        runner(late)("ROLLBACK")


def test_what_was_prepared_before_is_doubted_when_it_commits(witness: Witness, made: Engine) -> None:
    """The log names its tables where it was prepared."""
    phase = ("XA START '{0}'", "UPDATE {1} SET A = '{0}' WHERE ID = {2}", "XA END '{0}'", "XA PREPARE '{0}'")
    for key, table, row in (("gone", "T", 2), ("kept", "OTHER", 2)):
        with session(made) as early:
            runner(early)(*(statement.format(key, table, row) for statement in phase))
            early.invalidate()
    mark = marked(witness)
    with session(made) as late:
        runner(late)("XA ROLLBACK 'gone'")
        assert witness.doubts(mark) == {}
        runner(late)("XA COMMIT 'kept'")
    assert witness.doubts(mark).keys() == set(TABLES)
    assert "a transaction that was prepared before" in witness.doubts(mark)["T"]


INSTANT = "ALTER TABLE OTHER ADD COLUMN C INTEGER DEFAULT 7, ALGORITHM=INSTANT"
UNSTATED = "ALTER TABLE OTHER DROP COLUMN C"


def test_statements_of_ours_are_known(witness: Witness, connection: Connection) -> None:
    """Nobody else's are, and none that may write rows: not what the server chooses by itself, nor what an earlier
    run did not know of."""
    ours = (Made(INSTANT, "OTHER", anew=False),)
    mark = marked(witness, ours)
    runner(connection)(INSTANT)
    assert witness.doubts(mark) == {}
    again = (*ours, Made(UNSTATED, "OTHER", anew=False))
    assert witness.unfit(TABLES, again) == {"OTHER": "its rows are written anew, or may be"}
    runner(connection)(UNSTATED)
    assert FOREIGN in witness.doubts(mark)["OTHER"]
    assert witness.doubts(mark, again) == {"OTHER": "a statement of this upgrade has written its rows anew"}


UNFIT = {
    "another engine": ("CREATE TABLE ODD (ID INTEGER) ENGINE = MyISAM", "its rows are in MyISAM, not in InnoDB"),
    "an odd name": ("CREATE TABLE `ODD.ONE` (ID INTEGER)", "its name can't be told"),
    "a column that is worked out": ("CREATE TABLE ODD (ID INTEGER, B INTEGER AS (ID * 2))", "what B means is not in"),
    "a parent elsewhere": (
        "CREATE TABLE ODD (ID INTEGER, FOREIGN KEY (ID) REFERENCES {0}_2.PARENT (ID) ON DELETE CASCADE)",
        "its rows may go with those of {0}_2.PARENT, in another database",
    ),
    "a parent's parent elsewhere": (
        "CREATE TABLE BETWEEN_BOTH (ID INTEGER PRIMARY KEY, FOREIGN KEY (ID) REFERENCES {0}_2.PARENT (ID) "
        "ON DELETE CASCADE); CREATE TABLE ODD (ID INTEGER, FOREIGN KEY (ID) REFERENCES BETWEEN_BOTH (ID) "
        "ON DELETE CASCADE)",
        "its rows may go with those of {0}_2.PARENT, in another database",
    ),
}


@pytest.mark.parametrize(("sql", "reason"), UNFIT.values(), ids=UNFIT)
def test_what_the_log_can_not_vouch_for_is_read(logged: Server, sql: str, reason: str) -> None:
    with new_database(logged) as url, SESSION.connect(create_engine(url, poolclass=NullPool), None) as connection:
        database = str(make_url(url).database)
        run = runner(connection)
        run(f"CREATE DATABASE {database}_2", f"CREATE TABLE {database}_2.PARENT (ID INTEGER PRIMARY KEY)")
        run(*sql.replace("{0}", database).split("; "))
        witness = DIALECT.witness.find(connection, database)
        assert not isinstance(witness, str)
        (told,) = witness.mark(("ODD", "ODD.ONE")).unfit.values()
        assert reason.replace("{0}", database) in told
        run("DROP TABLE IF EXISTS ODD, `ODD.ONE`, BETWEEN_BOTH", f"DROP DATABASE {database}_2")


def test_a_session_that_is_not_logged_leaves_no_mark(witness: Witness, connection: Connection) -> None:
    runner(connection)("SET SESSION sql_log_bin = 0")
    mark = witness.mark(TABLES)
    assert mark.remembered == {}
    assert mark.unfit["T"].endswith("a statement of this session is not in it (sql_log_bin)")


def test_a_server_without_a_log_is_no_witness(connection_without_log: Connection) -> None:
    found = DIALECT.witness.find(connection_without_log, "apim")
    assert found == (
        "the server commits each statement, which lets others write in between, and its binary log is off (log_bin)"
    )


@pytest.fixture
def connection_without_log(both: Server) -> Iterator[Connection]:
    with SESSION.connect(create_engine(both.url, poolclass=NullPool), None) as connection:
        yield connection


def test_a_log_of_statements_is_no_witness(logged: Server, connection: Connection) -> None:
    with logged.connection() as admin:
        runner(admin)("SET GLOBAL binlog_format = 'MIXED'")
        try:
            found = DIALECT.witness.find(connection, "apim")
        finally:
            runner(admin)("SET GLOBAL binlog_format = 'ROW'")
    assert "(binlog_format is MIXED, not ROW)" in str(found)


def test_a_name_that_can_not_be_told_is_no_witness(connection: Connection) -> None:
    assert "the name 'apim-db' can't be told" in str(DIALECT.witness.find(connection, "apim-db"))


NEEDED = {
    "mysql": (("REPLICATION CLIENT", "REPLICATION CLIENT"), ("REPLICATION SLAVE", "REPLICATION SLAVE")),
    "mariadb": (("BINLOG MONITOR", "BINLOG MONITOR"), ("SLAVE MONITOR", "SLAVE MONITOR")),
}
"""What is granted one after the other, and how the server calls it that it is missing."""


def test_the_privileges_that_it_takes(logged: Server, made: Engine, connection: Connection) -> None:
    login = make_url(str(made.url)).set(username="apim_test_reader", password="secret")
    engine, database = create_engine(login, poolclass=NullPool), name(made)
    run = runner(connection)
    run("CREATE USER apim_test_reader IDENTIFIED BY 'secret'", f"GRANT SELECT ON {database}.* TO apim_test_reader")
    try:
        assert "has not the privilege DROP" in found_by(engine, database)
        run(f"GRANT ALL ON {database}.* TO apim_test_reader")
        for granted, missing in NEEDED[logged.name]:
            assert missing in found_by(engine, database)
            run(f"GRANT {granted} ON *.* TO apim_test_reader")
        assert found_by(engine, database) == ""
    finally:
        run("DROP USER apim_test_reader")


def found_by(engine: Engine, database: str) -> str:
    """Why this login has no witness, "" where it has one that works."""
    with SESSION.connect(engine, None) as connection:
        found = DIALECT.witness.find(connection, database)
        return found if isinstance(found, str) else "".join(witness_fails(found))


def witness_fails(witness: Witness) -> Iterator[str]:
    mark = witness.mark(TABLES)
    yield from (*mark.unfit.values(), *witness.doubts(mark).values())


def test_a_replica_that_does_not_log_what_it_is_sent_is_no_witness(
    logged: Server, made: Engine, connection: Connection
) -> None:
    if logged.name == "mysql":
        pytest.skip("it logs that, unless it is told not to when it starts")
    run = runner(connection)
    run("CHANGE MASTER TO MASTER_HOST = 'db-1.example', MASTER_PORT = 1")
    try:
        assert "as a replica it does not log what it is sent" in str(DIALECT.witness.find(connection, name(made)))
    finally:
        run("RESET SLAVE ALL")


UNKNOWN = {
    "a kind that nobody knows": ("Incident", 200, "#1 (LOST_EVENTS)", "an event of the kind Incident"),
    "a file that is loaded": ("Execute_load_query", 200, "LOAD DATA INFILE 'x'", "of the kind Execute_load_query"),
    "rows without their table": (
        "Write_rows",
        200,
        "table_id: 7 flags: STMT_END_F",
        "rows of a table that it does not",
    ),
    "what is compressed and not shown": (
        "Transaction_payload",
        200,
        "compression='ZSTD'",
        "whose events it does not show",
    ),
    "a statement that nobody knows": ("Query", 200, "INSTALL PLUGIN some SONAME 'x.so'", "INSTALL as a statement"),
    "a statement that is timed": ("Query", 200, "ANALYZE UPDATE T SET N = 1", "ANALYZE as a statement"),
    "a block of statements": ("Query", 200, "BEGIN NOT ATOMIC DELETE FROM T; END", "BEGIN as a statement"),
    "a statement behind a comment": ("Query", 200, "/* for us */ ALTER TABLE OTHER.T FORCE", "FOR as a statement"),
}


@pytest.mark.parametrize(("kind", "end", "info", "reason"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known_is_a_doubt_about_everything(kind: str, end: int, info: str, reason: str) -> None:
    """Whether it is the last or not."""
    for following in ([], [binlog.Event("log.1", end, "Gtid", end + 50, "")]):
        findings = binlog.Findings("apim", TABLES, {})
        for event in (binlog.Event("log.1", 100, kind, end, info), *following):
            findings.see(event)
        findings.close()
        assert reason in findings.everything
        assert findings.everything.endswith("log.1, position 100")


@pytest.mark.kill
def test_a_restart_is_a_gap(logged: Server, made: Engine) -> None:
    """While the server was down, or had no log, anything may have been done to its files."""
    with SESSION.connect(made, None) as connection:
        witness = DIALECT.witness.find(connection, name(made))
        assert not isinstance(witness, str)
        mark = marked(witness)
    logged.kill()
    logged.restart()
    with SESSION.connect(made, None) as connection:
        witness = DIALECT.witness.find(connection, name(made))
        assert not isinstance(witness, str)
        assert "the server was restarted since" in witness.doubts(mark)["T"]


@pytest.mark.kill
@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
@pytest.mark.parametrize("option", ["--binlog-ignore-db=some", "--binlog-do-db=some"])
def test_a_log_that_leaves_databases_out_is_no_witness(engine: str, option: str) -> None:
    with started(engine, "--log-bin=log", "--binlog-format=ROW", option) as server, new_database(server) as url:
        reason = found_by(create_engine(url, poolclass=NullPool), str(make_url(url).database))
        assert "leaves databases out (binlog_do_db, binlog_ignore_db)" in reason
