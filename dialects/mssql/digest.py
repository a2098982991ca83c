"""Hashes rows on the server: one scan a table, a count and two sums of 64 bits for each bucket of the primary key.

A row is the concatenation of its columns, each with its length before it, and NULL as a letter that no length begins
with: so no two rows have one encoding. HASHBYTES takes any length since SQL Server 2016; CHECKSUM, which is faster,
misses changes. See https://learn.microsoft.com/en-us/sql/t-sql/functions/hashbytes-transact-sql.

For a column that some release converts from text to UTF-8 no expression gives one form before and after that every
server knows. So these few columns are read, and hashed here together with the server's hash of the rest of their row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from apim_schema import sqltext
from apim_schema.dialect import Bucket, Compared
from apim_schema.errors import NotProven
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

BUCKET = "CONVERT(INT, SUBSTRING({0}, 1, 2))"
"""16 bits of the hash of the primary key."""
HALF = "SUM(CONVERT(DECIMAL(38, 0), CONVERT(BIGINT, SUBSTRING(r.hash, {0}, 8))))"


def method(connection: Connection) -> str:
    """What rows are hashed with, on every server."""
    return "HASHBYTES SHA2_256, text as UTF-16"


def buckets(
    connection: Connection,
    schema: str | None,
    table: Table,
    compared: Sequence[Compared],
    most: int | None = None,
) -> dict[int, Bucket]:
    """Rows and hash sums of one table by bucket, in one scan. Equal rows count as often as they stand.

    With `most`, of no more rows than that, whichever the server comes to first.

    Raises NotProven where this login does not see all rows as they are.
    """
    _check_in_sight(connection, schema)
    wanted = [column for column in compared if not _is_rowversion(table, column.name)]
    read = [column for column in wanted if column.becomes_binary]
    encoded = [_encoding(table, column) for column in wanted if column not in read]
    source = names.qualified(table.name, schema)
    if most is not None:
        source = f"(SELECT TOP ({most:d}) * FROM {source}) t"
    if read:
        return _read(connection, source, table, encoded, read)
    values = ", ".join(f"{value} AS c{number}" for number, value in enumerate(encoded))
    row = _concatenated(f"v.c{number}" for number in range(len(encoded)))
    found = _ask(
        connection,
        f"SELECT r.bucket, COUNT_BIG(*), {HALF.format(1)}, {HALF.format(9)} FROM ("
        f"SELECT v.bucket AS bucket, {HASH.format(row)} AS hash FROM ("
        f"SELECT {_bucket(table)} AS bucket, {values} FROM {source}) v) r "
        "GROUP BY r.bucket",
    )
    return {int(bucket): Bucket(int(rows), (int(first) << 128) + int(second)) for bucket, rows, first, second in found}


def _check_in_sight(connection: Connection, schema: str | None) -> None:
    """Raises NotProven where something hides rows or values from this login; asked once a connection."""
    if (asked := f"apim_schema sees {schema}") not in connection.info:
        if hidden := obstacles.hidden(connection, schema):
            told = "".join(f"\n  {': '.join(filter(None, (o.table, o.problem)))}; {o.way_out}" for o in hidden)
            raise NotProven(f"rows can't be compared that this login does not see as they are:{told}")
        connection.info[asked] = True


def _read(
    connection: Connection, source: str, table: Table, encoded: Sequence[str], read: Sequence[Compared]
) -> dict[int, Bucket]:
    """The buckets of a table of which some columns are read; one row after the other, whatever their number."""
    rest = HASH.format(_concatenated(encoded)) if encoded else "NULL"
    columns = ", ".join(_as_read(table, column) for column in read)
    found: dict[int, Bucket] = defaultdict(lambda: Bucket(0, 0))
    for row in _rows(connection, f"SELECT {_bucket(table)}, {rest}, {columns} FROM {source}"):
        number, before = int(row[0]), found[int(row[0])]
        found[number] = Bucket(before.rows + 1, before.total + _hash(row[1:]))
    return dict(found)


def _as_read(table: Table, column: Compared) -> str:
    """Text in UTF-16, so that no driver has to know its code page; bytes as they are."""
    is_text = sqltext.base(table.columns[column.name].type) in types.TEXTS
    return WIDE.format(column.expression) if is_text and _is_plain(column) else column.expression


def _hash(values: Iterable[str | bytes | None]) -> int:
    """128 bits of the hash of a row, encoded as the server does it; text in UTF-8."""
    encoded = b"".join(map(_prefixed, values))
    return int.from_bytes(sha256(encoded).digest()[:16], "big")


def _prefixed(value: str | bytes | None) -> bytes:
    if value is None:
        return b"N"
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else bytes(value)
    return f"{len(data)}:".encode() + data


def keys(
    connection: Connection, schema: str | None, table: Table, buckets: Sequence[int], limit: int
) -> list[tuple[object, ...]]:
    """The primary keys of at most `limit` rows in the named buckets; none of a table that has no primary key."""
    if table.primary_key is None:
        return []
    wanted = ", ".join(map(str, buckets))
    bucket = _bucket(table)
    columns, source = names.listed(table.primary_key.columns), names.qualified(table.name, schema)
    return _ask(connection, f"SELECT TOP ({limit:d}) {columns} FROM {source} WHERE {bucket} IN ({wanted})")


def _bucket(table: Table) -> str:
    """The bucket of a row, 0 for all rows of a table without a primary key."""
    if table.primary_key is None:
        return "0"
    parts = (_encoding(table, Compared(name, names.sql(name))) for name in table.primary_key.columns)
    return BUCKET.format(HASH.format(_concatenated(parts)))


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
