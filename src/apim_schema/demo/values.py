"""Values that a careless migration would damage, made for a column's type, length and character repertoire.

Each function takes the number of the row, 0 to 3: an awkward value, the largest that fits, one that stands for NULL
where the column refuses NULL, and the smallest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

UNLIMITED = 10_000
"""Characters that a text without a length (TEXT, CLOB) gets at its longest."""

UNICODE, LATIN1 = "é ï 漢 😀", "é ï ü ÿ"
"""Letters of more than one byte: for any UTF-8 column, and for one in latin1."""

AWKWARD = "a\\b \\x41 '\" 100% :name &amp; \t\n {letters}"
ESCAPES = (
    '{"path": "C:\\\\temp\\\\x41", "re": "^\\\\d+\\\\.5$", "say": "\\"{letters}\\"", "e": "\\u00e9"}',
    "\\x41 \\\\x42 \\101 {letters} \\",
    "{letters}\\n\\\\n\n",
    "\\x",
)
"""Texts for the columns that become binary: a cast would read their backslashes."""

MOMENTS = (
    datetime(2023, 1, 15, 10, 20, 30, 123456),
    datetime(2037, 12, 31, 23, 59, 59),
    datetime(2000, 2, 29),
    datetime(1999, 12, 31, 23, 59, 59, 500000),
)
BYTES = (bytes(range(256)), bytes(range(255, -1, -1)) * 16, b"\x00", b"")

TYPE = re.compile(r"(?P<name>[A-Z0-9 ]+?)\s*(?:\((?P<length>\d+)?.*\))?", re.DOTALL)
TEXTS = ("VARCHAR", "VARCHAR2", "NVARCHAR", "CHAR", "TEXT", "MEDIUMTEXT", "CLOB")
BINARIES = ("BLOB", "MEDIUMBLOB", "LONGBLOB", "BYTEA", "VARBINARY")
BITS = {"SMALLINT": 16, "BIGINT": 64, "NUMBER(19)": 64, "NUMBER(22)": 64}


@dataclass(frozen=True)
class Type:
    """A native type, read just far enough to make values for it.

    `kind` is "text", "bytes", "flag", "number" or "time"; `size` is the length of a text, in `unit`: "characters",
    "bytes" or "utf-16".
    """

    name: str
    kind: str
    size: int = UNLIMITED
    unit: str = "characters"

    @property
    def generic(self) -> sa.types.TypeEngine[Any]:
        """SQLAlchemy's type for the driver to bind a value by."""
        if self.kind == "text":
            return sa.Unicode() if self.unit == "utf-16" else sa.Text() if self.size == UNLIMITED else sa.String()
        if self.kind == "flag":
            return sa.Boolean() if self.name in ("BOOLEAN", "BIT") else sa.BigInteger()
        if self.kind == "bytes":
            return sa.LargeBinary()
        return sa.DateTime() if self.kind == "time" else sa.BigInteger()


def read_type(sql: str, flavour: str) -> Type:
    """The type in a normalised native spelling. Raises ValueError for one that no release uses."""
    found = TYPE.fullmatch(sql)
    name = found["name"] if found else sql
    if found and name in TEXTS:
        unit = "utf-16" if name == "NVARCHAR" else "bytes" if flavour.startswith("oracle") else "characters"
        return Type(sql, "text", int(found["length"] or UNLIMITED), unit)
    if name in BINARIES:
        return Type(sql, "bytes")
    if name in ("BOOLEAN", "BIT", "TINYINT") or sql in ("NUMBER(1)", "NUMBER(1,0)"):
        return Type(sql, "flag")
    if name in ("INTEGER", "INT", "SERIAL", "NUMBER", "SMALLINT", "BIGINT"):
        return Type(sql, "number")
    if name.startswith(("TIMESTAMP", "DATE")):
        return Type(sql, "time")
    raise ValueError(f"no value is known for a column of type {sql}")


def cut(text: str, size: int, unit: str = "characters") -> str:
    """As much of the text as fits."""
    if unit == "characters":
        return text[:size]
    encoding, width = ("utf-8", 1) if unit == "bytes" else ("utf-16-le", 2)
    return text.encode(encoding)[: size * width].decode(encoding, "ignore")


def text(row: int, type_: Type, letters: str, room: int | None) -> str:
    """A text for a column; `room` is what an index leaves it, in bytes, None where it stands in none."""
    size = type_.size if room is None else min(type_.size, room)
    longest = "x" * size if room is not None else (letters.replace(" ", "\\") + "'") * size
    return cut((AWKWARD.replace("{letters}", letters), longest, letters, "")[row], size, type_.unit)


def key_text(row: int, size: int, letters: str) -> str:
    """A text that differs from row to row, whatever the collation, and fits into `size` bytes."""
    start = str(row + 1)
    return cut(start + (f"-'\\x41%:& {letters}", "-" + "k" * size, f" {letters}", "-\t\\\n")[row], size, "bytes")


def escapes(row: int, type_: Type, letters: str) -> str:
    """A text for a column that becomes binary; the second fills it to the last character."""
    made = ESCAPES[row].replace("{letters}", letters)
    return cut(made * type_.size if row == 1 else made, type_.size, type_.unit)


def number(row: int, type_: Type) -> int:
    """1, the largest, 0 and the smallest number of the type."""
    largest = 2 ** (BITS.get(type_.name, 32) - 1) - 1
    return (1, largest, 0, -largest - 1)[row]


def flag(row: int, type_: Type) -> bool | int:
    return bool(row % 2) if type_.name in ("BOOLEAN", "BIT") else row % 2


def moment(row: int, type_: Type) -> datetime:
    """A point in time within the range of MySQL's TIMESTAMP; SQL Server's DATETIME ends at milliseconds."""
    value = MOMENTS[row]
    if type_.name == "DATETIME":
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value
