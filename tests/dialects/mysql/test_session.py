"""Connections, the one-upgrade lock, and statements that wait for a lock."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.errors import Refused, Unfinished, UsageError
from apim_schema.locks import OPTION, Waiting
from apim_schema.target import target
from tests.dialects.mysql.conftest import Connect, Run, runner
from tests.servers import Server, new_database
from tests.servers.proxy import before

SESSION = registry.load("mysql").session


def scalar(connection: Connection, sql: str) -> Any:
    return connection.execute(text(sql)).scalar_one()


def test_a_connection_is_prepared(connection: Connection) -> None:
    for setting, value in {
        "time_zone": "+00:00",
        "lock_wait_timeout": 5,
        "innodb_lock_wait_timeout": 5,
        "foreign_key_checks": 1,
        "character_set_client": "utf8mb4",
        "autocommit": 1,
        "wait_timeout": 2147483,
    }.items():
        assert scalar(connection, f"SELECT @@{setting}") == value
    assert "STRICT_ALL_TABLES" in scalar(connection, "SELECT @@sql_mode")


def test_a_server_that_says_no_more_after_its_greeting(both: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does the handshake of TLS, or the answer to a login, take for ever: both come within the driver's connect."""
    monkeypatch.setattr(SESSION, "ANSWER_TIMEOUT", 1)
    driver: Any = import_module("pymysql").Connection
    log_in = driver._request_authentication
    with before(both.url) as (url, proxy):

        def silently(connection: Any) -> None:
            proxy.fail("stalls")
            log_in(connection)

        monkeypatch.setattr(driver, "_request_authentication", silently)
        with pytest.raises(UsageError, match=r"can't connect to .*timed out"), target("apim", url).engine():
            pass


def test_a_database_of_another_name(both: Server, engine: Engine) -> None:
    with new_database(both) as url:
        other = url.rpartition("/")[2]
        with SESSION.connect(engine, other) as connection:
            assert SESSION.default_schema(connection) == other


def test_the_server(both: Server, connection: Connection) -> None:
    name, version = str(SESSION.server(connection)).split()
    assert name == {"mysql": "MySQL", "mariadb": "MariaDB"}[both.name]
    assert scalar(connection, "SELECT VERSION()").startswith(version)


def test_one_upgrade_a_database(engine: Engine) -> None:
    with SESSION.locked(engine, "apim_schema apim", None):
        held = r"apim_schema apim \w+ is locked by another upgrade: session \d+ of \w+@[\w.]+ \("
        with pytest.raises(Refused, match=held), SESSION.locked(engine, "apim_schema apim", None):
            pytest.fail("locked twice")
        with SESSION.locked(engine, "apim_schema shared", None), SESSION.locked(engine, "apim_schema apim", "carbon"):
            pass
    with SESSION.locked(engine, "apim_schema apim", None):
        pass


def test_the_lock_is_the_databases(both: Server, engine: Engine) -> None:
    with new_database(both) as url:
        other = create_engine(url, poolclass=NullPool)
        with SESSION.locked(engine, "apim_schema apim", None), SESSION.locked(other, "apim_schema apim", None):
            pass


def test_a_lock_that_is_lost_is_said_and_not_given_back(engine: Engine, connect: Connect) -> None:
    with SESSION.locked(engine, "apim_schema apim", None) as check:
        check()
        lock = scalar(connect(), "SELECT CONCAT('apim_schema apim ', DATABASE())")
        runner(connect())(f"KILL {scalar(connect(), f'SELECT IS_USED_LOCK({lock!r})')}")
        for _ in range(2):
            with pytest.raises(Refused, match=r"the lock 'apim_schema apim \w+' is lost.*: "):
                check()


def test_a_long_name_makes_a_lock_of_its_own(engine: Engine) -> None:
    with SESSION.locked(engine, "x" * 90 + "a", None), SESSION.locked(engine, "x" * 90 + "b", None):
        pass


def test_a_failure_gives_the_lock_back(engine: Engine) -> None:
    with pytest.raises(ValueError, match="failed"), SESSION.locked(engine, "apim_schema apim", None):
        raise ValueError("failed")
    with SESSION.locked(engine, "apim_schema apim", None):
        pass


def test_a_statement_runs_as_it_stands(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A VARCHAR(40))")
    SESSION.execute(connection, "INSERT INTO T VALUES ('100% :a %s %(b)s')")
    assert scalar(connection, "SELECT A FROM T") == "100% :a %s %(b)s"


def test_another_error_is_not_tried_again(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("tried again"))
    with pytest.raises(DBAPIError, match="doesn't exist"):
        SESSION.execute(connection, "ALTER TABLE MISSING ADD COLUMN A INT")


@pytest.fixture
def busy(connect: Connect) -> tuple[Connection, Connection]:
    """A connection, and another one that has read a table in a transaction which is still open."""
    connection, blocker = connect(), connect()
    runner(connection)("CREATE TABLE AM_API (A INT)", "SET SESSION lock_wait_timeout = 1")
    runner(blocker)("BEGIN", "SELECT 'secret' FROM AM_API")
    return connection, blocker


def test_a_lock_timeout_is_tried_again(busy: tuple[Connection, Connection], monkeypatch: pytest.MonkeyPatch) -> None:
    connection, blocker = busy
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            blocker.exec_driver_sql("COMMIT")

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    told: list[str] = []
    SESSION.execute(connection, "ALTER TABLE `AM_API` ADD COLUMN B INT", told.append)
    assert pauses == [1, 2]
    holder = f"ALTER TABLE `AM_API` ADD COLUMN B INT waits for session {scalar(blocker, 'SELECT CONNECTION_ID()')} of "
    assert [line.startswith(holder) for line in told] == [True, True]
    assert [line.rpartition(": ")[2] for line in told] == ["try 2 of 6 in 1.0 s", "try 3 of 6 in 2.0 s"]
    assert scalar(connection, "SELECT COUNT(B) FROM AM_API") == 0


def test_whoever_holds_the_table_is_named(busy: tuple[Connection, Connection]) -> None:
    connection, blocker = busy
    connection.execution_options(**{OPTION: Waiting(ddl_retries=0)})
    holder = scalar(blocker, "SELECT CONNECTION_ID()")
    with pytest.raises(Unfinished, match=rf"held by session {holder} of ") as failed:
        SESSION.execute(connection, "ALTER TABLE `AM_API` ADD COLUMN B INT")
    assert "secret" not in str(failed.value)


def test_a_prepared_transaction_that_holds_the_table_is_named(connect: Connect, engine: Engine) -> None:
    """It has no session once its own has ended, and its locks end by nobody's going away."""
    connection = connect().execution_options(**{OPTION: Waiting(ddl_retries=0)})
    runner(connection)("CREATE TABLE AM_API (A INT)", "SET SESSION lock_wait_timeout = 1")
    with engine.connect() as preparing:
        runner(preparing)(
            "XA START 'payroll'", "INSERT INTO AM_API VALUES (1)", "XA END 'payroll'", "XA PREPARE 'payroll'"
        )
        preparing.invalidate()
    try:
        named = r"held by prepared transaction 'payroll' \(end it by XA COMMIT or XA ROLLBACK\)"
        with pytest.raises(Unfinished, match=named):
            SESSION.execute(connection, "ALTER TABLE `AM_API` ADD COLUMN B INT")
    finally:
        runner(connection)("XA ROLLBACK 'payroll'")


def test_other_sessions(engine: Engine, connect: Connect) -> None:
    """The one that holds our lock is none of them."""
    connection, other = connect(), connect()
    with SESSION.locked(engine, "apim_schema apim", None):
        (named,) = SESSION.others(connection, None)
    assert named.startswith(f"session {scalar(other, 'SELECT CONNECTION_ID()')} of ")
    assert SESSION.others(connection, "mysql") == []


def test_who_holds_the_lock(engine: Engine) -> None:
    with SESSION.connect(engine, None) as connection:
        schema = SESSION.default_schema(connection)
        assert SESSION.holder(connection, "apim_schema apim", schema) == ""
        with SESSION.locked(engine, "apim_schema apim", None):
            assert re.search(r"(session|process) \d+", SESSION.holder(connection, "apim_schema apim", schema))
            assert SESSION.holder(connection, "apim_schema shared", schema) == ""
