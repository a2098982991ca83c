"""Evidence that no row changed: digests of rows, and the verdict on two of them. Who needs none is in `proof`.

Compared are the columns that stood before, in the form they had before, over all tables of the schema, the
customer's own included. A column that is dropped can't be read afterwards: digests before leave it out too, and the
verdict names it; preflight has seen to it that it held nothing (see there). A table that is dropped had no rows. What
somebody has insisted on losing is left out as well. A table is the number of its rows and the sums of their hashes, by
bucket of the old primary key, so that a mismatch leads to the rows (see `judge`). New columns are checked for holding
nothing but their default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from sqlalchemy import Connection

from apim_schema import chain, scan
from apim_schema.dialect import Dialect
from apim_schema.drilldown import ChangedRow, Look, Name, Names
from apim_schema.hashed import Bucket, Compared
from apim_schema.progress import Progress
from apim_schema.scan import Piece
from apim_schema.schema import Column, Key, Schema, Table
from apim_schema.witness import ENGINE, FULL, By

PROVEN: Final = "proven"
CHANGED: Final = "changed"
NOT_PROVEN: Final = "not proven"
Word = Literal["proven", "changed", "not proven"]
"""A verdict in a word."""

Unread = tuple[Word, str]
"""The verdict on a table whose rows can't be read in the form that they had, and the reason."""


@dataclass(frozen=True)
class Evidence:
    """The digests of one database at one time, and the tables as they were then.

    `unread` says of tables without digests why.
    """

    method: str
    tables: Mapping[str, Table]
    buckets: Mapping[str, Mapping[int, Bucket]]
    unread: Mapping[str, Unread] = field(default_factory=dict)

    def rows(self, table: str) -> int:
        return sum(bucket.rows for bucket in self.buckets[table].values())

    @property
    def all_rows(self) -> int:
        return sum(map(self.rows, self.buckets))


@dataclass(frozen=True)
class TableVerdict:
    """What is proven of one table.

    Rows are named by their values of `key_columns`: those that are known to be `changed` or `added`, and `keys`, among
    which are those that could not be told from their neighbours. Of the `missing` rows those that are `gone` have a
    name. `look` is what all this comes from, where it will be compared once more with the rows as they were.
    `by` is what the verdict rests on: where that is the engine, no row was read, and `about` is how many there are by
    the server's own statistics, None where these do not tell.
    """

    table: str
    verdict: Word
    rows_before: int
    rows_after: int
    reason: str = ""
    key_columns: tuple[str, ...] = ()
    keys: Names = ()
    changed: tuple[ChangedRow, ...] = ()
    added: Names = ()
    missing: int = 0
    gone: Names = ()
    look: Look | None = field(default=None, compare=False, repr=False)
    by: By = FULL
    about: int | None = None

    def __str__(self) -> str:
        if self.verdict == PROVEN and self.by == ENGINE:
            return f"{self.table}: unchanged by the word of the server, no row was read"
        if self.verdict == PROVEN:
            return f"{self.table}: {self.rows_after} rows unchanged"
        told = "".join(f"; {word}: {', '.join(rows)}" for word, rows in self.named.items())
        return f"{self.table}: {self.verdict}, {self.reason}{told}"

    @property
    def named(self) -> Mapping[str, Sequence[str]]:
        """The rows that have a name, in words, by what is known of them."""
        listed = {"added": self.added, "missing": self.gone, "among these": self.keys}
        told = {"changed": [*map(self._changed, self.changed)], **{w: [*map(self._key, r)] for w, r in listed.items()}}
        return {word: rows for word, rows in told.items() if rows}

    def _changed(self, row: ChangedRow) -> str:
        return f"{self._key(row.name)} in {' and '.join(row.columns)}" if row.columns else self._key(row.name)

    def _key(self, key: Name) -> str:
        return "(" + ", ".join(f"{name}={value!r}" for name, value in zip(self.key_columns, key, strict=True)) + ")"


@dataclass(frozen=True)
class Verdict:
    """What is proven of the whole database: the worst of its tables.

    `note` says what has to be known besides, `doubt` why nothing is proven even where no table differs.
    `left_out` are columns, as TABLE.COLUMN, and tables that were dropped or cut: they are compared with nothing.
    """

    tables: tuple[TableVerdict, ...] = ()
    method: str = field(default="", compare=False)
    note: str = field(default="", compare=False)
    doubt: str = field(default="", compare=False)
    left_out: tuple[str, ...] = ()

    @property
    def verdict(self) -> Word:
        found = {table.verdict for table in self.tables}
        return CHANGED if CHANGED in found else NOT_PROVEN if NOT_PROVEN in found or self.doubt else PROVEN

    @property
    def rows(self) -> int:
        """How many were read and compared."""
        return sum(table.rows_after for table in self.tables)

    def proven_by(self, way: By) -> tuple[TableVerdict, ...]:
        """The tables whose verdict rests on this."""
        return tuple(table for table in self.tables if table.by == way)

    @property
    def told(self) -> str:
        """What it rests on, table by table: those that were read by name, where the server vouches for the others."""
        vouched, read = self.proven_by(ENGINE), self.proven_by(FULL)
        if not vouched:
            return f"{FULL} ({len(read)} tables)"
        listed = f", {FULL} ({', '.join(table.table for table in read)})" if read else ""
        return f"{ENGINE} ({len(vouched)} tables){listed}"

    @property
    def failures(self) -> tuple[TableVerdict, ...]:
        return tuple(table for table in self.tables if table.verdict != PROVEN)


def collect(
    dialect: Dialect,
    connection: Connection,
    schema: str | None,
    live: Schema,
    progress: Progress,
    doing: str,
    old: Mapping[str, Table] | None = None,
    jobs: int | None = None,
) -> Evidence:
    """Reads all rows once. With `old`, only the tables and columns that it has, in the form they have there.

    `jobs` is how many processors of the server it may take, None for as many as the server says that it can spare.
    """
    old = live.tables if old is None else old
    wanted = {name: spelled(table, live.tables[name]) for name, table in old.items() if name in live.tables}
    unread = {t: why for t, table in wanted.items() if (why := unreadable(dialect, table, live.tables[t]))}
    estimates = {name: size.rows or 0 for name, size in dialect.space.sizes(connection, schema).items()}
    estimates = {name: estimates.get(name, 0) for name in wanted if name not in unread}

    def read(reader: Connection, piece: Piece) -> Mapping[int, Bucket]:
        columns = compared(dialect, wanted[piece.table], live.tables[piece.table])
        return dialect.digest.buckets(reader, schema, wanted[piece.table], columns, part=piece.condition)

    buckets: dict[str, dict[int, Bucket]] = {name: {} for name in estimates}
    with (
        scan.opened(dialect.scan, connection, schema, jobs) as readers,
        progress.rows(doing, sum(estimates.values())) as advance,
    ):
        for piece, found in readers.each([(live.tables[name], rows) for name, rows in estimates.items()], read):
            _add(buckets[piece.table], found)
            advance(sum(bucket.rows for bucket in found.values()))
    return Evidence(dialect.digest.method(connection), dict(wanted), buckets, unread)


def _add(sums: dict[int, Bucket], found: Mapping[int, Bucket]) -> None:
    for number, bucket in found.items():
        sums[number] = sums[number] + bucket if number in sums else bucket


def staying(tables: Mapping[str, Table], after: Schema) -> dict[str, Table]:
    """The tables without the columns that `after`, the schema that is to come, has no more; dropped tables as they are.

    A table whose key loses a column has no key here: its rows can't be told apart by it before and after.
    """
    return {name: _staying(table, after.tables.get(name, table)) for name, table in tables.items()}


def _staying(table: Table, after: Table) -> Table:
    columns = {name: column for name, column in table.columns.items() if name in after.columns}
    key = table.primary_key if columns.keys() >= {*table.key_columns} else None
    return replace(table, columns=columns, primary_key=key)


def spelled(old: Table, now: Table) -> Table:
    """The old table with the live one's names: a snapshot's file does not have the server's spelling of them.

    Its texts say their character set, as a file has it: the table's own may be another one now.
    """
    live = {name: name for name in now.columns}
    columns = {live.get(name, name): _with_charset(old, column) for name, column in old.columns.items()}
    key = old.primary_key and Key(tuple(live.get(name, name) for name in old.primary_key.columns))
    return replace(old, name=now.name, columns=columns, primary_key=key, options=now.options)


def _with_charset(table: Table, column: Column) -> Column:
    charset, _ = table.charset_of(column)
    return replace(column, charset=charset)


def unreadable(dialect: Dialect, old: Table, now: Table) -> Unread | None:
    """Why the columns of a table as they were can't be compared with what they are now; None where they can."""
    types = dialect.types
    for name, column in old.columns.items():
        if name not in now.columns:
            return CHANGED, f"column {name} is gone"
        present, known = now.columns[name], _read_back(dialect, now, name, column) is not None
        if not known and types.family(present.type) != types.family(column.type):
            return NOT_PROVEN, f"column {name} was {column.type} and is {present.type}"
    return None


def compared(dialect: Dialect, old: Table, now: Table) -> list[Compared]:
    """The columns of a table as they were, in the way that they are read now, when all of them are still there."""
    return [
        Compared(
            name,
            _read_back(dialect, now, name, _with_charset(old, column)) or dialect.names.sql(name),
            _becomes_binary(dialect, now, name),
        )
        for name, column in old.columns.items()
    ]


def _becomes_binary(dialect: Dialect, table: Table, name: str) -> bool:
    return (table.name, name) in chain.texts_to_binary(dialect.name)


def _read_back(dialect: Dialect, now: Table, name: str, old: Column) -> str | None:
    """The expression that gives a column's values the form that they had; None where they have it."""
    becomes_binary = _becomes_binary(dialect, now, name)
    return dialect.introspect.converted(_with_charset(now, now.columns[name]), old, becomes_binary)


def check_new_columns(
    dialect: Dialect, connection: Connection, schema: str | None, old: Mapping[str, Table], live: Schema, fills: Fills
) -> list[TableVerdict]:
    """The tables in which a new column holds anything but its default (or the value it was filled with)."""
    found = []
    for name, column, default in new_columns(old, live, fills):
        count = _others(dialect, connection, schema, live.tables[name].name, column.name, default)
        if count:
            reason = f"{count} rows hold something else than {default or 'NULL'} in the new column {column.name}"
            found.append(TableVerdict(name, CHANGED, 0, count, reason))
    return found


def new_columns(old: Mapping[str, Table], live: Schema, fills: Fills) -> Iterator[tuple[str, Column, str | None]]:
    """The tables' columns that were not there before, each with what the rows that stood must hold in it."""
    for name, table in old.items():
        columns = live.tables[name].columns.values() if name in live.tables else ()
        for column in (column for column in columns if column.name not in table.columns):
            yield name, column, fills.get((name, column.name), column.default)


Fills = Mapping[tuple[str, str], str]
"""By (table, column): the value that the rows which stood were filled with, where it is not the column's default."""


def _others(
    dialect: Dialect, connection: Connection, schema: str | None, table: str, column: str, default: str | None
) -> int:
    name = dialect.names.sql(column)
    other = f"{name} IS NOT NULL" if default is None else f"{name} IS NULL OR {name} <> {default}"
    sql = f"SELECT COUNT(*) FROM {dialect.names.qualified(table, schema)} WHERE {other}"
    return int(connection.exec_driver_sql(sql, execution_options={"no_parameters": True}).scalar_one())
