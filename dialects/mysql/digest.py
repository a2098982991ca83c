"""Hashes rows on the server: one scan a table, a count and a sum of 64-bit hashes for each bucket of the primary key.

A row is hashed as one string of bytes. First comes what has no comma in it, in a fixed number of places: numbers and
times, and the length of each text, with something that none of them is for NULL; then the texts themselves, by their
bytes: what is in another character set by now is read as it was (see `introspect.converted`). Of a large object there
is its own hash, so that the whole stays far below `max_allowed_packet`. Every function takes its time for every row:
this form has the fewest, and none where a number meets a text.

The hash is SHA-256: every version has it, with MD5 gone from MySQL 9.6 on and barred where the server runs in FIPS
mode, and on processors with instructions for it (SHA-NI) it is the faster of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from apim_schema import sqltext
from apim_schema.errors import NotProven
from apim_schema.hashed import Bucket, Compared, HashedRow
from apim_schema.schema import Column, Table

from . import names, types

BUCKETS = 512
"""By CRC32 of the primary key: it only leads to the rows, what is proven is proven by SHA-256."""

LARGEST = 1 << 136
"""More than the weighed hashes of 2^40 rows can add up to: stands for a hash that the server could not make."""

HASH = "CAST(CONV(LEFT(SHA2({0}, 256), 16), 16, 10) AS UNSIGNED)"
WEIGHT = "({0} | 2147483649)"
"""Of 32 bits: odd, and so large that few of them divide a number."""

WHOLE = dict.fromkeys(types.INTEGERS, "") | {"BIT": " + 0"}
PLAIN = dict.fromkeys(("DECIMAL", "DOUBLE", "DATE", "TIME", "DATETIME", "TIMESTAMP", "YEAR"), "") | {"FLOAT": " + 0e0"}
"""Types whose value has no comma in it, and what makes a text of it that is all of it: FLOAT shows six digits only."""

NO_NUMBER, NO_TEXT, NO_LENGTH = str(1 << 64), "'~'", "-1"
"""For NULL: more than any integer, what is neither number nor time, and no length."""

METHOD = "SHA-256, 64 bits a row"


def method(connection: Connection) -> str:
    """What this server hashes with: the same on every version of MySQL and MariaDB."""
    return METHOD


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

    The sum is exact: it is a DECIMAL. Raises NotProven where the server could not hash a row.
    """
    key, hash_ = _hashes(table, compared)
    source = names.qualified(table.name, schema)
    if part:
        source += f" WHERE {part}"
    if most is not None:
        source = f"(SELECT * FROM {source} LIMIT {most:d}) AS t"
    total = f"SUM(IFNULL({hash_} * CAST({WEIGHT.format(key)} AS DECIMAL(10)), {LARGEST}))"
    found = _ask(connection, f"SELECT {_bucket(key)}, COUNT(*), {total} FROM {source} GROUP BY 1")
    if any(int(total) >= LARGEST for _, _, total in found):
        raise NotProven(
            f"{table.name} has rows that the server can't hash",
            way_out="raise max_allowed_packet above their largest value",
        )
    return {int(bucket): Bucket(int(rows), int(total)) for bucket, rows, total in found}


def rows(
    connection: Connection,
    schema: str | None,
    table: Table,
    compared: Sequence[Compared],
    buckets: Sequence[int],
    named: Sequence[str],
) -> list[HashedRow]:
    """The rows in these buckets, hashed as by `buckets`, each with its values of the `named` columns."""
    key, hash_ = _hashes(table, compared)
    wanted = ", ".join((_bucket(key), hash_, WEIGHT.format(key), *map(names.sql, named)))
    source = f"{names.qualified(table.name, schema)} WHERE {_bucket(key)} IN ({', '.join(map(str, buckets))})"
    found = _ask(connection, f"SELECT {wanted} FROM {source}")
    return [HashedRow(int(bucket), int(number), int(weight), tuple(name)) for bucket, number, weight, *name in found]


def _ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(sql, execution_options={"no_parameters": True})]


def _hashes(table: Table, compared: Sequence[Compared]) -> tuple[str, str]:
    """The CRC32 of a row's primary key, or else of all of it, and its hash."""
    values = {column.name: _value(table.columns[column.name], column.expression) for column in compared}
    row = _row([*values.values()])
    return _key([values[name] for name in table.key_columns]) or f"CRC32({row})", HASH.format(row)


def _key(values: Sequence[Value]) -> str | None:
    """The CRC32 of a row's primary key, None where there is none; two may share one."""
    parts = list(filter(None, (value.text or value.place or value.hash for value in values)))
    return f"CRC32({parts[0] if len(parts) == 1 else _joined(parts)})" if parts else None


def _bucket(key: str) -> str:
    return f"{key} & {BUCKETS - 1}"


@dataclass(frozen=True)
class Value:
    """A column's share in its row: what stands in its place, its text, its hash."""

    place: str | None = None
    text: str | None = None
    hash: str | None = None


def _row(values: Sequence[Value]) -> str:
    """The bytes of a row. A text that is NULL is left out; all is NULL where a hash could not be made."""
    parts = [value.place for value in values if value.place] + [value.text for value in values if value.text]
    hashes = [value.hash for value in values if value.hash]
    row = _joined(parts) if parts else "''"
    return f"CONCAT({', '.join((row, *hashes))})" if hashes else row


def _joined(parts: Sequence[str]) -> str:
    """With a comma that is cast to bytes, and no literal: so the server takes every text for its own bytes."""
    return f"CONCAT_WS(CAST(',' AS BINARY), {', '.join(parts)})"


def _value(column: Column, expression: str) -> Value:
    """A column's share in its row, by the type that it had at first; of a type that we do not know, its bytes."""
    base = sqltext.base(column.type)
    if base in (*types.TEXTS, "BINARY", "VARBINARY"):
        return Value(_or_null(column, f"LENGTH({expression})", NO_LENGTH), text=expression)
    if base in WHOLE:
        return Value(_or_null(column, expression + WHOLE[base], NO_NUMBER))
    if base in PLAIN:
        return Value(_or_null(column, expression + PLAIN[base], NO_TEXT))
    if base == "JSON":
        expression = f"CONVERT({expression} USING utf8mb4)"
    elif base not in (*types.LONG_TEXTS, *types.BINARIES):
        expression = f"CAST({expression} AS BINARY)"
    return Value(hash=f"IF({names.sql(column.name)} IS NULL, '~', SHA2({expression}, 256))")


def _or_null(column: Column, expression: str, null: str) -> str:
    return f"IFNULL({expression}, {null})" if column.nullable else expression
