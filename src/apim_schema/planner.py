"""What an upgrade or a downgrade will do to one live database, worked out before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from apim_schema import chain, legible
from apim_schema.changes import Change, KeepIndex, ReplaceTrigger, replay
from apim_schema.dialect import Dialect
from apim_schema.difference import DIFFERENT, VARIANT, Difference, breaking
from apim_schema.errors import Conflict, NotRecognised, Refused
from apim_schema.impact import Statement
from apim_schema.recognise import Accept, Comparison, differences
from apim_schema.schema import Schema

REPLACED = ("primary key of", "trigger")
"""What a change replaces whatever is there; all others say what they start from."""

WAY_OUT = "`repair` shows the way back, and an accept list takes it as it is:"


@dataclass(frozen=True)
class Planned:
    """One change of one release; `present` says that it is in already."""

    release: str
    change: Change
    present: bool


@dataclass(frozen=True)
class Step:
    """The statements that make one release of the one before."""

    release: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Plan:
    """All changes from one release to another, as they would be made to one live schema, and the statements.

    `drift` is where the schema differs from the target's in the end, which is what it keeps of the customer's.
    """

    database: str
    start: str
    target: str
    changes: tuple[Planned, ...] = ()
    steps: tuple[Step, ...] = ()
    drift: tuple[Difference, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements of all releases, in their order."""
        return tuple(statement for step in self.steps for statement in step.statements)

    @property
    def present(self) -> tuple[Planned, ...]:
        """The changes that are in already."""
        return tuple(planned for planned in self.changes if planned.present)

    def broken_by(self, found: Iterable[Difference]) -> list[str]:
        """What is otherwise than planned once all statements have run, in words: drift that came, and that went."""
        there, planned = ({d.entry: d for d in every if d.class_ != VARIANT} for every in (found, self.drift))
        came = [str(there[entry]) for entry in there.keys() - planned.keys()]
        return came + [f"not there any more: {planned[entry]}" for entry in planned.keys() - there.keys()]


def plan(
    dialect: Dialect,
    database: str,
    live: Schema,
    start: str,
    target: str,
    schema: str | None,
    accept: Accept = (),
    cuts: bool = False,
) -> Plan:
    """Plans the way from `start` to `target`, newer or older, looked at from the live schema.

    With `cuts`, what is too long for a column as it was is cut on the way back. Raises Conflict where an object is in
    the way of a change, Refused where one has no inverse, and NotRecognised where the schema would not be the target's
    in the end, but for harmless or accepted drift: all before a single statement has run.
    """
    way = pairwise((start, *chain.between(database, start, target)))
    wanted = [(release, chain.step(live.flavour, database, before, release, target, cuts)) for before, release in way]
    try:
        planned = made(dialect, database, live, (start, target), wanted, schema, accept)
    except Conflict as first:
        raise _in_the_way(dialect, database, live, (start, target), schema, accept, first) from first
    if wrong := _wrong(database, live, start, target, planned.drift, accept):
        so = f"is stamped {start} and is not" if start == target else f"would not be {target} after {start}"
        raise NotRecognised(f"{database} {so}, by this breaking drift", way_out=f"{WAY_OUT}\n{listed(wrong)}")
    return planned


def returns(dialect: Dialect, flavour: str, database: str, start: str, target: str) -> bool:
    """Whether the way from one release to an older one can be gone on this kind of database."""
    live, way = chain.expected(flavour, database, start), pairwise((start, *chain.between(database, start, target)))
    try:
        for before, release in way:
            back = chain.step(flavour, database, before, release, target)
            dialect.ddl.combined(back, live, None)
            live = replay(live, back)
    except Refused:
        return False
    return True


def made(
    dialect: Dialect,
    database: str,
    live: Schema,
    way: tuple[str, str],
    wanted: Iterable[tuple[str, Sequence[Change]]],
    schema: str | None,
    accept: Accept,
) -> Plan:
    """What the changes of each release would make of the live schema, whatever that is in the end.

    `way` is the release that it is, and the one that it is compared with then. Raises Conflict as `plan` does.
    """
    changes: list[Planned] = []
    steps: list[Step] = []
    for release, every in wanted:
        steps.append(Step(release, tuple(dialect.ddl.combined(every, live, schema))))
        for change in every:
            changes.append(Planned(release, change, change.is_in(live)))
            live = _replayed(dialect, change, live)
    drift = differences(database, live.flavour, way[1], live, accept)
    return Plan(database, *way, tuple(changes), tuple(steps), drift)


def _wrong(
    database: str, live: Schema, start: str, target: str, drift: Iterable[Difference], accept: Accept
) -> list[Difference]:
    """What is breaking in the end, and what a change would have replaced until then."""
    return list(dict.fromkeys((*breaking(drift), *_replaced(database, live, start, target, accept))))


def _in_the_way(
    dialect: Dialect,
    database: str,
    live: Schema,
    way: tuple[str, str],
    schema: str | None,
    accept: Accept,
    first: Conflict,
) -> Conflict:
    """All that is in the way where a change can't be made: whoever mends the first has to know of the others.

    Each once: what a change stumbles over is told with that change, and not as drift again.
    """
    (start, target), conflicts, about, reached = way, [str(first)], set[str | None](), live
    for change in chain.pending(live.flavour, database, start, target):
        try:
            dialect.ddl.statements(change, reached, schema)
            reached = _replayed(dialect, change, reached)
        except Conflict as conflict:
            conflicts.append(str(conflict))
            about.add(_about(change))
    begun = {(d.what, d.name) for d in breaking(differences(database, live.flavour, start, live, accept))}
    drift = [d for d in differences(database, live.flavour, target, reached, accept) if (d.what, d.name) in begun]
    wrong = [d for d in _wrong(database, live, start, target, drift, accept) if d.name not in about]
    told = list(dict.fromkeys((*conflicts, *map(str, wrong))))
    return Conflict(f"{database} can't go to {target}:\n{listed(told)}") if len(told) > 1 else first


def _about(change: Change) -> str | None:
    """The name that a difference has for the column, the index or the trigger that a change alters; None for a key."""
    if isinstance(change, ReplaceTrigger):
        return change.trigger.name
    name = getattr(change, "name", None)
    return f"{change.table}.{name}" if name else None


def _replaced(database: str, live: Schema, start: str, target: str, accept: Accept) -> tuple[Difference, ...]:
    """The customer's own keys and triggers that a change would put another in the place of, as if they were none."""
    comparison, wanted = Comparison(database, live, accept), chain.between(database, start, target)
    found = [breaking(comparison.differences(live.flavour, release)) for release in (start, *wanted)]
    others = ({(d.what, d.name) for d in later} for later in found[1:])
    always = {(d.what, d.name) for d in found[0]}.intersection(*others)
    return tuple(d for d in found[0] if d.kind == DIFFERENT and d.what in REPLACED and (d.what, d.name) in always)


def _replayed(dialect: Dialect, change: Change, live: Schema) -> Schema:
    """The live schema once a change is made; an index that the chain keeps is there, whatever a release has need of."""
    if isinstance(change, KeepIndex):
        return live
    made = replay(live, [change])
    if change.table in live.tables or change.table not in made.tables:
        return made
    return made.with_table(dialect.ddl.as_made(made.tables[change.table], live))


def listed(differences: Iterable[object], most: int = 20) -> str:
    """Differences as indented lines, the first `most` of them."""
    lines = [f"  {legible.line(str(difference))}" for difference in differences]
    more = [f"  … and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join(lines[:most] + more)
