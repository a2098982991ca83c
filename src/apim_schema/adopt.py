"""Stamps a database with the release that it is recognised as."""

from __future__ import annotations

from dataclasses import dataclass

from apim_schema import chain, stamp
from apim_schema.compare import Difference
from apim_schema.errors import NotRecognised
from apim_schema.live import Live
from apim_schema.planner import listed


@dataclass(frozen=True)
class Adopted:
    """The stamp of one database; `new` if it was set now. `same` are all releases that have this schema."""

    database: str
    release: str
    same: tuple[str, ...]
    new: bool
    drift: tuple[Difference, ...]


def adopt(live: Live) -> Adopted:
    """Recognises and stamps an open database.

    Raises NotRecognised where it is no release of the chain, or not the one that it is stamped as.
    """
    if live.problem:
        raise _told(live, live.problem)
    start = live.start(chain.releases(live.database)[-1])
    new = live.stamped is None
    if new:
        stamp.write(live.connection, live.schema, live.database, start.release)
    same = live.recognised.same if live.recognised else start.same
    return Adopted(live.database, start.release, same, new, live.drift)


def _told(live: Live, problem: NotRecognised) -> NotRecognised:
    """The problem, and what a stamped database is different in: nobody has listed that yet."""
    return NotRecognised(f"{problem}:\n{listed(live.mismatches)}") if live.mismatches else problem
