"""A connection that records what it is asked, holds it against the facts, and answers from a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError

from apim_schema.locks import OPTION, USUAL
from tests.dialects.oracle import facts

Answer = Callable[[str], Sequence[Any]]


class OracleError(Exception):
    """An error as the driver raises it: its first argument has the number."""

    def __init__(self, code: int) -> None:
        super().__init__(SimpleNamespace(code=code, message=f"ORA-{code:05}"))


def failure(code: int) -> DatabaseError:
    return DatabaseError("", None, OracleError(code))


def no_crypto(sql: str) -> Sequence[Any]:
    """Answers like a server that does not let this login use DBMS_CRYPTO."""
    if "DBMS_CRYPTO" in sql and "DUAL" in sql:
        raise failure(904)
    return ()


class Rows(list[Any]):
    """The rows of an answer, with what SQLAlchemy's result offers."""

    def all(self) -> list[Any]:
        return self

    def scalar_one(self) -> Any:
        return self[0][0]

    def scalars(self) -> Rows:
        return Rows(row[0] for row in self)

    def first(self) -> Any:
        return self[0]


class Recorder:
    """Takes every statement; `answer` gives the rows of each, or raises."""

    def __init__(self, answer: Answer = lambda sql: ()) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.driver_rows: Sequence[tuple[Any, ...]] = ()
        self.connection = self
        self.waiting = USUAL

    def get_execution_options(self) -> dict[str, Any]:
        return {OPTION: self.waiting}

    def execute(self, statement: Any, parameters: dict[str, object] | None = None) -> Rows:
        compiled = statement.compile(dialect=create_engine("oracle+oracledb://").dialect)
        assert set(compiled.params) == set(parameters or {}), "every bind has a value"
        return self.exec_driver_sql(str(statement))

    def exec_driver_sql(self, sql: str, execution_options: object = None) -> Rows:
        facts.check(sql)
        self.asked.append(sql)
        return Rows(self.answer(sql))

    def cursor(self) -> Cursor:
        return Cursor(self)


class Cursor:
    """The driver's own cursor."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.outputtypehandler: object = None

    def execute(self, sql: str) -> None:
        facts.check(sql)
        self.recorder.asked.append(sql)

    def __iter__(self) -> Any:
        return iter(self.recorder.driver_rows)

    def close(self) -> None:
        pass
