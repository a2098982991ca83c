"""Finds what would not survive a change or would be in its way, before anything is changed.

The rules about rows follow from the changes themselves: a column that gets shorter must hold no longer text, a column
that must have a value holds no NULL, a new key has no duplicates, a new foreign key no orphans. What else may be in
the way, the dialect's `obstacles` asks of the catalog.

Nothing that holds data is dropped unasked: a table that goes must be empty, and a column must hold nothing but NULL or
its default. Otherwise the run is refused: whoever owns the data keeps a copy of what is needed, and then empties or
drops it by hand, which the run takes for done. On the way back, `--discard-new-data` says that it may be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch

from sqlalchemy import Connection

from apim_schema import chain, legible, sqltext
from apim_schema.changes import (
    AddColumn,
    AlterColumn,
    Change,
    CreateUnique,
    DropColumn,
    DropTable,
    ReplacePrimaryKey,
)
from apim_schema.dialect import Dialect
from apim_schema.errors import Blocked
from apim_schema.hazards import BLOCK, WARN, Hazard, Level, Obstacle
from apim_schema.live import Live
from apim_schema.progress import Say
from apim_schema.schema import ForeignKey, Schema, Table

KEYS_SHOWN = 20
INTEGER_BITS = {"SMALLINT": 16, "INTEGER": 32, "INT": 32, "BIGINT": 64}
DISCARDED = "it will be lost, as --discard-new-data says"
Hold = Callable[[], None]


@dataclass(frozen=True)
class Finding:
    """What a change would lose or stumble over.

    Where that is rows, `rows` is their number and `keys` are those of the first of them, if they have any. `table` is
    "" where it is about the whole database. `query` is what was asked. For `loses` see `Hazard`.
    """

    level: Level
    table: str
    problem: str
    way_out: str
    rows: int = 0
    key_columns: tuple[str, ...] = ()
    keys: tuple[tuple[object, ...], ...] = ()
    query: str = ""
    loses: str | None = None

    def __str__(self) -> str:
        told = f"{self.table}: {self.problem}" if self.table else self.problem
        if self.rows:
            told += f": {self._rows()}"
        return legible.line(f"{told}; {self.way_out}" if self.way_out else told)

    def _rows(self) -> str:
        shown = (
            "(" + ", ".join(f"{name}={value!r}" for name, value in zip(self.key_columns, key, strict=True)) + ")"
            for key in self.keys
        )
        rest = self.rows - len(self.keys)
        more = [f"{rest} more rows" if self.keys else f"{rest} rows"] if rest else []
        return ", ".join([*shown, *more])


def _unheld() -> None:
    """Nobody is kept from writing: for those who only look."""


def forbid(
    live: Live, target: str, changes: Iterable[Change], warn: Say, hold: Hold = _unheld, discards: bool = False
) -> Sequence[Finding]:
    """Warns of what may be in the way of the way to a release, and returns it. Raises Blocked for what forbids it.

    `hold` is called once the catalog shows nothing that forbids it, before rows are looked at: where it keeps others
    from writing, what is found then stays so. With `discards`, what the changes themselves would lose is warned of.
    """
    found = review(live, target, changes, hold, discards)
    for finding in found:
        if finding.level == WARN:
            warn(f"{live.database}: warning: {finding}")
    if blocking := [finding for finding in found if finding.level == BLOCK]:
        way_out = "nothing was changed. Mend this and run the same command again"
        if live.leads_back(target) and any(finding.loses is not None for finding in blocking):
            way_out += ", or say --discard-new-data, and what is dropped or too long is lost"
        raise Blocked(f"{live.database} can't go to {target}", blocking, way_out=way_out)
    return found


def review(
    live: Live, target: str, changes: Iterable[Change], hold: Hold = _unheld, discards: bool = False
) -> list[Finding]:
    """All that is to be known before the way to a release: who uses the database, the server, what is in the way."""
    others = live.dialect.session.others(live.connection, live.schema)
    return [
        *(Finding(WARN, "", f"another session uses it: {session}", "stop the application") for session in others),
        *_closed(live),
        *_told(live.dialect.server.find(live.connection, live.schema, target, live.model)),
        *check(live.dialect, live.connection, live.schema, live.model, changes, hold, discards),
    ]


def check(
    dialect: Dialect,
    connection: Connection,
    schema: str,
    live: Schema,
    changes: Iterable[Change],
    hold: Hold = _unheld,
    discards: bool = False,
) -> list[Finding]:
    """Runs the rules of all changes that are not in yet, against the database as it stands now.

    The catalog is asked first: where that alone forbids the upgrade, no row is read.
    """
    wanted = [change for change in changes if not change.is_in(live)]
    found = _in_catalog(dialect, connection, schema, live, wanted)
    if any(finding.level == BLOCK for finding in found):
        return found
    hold()
    return [*found, *_in_rows(dialect, connection, schema, live, wanted, discards)]


def ahead(live: Live) -> list[Finding]:
    """What the catalog shows to be in the way of the newest release, privileges above all; no row is read."""
    ways = (chain.changes(live.model.flavour, live.database, release) for release in live.pending)
    wanted = [change for changes in ways for change in changes if not change.is_in(live.model)]
    return [*_closed(live), *_in_catalog(live.dialect, live.connection, live.schema, live.model, wanted)]


def _closed(live: Live) -> list[Finding]:
    """Why nothing may be written here, if that is so."""
    return _told(filter(None, [live.dialect.server.closed(live.connection, live.schema)]))


def _in_catalog(
    dialect: Dialect, connection: Connection, schema: str, live: Schema, wanted: Sequence[Change]
) -> list[Finding]:
    return _told(dialect.obstacles.find(connection, schema, wanted, live))


def _told(obstacles: Iterable[Obstacle]) -> list[Finding]:
    return [Finding(o.level, o.table, o.problem, o.way_out, query=o.query.strip()) for o in obstacles]


def _in_rows(
    dialect: Dialect, connection: Connection, schema: str, live: Schema, wanted: Sequence[Change], discards: bool
) -> Iterator[Finding]:
    found = ((change.table, hazard) for change in wanted for hazard in hazards(change, live, dialect, schema))
    for table, hazard in dict.fromkeys(found):
        finding = _look(dialect, connection, schema, live.tables[table], hazard)
        if finding:
            lost = discards and finding.loses is not None
            yield replace(finding, level=WARN, way_out=DISCARDED) if lost else finding


def hazards(change: Change, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    """The rows that a change to a table which stands would lose or stumble over, on any database and on this one."""
    if change.table in live.tables:
        yield from rules(change, live, dialect, schema)
        yield from dialect.impact.hazards(change, live)
        for key in dialect.impact.rechecked(change, live):
            yield from _orphans(live.tables[change.table], key, live, dialect, schema)


def _orphans(table: Table, key: ForeignKey, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    """Rows whose parent is not there; one with a NULL among the columns points to nothing.

    A foreign key that stands is no proof: a dump that was restored without checks leaves some.
    """
    parent = live.tables.get(key.ref_table)
    if not table.columns.keys() >= set(key.columns):
        return
    columns = _spelled(dialect, table, key.columns)
    orphan = " AND ".join(f"t.{column} IS NOT NULL" for column in columns)
    if parent is not None and parent.columns.keys() >= set(key.ref_columns):
        pairs = zip(_spelled(dialect, parent, key.ref_columns), columns, strict=True)
        same = " AND ".join(f"p.{referenced} = t.{column}" for referenced, column in pairs)
        orphan += f" AND NOT EXISTS (SELECT 1 FROM {dialect.names.qualified(parent.name, schema)} p WHERE {same})"
    yield Hazard(BLOCK, f"({', '.join(key.columns)}) points to no row of {key.ref_table}", orphan)


@singledispatch
def rules(change: Change, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    """The rules that follow from a change of a table that is there; most changes can't lose a row."""
    return iter(())


@rules.register
def _(change: AlterColumn, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    column = live.tables[change.table].columns.get(change.name)
    if column is None:
        return
    name = dialect.names.sql(column.name)
    length, wanted = sqltext.length(column.type), sqltext.length(change.target(column, live.flavour).type)
    if "CHAR" in sqltext.base(column.type) and wanted is not None and (length is None or wanted < length):
        condition = f"{dialect.types.length_of(name, column)} > {wanted}"
        problem = f"{column.name} is longer than the {wanted} characters it will have"
        yield Hazard(BLOCK, problem, condition, loses=change.name)
    bits, left = (INTEGER_BITS.get(type_) for type_ in (column.type, change.target(column, live.flavour).type))
    if bits and left and left < bits:
        condition = f"{name} NOT BETWEEN {-(2 ** (left - 1))} AND {2 ** (left - 1) - 1}"
        yield Hazard(BLOCK, f"{column.name} is a number that has more than the {left} bits it will have", condition)
    if column.nullable and change.nullable is False:
        yield Hazard(BLOCK, f"{column.name} is NULL and may not be any more", f"{name} IS NULL")
    yield from _newly_equal(change, live, dialect, schema)


def _newly_equal(change: AlterColumn, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    """Rows that a unique key tells apart by what the column's new collation takes for equal."""
    table = live.tables[change.table]
    present, source = table.columns[change.name], dialect.names.qualified(table.name, schema)
    wanted = change.target(present, live.flavour)
    for key in (table.primary_key, *table.unique):
        parts = dialect.types.newly_equal(table, key.columns, present, wanted) if key else ()
        if key and parts:
            listed = ", ".join(f"{part} AS k{place}" for place, part in enumerate(parts))
            groups = ", ".join(f"k{place}" for place in range(len(parts)))
            repeated = f"SELECT {listed} FROM {source} GROUP BY {groups} HAVING COUNT(*) > 1"
            same = " AND ".join(f"d.k{place} = {part}" for place, part in enumerate(parts))
            problem = (
                f"{present.name} gets another collation, in which the key ({', '.join(key.columns)}) has duplicates"
            )
            yield Hazard(BLOCK, problem, f"EXISTS (SELECT 1 FROM ({repeated}) d WHERE {same})")


@rules.register
def _(change: AddColumn, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    """Servers refuse such a column, or put in a value that nobody has chosen."""
    column, table = change.column, live.tables[change.table]
    filled = column.nullable or (column.default or change.fill or column.generated) is not None
    if not filled and column.name not in table.columns:
        way_out = "add the column by hand, with the values that these rows are to have"
        yield Hazard(BLOCK, f"{column.name} must have a value, and there is none for the rows", "1 = 1", way_out)


@rules.register
def _(change: ReplacePrimaryKey, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    table = live.tables[change.table]
    columns = [column for column in change.columns if column in table.columns]
    for column in columns:
        if table.columns[column].nullable:
            condition = f"{dialect.names.sql(column)} IS NULL"
            yield Hazard(BLOCK, f"{column} is NULL and becomes part of the primary key", condition)
    old = table.key_columns
    if len(columns) == len(change.columns) and not (old and set(old) <= set(columns)):
        yield Hazard(
            BLOCK,
            f"duplicates under the new primary key ({', '.join(columns)})",
            _duplicates(dialect, schema, table.name, columns),
        )


def _duplicates(dialect: Dialect, schema: str | None, table: str, columns: Sequence[str]) -> str:
    names = [dialect.names.sql(column) for column in columns]
    same = " AND ".join(f"d.{name} = t.{name}" for name in names)
    return (
        f"EXISTS (SELECT 1 FROM {dialect.names.qualified(table, schema)} d WHERE {same} "
        f"GROUP BY {', '.join(f'd.{name}' for name in names)} HAVING COUNT(*) > 1)"
    )


@rules.register
def _(change: CreateUnique, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    """A column that comes with the same release holds its default in every row: it is not looked at."""
    table = live.tables[change.table]
    if table.columns.keys() >= set(change.key.columns):
        problem = f"duplicates under the new unique constraint ({', '.join(change.key.columns)})"
        yield Hazard(BLOCK, problem, _repeated(dialect, schema, table, change.key.columns))


def _repeated(dialect: Dialect, schema: str | None, table: Table, columns: Sequence[str]) -> str:
    """What is there more than once is found first, in one scan: no index has to help."""
    names = _spelled(dialect, table, columns)
    listed, source = ", ".join(names), dialect.names.qualified(table.name, schema)
    repeated = f"SELECT {listed} FROM {source} GROUP BY {listed} HAVING COUNT(*) > 1"
    return f"EXISTS (SELECT 1 FROM ({repeated}) d WHERE {dialect.types.collide(names)})"


def _spelled(dialect: Dialect, table: Table, columns: Iterable[str]) -> list[str]:
    """Columns of a table as SQL, as the server spells them."""
    return [dialect.names.sql(table.columns[name].name) for name in columns]


@rules.register
def _(change: DropColumn, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    column = live.tables[change.table].columns.get(change.name)
    if column is None:
        return
    name, known = f"t.{dialect.names.sql(column.name)}", map(sqltext.literal, (column.default, change.filled))
    literals = list(dict.fromkeys(literal for literal in known if literal))
    other = (_differs(name, literal, dialect) for literal in literals)
    condition = " AND ".join((f"{name} IS NOT NULL", *other))
    empty = " or ".join(("NULL", *literals)) if column.nullable or not literals else " or ".join(literals)
    problem = f"{column.name} is dropped, and holds something else than {empty}"
    way_out = f"keep a copy of what is needed, then set it to {empty} or drop it"
    yield Hazard(BLOCK, problem, condition, way_out, loses=change.name)


def _differs(name: str, literal: str, dialect: Dialect) -> str:
    """That a column holds something else than a literal, were it only in upper case."""
    if not sqltext.is_quoted(literal):
        return f"{name} <> {literal}"
    return f"{dialect.types.exact(name)} <> {dialect.types.exact(literal)}"


@rules.register
def _(change: DropTable, live: Schema, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    way_out = "keep a copy of what is needed, then empty or drop the table"
    yield Hazard(BLOCK, "it is dropped, and has rows", "1 = 1", way_out, loses="")


def _look(dialect: Dialect, connection: Connection, schema: str | None, table: Table, hazard: Hazard) -> Finding | None:
    keys = table.naming_columns
    shown = ", ".join(f"t.{dialect.names.sql(column)}" for column in keys) or "1"
    source = f"FROM {dialect.names.qualified(table.name, schema)} t WHERE {hazard.condition}"
    raw = {"no_parameters": True}
    count = connection.exec_driver_sql(f"SELECT COUNT(*) {source}", execution_options=raw).scalar_one()
    if not count:
        return None
    query = f"SELECT {shown} {source}"
    with connection.exec_driver_sql(query, execution_options=raw) as result:
        rows = result.fetchmany(KEYS_SHOWN)
    found = tuple(tuple(row) for row in rows) if keys else ()
    about = (hazard.level, table.name, hazard.problem, hazard.way_out)
    return Finding(*about, int(count), keys, found, query, hazard.loses)
