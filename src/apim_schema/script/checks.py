"""What a script checks by itself before it changes anything: the release, the stamp, and the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from apim_schema import chain, preflight
from apim_schema.changes import AddColumn, Change, CreateTable, replay
from apim_schema.dialect import Dialect
from apim_schema.hazards import BLOCK, Hazard
from apim_schema.schema import Schema


def before_the_first(
    dialect: Dialect,
    live: Schema,
    database: str,
    start: str,
    made: Sequence[Change],
    schema: str | None,
    discards: bool = False,
) -> Iterator[str]:
    """What must hold before the first statement, of the schema and of the rows."""
    script, changes, after = dialect.script, [change for change in made if not change.is_in(live)], replay(live, made)
    dropped = _dropped(live, after)
    signature = _signature(live.flavour, database, start) - set(dropped)
    wanted = signature | set(_last_that_stay(live, (c.table for c in changes), dropped))
    if wanted:
        yield script.refuse(script.lacks(sorted(wanted), schema), f"{database} is not {start}: a column is missing")
    next_one = chain.between(database, start, chain.releases(database)[-1])[:1]
    if newer := {column for release in next_one for column in _signature(live.flavour, database, release)}:
        unstamped = script.lacks([(chain.version_table(database).upper(), "VERSION_NUM")], schema)
        yield script.refuse(
            f"{unstamped} AND NOT {script.lacks(sorted(newer), schema)}",
            f"{database} is newer than {start} and has no stamp: nothing was changed",
        )
    yield from script.requires(changes, live, schema)
    found = (rule for change in changes for rule in rules(dialect, change, live, after, schema, discards))
    yield from dict.fromkeys(found)


def _signature(flavour: str, database: str, release: str) -> set[tuple[str, str]]:
    """The columns, of new tables one each, that came with a release: an older database lacks them."""
    if release == chain.first(flavour, database):
        return set()
    changes, live = chain.changes(flavour, database, release), chain.expected(flavour, database, release)
    added = {(change.table, change.column.name) for change in changes if isinstance(change, AddColumn)}
    return added | {(c.table, _last_column(live, c.table)) for c in changes if isinstance(c, CreateTable)}


def _dropped(live: Schema, after: Schema) -> Sequence[tuple[str, str]]:
    """The (table, column) that are there no more afterwards: a script that is run again may find them gone."""
    tables = after.tables
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


def rules(
    dialect: Dialect, change: Change, live: Schema, after: Schema, schema: str | None, discards: bool = False
) -> Iterator[str]:
    """The preflight rules of a change to a table that stands already; `after` is the schema in the end."""
    script, source = dialect.script, f"FROM {dialect.names.qualified(change.table, schema)} t"
    for hazard in preflight.hazards(change, live, dialect, schema):
        if hazard.level != BLOCK or (discards and hazard.loses is not None):
            continue
        condition, message = f"EXISTS (SELECT 1 {source} WHERE {hazard.condition})", f"{change.table}: {hazard.problem}"
        if hazard.column is not None:
            at = (change.table, hazard.column.name)
            yield script.refuse_rows(condition, message, at, schema, hazard.column.type)
        elif gone := _asked_of(dialect, hazard, change.table, live, after):
            yield script.refuse_rows(condition, message, gone, schema)
        else:
            yield script.refuse(condition, message)


def _asked_of(dialect: Dialect, hazard: Hazard, table: str, live: Schema, after: Schema) -> tuple[str, str] | None:
    """The (table, column) that a rule asks and that is gone in the end; of a table that goes, any."""
    gone = [column for name, column in _dropped(live, after) if name == table]
    asked = [c for c in gone if re.search(rf"(?<!\w){re.escape(dialect.names.sql(c))}(?!\w)", hazard.condition)]
    found = asked or (gone if table not in after.tables else [])
    return (table, found[-1]) if found else None


def of_the_stamp(dialect: Dialect, database: str, version_table: str, releases: Sequence[str]) -> str:
    """A stamp is the release to start from, or one of those on the way where scripts continue."""
    script, start = dialect.script, releases[0]
    allowed = ", ".join(f"'{release}'" for release in (releases[:-1] if script.CONTINUES else (start,)))
    return script.refuse(
        f"EXISTS (SELECT 1 FROM {version_table} WHERE version_num NOT IN ({allowed}))",
        f"{database} is not stamped {start}: nothing was changed",
    )
