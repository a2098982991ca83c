"""The script of an upgrade for the database's own client, made without any database.

It holds the statements that the runner would execute, looked at from the schema of the release to start from. Before
the first of them it checks by itself that the database is at that release and that no row stands in the way; it
stops at the first error, and stamps each release once it is in.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from apim_schema import __version__, chain, preflight, registry
from apim_schema.changes import AddColumn, Change, CreateTable, replay
from apim_schema.dialect import Dialect
from apim_schema.errors import UsageError
from apim_schema.schema import Schema


def render(flavour: str, database: str, start: str, target: str, schema: str | None = None) -> str:
    """The whole script, from one release to a later one.

    `schema` qualifies the objects; None leaves them to the client's default schema. Raises UsageError for an unknown
    flavour or release, and for a range that is empty or goes back.
    """
    _check(flavour, database, start, target)
    dialect = registry.load(registry.FLAVOURS[flavour])
    body = "\n".join(_body(dialect, flavour, database, start, target, schema)) + "\n"
    return _head(dialect, flavour, database, start, target, body) + body


def _check(flavour: str, database: str, start: str, target: str) -> None:
    if flavour not in registry.FLAVOURS:
        raise UsageError(f"unknown dialect {flavour!r}: choose one of {', '.join(registry.FLAVOURS)}")
    for release in (start, target):
        chain.check_release(database, release)
    if not chain.between(database, start, target):
        raise UsageError(f"there is nothing between {start} and {target}: name an older release and then a newer one")
    if start not in chain.since(flavour, database):
        raise UsageError(f"the vendor's script for {flavour} begins with {chain.first(flavour, database)}")


def _head(dialect: Dialect, flavour: str, database: str, start: str, target: str, body: str) -> str:
    lines = [
        f"API Manager {database}: {start} to {target}, {flavour}, for {registry.script(dialect.name).CLIENT}",
        f"made by apim-schema {__version__}; SHA-256 of all that follows these lines:",
        sha256(body.encode()).hexdigest(),
    ]
    return "".join(f"-- {line}\n" for line in lines)


def _body(dialect: Dialect, flavour: str, database: str, start: str, target: str, schema: str | None) -> Iterator[str]:
    script, live = registry.script(dialect.name), chain.expected(flavour, database, start)
    releases = chain.between(database, start, target)
    version_table = dialect.names.qualified(chain.version_table(database).upper(), schema)
    yield script.opening()
    yield script.version_table(version_table)
    yield from _guards(dialect, live, version_table, (start, *releases), schema, database)
    for release in releases:
        yield f"\n-- {release}"
        changes = chain.changes(flavour, database, release)
        for made in dialect.ddl.combined(changes, live, schema):
            yield from dict.fromkeys(f"-- {change}" for change in (made.change, *made.more))
            yield script.unit(made, live, schema)
        live = replay(live, changes)
        yield script.stamp(version_table, release)
    yield script.closing()


def _guards(
    dialect: Dialect, live: Schema, version_table: str, releases: tuple[str, ...], schema: str | None, database: str
) -> Iterator[str]:
    """What must hold before the first statement: the stamp, the schema, and the rows."""
    script, start = registry.script(dialect.name), releases[0]
    allowed = ", ".join(f"'{release}'" for release in (releases[:-1] if script.CONTINUES else (start,)))
    yield script.refuse(
        f"EXISTS (SELECT 1 FROM {version_table} WHERE version_num NOT IN ({allowed}))",
        f"{database} is not stamped {start}: nothing was changed",
    )
    changes = [c for r in releases[1:] for c in chain.changes(live.flavour, database, r) if not c.is_in(live)]
    wanted = _signature(live, database, start) | {
        (c.table, _last_column(live, c.table)) for c in changes if c.table in live.tables
    }
    yield script.refuse(script.lacks(sorted(wanted), schema), f"{database} is not {start}: a column is missing")
    for change in changes:
        yield from _rules(dialect, change, live, schema)


def _signature(live: Schema, database: str, release: str) -> set[tuple[str, str]]:
    """The columns, of new tables one each, that came with a release: an older database lacks them."""
    if release == chain.first(live.flavour, database):
        return set()
    changes = chain.changes(live.flavour, database, release)
    added = {(change.table, change.column.name) for change in changes if isinstance(change, AddColumn)}
    return added | {(c.table, _last_column(live, c.table)) for c in changes if isinstance(c, CreateTable)}


def _last_column(live: Schema, table: str) -> str:
    return list(live.tables[table].columns)[-1]


def _rules(dialect: Dialect, change: Change, live: Schema, schema: str | None) -> Iterator[str]:
    """The preflight rules of a change to a table that stands already."""
    if change.table not in live.tables:
        return
    table = live.tables[change.table]
    source = f"FROM {dialect.names.qualified(table.name, schema)} t"
    for hazard in (*preflight.rules(change, table, dialect, schema), *dialect.impact.hazards(change, live)):
        if hazard.level == preflight.BLOCK:
            yield registry.script(dialect.name).refuse(
                f"EXISTS (SELECT 1 {source} WHERE {hazard.condition})", f"{table.name}: {hazard.problem}"
            )
