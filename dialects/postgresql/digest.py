"""Hashes rows on the server: one scan a table, a count and a sum of 64-bit hashes for each bucket of the primary key.

A row's hash is that of its columns, put together by XOR: texts, whole numbers and timestamps have one each, with a seed
of its place, since the server makes that fastest; the others are hashed as one record. It is mixed with the hash of the
row's key, its seed. Without that, the sum would not notice two rows of a bucket that exchange a value: XOR is linear,
as is a sum. What is in the seed need not be in the row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from apim_schema.hashed import Bucket, Compared, HashedRow
from apim_schema.schema import Table

from . import names

BUCKETS = 512
"""A power of 2. The server's hash table of so many stays in the processor's cache: 4096 take a tenth longer."""

WEIGHT = "(({0} >> 33) | 1)"
"""31 bits of a seed that the bucket has not: odd, so never 0, and nearly all so large that few divide a number."""
HALVES = ("({0} >> 32)", "({0} & 4294967295)")
"""Of a hash: times a weight, each fits a BIGINT."""
MIXED = "({0} # {1})"
"""A hash and its seed."""

ONCE = "pg_is_in_recovery() AS once"
"""What is volatile keeps the planner from computing a row's hashes as often as they are named, and unlike OFFSET 0 not
from dividing the scan among its workers. This one only looks at a flag."""

RECORD, TEXT = (
    "hashes of columns and records, mixed with the key's",
    "hashes of columns and texts, mixed with the key's",
)
RECORD_SINCE = (14,)

NUMBER, STRING = "hashint8extended({0}, {0} # {1})", 'hashtextextended({0} COLLATE "C", {1})'
INSTANT = "hashfloat8extended(tsrange_subdiff({0}, '2000-01-01'), timestamp_hash_extended({0}, {1}))"
"""As seconds, a TIMESTAMP has all its bits for 136 years; of those that look the same beyond, the server's own hash,
which folds them to 32 bits, differs. No other function makes a number of it as fast."""
HASHES = {
    "BIGINT": NUMBER,
    "INTEGER": NUMBER,
    "SMALLINT": NUMBER,
    "TEXT": STRING,
    "TIMESTAMP": INSTANT,
    "VARCHAR": STRING,
}
"""The hash of a column with a seed, by type.

The server folds a number to 32 bits, 5 and 4294967300 to the same ones, so that all of it goes into the seed as well.
Whole numbers of any size have one hash: a key is the same one once it has got wider.
"""
PLACE = 1 << 32
"""The seeds of columns are multiples of this, that of a key none of it: so no two numbers in two places cancel."""
ABSENT = "COALESCE({0}, 0)"
"""What NULL counts as."""

VALUES = {
    "BOOLEAN": "{0}",
    "BPCHAR": "bpcharsend({0})",
    "BYTEA": "{0}",
    "DATE": "{0}",
    "MONEY": "cash_send({0})",
}
"""What is hashed of other columns, by their type; of a type that is not here its text.

The server gives one hash to values that it takes for equal or folds to 32 bits, and evidence is about every bit:
1.0 and 1.00. CHAR(n) is always padded, and the text of a MONEY is as `lc_monetary` has it.
"""
AS_TEXT = '{0}::text COLLATE "C"'


def method(connection: Connection) -> str:
    """What this server hashes with: records are hashable as a whole from PostgreSQL 14 on."""
    return RECORD if _hashes_records(connection) else TEXT


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

    The sums are exact: of BIGINT the server makes a NUMERIC.
    """
    seed, hash_ = _hashes(connection, table, compared)
    source = names.qualified(table.name, schema)
    if part:
        source += f" WHERE {part}"
    if most is not None:
        source = f"(SELECT * FROM {source} LIMIT {most:d}) AS t"
    mixed = MIXED.format("hash", "seed")
    sums = ", ".join(f"sum({half.format(mixed)} * {WEIGHT.format('seed')})" for half in HALVES)
    hashed = f"SELECT {seed} AS seed, {hash_} AS hash, {ONCE} FROM {source}"
    found = _ask(connection, f"SELECT {_bucket('seed')}, count(*), {sums} FROM ({hashed}) AS h GROUP BY 1")
    return {bucket: Bucket(count, (int(high) << 32) + int(low)) for bucket, count, high, low in found}


def rows(
    connection: Connection,
    schema: str | None,
    table: Table,
    compared: Sequence[Compared],
    buckets: Sequence[int],
    named: Sequence[str],
) -> list[HashedRow]:
    """The rows in these buckets, hashed as by `buckets`, each with its values of the `named` columns."""
    seed, hash_ = _hashes(connection, table, compared)
    each = {column.name: _row_hash(connection, table, [column]) for column in compared}
    numbers = (_bucket(seed), MIXED.format(hash_, seed), WEIGHT.format(seed))
    wanted = ", ".join((*numbers, *map(names.sql, named), *each.values()))
    source = f"{names.qualified(table.name, schema)} WHERE {_bucket(seed)} IN ({', '.join(map(str, buckets))})"
    found = _ask(connection, f"SELECT {wanted} FROM {source}")
    return [_row(each, len(named), *row) for row in found]


def _row(each: Iterable[str], named: int, bucket: int, number: int, weight: int, *values: Any) -> HashedRow:
    return HashedRow(bucket, number, weight, values[:named], dict(zip(each, values[named:], strict=True)))


def _hashes(connection: Connection, table: Table, compared: Sequence[Compared]) -> tuple[str, str]:
    """The hash that is a row's seed, of its key or else of all of it, and another one of the row."""
    seed = _seed(table)
    if seed:
        return seed, _row_hash(connection, table, [c for c in compared if not _is_all_in_seed(table, c.name)])
    return _row_hash(connection, table, compared), _row_hash(connection, table, compared, first=1 + len(compared))


def _is_all_in_seed(table: Table, column: str) -> bool:
    """Whether the seed has every bit of a column: the text of some types has not."""
    return column in table.key_columns and _kind(table.columns[column].type) in HASHES


def _row_hash(connection: Connection, table: Table, compared: Sequence[Compared], first: int = 1) -> str:
    """The hash of these columns, the first of which has the place `first`."""
    alone, together = [], []
    for place, column in enumerate(compared, first):
        form = HASHES.get(_kind(table.columns[column.name].type))
        if form:
            alone.append(ABSENT.format(form.format(column.expression, place * PLACE)))
        else:
            together.append(_value(table, column))
    if together or not alone:
        alone.append(_hash(", ".join(together), str(first), _hashes_records(connection)))
    return f"({' # '.join(alone)})"


def _hashes_records(connection: Connection) -> bool:
    """SQLAlchemy has asked for the version when it connected, so that it costs nothing for each table."""
    return (connection.dialect.server_version_info or ()) >= RECORD_SINCE


def _hash(values: str, seed: str, records: bool) -> str:
    """The hash of a record. Its text is unambiguous: NULL is nothing, '' is "", quotes and backslashes are doubled."""
    return (
        f"hash_record_extended(ROW({values}), {seed})" if records else f"hashtextextended(ROW({values})::text, {seed})"
    )


def _seed(table: Table) -> str | None:
    """The hash of the primary key, each column's with what precedes it as the seed; None where the table has none."""
    if table.primary_key is None:
        return None
    seed = "0"
    for name in table.primary_key.columns:
        form = HASHES.get(_kind(table.columns[name].type), f"hashtextextended({AS_TEXT}, {{1}})")
        seed = form.format(names.sql(name), seed)
    return seed


def _bucket(seed: str) -> str:
    return f"({seed} & {BUCKETS - 1})::integer"


def _value(table: Table, column: Compared) -> str:
    """What is hashed of a column, by the type that it had at first."""
    return VALUES.get(_kind(table.columns[column.name].type), AS_TEXT).format(column.expression)


def _kind(type_: str) -> str:
    """A type without its length."""
    return re.sub(r"\([\d,]+\)", "", type_)


def _ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """Runs a query that may hold a name with a percent sign."""
    return [tuple(row) for row in connection.exec_driver_sql(sql, execution_options={"no_parameters": True})]
