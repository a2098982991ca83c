"""Connections, the one-upgrade lock, and statements that wait for a lock."""

from __future__ import annotations

import re
import time
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.errors import Refused, UsageError
from apim_schema.locks import OPTION, Waiting
from tests.dialects.postgresql.conftest import Connect, Run
from tests.servers import Server, new_database, started

SESSION = registry.load("postgresql").session
module: Any = import_module("apim_schema.dialects.postgresql.session")


def scalar(connection: Connection, sql: str) -> Any:
    return connection.execute(text(sql)).scalar_one()


def test_a_connection_is_prepared(connect: Connect) -> None:
    connect().exec_driver_sql('CREATE SCHEMA "My schema"').connection.commit()
    connection = connect("My schema")
    assert not connection.in_transaction()
    assert SESSION.default_schema(connection) == "My schema"
    for setting, value in {
        "application_name": "apim-schema",
        "lock_timeout": "5s",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "standard_conforming_strings": "on",
        "TimeZone": "UTC",
        "transaction_isolation": "read committed",
    }.items():
        assert scalar(connection, f"SHOW {setting}") == value
    connection.rollback()
    assert scalar(connection, "SELECT current_schema()") == "My schema"


def test_what_was_refused_leaves_no_savepoint(connect: Connect) -> None:
    """Within one, no snapshot can be exported to those who read rows beside it."""
    holder, connection = connect(), connect()
    holder.exec_driver_sql("CREATE TABLE held (id integer)").connection.commit()
    holder.exec_driver_sql("LOCK TABLE held")
    connection.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
    assert not module.attempt(connection, "LOCK TABLE held")
    assert scalar(connection, "SELECT pg_export_snapshot()")
    with pytest.raises(DBAPIError, match="no_such"), module.savepoint(connection):
        connection.exec_driver_sql("SELECT * FROM no_such")
    assert scalar(connection, "SELECT pg_export_snapshot()")
    holder.rollback()
    assert module.attempt(connection, "LOCK TABLE held")
    assert scalar(connection, "SELECT pg_export_snapshot()")


def test_the_default_schema(connection: Connection, connect: Connect) -> None:
    assert SESSION.default_schema(connection) == "public"
    name = connect().engine.url.database
    with connect() as admin:
        admin.exec_driver_sql(f"ALTER DATABASE {name} SET search_path TO missing, pg_catalog")
        admin.commit()
    with pytest.raises(Refused, match="leads to no schema: name the schema"):
        SESSION.default_schema(connect())
    with pytest.raises(UsageError, match="no schema 'missing' in this database: it has information_schema, public"):
        connect("missing")


def test_the_server(connection: Connection) -> None:
    name, version = str(SESSION.server(connection)).split()
    assert name == "PostgreSQL"
    assert scalar(connection, "SHOW server_version").startswith(version)


def test_one_upgrade_a_database(engine: Engine) -> None:
    with SESSION.locked(engine, "apim_schema apim", None):
        held = r"apim_schema apim public is locked by another upgrade: process \d+ \(user \w+, application apim-schema"
        with pytest.raises(Refused, match=held), SESSION.locked(engine, "apim_schema apim", "public"):
            pytest.fail("locked twice")
        with SESSION.locked(engine, "apim_schema shared", None), SESSION.locked(engine, "apim_schema apim", "carbon"):
            pass
    with SESSION.locked(engine, "apim_schema apim", None):
        pass


def test_the_lock_is_the_database_s(postgresql: Server, engine: Engine) -> None:
    with new_database(postgresql) as url:
        other = create_engine(url, poolclass=NullPool)
        with SESSION.locked(engine, "apim_schema apim", None), SESSION.locked(other, "apim_schema apim", None):
            pass


def test_a_failure_gives_the_lock_back(engine: Engine) -> None:
    with pytest.raises(ValueError, match="failed"), SESSION.locked(engine, "apim_schema apim", None):
        raise ValueError("failed")
    with SESSION.locked(engine, "apim_schema apim", None):
        pass


def test_the_lock_s_connection_has_no_transaction(engine: Engine, connect: Connect) -> None:
    with SESSION.locked(engine, "apim_schema apim", None):
        states = connect().execute(
            text("SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        )
        assert states.scalars().all() == ["idle"]


def test_a_lock_that_is_lost_is_said_and_not_given_back(engine: Engine, connect: Connect) -> None:
    with SESSION.locked(engine, "apim_schema apim", None) as check:
        check()
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'"
        assert scalar(connect(), ended) == 1
        for _ in range(2):
            with pytest.raises(Refused, match=r"the lock 'apim_schema apim public' is lost.*: "):
                check()


def test_a_lock_that_is_no_longer_this_session_s_is_lost(engine: Engine) -> None:
    """As where a pooler has given the same client another session."""
    opened: list[Any] = []
    event.listen(engine, "connect", lambda driver, _: opened.append(driver))
    with SESSION.locked(engine, "apim_schema apim", None) as check:
        opened[0].execute("SELECT pg_advisory_unlock_all()")
        with pytest.raises(Refused, match="another session answers"):
            check()


def test_sessions_that_are_idle_for_long_stay(postgresql: Server, engine: Engine) -> None:
    """idle_session_timeout is PostgreSQL's since 14, and was ignored by whoever set it to a second."""
    if int(postgresql.version.split(".")[0]) < 14:
        pytest.skip("no idle_session_timeout")
    name = engine.url.database
    with postgresql.connection() as admin:
        admin.exec_driver_sql(f"ALTER DATABASE {name} SET idle_session_timeout = '200ms'")
    with SESSION.locked(engine, "apim_schema apim", None) as check, SESSION.connect(engine, None) as connection:
        time.sleep(0.5)
        check()
        assert scalar(connection, "SELECT 1") == 1


def test_a_statement_runs_as_it_stands(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (a TEXT)")
    SESSION.execute(connection, r"INSERT INTO t VALUES ('100% :a %s %(b)s \n')")
    assert scalar(connection, "SELECT a FROM t") == r"100% :a %s %(b)s \n"


@pytest.fixture
def busy(connect: Connect) -> tuple[Connection, Connection]:
    """A connection, with a row written in its transaction, and another one that holds a lock on the same table."""
    blocker, connection = connect(), connect()
    connection.exec_driver_sql("CREATE TABLE am_api (a INTEGER)")
    connection.exec_driver_sql("CREATE TABLE other (a INTEGER)")
    connection.commit()
    connection.exec_driver_sql("SET lock_timeout TO '50ms'")
    connection.exec_driver_sql("INSERT INTO other VALUES (1)")
    blocker.exec_driver_sql("SET application_name TO 'monthly report'")
    blocker.exec_driver_sql("SELECT * FROM am_api")
    return connection, blocker


def test_a_lock_timeout_is_tried_again(busy: tuple[Connection, Connection], monkeypatch: pytest.MonkeyPatch) -> None:
    connection, blocker = busy
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            blocker.rollback()

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    told: list[str] = []
    SESSION.execute(connection, "ALTER TABLE AM_API ADD COLUMN b INTEGER", told.append)
    assert pauses == [1, 2]
    holder = rf"process {scalar(blocker, 'SELECT pg_backend_pid()')} \(user postgres, application monthly report, .*\)"
    waits = rf"ALTER TABLE AM_API ADD COLUMN b INTEGER waits for {holder} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC: "
    assert [re.sub(waits, "", line) for line in told] == ["try 2 of 6 in 1.0 s", "try 3 of 6 in 2.0 s"]
    assert scalar(connection, "SELECT count(b) FROM am_api") == 0
    assert scalar(connection, "SELECT count(*) FROM other") == 1


def test_a_lock_that_never_comes_is_refused(busy: tuple[Connection, Connection]) -> None:
    connection, _ = busy
    connection.execution_options(**{OPTION: Waiting(ddl_retries=1)})
    with pytest.raises(Refused, match=r"2 attempts.*held by process \d+ \(user \w+, application monthly report"):
        SESSION.execute(connection, "ALTER TABLE AM_API ADD COLUMN b INTEGER")
    assert scalar(connection, "SELECT count(*) FROM other") == 1


def test_a_prepared_transaction_that_holds_the_lock_is_named() -> None:
    """It has no process, and its locks end by nobody's going away."""
    with started("postgresql", "-c", "max_prepared_transactions=1") as server, new_database(server) as url:
        engine = create_engine(url, poolclass=NullPool, execution_options={OPTION: Waiting(ddl_retries=0)})
        with engine.connect() as preparing:
            preparing.exec_driver_sql("CREATE TABLE am_api (a INTEGER)")
            preparing.commit()
            preparing.exec_driver_sql("INSERT INTO am_api VALUES (1)")
            preparing.exec_driver_sql("PREPARE TRANSACTION 'payroll'")
        named = r"held by prepared transaction 'payroll' of \w+ \(end it by COMMIT PREPARED or ROLLBACK PREPARED\)"
        try:
            with SESSION.connect(engine, None) as connection:
                connection.exec_driver_sql("SET lock_timeout TO '50ms'")
                with pytest.raises(Refused, match=named):
                    SESSION.execute(connection, "ALTER TABLE AM_API ADD COLUMN b INTEGER")
        finally:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as ending:
                ending.exec_driver_sql("ROLLBACK PREPARED 'payroll'")


def test_other_errors_are_not_tried_again(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("tried again"))
    with pytest.raises(DBAPIError, match="division by zero"):
        SESSION.execute(connection, "SELECT 1 / 0")
    assert scalar(connection, "SELECT 1") == 1


def test_other_clients(connect: Connect) -> None:
    connection, client = connect(), connect()
    client.exec_driver_sql("SET application_name TO 'wso2'")
    (told,) = SESSION.others(connection, None)
    assert "application wso2" in told


def test_who_holds_the_lock(engine: Engine) -> None:
    with SESSION.connect(engine, None) as connection:
        schema = SESSION.default_schema(connection)
        assert SESSION.holder(connection, "apim_schema apim", schema) == ""
        connection.commit()  # within a transaction the server shows the same sessions again
        with SESSION.locked(engine, "apim_schema apim", None):
            assert re.search(r"(session|process) \d+", SESSION.holder(connection, "apim_schema apim", schema))
            assert SESSION.holder(connection, "apim_schema shared", schema) == ""
