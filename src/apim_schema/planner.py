"""What an upgrade will do to one live database, worked out before anything is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apim_schema import chain
from apim_schema.changes import Change, replay
from apim_schema.compare import Difference, mismatches
from apim_schema.dialect import Dialect, Impact, Statement
from apim_schema.errors import NotRecognised
from apim_schema.schema import Schema


@dataclass(frozen=True)
class Planned:
    """One change of one release. `present` says that it is in already; else `impact` is what it will cost."""

    release: str
    change: Change
    present: bool
    impact: Impact | None


@dataclass(frozen=True)
class Plan:
    """All changes from one release to another, as they would be made to one live schema, and the statements."""

    database: str
    start: str
    target: str
    changes: tuple[Planned, ...] = ()
    statements: tuple[Statement, ...] = ()

    @property
    def present(self) -> tuple[Planned, ...]:
        """The changes that are in already."""
        return tuple(planned for planned in self.changes if planned.present)


def plan(dialect: Dialect, database: str, live: Schema, start: str, target: str, schema: str | None) -> Plan:
    """Plans the way from `start` to `target`, looked at from the live schema.

    Raises Conflict where an object is in the way of a change, and NotRecognised where the schema would not be the
    target's in the end: both before a single statement has run.
    """
    changes: list[Planned] = []
    statements: list[Statement] = []
    for release in chain.between(database, start, target):
        wanted = chain.changes(live.flavour, database, release)
        statements += dialect.ddl.combined(wanted, live, schema)
        for change in wanted:
            changes.append(_planned(dialect, release, change, live))
            live = _replayed(dialect, change, live)
    wrong = mismatches(chain.expected(live.flavour, database, target), live)
    if wrong:
        so = f"is stamped {start} and is not" if start == target else f"would not be {target} after {start}"
        raise NotRecognised(f"{database} {so}: undo these differences first\n{listed(wrong)}")
    return Plan(database, start, target, tuple(changes), tuple(statements))


def _replayed(dialect: Dialect, change: Change, live: Schema) -> Schema:
    made = replay(live, [change])
    if change.table in live.tables or change.table not in made.tables:
        return made
    return made.with_table(dialect.ddl.as_made(made.tables[change.table], live))


def _planned(dialect: Dialect, release: str, change: Change, live: Schema) -> Planned:
    present = change.is_in(live)
    return Planned(release, change, present, None if present else dialect.impact.assess(change, live))


def listed(differences: Iterable[Difference], most: int = 20) -> str:
    """Differences as indented lines, the first `most` of them."""
    lines = [f"  {difference}" for difference in differences]
    more = [f"  … and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join(lines[:most] + more)
