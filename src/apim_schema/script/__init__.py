"""The script of an upgrade or a downgrade for the database's own client, made without any database.

It holds the statements that the runner would execute, looked at from the schema of the release to start from. Before
the first of them it checks by itself that the database is at that release and that no row stands in the way; it
stops at the first error, and stamps each release once it is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from apim_schema import __version__, chain, datacentres, flavours, registry, sqltext
from apim_schema.changes import Change, CreateTable, replay
from apim_schema.dialect import Dialect
from apim_schema.errors import UsageError
from apim_schema.impact import Statement
from apim_schema.review.words import count, impact
from apim_schema.schema import Schema
from apim_schema.script import checks, head, history
from apim_schema.script.cost import Costs, costs

Steps = Sequence[tuple[str, str, Sequence[Change]]]
"""A release, the one after it, and the changes that make that of it."""


@dataclass(frozen=True)
class Frame:
    """What is the same in a whole script: whose it is, and the schema that its objects live in."""

    dialect: Dialect
    flavour: str
    database: str
    schema: str | None

    @property
    def version_table(self) -> str:
        """In lower case, as Alembic writes it: MySQL tells the cases apart, and so may SQL Server."""
        name = chain.version_table(self.database)
        return self.dialect.names.qualified(name.upper(), self.schema).replace(name.upper(), name)


def render(
    flavour: str, database: str, start: str, target: str, schema: str | None = None, discards: bool = False
) -> str:
    """The whole script, from one release to a later or an older one.

    `schema` qualifies the objects; None leaves them to the client's default schema. With `discards`, what was written
    since and has no place in the older release is lost. Raises UsageError for an unknown flavour or release, and for a
    range that is empty or that the flavour does not have.
    """
    frame = Frame(dialect_of(flavour), flavour, database, schema)
    _check(flavour, database, start, target)
    releases = (start, *chain.between(database, start, target))
    live = chain.expected(flavour, database, start)
    steps = [
        (before, release, chain.step(flavour, database, before, release, target, discards))
        for before, release in pairwise(releases)
    ]
    changes = [change for _, _, made in steps for change in made]
    asked = checks.before_the_first(frame.dialect, live, database, start, changes, schema, discards)
    return _written(frame, live, steps, asked)


def mending(live: Schema, database: str, release: str, changes: Sequence[Change], schema: str | None = None) -> str:
    """The script that makes these changes to a live schema, which is a release and stays one."""
    dialect = dialect_of(live.flavour)
    rows = dict.fromkeys(rule for change in changes for rule in checks.rules(dialect, change, live, live, schema))
    asked = (*dialect.script.requires(changes, live, schema), *rows)
    return _written(Frame(dialect, live.flavour, database, schema), live, [(release, release, changes)], asked)


def dialect_of(flavour: str) -> Dialect:
    """The dialect of a flavour. Raises UsageError for one that is none."""
    if flavour not in flavours.FLAVOURS:
        raise UsageError(f"unknown dialect {flavour!r}", way_out=f"choose one of {', '.join(flavours.FLAVOURS)}")
    return registry.load(flavours.FLAVOURS[flavour])


def _check(flavour: str, database: str, start: str, target: str) -> None:
    for release in (start, target):
        chain.check_release(database, release)
    if not chain.between(database, start, target):
        raise UsageError(f"there is nothing between {start} and {target}", way_out="name two releases")
    if not {start, target} <= {*chain.since(flavour, database)}:
        raise UsageError(f"the vendor's script for {flavour} begins with {chain.first(flavour, database)}")


def _written(frame: Frame, live: Schema, steps: Steps, asked: Iterable[str]) -> str:
    """Three lines say what it is and what the rest of it must add up to."""
    start, target = steps[0][0], steps[-1][1]
    rest = "\n".join(map(sqltext.wrapped, filter(None, _rest(frame, live, steps, asked)))) + "\n"
    lines = [
        f"API Manager {frame.database}: {start} to {target}, {frame.flavour}, for {frame.dialect.script.CLIENT}",
        f"made by apim-schema {__version__}; SHA-256 of all that follows these lines:",
        sha256(rest.encode()).hexdigest(),
    ]
    return "".join(f"-- {line}\n" for line in lines) + rest


def _rest(frame: Frame, live: Schema, steps: Steps, asked: Iterable[str]) -> Iterator[str]:
    dialect, database, schema = frame.dialect, frame.database, frame.schema
    releases = (steps[0][0], *(release for _, release, _ in steps))
    spent = costs(dialect, [change for _, _, changes in steps for change in changes], live)
    yield from head.lines(dialect, database, releases, live, spent)
    yield from _to_edit(live, (change for _, _, changes in steps for change in changes))
    yield _section("the session")
    yield dialect.script.opening()
    yield _section(f"checks: is this {database} {releases[0]}, and would every row survive?")
    yield from asked
    yield _section("the stamp, and this run in the history")
    yield dialect.script.version_table(frame.version_table)
    yield checks.of_the_stamp(dialect, database, frame.version_table, releases)
    yield from history.begun(dialect, database, releases[0], releases[-1], schema)
    for before, release, changes in steps:
        yield from _release(frame, before, release, dialect.ddl.combined(changes, live, schema), live, spent)
        live = replay(live, changes)
    yield _section("done")
    yield history.ended(dialect, database, releases[-1], schema)
    yield dialect.script.closing()


def _section(title: str) -> str:
    return f"\n-- ==== {title}"


def _to_edit(live: Schema, changes: Iterable[Change]) -> Iterator[str]:
    """What nobody but the DBA of one of several data centres knows; with a database at hand the runner looks it up."""
    made = [change.definition for change in changes if isinstance(change, CreateTable)]
    numbered = [table.name for table in made if any(c.generated is not None for c in table.columns.values())]
    if numbered and datacentres.has_several(live.tables):
        yield "\n-- BEFORE IT RUNS: let these count as this data centre does, from its number and in its step."
        yield from (f"--   {name}" for name in numbered)


def _release(
    frame: Frame, before: str, release: str, statements: Sequence[Statement], live: Schema, spent: Costs
) -> Iterator[str]:
    script, schema = frame.dialect.script, frame.schema
    yield _section(f"{release}: {count(len(statements), 'statement')}")
    yield script.begin(frame.version_table, before, release)
    yield script.look(statements, live, schema)
    for number, statement in enumerate(statements, 1):
        yield "\n" + _comment(number, statement, spent)
        yield script.unit(number, statement, live, schema)
    yield "\n-- the stamp"
    yield script.stamp(frame.version_table, _replaced(frame.database, before, release), release)


def _comment(number: int, statement: Statement, spent: Costs) -> str:
    """What a statement makes, and what that costs where the table stands already."""
    made = (statement.change, *statement.more)
    what = f"-- {number}. {', '.join(dict.fromkeys(map(str, made)))}"
    cost = spent.of(made)
    return sqltext.commented(what) if cost is None else f"{sqltext.commented(what)}\n--    {impact(cost)}"


def _replaced(database: str, before: str, release: str) -> tuple[str, ...]:
    """The releases whose stamp this one takes the place of: the older ones, or on the way back those after it."""
    known = chain.releases(database)
    place = known.index(release)
    return known[place + 1 :] if chain.goes_back(database, before, release) else known[:place]
