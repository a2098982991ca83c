"""Tells which release a database is, from its schema alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache

from apim_schema import chain, flavours
from apim_schema.compare import compare
from apim_schema.difference import (
    ACCEPTED,
    DIFFERENT,
    EXTRA,
    HARMLESS,
    VARIANT,
    Difference,
    Judged,
    breaking,
    counted,
    drifted,
)
from apim_schema.schema import Schema

Later = dict[str, dict[tuple[str, ...], Difference]]
"""What differs from each later release, by object."""

Accept = Collection[str]
"""The entries of an accept list: breaking drift that somebody has taken upon himself."""


@dataclass(frozen=True)
class Recognised:
    """A release that the live schema is; `same` names every release with that schema, `release` the newest of them.

    `differences` are where it differs from that, and stop nothing. `also` are other releases that it is as near to.
    """

    flavour: str
    release: str
    same: tuple[str, ...]
    differences: tuple[Difference, ...]
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        script = "" if self.flavour in flavours.DIALECTS else f" of {self.flavour}"
        if len(self.same) > 1:
            return f"{self.same[0]} to {self.same[-1]}{script}, which have one schema{self._drift}"
        return f"{self.release}{script}{self._drift}{self._tie}"

    @property
    def _drift(self) -> str:
        told = counted(drifted(self.differences))
        return f", with {told}" if told else ""

    @property
    def _tie(self) -> str:
        return f" (as near to {' and '.join(self.also)}: taken as the older)" if self.also else ""


def recognise(dialect: str, database: str, live: Schema, accept: Accept = ()) -> Recognised | None:
    """The release that the live schema fits with the fewest differences, None where it fits none.

    It fits where nothing is breaking. Of several that it is as near to, it is taken as the oldest: what is in already
    of those after is skipped. Releases that have one schema are told as one.
    """
    comparison = Comparison(database, live, accept)
    found = {kind: comparison.differences(*kind) for kind in reversed(chain.candidates(dialect, database))}
    fitting = {kind: differences for kind, differences in found.items() if not breaking(differences)}
    near = _nearest(fitting, live.flavour)
    if not near:
        return None
    flavour, oldest = next(iter(near))
    matters = _mattering(near[flavour, oldest])
    same = [release for (_, release), differences in near.items() if _mattering(differences) == matters]
    also = [release for _, release in near if release not in same]
    return Recognised(flavour, same[-1], tuple(same), near[flavour, same[-1]], tuple(also))


Found = dict[tuple[str, str], tuple[Difference, ...]]
"""The differences from each (flavour, release), oldest release first."""


def _nearest(fitting: Found, usual: str) -> Found:
    """Those with the fewest differences, of one flavour; one from before the policy only where it is the only one.

    `usual` is the flavour that the database looks like, which counts where there are several.
    """
    nearest = min(map(_weight, fitting.values()), default=None)
    near = {kind: found for kind, found in fitting.items() if _weight(found) == nearest}
    flavour = next((name for name in (usual, *flavours.FLAVOURS) if any(name == f for f, _ in near)), None)
    known = {kind: found for kind, found in near.items() if kind[0] == flavour}
    return {kind: found for kind, found in known.items() if kind[1] not in chain.OLDER} or known


def _weight(found: Iterable[Difference]) -> tuple[int, int]:
    """How far a schema is from a release: by drift, then by what is left over."""
    classes = [difference.class_ for difference in found]
    return len(classes) - classes.count(EXTRA) - classes.count(VARIANT), classes.count(EXTRA)


def _mattering(found: Iterable[Difference]) -> set[str]:
    return {difference.entry for difference in found if difference.class_ != VARIANT}


def differences(database: str, flavour: str, release: str, live: Schema, accept: Accept = ()) -> tuple[Difference, ...]:
    """All differences from a release that a person should see, each with its class: see `Comparison`."""
    return Comparison(database, live, accept).differences(flavour, release)


class Comparison:
    """A live schema compared with releases."""

    def __init__(self, database: str, live: Schema, accept: Accept) -> None:
        self._database, self._live = database, live
        self._entries = {_folded(entry) for entry in accept}
        self._compared: dict[tuple[str, str], list[Difference]] = {}

    def differences(self, flavour: str, release: str) -> tuple[Difference, ...]:
        """All differences from a release that a person should see.

        The other database's objects, in the same schema, are none. What a later release has is in already.
        """
        others = _of_other_databases(self._database, flavour)
        seen = [d for d in self._all(flavour, release) if d.kind != EXTRA or d.name not in others]
        later = self._later(flavour, release) if any(d.kind == EXTRA for d in seen) else {}
        return tuple(_accepted(_ahead(difference, later), self._entries) for difference in seen)

    def _all(self, flavour: str, release: str) -> list[Difference]:
        kind = (flavour, release)
        if kind not in self._compared:
            self._compared[kind] = compare(chain.expected(flavour, self._database, release), self._live)
        return self._compared[kind]

    def _later(self, flavour: str, release: str) -> Later:
        known = chain.since(flavour, self._database)
        newer = known[known.index(release) + 1 :] if release in known else known
        return {r: {_object(d): d for d in self._all(flavour, r)} for r in newer}


def unmatched(found: Iterable[Difference], accept: Accept) -> tuple[str, ...]:
    """The entries of an accept list that match no difference any more."""
    entries = {_folded(difference.entry) for difference in found}
    return tuple(entry for entry in accept if _folded(entry) not in entries)


def _folded(entry: str) -> str:
    return " ".join(entry.casefold().split())


def _accepted(difference: Difference, entries: set[str]) -> Difference:
    if difference.is_drift and _folded(difference.entry) in entries:
        return replace(difference, class_=ACCEPTED)
    return difference


def _object(difference: Difference) -> tuple[str, ...]:
    """What a difference is about. A key has no name: it is what was found."""
    nameless = difference.what in ("unique key of", "foreign key of") and difference.found
    return (difference.what, difference.name, *([difference.found] if nameless and difference.found else []))


def _ahead(difference: Difference, later: Later) -> Difference:
    """What is more than the release has, judged by the first release that has such an object."""
    if difference.kind != EXTRA:
        return difference
    for release, found in later.items():
        there = found.get(_object(difference))
        if there is None or (there.class_ in (VARIANT, HARMLESS) and there.kind != EXTRA):
            return _judged(difference, Judged(HARMLESS, f"{release} has it"))
        if there.kind == DIFFERENT:
            return _judged(difference, Judged(EXTRA, f"{release} has another of this name"))
    return difference


def _judged(difference: Difference, judgement: Judged) -> Difference:
    return replace(difference, class_=judgement.class_, reason=judgement.reason)


@cache
def _of_other_databases(database: str, flavour: str) -> frozenset[str]:
    """The names of every table, sequence, trigger and routine that any release of the other databases has."""
    ways = ((db, release) for db in chain.DATABASES if db != database for release in chain.since(flavour, db))
    others = (chain.expected(flavour, *way) for way in ways)
    return frozenset(name for s in others for name in (*s.tables, *s.sequences, *s.triggers, *s.routines))
