"""Errors where it hurts: makes the server refuse one statement of an upgrade."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

DDL = re.compile(r"\s*(ALTER|CREATE|DROP|DO|BEGIN|DECLARE|EXEC|IF|UPDATE|SET @)\b", re.IGNORECASE)
OWN = re.compile(
    r"alembic_version|apim_schema_(history|evidence)|alter session|applock|dbms_lock|dbms_application_info"
    r"|apim_schema_\w*lock|@@trancount",
    re.IGNORECASE,
)
"""The tool's own tables, its locks and the settings of its sessions."""


def is_change(statement: str) -> bool:
    """Whether a statement changes the schema, or a row on the way to it; the tool's own tables do not count."""
    return bool(DDL.match(statement)) and not OWN.search(statement)


@contextmanager
def before_each_change(look: Callable[[int, str], str | None]) -> Iterator[None]:
    """Calls `look(number, statement)` before each statement that changes the schema; numbers begin with 0.

    What it returns, if anything, is executed in the place of the statement.
    """
    count = 0

    def before(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        nonlocal count
        if is_change(statement):
            count += 1  # first of all: looking may execute statements itself
            statement = look(count - 1, statement) or statement
        return statement, parameters

    event.listen(Engine, "before_cursor_execute", before, retval=True)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)


@contextmanager
def recorded() -> Iterator[list[str]]:
    """The statements that change the schema, as they are executed."""
    seen: list[str] = []
    with before_each_change(lambda number, statement: seen.append(statement)):
        yield seen


@contextmanager
def broken(number: int) -> Iterator[None]:
    """The server refuses statement `number`."""
    with before_each_change(lambda at, statement: "THIS IS NO SQL" if at == number else None):
        yield
