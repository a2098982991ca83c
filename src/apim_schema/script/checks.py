"""What a script checks by itself before it changes anything: the release, the stamp, and the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from apim_schema import chain, preflight
from apim_schema.changes import AddColumn, Change, CreateTable, replay
from apim_schema.dialect import BLOCK, Dialect
from apim_schema.schema import Schema


def before_the_first(
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
    yield from dict.fromkeys(rule for change in changes for rule in rules(dialect, change, live, dropped, schema))


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


def rules(
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


def of_the_stamp(dialect: Dialect, database: str, version_table: str, releases: Sequence[str]) -> str:
    """A stamp is the release to start from, or one of those on the way where scripts continue."""
    script, start = dialect.script, releases[0]
    allowed = ", ".join(f"'{release}'" for release in (releases[:-1] if script.CONTINUES else (start,)))
    return script.refuse(
        f"EXISTS (SELECT 1 FROM {version_table} WHERE version_num NOT IN ({allowed}))",
        f"{database} is not stamped {start}: nothing was changed",
    )
