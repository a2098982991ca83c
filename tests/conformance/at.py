"""The phases of an upgrade, and something that happens in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from apim_schema.progress import Advance, Silent

LOOKING = "looking"
PREFLIGHT = "preflight"
BEFORE = "rows before"
STATEMENTS = "statements"
AFTER = "rows after"
HISTORY = "history"
PHASES = (LOOKING, PREFLIGHT, BEFORE, STATEMENTS, AFTER, HISTORY)
MIDDLE = 5
"""The statement that ends before something happens among the statements."""


class At(Silent):
    """The progress of an upgrade, by which the phase is known: `happens` is called once, within `phase`.

    Before the rows are read, while the database is looked at and while preflight asks, it is at the next query.
    """

    def __init__(self, phase: str, happens: Callable[[], None]) -> None:
        self._phase, self._happens = phase, happens
        self._now = LOOKING
        self.lines: list[str] = []
        self.happened = False

    def say(self, text: str) -> None:
        self.lines.append(text)
        if "recognised as" in text:
            self._now = PREFLIGHT

    @contextmanager
    def rows(self, doing: str, total: int) -> Iterator[Advance]:
        self._now = next((phase for phase in (BEFORE, AFTER) if doing.endswith(phase)), self._now)
        self._reached(self._now)
        yield lambda count: None

    @contextmanager
    def statements(self, doing: str, total: int) -> Iterator[Advance]:
        left = MIDDLE
        self._now = STATEMENTS

        def advance(count: int) -> None:
            nonlocal left
            left -= count
            if left <= 0:
                self._reached(STATEMENTS)

        yield advance

    def _reached(self, phase: str) -> None:
        if phase == self._phase and not self.happened:
            self.happened = True
            self._happens()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """For as long as the upgrade runs."""

        def look(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if self._now in (LOOKING, PREFLIGHT):
                self._reached(self._now)
            elif self._now == AFTER and "apim_schema_history" in statement and statement[:6] in ("INSERT", "UPDATE"):
                self._reached(HISTORY)

        event.listen(Engine, "before_cursor_execute", look)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", look)
