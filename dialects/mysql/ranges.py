"""Divides a table by the first column of its primary key, without reading the table.

A range is halved as long as the server estimates too many rows in it. The estimate is made from the index's own pages
(https://dev.mysql.com/doc/refman/8.4/en/explain-output.html), so that the time is one of keys, not of rows. Only
where no half is found, whatever the order of the column's collation makes of the values, its keys are walked over.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from sqlalchemy import Connection

from apim_schema import sqltext
from apim_schema.schema import Table

from . import names, types

ESTIMATE = "EXPLAIN FORMAT=TRADITIONAL SELECT 1 FROM {table} USE INDEX (PRIMARY) WHERE {where}"
"""Not FORCE: then MySQL makes no estimate (https://dev.mysql.com/doc/refman/8.4/en/range-optimization.html)."""
KEY = "SELECT {value} FROM {table} FORCE INDEX (PRIMARY) WHERE {where} ORDER BY {order} LIMIT 1 OFFSET {skipped}"
TRIES = 24
"""How often a range is looked for its middle: each halves what is left of the values, and most need two or three."""
SMALL_SIDE = 4
"""A key is in the middle where no more than three in four rows lie on one side of it."""
BYTES = bytes(range(0x20, 0x7F))
LETTERS = b"0123456789abcdefghijklmnopqrstuvwxyz"
"""What lies between two texts is written with these: the order of bytes, and that of all other collations."""
NO_ASCII = ("ucs2", "utf16", "utf16le", "utf32")
"""Character sets in which these bytes mean something else."""
CHARACTERS = 10
"""How many of a text count, behind what both have in common."""

Key = int | bytes
"""A value of the column; a text by its bytes."""


def starts(connection: Connection, schema: str | None, table: Table, part: int) -> list[str]:
    """Values that the column has, as SQL and in its order, with about `part` rows between two; none for other types."""
    column = table.columns.get(table.primary_key.columns[0]) if table.primary_key else None
    if column is None or sqltext.base(column.type) not in (*types.INTEGERS, "CHAR", "VARCHAR"):
        return []
    charset, collation = table.charset_of(column) if types.is_text(column.type) else (None, None)
    if charset in NO_ASCII:
        return []
    digits = BYTES if collation and collation.endswith("bin") else LETTERS
    ranges = _Ranges(connection, names.qualified(table.name, schema), names.sql(column.name), charset, digits, part)
    return [ranges.sql(key) for key in ranges.divided()]


@dataclass(frozen=True)
class _Ranges:
    connection: Connection
    table: str
    column: str
    charset: str | None
    digits: bytes
    part: int

    def divided(self) -> Iterator[Key]:
        least, most = self._key("TRUE"), self._key("TRUE", descending=True)
        if least is not None and most is not None:
            yield from self._between(least, most)

    def sql(self, key: Key) -> str:
        return str(key) if isinstance(key, int) else f"_{self.charset} X'{key.hex()}'"

    def _between(self, low: Key, high: Key) -> Iterator[Key]:
        """Keys that divide this range, in their order, without its ends."""
        rows = self._rows(low, high)
        if rows < self.part * 3 // 2:
            return
        middle = self._middle(low, high, rows)
        if middle is None:
            yield from self._walk(low, high)
        else:
            yield from self._between(low, middle)
            yield middle
            yield from self._between(middle, high)

    def _middle(self, low: Key, high: Key, rows: int) -> Key | None:
        """A key of this range that leaves rows on both sides of it; None where none is found.

        What is left is between two keys at any time: so much of it as these have in common is the same for all others.
        """
        least, most = low, high
        for _ in range(TRIES):
            value = f"{self.column} {{}} {self.sql(_half_way(least, most, self.digits))}"
            inside = self._inside(least, most)
            found = self._key(f"{inside} AND {value.format('>=')}")
            before = rows if found is None else self._rows(low, found)
            if found is not None and before < rows // SMALL_SIDE:
                least = found
            elif before <= rows - rows // SMALL_SIDE:
                return found
            elif (below := self._key(f"{inside} AND {value.format('<')}", descending=True)) is not None:
                most = below
            else:
                return None
        return None

    def _walk(self, low: Key, high: Key) -> Iterator[Key]:
        """From one key to the next, so many rows behind it."""
        while (found := self._key(self._inside(low, high), skipped=self.part)) is not None:
            yield found
            low = found

    def _inside(self, low: Key, high: Key) -> str:
        return f"{self.column} > {self.sql(low)} AND {self.column} < {self.sql(high)}"

    def _rows(self, low: Key, high: Key) -> int:
        """The server's estimate."""
        asked = ESTIMATE.format(table=self.table, where=self._inside(low, high))
        found = self.connection.exec_driver_sql(asked, execution_options={"no_parameters": True}).mappings().one()
        return int(found["rows"] or 0)

    def _key(self, where: str, descending: bool = False, skipped: int = 0) -> Key | None:
        """The first key under a condition, or the last."""
        value = f"HEX({self.column})" if self.charset else self.column
        order = f"{self.column} DESC" if descending else self.column
        asked = KEY.format(value=value, table=self.table, where=where, order=order, skipped=skipped)
        found = self.connection.exec_driver_sql(asked, execution_options={"no_parameters": True}).scalar()
        return bytes.fromhex(found) if isinstance(found, str) else found


def _half_way(low: Key, high: Key, digits: bytes) -> Key:
    """What lies half way between two values, whether a row has it or not."""
    if isinstance(low, int) and isinstance(high, int):
        return (low + high) // 2
    low, high = bytes(low), bytes(high)
    both = takewhile(lambda pair: pair[0] == pair[1] < 0x80, zip(low, high, strict=False))
    common = sum(1 for _ in both)
    half = (_number(low[common:], digits) + _number(high[common:], digits)) // 2
    return low[:common] + _text(half, digits)


def _number(text: bytes, digits: bytes) -> int:
    """The first characters as the digits of one number; each other one counts as the next."""
    number = 0
    known = text if digits == BYTES else text.lower()
    for byte in known[:CHARACTERS].ljust(CHARACTERS):
        number = number * len(digits) + min(bisect_left(digits, byte), len(digits) - 1)
    return number


def _text(number: int, digits: bytes) -> bytes:
    found = bytearray()
    for _ in range(CHARACTERS):
        number, digit = divmod(number, len(digits))
        found.append(digits[digit])
    return bytes(reversed(found)).rstrip()
