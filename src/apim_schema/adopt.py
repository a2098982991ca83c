"""Stamps a database with the release that it is recognised as, or that somebody says it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apim_schema import chain, stamp
from apim_schema.difference import Difference, breaking
from apim_schema.errors import NotRecognised, Refused
from apim_schema.live import Live, check_open
from apim_schema.planner import listed
from apim_schema.proof import sealed

Agree = Callable[[str, Sequence[Difference]], bool]
"""Shows the release and what is breaking in it, and asks whether it is to be stamped all the same."""


@dataclass(frozen=True)
class Adopted:
    """The stamp of one database; `new` if it was set now. `same` are all releases that have this schema."""

    database: str
    release: str
    same: tuple[str, ...]
    new: bool
    differences: tuple[Difference, ...]


def adopt(live: Live) -> Adopted:
    """Recognises and stamps an open database.

    Raises NotRecognised where it is no release of the chain, or not the one that it is stamped as.
    """
    if live.problem:
        raise _told(live, live.problem)
    start = live.start(chain.releases(live.database)[-1])
    new = live.stamped is None
    if new:
        set_stamp(live, start.release)
    same = live.recognised.same if live.recognised else start.same
    return Adopted(live.database, start.release, same, new, live.differences)


def adopt_as(live: Live, release: str, agree: Agree) -> Adopted:
    """Stamps an open database with a release, once somebody has agreed to what is breaking in it.

    Raises UsageError for a release that is none, NotRecognised where none of the release's tables is there, and
    Refused where it is stamped with another one, the flavour has no such release, or nobody agrees.
    """
    release = chain.check_release(live.database, release)
    if live.stamped not in (None, release):
        raise Refused(
            f"{live.database} is stamped {live.stamped}",
            way_out=f"a stamp is corrected by `alembic stamp --purge {release}`",
        )
    flavour = live.model.flavour
    if release not in chain.since(flavour, live.database):
        raise Refused(f"the vendor's script for {flavour} begins with {chain.first(flavour, live.database)}")
    if not chain.expected(flavour, live.database, release).tables.keys() & live.model.tables.keys():
        raise live.problem or NotRecognised(f"{live.database} has no table of {release}")
    found = live.differences_from(release)
    if breaking(found) and not agree(release, breaking(found)):
        raise Refused(f"{live.database} is not stamped", found="nobody has agreed to that; nothing was changed")
    if live.stamped is None:
        set_stamp(live, release)
    return Adopted(live.database, release, (release,), live.stamped is None, found)


def set_stamp(live: Live, release: str) -> None:
    """Stamps an open database, and sees to it that nothing else is written. Raises Refused where it would be."""
    check_open(live.target, live.connection)
    with sealed(live, "with the stamp"):
        stamp.write(live.connection, live.schema, live.database, release)


def _told(live: Live, problem: NotRecognised) -> NotRecognised:
    """The problem, and what a stamped database is different in: nobody has listed that yet."""
    wrong = breaking(live.differences)
    return NotRecognised(f"{problem}:\n{listed(wrong)}") if wrong else problem
