"""Sessions and locks, as far as they can be told without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError

from apim_schema import chain
from apim_schema.changes import AddColumn, AlterColumn, CreateIndex, CreateTable, TextToBinary
from apim_schema.errors import Refused, Unfinished, UsageError
from apim_schema.locks import Waiting
from apim_schema.target import target
from tests.dialects.oracle.connection import Answer, OracleError, Recorder, failure
from tests.dialects.oracle.modules import impact, session
from tests.dialects.oracle.simulated import raw, view


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return made


@pytest.mark.parametrize("code", [54, 4021, 60])
def test_a_statement_that_meets_a_lock_is_tried_again(code: int, pauses: list[float]) -> None:
    failures = iter([failure(code), failure(code)])

    def answer(sql: str) -> list[object]:
        for error in failures if sql.startswith("ALTER") else ():
            raise error
        return []

    connection, told = Recorder(answer), list[str]()
    session.execute(connection, "ALTER TABLE T ADD (C NUMBER)", told.append)
    assert [sql for sql in connection.asked if sql.startswith("ALTER")] == ["ALTER TABLE T ADD (C NUMBER)"] * 3
    assert pauses == [1, 2]
    waits = "ALTER TABLE T ADD (C NUMBER) waits for a session that this login may not see"
    assert told == [f"{waits}: try 2 of 6 in 1.0 s", f"{waits}: try 3 of 6 in 2.0 s"]


def test_the_last_attempt_names_the_sessions_in_the_way(pauses: list[float]) -> None:
    holder = SimpleNamespace(
        sid=42, instance=2, username="WSO2", program="JDBC Thin Client", machine="apim1", status="INACTIVE",
        since=datetime(2026, 1, 2, 3, 4, 5),
    )  # fmt: skip

    def answer(sql: str) -> list[object]:
        if sql.startswith("ALTER"):
            raise failure(54)
        return [holder]

    connection = Recorder(answer)
    connection.waiting = Waiting(ddl_lock_timeout=9, ddl_retries=2)
    named = r"3 times for 9 s.*session 42 on instance 2 of WSO2 \(JDBC Thin Client on apim1.* 2026-01-02 03:04:05 UTC"
    with pytest.raises(Unfinished, match=named):
        session.execute(connection, "ALTER TABLE T ADD (C NUMBER)")
    assert pauses == [1, 2]


def test_any_other_error_is_raised_at_once(pauses: list[float]) -> None:
    def answer(sql: str) -> list[object]:
        raise failure(1441)

    with pytest.raises(DatabaseError):
        session.execute(Recorder(answer), "ALTER TABLE T MODIFY (C VARCHAR2(1 BYTE))")
    assert pauses == []


def test_a_trigger_that_does_not_compile_is_an_error() -> None:
    session._check_compiled(None, SimpleNamespace(warning=None), "CREATE TRIGGER T")
    with pytest.raises(Unfinished, match="CREATE TRIGGER T: ORA-24344"):
        session._check_compiled(None, SimpleNamespace(warning="ORA-24344: success with error"), "CREATE TRIGGER T\nX")


def test_locks_are_told_apart_by_their_names_and_are_legal() -> None:
    numbers = {session.lock_id(name) for name in ("apim_schema apim", "apim_schema shared")}
    assert len(numbers) == 2
    assert all(0 <= number < 2**30 for number in numbers)


def test_the_table_that_stands_for_a_lock_is_made_again_where_it_was_just_dropped() -> None:
    outcomes = iter([failure(955), failure(942), None, None])

    def answer(sql: str) -> list[object]:
        if (error := next(outcomes)) is not None:
            raise error
        return []

    connection = Recorder(answer)
    assert session._took(connection, "APIM_SCHEMA_APIM_LOCK")
    assert [sql.split()[0] for sql in connection.asked] == ["CREATE", "LOCK", "CREATE", "LOCK"]


def test_views_that_a_login_may_not_read_are_no_error() -> None:
    def answer(sql: str) -> list[object]:
        raise failure(942)

    assert session.others(Recorder(answer), "APIM") == []


@pytest.mark.parametrize(
    ("release", "kind", "work"),
    [
        ("4.3.0", CreateTable, {"metadata"}),
        ("4.3.0", AddColumn, {"metadata"}),
        ("4.4.0", AlterColumn, {"metadata"}),
        ("4.4.0", CreateIndex, {"in place"}),
        ("4.6.0", AlterColumn, {"metadata", "scan"}),
        ("4.6.0", TextToBinary, {"rebuild"}),
    ],
)
def test_what_changes_cost(release: str, kind: type, work: set[str]) -> None:
    before = chain.releases("apim")[chain.releases("apim").index(release) - 1]
    live = chain.expected("oracle", "apim", before)
    made = [c for c in chain.changes("oracle", "apim", release) if isinstance(c, kind)]
    assert {impact.assess(change, live).work for change in made} == work


def test_only_what_gets_shorter_is_scanned() -> None:
    live = chain.expected("oracle", "apim", "4.5.0")
    scanned = {
        str(c)
        for c in chain.changes("oracle", "apim", "4.6.0")
        if isinstance(c, AlterColumn) and impact.assess(c, live).work == "scan"
    }
    assert scanned == {
        f"alter column AM_API_ENDPOINTS.{c} to VARCHAR2(100)" for c in ("ENDPOINT_UUID", "REVISION_UUID")
    }


@pytest.mark.parametrize(("unit", "bytes_", "warnings"), [("BYTE", 2048, 0), ("CHAR", 4000, 0), ("CHAR", 8192, 1)])
def test_a_key_that_may_be_too_long_for_a_block_is_warned_of(unit: str, bytes_: int, warnings: int) -> None:
    """A text has 4000 bytes at most, but where MAX_STRING_SIZE is EXTENDED; the dictionary says it of each."""
    live = view(raw(chain.expected("oracle", "apim", "4.3.0")), unit)
    table = live.tables["IDN_INVALID_TOKENS"]
    column = replace(table.columns["TOKEN_IDENTIFIER"], bytes=bytes_)
    assert warnings or table.columns["TOKEN_IDENTIFIER"].bytes == bytes_
    live = live.with_table(table.with_column(column))
    found = [h for c in chain.changes("oracle", "apim", "4.4.0") for h in impact.hazards(c, live)]
    assert [hazard.level for hazard in found] == ["warn"] * warnings
    assert all("9212 bytes" in hazard.problem for hazard in found)


def test_the_folder_of_the_client_libraries_is_named_where_it_has_none(tmp_path: Path) -> None:
    """Oracle's client libraries are asked for; the driver says where it looked."""
    here = target("apim", f"oracle://apim@127.0.0.1:1/?service_name=X&thick_mode={tmp_path}")
    with pytest.raises(UsageError, match=rf"oracle\+oracledb://apim@127\.0\.0\.1:1/ can't.* DPI-1047.*{tmp_path}"):
        here.engine().__enter__()


def test_thick_mode_is_the_drivers_and_no_other_has_it() -> None:
    with pytest.raises(UsageError, match=r"the URL has thick_mode, which .* does not know"):
        target("apim", "oracle+cx_oracle://apim@h/?thick_mode=true")


def test_a_url_that_names_the_database_twice_is_a_usage_error() -> None:
    here = target("apim", "oracle://apim@127.0.0.1:1/SID?service_name=X")
    with pytest.raises(UsageError, match=r"the URL of .* can't be used: .*service_name"):
        here.engine().__enter__()


class LockPackage(Recorder):
    """A session on which DBMS_LOCK.REQUEST gives one answer after the other, or fails."""

    def __init__(self, *answers: int | Exception, answer: Answer = lambda sql: [("APIM",)]) -> None:
        super().__init__(answer)
        self.answers = list(answers)
        self.waited: list[int] = []
        self.dbapi_connection = SimpleNamespace()
        self.dialect = SimpleNamespace(loaded_dbapi=SimpleNamespace(Error=OracleError))

    def cursor(self) -> Any:
        return SimpleNamespace(callfunc=self.callfunc, close=lambda: None)

    def callfunc(self, name: str, returns: type, arguments: list[int]) -> int:
        assert name == "DBMS_LOCK.REQUEST"
        self.waited.append(arguments[2])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def rollback(self) -> None:
        self.asked.append("ROLLBACK")

    def __enter__(self) -> LockPackage:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def connect(self) -> LockPackage:
        """The engine as well."""
        return self


NOT_GRANTED = OracleError(session.PLSQL_ERROR)
ENDED = failure(2396)
"""ORA-02396: exceeded maximum idle time, please connect again."""


def test_the_lock_of_an_upgrade_is_waited_for(pauses: list[float]) -> None:
    """The server may not yet have noticed that the run before was killed."""
    package = LockPackage(session.TIMEOUT, session.TIMEOUT, session.TIMEOUT, session.TAKEN, answer=lambda sql: [])
    with session.locked(package, "apim_schema apim", "APIM"):
        assert (package.waited, pauses) == ([0] * 4, [1, 1])


def test_so_is_the_table_that_stands_for_it(pauses: list[float]) -> None:
    outcomes = iter([failure(54), failure(54)])

    def answer(sql: str) -> list[object]:
        for error in outcomes if sql.startswith("LOCK") else ():
            raise error
        return [("1 4711",)] if "SESSIONID" in sql else []

    with session.locked(LockPackage(NOT_GRANTED, answer=answer), "apim_schema apim", "APIM"):
        assert pauses == [1, 1]


def test_errors_of_the_driver_are_those_of_any_statement() -> None:
    """Whoever runs an upgrade is told what the database says, and where the upgrade stands."""
    assert session._request(LockPackage(session.TIMEOUT), 1) == session.TIMEOUT
    assert session._request(LockPackage(NOT_GRANTED), 1) is None
    with pytest.raises(DBAPIError, match="ORA-03113"):
        session._request(LockPackage(OracleError(3113)), 1)


def test_the_lock_is_asked_for_while_it_is_held() -> None:
    package = LockPackage(session.TAKEN, session.OURS, session.OURS, session.TAKEN)
    with session.locked(package, "apim_schema apim", "APIM") as check:
        check()
        with pytest.raises(
            Refused, match="'apim_schema apim APIM' is lost, and another upgrade may have begun: another"
        ):
            check()


def test_a_session_that_has_ended_has_lost_the_lock() -> None:
    package = LockPackage(session.TAKEN, session.OURS, OracleError(2396))
    with session.locked(package, "apim_schema apim", "APIM") as check, pytest.raises(Refused, match=r"lost.*ORA-02396"):
        check()


def test_a_lock_of_another_session_is_refused_with_its_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "NOTICED", 0)
    row = SimpleNamespace(sid=7, instance=2, username="DBA", program=None, machine="host", status="ACTIVE")
    package = LockPackage(session.TIMEOUT, session.TIMEOUT, answer=lambda sql: [row])
    with pytest.raises(
        Refused, match=r"by another upgrade: session 7 on instance 2 of DBA \(unnamed on host, active\).*--lock-wait"
    ):
        session.locked(package, "apim_schema apim", "APIM").__enter__()
    assert "GV$LOCK" in package.asked[-1]


def test_the_table_that_stands_for_a_lock_is_asked_for_as_well() -> None:
    sessions = iter([("1 4711",), ("1 4711",), ("1 4712",)])
    package = LockPackage(NOT_GRANTED, answer=lambda sql: [next(sessions)] if "SESSIONID" in sql else [])
    with session.locked(package, "apim_schema apim", "APIM") as check:
        check()
        with pytest.raises(Refused, match="another session answers"):
            check()
    assert [sql.partition(" ")[0] for sql in package.asked if "DUAL" not in sql] == [
        "CREATE", "LOCK", "LOCK", "ROLLBACK", "DROP",
    ]  # fmt: skip


def test_a_session_that_is_dead_at_the_end_is_no_error_of_the_upgrade() -> None:
    def answer(sql: str) -> list[object]:
        if sql.startswith("DROP"):
            raise ENDED
        return [("1 4711",)]

    package = LockPackage(NOT_GRANTED, answer=answer)
    with session.locked(package, "apim_schema apim", "APIM"):
        pass
    assert package.asked[-1].startswith("DROP")


def test_idle_connections_are_kept_alive() -> None:
    url, options = session.engine_options(make_url("oracle+oracledb://apim@h/?service_name=X&thick_mode=true"))
    assert options == {"connect_args": {"expire_time": 1}, "thick_mode": True}
    assert "thick_mode" not in url.query
    assert session.engine_options(make_url("oracle+cx_oracle://apim@h"))[1] == {}
