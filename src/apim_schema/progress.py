"""What a long run tells while it goes on; the terminal's side of it is in `report`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]
"""Called with the number of rows read since the last call."""

Say = Callable[[str], None]
"""Called with one line."""


class Progress(Protocol):
    """Where the runner says what it does."""

    def say(self, text: str) -> None:
        """One line."""

    def warn(self, text: str) -> None:
        """One line that somebody should heed."""

    def rows(self, doing: str, total: int) -> AbstractContextManager[Advance]:
        """A bar over rows; `total` is the server's estimate, so that it may end early or late."""

    def statements(self, doing: str, total: int) -> AbstractContextManager[Advance]:
        """A bar over statements."""


def unheard(text: str) -> None:
    """Where nobody waits for what is said."""


class Silent:
    """Says nothing: for programs that read the result."""

    def say(self, text: str) -> None:
        pass

    def warn(self, text: str) -> None:
        pass

    @contextmanager
    def rows(self, doing: str, total: int) -> Iterator[Advance]:
        yield lambda count: None

    @contextmanager
    def statements(self, doing: str, total: int) -> Iterator[Advance]:
        yield lambda count: None
