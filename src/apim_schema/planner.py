"""What an upgrade will do to one live database, worked out before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_schema import chain
from apim_schema.changes import Change, replay
from apim_schema.compare import Difference, mismatches
from apim_schema.dialect import Dialect, Impact, Statement
from apim_schema.errors import NotRecognised
from apim_schema.schema import Schema


@dataclass(frozen=True)
class Planned:
    """One change of one release, with the statements that remain until it is in: none where it is in already."""

    release: str
    change: Change
    statements: tuple[Statement, ...]
    impact: Impact | None


@dataclass(frozen=True)
class Plan:
    """All changes from one release to another, as they would be made to one live schema."""

    database: str
    start: str
    target: str
    changes: tuple[Planned, ...]

    @property
    def statements(self) -> int:
        return sum(len(planned.statements) for planned in self.changes)

    @property
    def present(self) -> tuple[Planned, ...]:
        """The changes that are in already."""
        return tuple(planned for planned in self.changes if not planned.statements)


def plan(dialect: Dialect, database: str, live: Schema, start: str, target: str, schema: str | None) -> Plan:
    """Plans the way from `start` to `target`, looked at from the live schema.

    Raises Conflict where an object is in the way of a change, and NotRecognised where the schema would not be the
    target's in the end: both before a single statement has run.
    """
    planned = tuple(_planned(dialect, database, live, chain.between(database, start, target), schema))
    reached = replay(live, (p.change for p in planned))
    wrong = mismatches(chain.expected(live.flavour, database, target), reached)
    if wrong:
        raise NotRecognised(f"{database} would not be {target} after the upgrade from {start}:\n{listed(wrong)}")
    return Plan(database, start, target, planned)


def _planned(
    dialect: Dialect, database: str, live: Schema, releases: Iterable[str], schema: str | None
) -> Iterator[Planned]:
    for release in releases:
        for change in chain.changes(live.flavour, database, release):
            if change.is_in(live):
                yield Planned(release, change, (), None)
                continue
            statements = tuple(dialect.ddl.statements(change, live, schema))
            yield Planned(release, change, statements, dialect.impact.assess(change, live) if statements else None)
            live = change.apply(live)


def listed(differences: Iterable[Difference], most: int = 20) -> str:
    """Differences as indented lines, the first `most` of them."""
    lines = [f"  {difference}" for difference in differences]
    more = [f"  … and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join(lines[:most] + more)
