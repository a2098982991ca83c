"""Hashes rows on the server: one scan a table, a count and a sum of 64-bit hashes for each bucket of the primary key.

A row is hashed as one string of bytes. First come the lengths of its texts, four bytes each; then what has no comma in
it, in a fixed number of places: numbers and times, `~` for NULL; then the texts themselves, in utf8mb4, so that they
are the same in every character set. Of a large object there is its own hash, so that the whole stays far below
`max_allowed_packet`. Every function takes its time for every row: this form has the fewest.

The hash is SHA-256: every version has it, with MD5 gone from MySQL 9.6 on and barred where the server runs in FIPS
mode, and on processors with instructions for it (SHA-NI) it is the faster of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from apim_schema import sqltext
from apim_schema.dialect import Bucket, Compared, HashedRow
from apim_schema.errors import NotProven
from apim_schema.schema import Column, Table

from . import names, types

BUCKETS = 512
"""By CRC32 of the primary key: it only leads to the rows, what is proven is proven by SHA-256."""

LARGEST = 1 << 136
"""More than the weighed hashes of 2^40 rows can add up to: stands for a hash that the server could not make."""

HASH = "CAST(CONV(LEFT(SHA2({0}, 256), 16), 16, 10) AS DECIMAL(20))"
WEIGHT = "({0} | 2147483649)"
"""Of 32 bits: odd, and so large that few of them divide a number."""

PLAIN = dict.fromkeys((*types.INTEGERS, "DECIMAL", "DOUBLE", "DATE", "TIME", "DATETIME", "TIMESTAMP", "YEAR"), "")
PLAIN |= {"FLOAT": " + 0e0", "BIT": " + 0"}
"""Types whose value has no comma in it, and what makes a text of it that is all of it: FLOAT shows six digits only."""

UTF8 = ("utf8mb4", "utf8mb3", "utf8")
"""The character sets whose bytes are those of utf8mb4."""
WHOLE = (*UTF8, "latin1", None)
"""The character sets in which a text can hold nothing that utf8mb4 has not: MySQL's latin1 has a character for every
byte. Others have bytes without one, which a text may hold all the same. None is where no character set is known."""

EMPTY = "''"
FOUR_BYTES, NULL_LENGTH, LOST_LENGTH = 1 << 24, 1 << 21, 1 << 22
"""Added to a length, so that CHAR() makes four bytes of it; what stands for that of NULL, and what is added to that of
bytes without characters: no text is so long."""

METHOD = "64 bits of SHA-256"


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
    total = f"SUM(IFNULL({hash_} * {WEIGHT.format(key)}, {LARGEST}))"
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
    row = _row([_value(table, table.columns[column.name], column.expression) for column in compared])
    return _key(table) or f"CRC32({row})", HASH.format(row)


def _key(table: Table) -> str | None:
    """The CRC32 of a row's primary key, texts in utf8mb4 as everywhere, None where there is none; two may share one."""
    if table.primary_key is None:
        return None
    values = [_value(table, table.columns[name], names.sql(name)) for name in table.key_columns]
    key = [v.text_in_utf8mb4 or v.place or v.hash or "" for v in values]
    return f"CRC32(CONCAT_WS(',', {', '.join(key)}))" if len(key) > 1 else f"CRC32({key[0]})"


def _bucket(key: str) -> str:
    return f"{key} & {BUCKETS - 1}"


@dataclass(frozen=True)
class Value:
    """A column's share in its row: what stands in its place, its text and the length of that, its hash.

    `charset` is the text's where it has to be brought to utf8mb4.
    """

    place: str | None = None
    text: str | None = None
    length: str | None = None
    hash: str | None = None
    charset: str | None = None

    @property
    def text_in_utf8mb4(self) -> str | None:
        return f"CONVERT({self.text} USING utf8mb4)" if self.text and self.charset else self.text


def _row(values: Sequence[Value]) -> str:
    """The bytes of a row. CONCAT_WS leaves out a text that is NULL; CONCAT is NULL where a part could not be made.

    The last of the places is empty, so that each has a comma behind it. What CHAR() gives would be brought to utf8mb4
    by CONCAT, with question marks for most lengths, were it not cast.
    """
    lengths = [value.length for value in values if value.length]
    places = [value.place for value in values if value.place]
    parts = [f"CAST(CHAR({', '.join(lengths)}) AS BINARY)"] if lengths else []
    parts += [f"CONCAT_WS(',', {', '.join((*places, EMPTY))})", *_texts(values)]
    return f"CONCAT({', '.join((*parts, *(value.hash for value in values if value.hash)))})"


def _texts(values: Sequence[Value]) -> Iterator[str]:
    """The texts one after the other; neighbours of one character set are brought to utf8mb4 as one: that costs less."""
    for charset, run in groupby((value for value in values if value.text), key=lambda value: value.charset):
        joined = f"CONCAT_WS('', {', '.join(value.text or EMPTY for value in run)})"
        yield f"CONVERT({joined} USING utf8mb4)" if charset else joined


def _value(table: Table, column: Column, expression: str) -> Value:
    """A column's share in its row, by the type that it had at first; of a type that we do not know, its bytes."""
    base = sqltext.base(column.type)
    charset = table.charset_of(column)[0]
    if types.is_text(column.type) and charset not in WHOLE:
        return _bytes_if_lost(column, expression, base in types.TEXTS)
    if base in types.TEXTS:
        length = _length(column, f"CHAR_LENGTH({expression})")
        plain = charset in UTF8 and expression == names.sql(column.name)
        return Value(text=expression, length=length, charset=None if plain else charset or "unknown")
    if base in ("BINARY", "VARBINARY"):
        return Value(text=expression, length=_length(column, f"LENGTH({expression})"))
    if base in PLAIN:
        return Value(_or_null(column, expression + PLAIN[base]))
    if base in (*types.LONG_TEXTS, "JSON"):
        expression = f"CONVERT({expression} USING utf8mb4)"
    elif base not in types.BINARIES:
        expression = f"CAST({expression} AS BINARY)"
    return Value(hash=f"IF({names.sql(column.name)} IS NULL, '~', SHA2({expression}, 256))")


def _length(column: Column, length: str) -> str:
    return f"{f'IFNULL({length}, {NULL_LENGTH})' if column.nullable else length} + {FOUR_BYTES}"


def _bytes_if_lost(column: Column, expression: str, short: bool) -> Value:
    """The share of a text that may hold what Unicode has not: then of its bytes, with a mark.

    What has no counterpart becomes a question mark. So there are more of them in utf8mb4 than in the text as it is.
    """
    text, binary = f"CONVERT({expression} USING utf8mb4)", f"CAST({expression} AS BINARY)"
    kept = " = ".join(f"CHAR_LENGTH(REPLACE({value}, '?', ''))" for value in (expression, text))
    if short:
        length = f"IF({kept}, CHAR_LENGTH({expression}), LENGTH({expression}) + {LOST_LENGTH})"
        return Value(text=f"IF({kept}, {text}, HEX({binary}))", length=_length(column, length))
    hash_ = f"IF({kept}, SHA2({text}, 256), CONCAT('!', SHA2({binary}, 256)))"
    return Value(hash=f"IF({names.sql(column.name)} IS NULL, '~', {hash_})")


def _or_null(column: Column, expression: str) -> str:
    return f"IFNULL({expression}, '~')" if column.nullable else expression
