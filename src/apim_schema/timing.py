"""How long the parts of a run took, for its report: the clock that an attempt starts and stops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

LOOK: Final = "looking and planning"
BEFORE: Final = "rows before"
STATEMENTS: Final = "statements"
SCHEMA: Final = "schema compared"
AFTER: Final = "rows after"
PARTS = (LOOK, BEFORE, STATEMENTS, SCHEMA, AFTER)
"""The parts of a run, in their order."""
WITH_LOCKS = (STATEMENTS, SCHEMA, AFTER)
"""Those that a lock is held through where all is one transaction."""


@dataclass(frozen=True)
class Executed:
    """A statement that was executed, and the seconds from when it was sent: a wait for its lock is in them."""

    sql: str
    seconds: float


@dataclass(frozen=True)
class Timing:
    """What a run took: seconds by part, and the statements in their order."""

    parts: tuple[tuple[str, float], ...] = ()
    statements: tuple[Executed, ...] = ()


class Clock:
    """Measures one run."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self._parts: dict[str, float] = {}
        self._statements: list[Executed] = []

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self.started

    @property
    def timing(self) -> Timing:
        return Timing(tuple(self._parts.items()), tuple(self._statements))

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Counts what the block takes, also where it fails, to this part."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._parts[name] = self._parts.get(name, 0) + time.monotonic() - begun

    @contextmanager
    def statement(self, sql: str) -> Iterator[None]:
        """Keeps what a statement took, once it is through."""
        begun = time.monotonic()
        yield
        self._statements.append(Executed(sql, time.monotonic() - begun))
