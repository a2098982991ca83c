"""The script of an upgrade for the database's own client, made without any database.

It holds the statements that the runner would execute, looked at from the schema of the release to start from. Before
the first of them it checks by itself that the database is at that release and that no row stands in the way; it
stops at the first error, and stamps each release once it is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise

from apim_schema import __version__, chain, datacentres, flavours, preflight, registry, script_history
from apim_schema.changes import AddColumn, Change, CreateTable, replay
from apim_schema.dialect import BLOCK, Dialect
from apim_schema.errors import UsageError
from apim_schema.schema import Schema


def render(flavour: str, database: str, start: str, target: str, schema: str | None = None) -> str:
    """The whole script, from one release to a later one.

    `schema` qualifies the objects; None leaves them to the client's default schema. Raises UsageError for an unknown
    flavour or release, and for a range that is empty or goes back.
    """
    dialect = dialect_of(flavour)
    _check(flavour, database, start, target)
    body = "\n".join(filter(None, _body(dialect, flavour, database, start, target, schema))) + "\n"
    return _head(dialect, flavour, database, start, target, body) + body


def dialect_of(flavour: str) -> Dialect:
    """The dialect of a flavour. Raises UsageError for one that is none."""
    if flavour not in flavours.FLAVOURS:
        raise UsageError(f"unknown dialect {flavour!r}: choose one of {', '.join(flavours.FLAVOURS)}")
    return registry.load(flavours.FLAVOURS[flavour])


def _check(flavour: str, database: str, start: str, target: str) -> None:
    for release in (start, target):
        chain.check_release(database, release)
    if not chain.between(database, start, target):
        raise UsageError(f"there is nothing between {start} and {target}: name an older release and then a newer one")
    if start not in chain.since(flavour, database):
        raise UsageError(f"the vendor's script for {flavour} begins with {chain.first(flavour, database)}")


def _head(dialect: Dialect, flavour: str, database: str, start: str, target: str, body: str) -> str:
    lines = [
        f"API Manager {database}: {start} to {target}, {flavour}, for {dialect.script.CLIENT}",
        f"made by apim-schema {__version__}; SHA-256 of all that follows these lines:",
        sha256(body.encode()).hexdigest(),
    ]
    return "".join(f"-- {line}\n" for line in lines)


def _body(dialect: Dialect, flavour: str, database: str, start: str, target: str, schema: str | None) -> Iterator[str]:
    script, live = dialect.script, chain.expected(flavour, database, start)
    releases = chain.between(database, start, target)
    version_table = _version_table(dialect, database, schema)
    yield from _to_edit(live, chain.pending(flavour, database, start, target))
    yield script.opening()
    yield from _guards(dialect, live, database, (start, *releases), schema)
    yield script.version_table(version_table)
    yield _stamp_guard(dialect, database, version_table, (start, *releases))
    yield from script_history.begun(dialect, database, start, target, schema)
    for before, release in pairwise((start, *releases)):
        yield "\n" + script.begin(version_table, before, release)
        changes = chain.changes(flavour, database, release)
        yield from _units(dialect, changes, live, schema)
        live = replay(live, changes)
        yield script.stamp(version_table, _older(database, release), release)
    yield script_history.ended(dialect, database, target, schema)
    yield script.closing()


def _to_edit(live: Schema, changes: Iterable[Change]) -> Iterator[str]:
    """What nobody but the DBA of one of several data centres knows; with a database at hand the runner looks it up."""
    made = [change.definition for change in changes if isinstance(change, CreateTable)]
    numbered = [table.name for table in made if any(c.generated is not None for c in table.columns.values())]
    if numbered and datacentres.has_several(live.tables):
        yield "-- Before it runs: let these count as this data centre does, from its number and in its step."
        yield from (f"-- {name}" for name in numbered)


def mending(live: Schema, database: str, release: str, changes: Sequence[Change], schema: str | None = None) -> str:
    """The script that makes these changes to a live schema, which is a release and stays one."""
    dialect = dialect_of(live.flavour)
    body = "\n".join(filter(None, _mended(dialect, live, database, release, changes, schema))) + "\n"
    return _head(dialect, live.flavour, database, release, release, body) + body


def _mended(
    dialect: Dialect, live: Schema, database: str, release: str, changes: Sequence[Change], schema: str | None
) -> Iterator[str]:
    script, version_table = dialect.script, _version_table(dialect, database, schema)
    yield script.opening()
    yield from script.requires(changes, live, schema)
    yield from dict.fromkeys(rule for change in changes for rule in _rules(dialect, change, live, (), schema))
    yield script.version_table(version_table)
    yield _stamp_guard(dialect, database, version_table, (release, release))
    yield from script_history.begun(dialect, database, release, release, schema)
    yield "\n" + script.begin(version_table, release, release)
    yield from _units(dialect, changes, live, schema)
    yield script.stamp(version_table, (release,), release)
    yield script_history.ended(dialect, database, release, schema)
    yield script.closing()


def _units(dialect: Dialect, changes: Sequence[Change], live: Schema, schema: str | None) -> Iterator[str]:
    """The statements, each under the changes that it makes."""
    told: tuple[Change, ...] = ()
    for made in dialect.ddl.combined(changes, live, schema):
        if told != (told := (made.change, *made.more)):
            yield from dict.fromkeys(f"-- {change}" for change in told)
        yield dialect.script.unit(made, live, schema)


def _older(database: str, release: str) -> tuple[str, ...]:
    known = chain.releases(database)
    return known[: known.index(release)]


def _version_table(dialect: Dialect, database: str, schema: str | None) -> str:
    """In lower case, as Alembic writes it: MySQL tells the cases apart, and so may SQL Server."""
    name = chain.version_table(database)
    return dialect.names.qualified(name.upper(), schema).replace(name.upper(), name)


def _stamp_guard(dialect: Dialect, database: str, version_table: str, releases: Sequence[str]) -> str:
    """A stamp is the release to start from, or one of those on the way where scripts continue."""
    script, start = dialect.script, releases[0]
    allowed = ", ".join(f"'{release}'" for release in (releases[:-1] if script.CONTINUES else (start,)))
    return script.refuse(
        f"EXISTS (SELECT 1 FROM {version_table} WHERE version_num NOT IN ({allowed}))",
        f"{database} is not stamped {start}: nothing was changed",
    )


def _guards(
    dialect: Dialect, live: Schema, database: str, releases: Sequence[str], schema: str | None
) -> Iterator[str]:
    """What must hold before the first statement, of the schema and of the rows."""
    script, start = dialect.script, releases[0]
    changes = [c for r in releases[1:] for c in chain.changes(live.flavour, database, r) if not c.is_in(live)]
    dropped = _dropped(live, changes)
    signature = _signature(live.flavour, database, start) - set(dropped)
    wanted = signature | set(_last_that_stay(live, (c.table for c in changes), dropped))
    if wanted:
        yield script.refuse(script.lacks(sorted(wanted), schema), f"{database} is not {start}: a column is missing")
    if newer := _signature(live.flavour, database, releases[1]):
        unstamped = script.lacks([(chain.version_table(database).upper(), "VERSION_NUM")], schema)
        yield script.refuse(
            f"{unstamped} AND NOT {script.lacks(sorted(newer), schema)}",
            f"{database} is newer than {start} and has no stamp: nothing was changed",
        )
    yield from script.requires(changes, live, schema)
    yield from dict.fromkeys(rule for change in changes for rule in _rules(dialect, change, live, dropped, schema))


def _signature(flavour: str, database: str, release: str) -> set[tuple[str, str]]:
    """The columns, of new tables one each, that came with a release: an older database lacks them."""
    if release == chain.first(flavour, database):
        return set()
    changes, live = chain.changes(flavour, database, release), chain.expected(flavour, database, release)
    added = {(change.table, change.column.name) for change in changes if isinstance(change, AddColumn)}
    return added | {(c.table, _last_column(live, c.table)) for c in changes if isinstance(c, CreateTable)}


def _dropped(live: Schema, changes: Sequence[Change]) -> Sequence[tuple[str, str]]:
    """The (table, column) that the changes drop: a script that is run again may find them gone."""
    tables = replay(live, changes).tables
    return [
        (table.name, column)
        for table in live.tables.values()
        for column in table.columns
        if table.name not in tables or column not in tables[table.name].columns
    ]


def _last_that_stay(
    live: Schema, tables: Iterable[str], dropped: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Of each table that is there, the last column that no change drops."""
    for name in tables:
        columns = live.tables[name].columns if name in live.tables else ()
        yield from [(name, column) for column in columns if (name, column) not in dropped][-1:]


def _last_column(live: Schema, table: str) -> str:
    return list(live.tables[table].columns)[-1]


def _rules(
    dialect: Dialect, change: Change, live: Schema, dropped: Sequence[tuple[str, str]], schema: str | None
) -> Iterator[str]:
    """The preflight rules of a change to a table that stands already."""
    script, source = dialect.script, f"FROM {dialect.names.qualified(change.table, schema)} t"
    gone = [column for column in dropped if column[0] == change.table]
    for hazard in preflight.hazards(change, live, dialect, schema):
        condition, message = f"EXISTS (SELECT 1 {source} WHERE {hazard.condition})", f"{change.table}: {hazard.problem}"
        if hazard.level == BLOCK and gone:
            yield script.refuse_rows(condition, message, gone[-1], schema)
        elif hazard.level == BLOCK:
            yield script.refuse(condition, message)
