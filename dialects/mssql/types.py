"""Names of types on SQL Server, in both directions.

https://learn.microsoft.com/en-us/sql/t-sql/data-types/data-type-synonyms-transact-sql has the synonyms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from apim_schema import datacentres, sqltext
from apim_schema.capacity import Ladders
from apim_schema.schema import Column, Table

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "NUMERIC", "FLOAT", "REAL", "MONEY")
TEXTS = ("CHAR", "VARCHAR", "NCHAR", "NVARCHAR", "TEXT", "NTEXT")

SYNONYMS = {
    "INT": "INTEGER",
    "DEC": "DECIMAL",
    "CHARACTER": "CHAR",
    "CHARACTER VARYING": "VARCHAR",
    "CHAR VARYING": "VARCHAR",
    "BINARY VARYING": "VARBINARY",
    "DOUBLE PRECISION": "FLOAT",
}
DEFAULT_LENGTHS = {
    "CHAR": "CHAR(1)",
    "VARCHAR": "VARCHAR(1)",
    "NCHAR": "NCHAR(1)",
    "NVARCHAR": "NVARCHAR(1)",
    "BINARY": "BINARY(1)",
    "VARBINARY": "VARBINARY(1)",
    "DECIMAL": "DECIMAL(18,0)",
    "NUMERIC": "NUMERIC(18,0)",
    "DATETIME2": "DATETIME2(7)",
    "DATETIMEOFFSET": "DATETIMEOFFSET(7)",
    "TIME": "TIME(7)",
}

INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
"""Each has room for all values of those before it."""

LADDERS = Ladders(
    (
        INTEGERS,
        ("CHAR", "VARCHAR", "NVARCHAR"),
        ("CHAR", "NCHAR", "NVARCHAR"),
        ("REAL", "FLOAT"),
        ("DATETIME", "DATETIME2"),
    ),
    {"DATETIME": (3,)},
)

CONSTANT = rf"\(*(?:NULL|{sqltext.QUOTED.pattern}|{sqltext.NUMBER.pattern})\)*"
NAME = r"(?:SYS\.)?\[?[A-Z0-9]+\]?(?:\([^()]*\))?"
CONVERSION = re.compile(
    rf"CAST\(N?(?P<cast>{CONSTANT}) AS {NAME}\)|CONVERT\({NAME}, ?N?(?P<convert>{CONSTANT})\)"
    rf"|N(?P<national>{sqltext.QUOTED.pattern})"
)


def varchar(length: int) -> str:
    return f"VARCHAR({length})"


def char(length: int) -> str:
    return f"CHAR({length})"


def integer() -> str:
    return "INTEGER"


def bigint() -> str:
    return "BIGINT"


def flag() -> str:
    return "INTEGER"


def blob(size: str) -> str:
    return "VARBINARY(MAX)"


def timestamp() -> str:
    return "DATETIME"


def datetime() -> str:
    return "DATETIME"


@cache
def normalise_type(sql: str) -> str:
    """One spelling for types that mean the same: INT is INTEGER, DATETIME2 is DATETIME2(7)."""
    found = re.fullmatch(r"([^()]+?) ?(\([^()]+\))?", sqltext.fold(sql))
    if found is None:
        return sqltext.fold(sql)
    name, length = SYNONYMS.get(found[1], found[1]), (found[2] or "").replace(", ", ",")
    return name + length if length else DEFAULT_LENGTHS.get(name, name)


def normalise_default(sql: str | None, type_: str) -> str | None:
    """One spelling for defaults that mean the same in a column of a (normalised) type.

    The server shows them in parentheses, `((0))`, and CURRENT_TIMESTAMP as `(getdate())`; a text may be an
    NVARCHAR literal or stand in a conversion to the column's type, which it gets anyway.
    """
    word = _plain(sqltext.fold(sql)) if sql is not None else "NULL"
    if word == "NULL":
        return None
    if type_ == "BIT":
        return sqltext.truth(word, "1", "0")
    if sqltext.base(type_) in NUMBERS:
        return sqltext.number(word)
    if sqltext.base(type_) in TEXTS:
        return sqltext.text(word)
    return "CURRENT_TIMESTAMP" if word == "GETDATE()" else word


def _plain(sql: str) -> str:
    """The expression without what the server puts around a constant."""
    sql = sqltext.without_parentheses(sql).removeprefix("SYS.")
    conversion = CONVERSION.fullmatch(sql)
    return _plain(conversion["cast"] or conversion["convert"] or conversion["national"]) if conversion else sql


def length_of(expression: str, column: Column) -> str:
    """The length of a text in bytes of the column's code page: what the n of VARCHAR(n) counts."""
    return f"DATALENGTH({expression})"


def is_bytes(column: Column) -> bool:
    return sqltext.base(column.type) == "VARBINARY"


def may_become(old: str, new: str) -> bool:
    """Whether each value of a column stays itself under another type, but for texts that are too long."""
    before, after = sqltext.base(old), sqltext.base(new)
    if before in INTEGERS and after in INTEGERS:
        return INTEGERS.index(before) <= INTEGERS.index(after)
    return before == after


def narrows(old: str, new: str) -> bool:
    """Whether a type of the same kind has less room; one without a number has the most."""
    before, after = (re.fullmatch(r"\w+\((\d+)\)", type_) for type_ in (old, new))
    return after is not None and (before is None or int(after[1]) < int(before[1]))


def collide(columns: Sequence[str]) -> str:
    """The condition that two rows are the same under a unique key, which takes one NULL for another."""
    return " AND ".join(f"(d.{name} = t.{name} OR d.{name} IS NULL AND t.{name} IS NULL)" for name in columns)


def newly_equal(table: Table, key: tuple[str, ...], present: Column, wanted: Column) -> Sequence[str]:
    """No column gets another collation by any change."""
    return ()


def exact(expression: str) -> str:
    """As it is: a value in another case is lost with its column where the collation takes it for the default."""
    return expression


def default_as_bytes(default: str) -> str | None:
    """A text's bytes in UTF-8; beyond ASCII the server itself would take those of a code page."""
    if not sqltext.is_quoted(default):
        return f"CONVERT(VARBINARY(MAX), {default})"
    return f"0x{default[1:-1].replace(chr(39) * 2, chr(39)).encode().hex().upper()}"


def sequence_of(default: str | None) -> str | None:
    """None: columns are numbered by IDENTITY."""
    return None


def as_found(table: Table, expected: Column, found: Column) -> Column:
    """Babelfish shows a DATETIME2, of which it keeps six digits of a second instead of seven, as DATETIME2(6).

    One column tells the name of its data centre.
    """
    if (expected.type, found.type) == ("DATETIME2(7)", "DATETIME2(6)"):
        expected = replace(expected, type=found.type)
    return found if datacentres.is_its_own(table.name, expected, found) else expected


def holds(wanted: str, found: str) -> bool:
    return LADDERS.hold(wanted, found)


def tells_apart(expected: Column, charset: str | None, collation: str | None) -> bool:
    """No release names a character set here, but the collation that three columns have is every database's choice."""
    return True


def keys_fit(table: Table, column: Column) -> bool:
    """No column is as it is for the length of a key alone: preflight and the server see to that."""
    return True


def same_key(table: str, expected: tuple[str, ...], found: tuple[str, ...]) -> bool:
    return expected == found


def key_name(parts: tuple[str, ...]) -> str | None:
    """None: a column is not dropped while a key has it."""
    return None


def family(type_: str) -> str:
    """What a type may be read as: itself, of any length, and a whole number of any size."""
    return "integer" if (base := sqltext.base(type_)) in INTEGERS else base
