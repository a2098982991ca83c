"""What is said to the driver, and what is made of its answers: the driver here is one that answers from a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.errors import Refused
from apim_schema.locks import OPTION, Waiting
from apim_schema.schema import Server
from tests.dialects.mssql import held
from tests.dialects.mssql.conftest import Accepted

SESSION = registry.load("mssql").session
MODULE = import_module("apim_schema.dialects.mssql.session")


class Error(Exception):
    """The driver's error, as pyodbc has it."""


class Driver(SimpleNamespace):
    """As much of pyodbc as a connection needs. `answers` are (part of a batch, its results); an error is raised."""

    def __init__(self, *answers: tuple[str, list[Any]]) -> None:
        super().__init__(Error=Error, ProgrammingError=Error, paramstyle="qmark", version="5.1.0", Cursor=Cursor)
        self.answers, self.executed = (*answers, ("SCHEMA_NAME()", [[{"": "dbo"}]])), list[str]()
        self.autocommit = False
        self.answering: Callable[[str], list[Any] | None] = lambda sql: None

    def cursor(self) -> Cursor:
        return Cursor(self)

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...

    @property
    def engine(self) -> Engine:
        usual = {"poolclass": NullPool, "use_setinputsizes": False, "_initialize": False}
        options = {OPTION: Waiting(ddl_lock_timeout=7, ddl_retries=2)}
        return create_engine("mssql+pyodbc://", module=self, creator=lambda: self, execution_options=options, **usual)


class Cursor:
    """A cursor whose results come one by one, each when it is asked for."""

    description: Any = None
    rowcount = -1
    messages: tuple[str, ...] = ()

    def __init__(self, driver: Driver) -> None:
        self.driver, self.results = driver, list[Any]()

    def execute(self, sql: str, parameters: object = None) -> None:
        self.driver.executed.append(held.hold(sql))
        chosen = self.driver.answering(sql)
        self.results = next((list(results) for part, results in self.driver.answers if part in sql), [])
        self.results = self.results if chosen is None else list(chosen)
        self._take()

    def nextset(self) -> bool:
        return self._take()

    def _take(self) -> bool:
        if not self.results:
            return False
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        self.rows = list(result)
        names = list(self.rows[0]) if self.rows else []
        self.description = [(name, str, None, None, None, None, True) for name in names] or None
        return True

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows, self.rows = self.rows, []
        return [tuple(row.values()) for row in rows]

    def fetchone(self) -> tuple[Any, ...] | None:
        return tuple(self.rows.pop(0).values()) if self.rows else None

    def close(self) -> None: ...


OTHER = {
    "session_id": 61,
    "login_name": "wso2",
    "program_name": "jTDS",
    "host_name": "apim-1",
    "status": "sleeping",
    "since": datetime(2026, 1, 2, 3, 4, 5),
}


@contextmanager
def prepared(driver: Driver) -> Iterator[Any]:
    with SESSION.connect(driver.engine, None) as connection:
        yield connection


def test_a_connection_ends_its_transaction_at_an_error_and_waits_for_locks() -> None:
    driver = Driver()
    with prepared(driver) as connection, connection.begin():
        pass
    assert {"SET XACT_ABORT ON", "SET LOCK_TIMEOUT 7000"} <= set(driver.executed)
    assert {"SET NUMERIC_ROUNDABORT OFF", "SET NOCOUNT OFF"} <= set(driver.executed)
    assert driver.autocommit is False


def test_an_error_of_a_later_statement_is_raised() -> None:
    driver = Driver(("ALTER", [[], [], Error("42000", "late")]))
    with prepared(driver) as connection, pytest.raises(DBAPIError, match="late"):
        SESSION.execute(connection, "UPDATE a; ALTER b")


def test_a_batch_is_seen_by_those_who_listen_to_the_engine() -> None:
    driver, seen = Driver(), list[str]()
    engine = driver.engine
    event.listen(engine, "before_cursor_execute", lambda _connection, _cursor, sql, *_: seen.append(sql))
    with SESSION.connect(engine, None) as connection:
        SESSION.execute(connection, "ALTER b")
    assert seen == driver.executed


def test_the_result_of_another_statement_is_left_alone() -> None:
    driver = Driver(("UPDATE", [[], Error("42000", "not asked for")]))
    with prepared(driver) as connection:
        connection.exec_driver_sql("UPDATE a")


def test_values_that_are_read_are_not_cut_off() -> None:
    driver = Driver()
    with prepared(driver):
        pass
    assert "SET TEXTSIZE 2147483647" in driver.executed


def test_a_batch_reaches_the_driver_as_it_stands() -> None:
    driver = Driver()
    with prepared(driver) as connection:
        SESSION.execute(connection, "SELECT '50%', ':a', '?'")
    assert driver.executed[-3:] == [MODULE.TO_TRY, "SELECT '50%', ':a', '?'", "SET XACT_ABORT ON"]


TIMED_OUT = Error("HYT00", "[HYT00] Lock request time out period exceeded. (1222) (SQLExecDirectW)")
"""As FreeTDS says it, of which SQLAlchemy thinks that the connection is lost."""
ALTER = "ALTER TABLE T ADD X INTEGER NULL"


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return made


def test_a_statement_that_is_not_granted_a_lock_is_tried_again_from_its_savepoint(pauses: list[float]) -> None:
    """Each time as the server cancels the statement and leaves the transaction; holders are those of the table."""
    driver, told = Driver(("XACT_STATE", [[{"state": 1}]]), ("'OBJECT'", [[OTHER]])), list[str]()
    outcomes = iter([[TIMED_OUT], [TIMED_OUT], []])
    with prepared(driver) as connection:
        before = len(driver.executed)
        driver.answering = lambda sql: next(outcomes) if sql == ALTER else None
        SESSION.execute(connection, ALTER, told.append)
    again = [MODULE.TO_TRY, ALTER, MODULE.STATE, MODULE.TAKE_BACK, MODULE.TRIED]
    sent = [sql for sql in driver.executed[before:] if "dm_tran_locks" not in sql]
    assert sent == [*again, *again, MODULE.TO_TRY, ALTER, MODULE.TRIED]
    holder = "session 61 (login wso2, program jTDS, host apim-1, sleeping) since 2026-01-02 03:04:05 UTC"
    assert told == [f"{ALTER} waits for {holder}: try {n} of 3 in {n - 1}.0 s" for n in (2, 3)]
    assert pauses == [1, 2]


def test_a_lock_that_never_comes_is_refused(pauses: list[float]) -> None:
    driver = Driver(("'OBJECT'", [[OTHER]]), ("ALTER", [TIMED_OUT]), ("XACT_STATE", [[{"state": 1}]]))
    with prepared(driver) as connection, pytest.raises(Refused, match=r"in 3 attempts: .* by session 61 \(login wso2"):
        SESSION.execute(connection, ALTER)


@pytest.mark.parametrize("state", [0, -1])
def test_what_the_server_has_rolled_back_is_not_gone_on_with(state: int, pauses: list[float]) -> None:
    driver = Driver(("ALTER", [TIMED_OUT]), ("XACT_STATE", [[{"state": state}]]), ("dm_exec_sessions", [[OTHER]]))
    with prepared(driver) as connection, pytest.raises(Refused, match=r"no lock for .* session 61 \(login wso2"):
        SESSION.execute(connection, ALTER)
    assert pauses == []
    assert MODULE.TAKE_BACK not in driver.executed


def test_a_login_that_may_not_see_sessions_gets_the_refusal_all_the_same() -> None:
    driver = Driver(("ALTER", [TIMED_OUT]), ("dm_exec_sessions", [Error("42000", "permission denied")]))
    driver.answers = (*driver.answers, ("XACT_STATE", [[{"state": 0}]]))
    with prepared(driver) as connection, pytest.raises(Refused, match="a session that this login may not see"):
        SESSION.execute(connection, ALTER)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("42000", "[42000] [Driver][SQL Server]Lock request time out period exceeded. (1222) (SQLExecDirectW)"),
        (
            "42000",
            "[42000] [Driver][SQL Server]Lock request ... (1222) (SQLMoreResults); [01000] [Driver]Ended. (3621)",
        ),
        ("01000", "[01000] [Driver][SQL Server]Changed. (5701) (SQLExecute); [42000] [Driver]Lock request ... (1222)"),
    ],
)
def test_a_lock_timeout_is_known_by_its_number(state: str, message: str) -> None:
    driver = Driver(
        ("ALTER", [Error(state, message)]), ("dm_exec_sessions", [[OTHER]]), ("XACT_STATE", [[{"state": 1}]])
    )
    with prepared(driver) as connection, pytest.raises(Refused, match="no lock"):
        SESSION.execute(connection, "ALTER TABLE T ADD X INTEGER NULL")


@pytest.mark.parametrize("value", ["x1222", "1222", "(1222)"])
def test_a_value_that_looks_like_the_number_is_none(value: str) -> None:
    duplicate = f"[23000] [Driver][SQL Server]The duplicate key value is ({value}). (2627) (SQLExecDirectW)"
    with prepared(Driver(("INSERT", [Error("23000", duplicate)]))) as connection, pytest.raises(DBAPIError):
        SESSION.execute(connection, "INSERT INTO T VALUES (1222)")


def test_the_lock_is_taken_outside_of_any_transaction_and_given_back() -> None:
    driver = Driver(("sp_getapplock", [[], [{"taken": 0}], []]))
    with SESSION.locked(driver.engine, "apim_schema apim", None):
        assert driver.autocommit
        assert not any("sp_releaseapplock" in sql for sql in driver.executed)
    assert driver.executed[-1] == "EXEC sp_releaseapplock N'apim_schema apim dbo', 'Session'"


@pytest.mark.parametrize(
    ("holders", "named"),
    [([[OTHER]], r"session 61 \(login wso2"), ([Error("42000", "no VIEW SERVER STATE")], "another session")],
)
def test_a_lock_that_another_holds_is_refused(holders: list[Any], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "NOTICED", 0)
    driver = Driver(("sp_getapplock", [[{"taken": -1}]]), ("dm_tran_locks", holders))
    message = f"apim_schema apim dbo is locked by another upgrade: {named}"
    with pytest.raises(Refused, match=message), SESSION.locked(driver.engine, "apim_schema apim", None):
        pass
    assert not any("sp_releaseapplock" in sql for sql in driver.executed)


def test_the_lock_of_an_upgrade_that_was_just_killed_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(("sp_getapplock", [[{"taken": -1}]]), ("dm_tran_locks", [[OTHER]]))

    def gone(pause: float) -> None:
        driver.answers = (("sp_getapplock", [[{"taken": 0}]]),)

    monkeypatch.setattr("time.sleep", gone)
    with SESSION.locked(driver.engine, "apim_schema apim", None):
        assert sum("sp_getapplock" in sql for sql in driver.executed) == 2


def test_two_spellings_of_a_schema_are_one_lock() -> None:
    driver = Driver(("SCHEMA_ID(N'DBO')", [[{"spelled": "dbo"}]]), ("sp_getapplock", [[{"taken": 0}]]))
    with SESSION.locked(driver.engine, "apim_schema apim", "DBO"):
        assert any("sp_getapplock N'apim_schema apim dbo'" in sql for sql in driver.executed)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([[{"mode": "NoLock"}]], "another session answers in the place of the one that took it"),
        ([Error("08S01", "[08S01] gone (0) (SQLExecDirectW)")], ".*gone"),
    ],
)
def test_a_lock_that_is_lost_is_noticed(answer: list[Any], said: str) -> None:
    driver = Driver(("sp_getapplock", [[{"taken": 0}]]), ("APPLOCK_MODE", [[{"mode": "Exclusive"}]]))
    with SESSION.locked(driver.engine, "apim_schema apim", None) as check:
        check()
        driver.answers = (("APPLOCK_MODE", answer), *driver.answers)
        with pytest.raises(Refused, match=f"the lock 'apim_schema apim dbo' is lost, .*: {said}"):
            check()


def test_a_lock_whose_connection_is_lost_ends_without_an_error() -> None:
    driver = Driver(("sp_getapplock", [[{"taken": 0}]]), ("sp_releaseapplock", [Error("08S01", "gone")]))
    with SESSION.locked(driver.engine, "apim_schema apim", None):
        pass


@pytest.mark.parametrize(
    ("ask", "answer", "expected"),
    [
        (SESSION.default_schema, ("SCHEMA_NAME", [[{"name": "dbo"}]]), "dbo"),
        (
            SESSION.server,
            ("@@VERSION", [[{"version": "Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64) \n\tOct 8 2022"}]]),
            Server("Microsoft SQL Server 2022 (RTM)", (16, 0, 1000, 6)),
        ),
    ],
)
def test_what_the_server_tells_of_itself(
    ask: Callable[[Any], str], answer: tuple[str, list[Any]], expected: str
) -> None:
    with prepared(Driver(answer)) as connection:
        assert ask(connection) == expected


def test_others_are_told_in_words() -> None:
    with prepared(Driver(("dm_exec_sessions", [[OTHER]]))) as connection:
        assert SESSION.others(connection, "dbo") == ["session 61 (login wso2, program jTDS, host apim-1, sleeping)"]


@pytest.mark.parametrize("afterwards", [[], [Error("08S01", "gone")]])
def test_another_error_stays_what_it_is(afterwards: list[Any]) -> None:
    driver = Driver(("ALTER", [Error("42S02", "Cannot find the object")]))
    driver.answering = lambda sql: afterwards if sql == MODULE.TO_ROLL_BACK else None
    with prepared(driver) as connection, pytest.raises(DBAPIError, match="Cannot find the object"):
        SESSION.execute(connection, "ALTER TABLE T ADD X INTEGER NULL")
    assert driver.executed[-1] == "IF @@TRANCOUNT = 0 BEGIN TRANSACTION"


def test_batches_are_accepted(accepted: Accepted) -> None:
    queries = [MODULE.TAKE, MODULE.HELD, MODULE.GIVE_BACK, MODULE.HOLDERS, MODULE.OTHERS, MODULE.SPELLED]
    queries += [MODULE.TO_ROLL_BACK, MODULE.OF_TABLES, MODULE.TO_TRY, MODULE.TAKE_BACK, MODULE.STATE, MODULE.TRIED]
    queries += [f"SET {setting}" for setting in MODULE.SETTINGS]
    accepted([query.format(name="N'x'", words="N' T '") for query in queries])
