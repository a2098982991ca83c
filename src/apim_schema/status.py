"""What one database is: its release, what is pending, what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from apim_schema.difference import Difference, counted, drifted
from apim_schema.errors import Exit
from apim_schema.live import Live
from apim_schema.recognise import Recognised


@dataclass(frozen=True)
class Status:
    """What one database is.

    `problem` says why it is no release, or not the one that it is stamped as; `interrupted` how far the last run got,
    where it has not come to its end.
    """

    database: str
    server: str
    stamped: str | None
    recognised: Recognised | None
    pending: tuple[str, ...]
    interrupted: str | None
    problem: str | None
    differences: tuple[Difference, ...]

    @property
    def release(self) -> str:
        """The stamped or the recognised one, and how far it has drifted."""
        told = counted(drifted(self.differences))
        if self.stamped is None:
            return str(self.recognised or "not recognised")
        return f"{self.stamped}, with {told}" if told else self.stamped

    def exit_code(self, check: bool) -> Exit:
        """An interrupted upgrade is never all right; `check` asks for more than that."""
        if self.interrupted:
            return Exit.UNFINISHED
        return Exit.FOUND if check and (self.pending or self.problem) else Exit.OK


def look(live: Live) -> Status:
    """Looks at an open database, and changes nothing."""
    problem = live.problem
    return Status(
        live.database,
        live.server,
        live.stamped,
        live.recognised,
        live.pending,
        live.interrupted,
        None if problem is None else str(problem),
        live.differences,
    )
