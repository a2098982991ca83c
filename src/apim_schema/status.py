"""What one database is: its release, what is pending, what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from apim_schema import chain
from apim_schema.difference import Difference, counted, drifted
from apim_schema.errors import Exit, Refused
from apim_schema.live import Live
from apim_schema.recognise import Recognised


@dataclass(frozen=True)
class Status:
    """What one database is, held against the release that it should be at.

    `stamped` is what the stamp says, whether we know it or not. `pending` are the releases up to the one it should be
    at. `interrupted` says how far the last run got, where it has not come to its end. `problem` says why it is no
    release that can be upgraded, not the one that it is stamped as, or newer than asked for; `unusable` whether there
    is no release to work from.
    """

    database: str
    server: str
    asked: str
    stamped: str | None
    recognised: Recognised | None
    pending: tuple[str, ...]
    interrupted: str | None
    problem: str | None
    unusable: bool
    differences: tuple[Difference, ...]

    @property
    def release(self) -> str | None:
        """The release that counts: the stamped, else the recognised."""
        return self.stamped or (self.recognised.release if self.recognised else None)

    def __str__(self) -> str:
        """The stamped or the recognised release, and how far it has drifted."""
        told = counted(drifted(self.differences))
        if self.stamped is None:
            return str(self.recognised or "not recognised")
        return f"{self.stamped}, with {told}" if told else self.stamped

    @property
    def exit_code(self) -> Exit:
        """Whether it is at the release that was asked for, and clean."""
        if self.interrupted:
            return Exit.UNFINISHED
        if self.unusable:
            return Exit.REFUSED
        return Exit.FOUND if self.pending or self.problem else Exit.OK


def look(live: Live, asked: str) -> Status:
    """Looks at an open database, which should be at the release `asked`, and changes nothing."""
    try:
        problem = live.problem
    except Refused as error:  # its stamp is none that we know: there is no release to compare it with
        about = (live.database, live.server, asked, None, live.recognised)
        return Status(*about, (), None, str(error), True, ())
    known = chain.releases(live.database)
    at = [release for release in _releases(live) if release in known]
    reached = [release for release in at if known.index(release) <= known.index(asked)]
    newer = f"{live.database} is {at[0]} already, newer than {asked}" if at and not reached else None
    return Status(
        live.database,
        live.server,
        asked,
        live.stamped,
        live.recognised,
        chain.between(live.database, reached[-1], asked) if reached else (),
        live.interrupted,
        str(problem) if problem else newer,
        live.refusal is not None or not at,
        live.differences,
    )


def _releases(live: Live) -> tuple[str, ...]:
    """The stamped release, else all that the schema fits."""
    if live.stamped:
        return (live.stamped,)
    return live.recognised.same if live.recognised else ()
