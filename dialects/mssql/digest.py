"""Hashes rows on the server: one scan a table, a count and two sums of 64 bits for each bucket of the primary key.

A row is the concatenation of its columns, each with its length before it, and NULL as a letter that no length begins
with: so no two rows have one encoding. HASHBYTES takes any length since SQL Server 2016; CHECKSUM, which is faster,
misses changes. See https://learn.microsoft.com/en-us/sql/t-sql/functions/hashbytes-transact-sql.

For a column that some release converts from text to UTF-8 no expression gives one form before and after that every
server knows. So these few columns are read, and hashed here together with the server's hash of the rest of their row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from apim_schema import sqltext
from apim_schema.errors import NotProven
from apim_schema.hashed import Bucket, Compared, HashedRow
from apim_schema.schema import Table

from . import names, obstacles, types

HASH = "HASHBYTES('SHA2_256', {0})"
BYTES = "CONVERT(VARBINARY(MAX), {0})"
WIDE = "CONVERT(NVARCHAR(MAX), {0})"
TEXT = BYTES.format(WIDE)
"""In UTF-16, which has all characters, of every code page."""
FORMATTED = BYTES.format("CONVERT(VARCHAR(50), {{0}}, {style})")

NUMBER = BYTES.format("CONVERT(VARCHAR(50), {0})")
LOSSLESS = FORMATTED.format(style=3)
"""Style 3 is 17 digits of a FLOAT: as many as it has."""
ALL_DECIMALS = FORMATTED.format(style=2)
"""Style 2 is four decimals of a MONEY: as many as it has."""
ALL_FRACTIONS = FORMATTED.format(style=121)
"""Style 121 is all fractions of a second that a type has, and the offset."""

ENCODINGS = {
    "BINARY": BYTES,
    "VARBINARY": BYTES,
    "IMAGE": BYTES,
    "BIT": NUMBER,
    "TINYINT": NUMBER,
    "SMALLINT": NUMBER,
    "INTEGER": NUMBER,
    "BIGINT": NUMBER,
    "DECIMAL": NUMBER,
    "NUMERIC": NUMBER,
    "FLOAT": LOSSLESS,
    "REAL": LOSSLESS,
    "MONEY": ALL_DECIMALS,
    "SMALLMONEY": ALL_DECIMALS,
    "DATE": ALL_FRACTIONS,
    "TIME": ALL_FRACTIONS,
    "DATETIME": ALL_FRACTIONS,
    "SMALLDATETIME": ALL_FRACTIONS,
    "DATETIME2": ALL_FRACTIONS,
    "DATETIMEOFFSET": ALL_FRACTIONS,
}
"""The bytes of a value by its type; of any other type those of its text."""

ROWVERSIONS = ("TIMESTAMP", "ROWVERSION")
"""Not compared: the server counts up with every write to the row, whoever makes it."""

ENCODED = (
    "ISNULL(CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(20), DATALENGTH({0})) + ':') + {0}, CONVERT(VARBINARY(1), 'N'))"
)

BUCKETS = 4096
BUCKET = f"(CONVERT(INT, SUBSTRING({{0}}, 1, 2)) & {BUCKETS - 1})"
"""12 bits of the hash of the primary key."""
LEAST_WEIGHT = 2**24
WEIGHT = f"(CONVERT(INT, SUBSTRING({{0}}, 3, 3)) + {LEAST_WEIGHT})"
"""25 bits of it that the bucket has not; so large that few of them divide a number, and so small that a DECIMAL(38)
holds the sum of a thousand million halves of a hash times it."""
HALVES = tuple(f"CONVERT(BIGINT, SUBSTRING(r.hash, {start}, 8))" for start in (1, 9))
TOTAL = "SUM(CONVERT(DECIMAL(38, 0), {0}) * {1})"


def method(connection: Connection) -> str:
    """What rows are hashed with, on every server."""
    return "HASHBYTES SHA2_256, text as UTF-16"


def buckets(
    connection: Connection,
    schema: str | None,
    table: Table,
    compared: Sequence[Compared],
    most: int | None = None,
    part: str = "",
) -> dict[int, Bucket]:
    """Rows and hash sums of one table by bucket, in one scan. Equal rows count as often as they stand.

    With `most`, of no more rows than that, whichever the server comes to first; with `part`, a condition, of those
    that fulfil it.

    Raises NotProven where this login does not see all rows as they are.
    """
    _check_in_sight(connection, schema)
    encoded, read = _compared(table, compared)
    source = names.qualified(table.name, schema)
    if part:
        source += f" WHERE {part}"
    if most is not None:
        source = f"(SELECT TOP ({most:d}) * FROM {source}) t"
    if read:
        return _summed(_read(connection, source, table, encoded, read))
    by, hashed = _hashed(source, table, encoded)
    totals = ", ".join(TOTAL.format(half, WEIGHT.format(by)) for half in HALVES)
    bucket = BUCKET.format(by)
    found = _ask(connection, f"SELECT {bucket}, COUNT_BIG(*), {totals} FROM ({hashed}) r GROUP BY {bucket}")
    return {int(bucket): Bucket(int(rows), _joined(first, second)) for bucket, rows, first, second in found}


def rows(
    connection: Connection,
    schema: str | None,
    table: Table,
    compared: Sequence[Compared],
    buckets: Sequence[int],
    named: Sequence[str],
) -> list[HashedRow]:
    """The rows in these buckets, hashed as by `buckets`, each with its values of the `named` columns."""
    encoded, read = _compared(table, compared)
    source = names.qualified(table.name, schema)
    if read:
        wanted = set(buckets)
        return [row for row in _read(connection, source, table, encoded, read, named) if row.bucket in wanted]
    by, hashed = _hashed(source, table, encoded, named)
    shown = "".join(f", r.n{number}" for number in range(len(named)))
    shown += "".join(f", r.h{number}" for number in range(len(encoded)))
    select = f"SELECT {BUCKET.format(by)}, {', '.join(HALVES)}, {WEIGHT.format(by)}{shown} FROM ({hashed}) r"
    found = _ask(connection, f"{select} WHERE {BUCKET.format(by)} IN ({', '.join(map(str, buckets))})")
    return [_row(encoded, len(named), *row) for row in found]


def _row(
    encoded: Iterable[str], named: int, bucket: int, first: int, second: int, weight: int, *values: Any
) -> HashedRow:
    columns = dict(zip(encoded, values[named:], strict=True))
    return HashedRow(int(bucket), _joined(first, second), int(weight), values[:named], columns)


def _joined(first: int, second: int) -> int:
    """One number of two, the sums of the halves of hashes too."""
    return (int(first) << 128) + int(second)


def _compared(table: Table, compared: Sequence[Compared]) -> tuple[dict[str, str], list[Compared]]:
    """The bytes of the columns that the server hashes, by name, and the columns that are read and hashed here."""
    wanted = [column for column in compared if not _is_rowversion(table, column.name)]
    read = [column for column in wanted if column.becomes_binary]
    return {column.name: _encoding(table, column) for column in wanted if column not in read}, read


def _hashed(
    source: str, table: Table, encoded: Mapping[str, str], named: Sequence[str] | None = None
) -> tuple[str, str]:
    """The query `r` of the hash of each row, and what in it tells the row's bucket.

    Where columns are named, even if none, it has these too, and the hash of each column.
    """
    key, shown = _key(table), ""
    columns = [f"{value} AS c{number}" for number, value in enumerate(encoded.values())]
    if named is not None:
        shown += "".join(f", v.n{number} AS n{number}" for number in range(len(named)))
        shown += "".join(f", {_apart(f'v.c{number}')} AS h{number}" for number in range(len(encoded)))
        columns += [f"{names.sql(name)} AS n{number}" for number, name in enumerate(named)]
    columns += [f"{key} AS k"] if key else []
    row = HASH.format(_concatenated(f"v.c{number}" for number in range(len(encoded))))
    values = f"SELECT {', '.join(columns)} FROM {source}"
    return ("r.k" if key else "r.hash"), f"SELECT {'v.k AS k, ' if key else ''}{row} AS hash{shown} FROM ({values}) v"


def _apart(value: str) -> str:
    """The hash of one column."""
    return HASH.format(ENCODED.format(value))


def _check_in_sight(connection: Connection, schema: str | None) -> None:
    """Raises NotProven where something hides rows or values from this login; asked once a connection."""
    if (asked := f"apim_schema sees {schema}") not in connection.info:
        if hidden := obstacles.hidden(connection, schema):
            told = "".join(f"\n  {': '.join(filter(None, (o.table, o.problem)))}; {o.way_out}" for o in hidden)
            raise NotProven(f"rows can't be compared that this login does not see as they are:{told}")
        connection.info[asked] = True


def _read(
    connection: Connection,
    source: str,
    table: Table,
    encoded: Mapping[str, str],
    read: Sequence[Compared],
    named: Sequence[str] | None = None,
) -> Iterator[HashedRow]:
    """The rows of a table of which some columns are read; one row after the other, whatever their number.

    Where columns are named, even if none, each row has the hashes of its columns too.
    """
    rest = HASH.format(_concatenated(encoded.values())) if encoded else "NULL"
    apart = {} if named is None else {column: _apart(value) for column, value in encoded.items()}
    shown = (*map(names.sql, named or ()), *apart.values())
    columns = (_key(table) or "NULL", *shown, rest, *(_as_read(table, column) for column in read))
    for key, *values in _rows(connection, f"SELECT {', '.join(columns)} FROM {source}"):
        before, name, hash_ = values[: len(shown)], tuple(values[: len(named or ())]), _hash(values[len(shown) :])
        each = dict(zip(apart, before[len(name) :], strict=True))
        if named is not None:
            each |= {column.name: _hash([value]) for column, value in zip(read, values[len(shown) + 1 :], strict=True)}
        by = bytes(key or hash_)
        weight = int.from_bytes(by[2:5], "big") + LEAST_WEIGHT
        halves = (int.from_bytes(hash_[start : start + 8], "big", signed=True) for start in (0, 8))
        yield HashedRow(int.from_bytes(by[:2], "big") & BUCKETS - 1, _joined(*halves), weight, name, each)


def _summed(rows: Iterable[HashedRow]) -> dict[int, Bucket]:
    found: dict[int, Bucket] = defaultdict(lambda: Bucket(0, 0))
    for row in rows:
        before = found[row.bucket]
        found[row.bucket] = Bucket(before.rows + 1, before.total + row.hash * row.weight)
    return dict(found)


def _as_read(table: Table, column: Compared) -> str:
    """Text in UTF-16, so that no driver has to know its code page; bytes as they are."""
    is_text = sqltext.base(table.columns[column.name].type) in types.TEXTS
    return WIDE.format(column.expression) if is_text and _is_plain(column) else column.expression


def _hash(values: Iterable[str | bytes | None]) -> bytes:
    """The hash of a row, encoded as the server does it; text in UTF-8."""
    return sha256(b"".join(map(_prefixed, values))).digest()


def _prefixed(value: str | bytes | None) -> bytes:
    if value is None:
        return b"N"
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else bytes(value)
    return f"{len(data)}:".encode() + data


def _key(table: Table) -> str | None:
    """The hash of a row's primary key, None where the table has none."""
    if table.primary_key is None:
        return None
    parts = (_encoding(table, Compared(name, names.sql(name))) for name in table.primary_key.columns)
    return HASH.format(_concatenated(parts))


def _concatenated(values: Iterable[str]) -> str:
    return " + ".join(ENCODED.format(value) for value in values)


def _encoding(table: Table, column: Compared) -> str:
    """The bytes of a column; an expression in the place of its name gives bytes."""
    kind = sqltext.base(table.columns[column.name].type)
    return ENCODINGS.get(kind, TEXT).format(column.expression) if _is_plain(column) else column.expression


def _is_plain(column: Compared) -> bool:
    """Whether a column still has its old form."""
    return column.expression == names.sql(column.name)


def _is_rowversion(table: Table, name: str) -> bool:
    return sqltext.base(table.columns[name].type) in ROWVERSIONS


def _ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in _rows(connection, sql)]


def _rows(connection: Connection, sql: str) -> Iterator[Any]:
    return iter(connection.exec_driver_sql(sql, execution_options={"no_parameters": True}))
