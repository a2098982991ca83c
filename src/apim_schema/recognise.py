"""Tells which release a database is, from its schema alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from apim_schema import chain, flavours
from apim_schema.changes import replay
from apim_schema.compare import EXTRA, Difference, compare, mismatches
from apim_schema.errors import NotRecognised
from apim_schema.planner import listed
from apim_schema.schema import Schema


@dataclass(frozen=True)
class Recognised:
    """A release that the live schema is; `same` names every release with that schema, `release` the newest of them.

    `differences` are the customer's own objects and the harmless variants.
    """

    flavour: str
    release: str
    same: tuple[str, ...]
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        script = "" if self.flavour in flavours.DIALECTS else f" of {self.flavour}"
        if len(self.same) == 1:
            return f"{self.release}{script}"
        return f"{self.same[0]} to {self.same[-1]}{script}, which have one schema"


def recognise(dialect: str, database: str, live: Schema) -> Recognised | None:
    """The newest release that the live schema fits, None where it fits none; extra objects are no obstacle."""
    for flavour, release in chain.candidates(dialect, database):
        found = differences(database, chain.expected(flavour, database, release), live)
        if not any(difference.is_mismatch for difference in found):
            return Recognised(flavour, release, _same(flavour, database, live, _extra(found)), found)
    return None


def _same(flavour: str, database: str, live: Schema, extra: set[Difference]) -> tuple[str, ...]:
    """All releases that the live schema fits as well, with the same objects left over: oldest first."""
    releases = [release for name, release in chain.candidates(flavours.FLAVOURS[flavour], database) if name == flavour]
    found = {release: differences(database, chain.expected(flavour, database, release), live) for release in releases}
    return tuple(
        release
        for release in reversed(releases)
        if _extra(found[release]) == extra and not any(difference.is_mismatch for difference in found[release])
    )


def _extra(found: Iterable[Difference]) -> set[Difference]:
    return {difference for difference in found if difference.kind == EXTRA}


def differences(database: str, wanted: Schema, live: Schema) -> tuple[Difference, ...]:
    """All differences that a person should see: the other database's objects, in the same schema, are not drift."""
    others = _of_other_databases(database, wanted.flavour)
    return tuple(d for d in compare(wanted, live) if not (d.kind == EXTRA and d.name in others))


@cache
def _of_other_databases(database: str, flavour: str) -> frozenset[str]:
    """The names of every table, sequence, trigger and routine that any release of the other databases has."""
    ways = ((db, release) for db in chain.DATABASES if db != database for release in chain.since(flavour, db))
    others = (chain.expected(flavour, *way) for way in ways)
    return frozenset(name for s in others for name in (*s.tables, *s.sequences, *s.triggers, *s.routines))


def refuse(dialect: str, database: str, live: Schema) -> NotRecognised:
    """The error for a schema that is no release: what it looks like instead, and the way out."""
    flavour = live.flavour
    ours = chain.expected(flavour, database, chain.first(flavour, database)).tables.keys()
    found = ours & live.tables.keys()
    if not live.tables:
        return NotRecognised(f"{database} is empty: check the URL and the schema, or say --create for a fresh one")
    if not found:
        return NotRecognised(_foreign(flavour, database, live))
    between = _between(flavour, database, live)
    if between:
        return NotRecognised(between)
    release, wrong = _nearest(flavour, database, live)
    if len(found) < len(ours):
        return NotRecognised(
            f"{database} is half-installed: {len(found)} of {len(ours)} tables are there. Finish the installation of "
            f"the product's own script, or start from an empty database. Compared with {release}:\n{listed(wrong)}"
        )
    return NotRecognised(
        f"{database} is no release that we know; nearest is {release}, with these differences. Undo them, or stamp "
        f"the release with `alembic stamp` if you know it:\n{listed(wrong)}"
    )


def _foreign(flavour: str, database: str, live: Schema) -> str:
    for other in chain.DATABASES:
        if (
            other != database
            and chain.expected(flavour, other, chain.first(flavour, other)).tables.keys() & live.tables.keys()
        ):
            return f"this is a {other} database, not {database}: check which URL belongs to which database"
    return f"this is not an API Manager {database} database: none of its {len(live.tables)} tables is known"


def _between(flavour: str, database: str, live: Schema) -> str | None:
    """What to say of a schema that has some of a release's changes, None where it is nothing of the kind."""
    for start, target in pairwise(chain.since(flavour, database)):
        changes = [c for c in chain.changes(flavour, database, target) if c.table]
        try:
            reached = replay(live, changes)
        except KeyError:
            continue
        if not mismatches(chain.expected(flavour, database, target), reached):
            done = sum(change.is_in(live) for change in changes)
            return (
                f"{database} is between {start} and {target}: {done} of the {len(changes)} changes of {target} are in. "
                f"If {start} is where it started, say so with `alembic stamp {start}`; the next upgrade makes the rest"
            )
    return None


def _nearest(flavour: str, database: str, live: Schema) -> tuple[str, list[Difference]]:
    found: Iterator[tuple[str, list[Difference]]] = (
        (release, mismatches(chain.expected(flavour, database, release), live))
        for release in reversed(chain.since(flavour, database))
    )
    return min(found, key=lambda pair: len(pair[1]))


def too_old(database: str, release: str) -> NotRecognised:
    """The error for a release from before the policy."""
    return NotRecognised(
        f"{database} is {release}, which can't be upgraded by a schema change: contact WSO2 Support for the way to "
        f"{chain.releases(database)[0]}; only from there on the vendor promises that no data is migrated"
    )
