"""Finds what would not survive a change or would be in its way, before anything is changed.

The rules about rows follow from the changes themselves: a column that gets shorter must hold no longer text, a column
that must have a value holds no NULL, a new primary key has no duplicates. What else may be in the way, the dialect's
`obstacles` asks of the catalog.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

from sqlalchemy import Connection

from apim_schema.changes import AlterColumn, Change, ReplacePrimaryKey
from apim_schema.dialect import BLOCK, WARN, Dialect, Hazard, Level
from apim_schema.errors import Blocked
from apim_schema.live import Live
from apim_schema.progress import Say
from apim_schema.schema import Schema, Table

CORRECT = "correct these rows"
KEYS_SHOWN = 20
LONGEST_NAME = 255
"""Characters of a column that may name a row: a longer one is no name, and may well hold a secret."""


@dataclass(frozen=True)
class Finding:
    """What a change would lose or stumble over.

    Where that is rows, `rows` is their number and `keys` are those of the first of them, if they have any. `table` is
    "" where it is about the whole database.
    """

    level: Level
    table: str
    problem: str
    way_out: str
    rows: int = 0
    key_columns: tuple[str, ...] = ()
    keys: tuple[tuple[object, ...], ...] = ()

    def __str__(self) -> str:
        told = f"{self.table}: {self.problem}" if self.table else self.problem
        if self.rows:
            told += f": {self._rows()}"
        return f"{told}; {self.way_out}" if self.way_out else told

    def _rows(self) -> str:
        shown = (
            "(" + ", ".join(f"{name}={value!r}" for name, value in zip(self.key_columns, key, strict=True)) + ")"
            for key in self.keys
        )
        rest = self.rows - len(self.keys)
        more = [f"{rest} more rows" if self.keys else f"{rest} rows"] if rest else []
        return ", ".join([*shown, *more])


def forbid(live: Live, target: str, changes: Iterable[Change], say: Say) -> None:
    """Says what may be in the way of an upgrade to a release. Raises Blocked for what forbids it."""
    for session in live.dialect.session.others(live.connection, live.schema):
        say(f"warning: another session uses it, stop the application: {session}")
    found = check(live.dialect, live.connection, live.schema, live.model, changes)
    for finding in found:
        if finding.level == WARN:
            say(f"warning: {finding}")
    if blocking := [finding for finding in found if finding.level == BLOCK]:
        way_out = "nothing was changed. Mend this and run the same upgrade again"
        raise Blocked(f"{live.database} can't go to {target}; {way_out}", blocking)


def check(
    dialect: Dialect, connection: Connection, schema: str, live: Schema, changes: Iterable[Change]
) -> list[Finding]:
    """Runs the rules of all changes that are not in yet, against the database as it stands now.

    The catalog is asked first: where that alone forbids the upgrade, no row is read.
    """
    wanted = [change for change in changes if not change.is_in(live)]
    obstacles = dialect.obstacles.find(connection, schema, wanted, live)
    found = [Finding(o.level, o.table, o.problem, o.way_out) for o in obstacles]
    if any(finding.level == BLOCK for finding in found):
        return found
    return [*found, *_in_rows(dialect, connection, schema, live, wanted)]


def _in_rows(
    dialect: Dialect, connection: Connection, schema: str, live: Schema, wanted: Sequence[Change]
) -> Iterator[Finding]:
    for change in wanted:
        if change.table in live.tables:
            table = live.tables[change.table]
            for hazard in (*rules(change, table, dialect, schema), *dialect.impact.hazards(change, live)):
                finding = _look(dialect, connection, schema, table, hazard)
                if finding:
                    yield finding


@singledispatch
def rules(change: Change, table: Table, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    """The rules that follow from a change; most changes can't lose a row."""
    return iter(())


@rules.register
def _(change: AlterColumn, table: Table, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    column = table.columns.get(change.name)
    if column is None:
        return
    name = dialect.names.sql(column.name)
    length, wanted = _length(column.type), _length(change.type or "")
    if wanted is not None and (length is None or wanted < length):
        condition = f"{dialect.types.length_of(name, column)} > {wanted}"
        yield Hazard(BLOCK, f"{column.name} is longer than the {wanted} characters it will have", condition)
    if column.nullable and change.nullable is False:
        yield Hazard(BLOCK, f"{column.name} is NULL and may not be any more", f"{name} IS NULL")


@rules.register
def _(change: ReplacePrimaryKey, table: Table, dialect: Dialect, schema: str | None) -> Iterator[Hazard]:
    columns = [column for column in change.columns if column in table.columns]
    for column in columns:
        if table.columns[column].nullable:
            condition = f"{dialect.names.sql(column)} IS NULL"
            yield Hazard(BLOCK, f"{column} is NULL and becomes part of the primary key", condition)
    old = table.key_columns
    if len(columns) == len(change.columns) and not set(old) <= set(columns):
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


def _length(native: str) -> int | None:
    """The number in a type's parentheses: characters of a VARCHAR."""
    digits = native.partition("(")[2].partition(")")[0]
    return int(digits) if digits.isdigit() else None


def _naming(table: Table) -> tuple[str, ...]:
    """The columns that name a row: those of the primary key, or the short ones of a unique key."""
    short = (c for c in table.unique_columns if (_length(table.columns[c].type) or 0) <= LONGEST_NAME)
    return table.key_columns or tuple(short)


def _look(dialect: Dialect, connection: Connection, schema: str | None, table: Table, hazard: Hazard) -> Finding | None:
    keys = _naming(table)
    shown = ", ".join(f"t.{dialect.names.sql(column)}" for column in keys) or "1"
    source = f"FROM {dialect.names.qualified(table.name, schema)} t WHERE {hazard.condition}"
    raw = {"no_parameters": True}
    count = connection.exec_driver_sql(f"SELECT COUNT(*) {source}", execution_options=raw).scalar_one()
    if not count:
        return None
    with connection.exec_driver_sql(f"SELECT {shown} {source}", execution_options=raw) as result:
        rows = result.fetchmany(KEYS_SHOWN)
    found = tuple(tuple(row) for row in rows) if keys else ()
    return Finding(hazard.level, table.name, hazard.problem, CORRECT, int(count), keys, found)
