"""Names of types on Oracle, in both directions.

INTEGER, INT and SMALLINT are all NUMBER(*,0); VARCHAR is a synonym of VARCHAR2
(https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Data-Types.html).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from apim_schema import datacentres, sqltext
from apim_schema.capacity import Ladders
from apim_schema.schema import Column, Table

NUMBERS = ("INTEGER", "NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE")
TEXTS = ("CHAR", "VARCHAR2", "NCHAR", "NVARCHAR2", "CLOB")
LOBS = ("BLOB", "CLOB", "NCLOB")
IN_UNITS = ("CHAR", "VARCHAR2")
"""Types whose length counts bytes or characters, which each column has for its own."""

LADDERS = Ladders((("CHAR", "VARCHAR2"), ("NCHAR", "NVARCHAR2")), {"TIMESTAMP": (6,)})
WHOLE = "NUMBER(38)"
"""What an INTEGER holds (https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Data-Types.html)."""

SYNONYMS = {
    "INT": "INTEGER",
    "SMALLINT": "INTEGER",
    "NUMBER(*,0)": "INTEGER",
    "NUMBER(38,0)": "INTEGER",
    "NUMBER(38)": "INTEGER",
    "DECIMAL": "INTEGER",
    "NUMERIC": "INTEGER",
    "CHAR": "CHAR(1)",
    "TIMESTAMP(6)": "TIMESTAMP",
}


def varchar(length: int) -> str:
    return f"VARCHAR2({length})"


def char(length: int) -> str:
    return f"CHAR({length})"


def integer() -> str:
    return "INTEGER"


def bigint() -> str:
    return "NUMBER(19)"


def flag() -> str:
    return "NUMBER(1)"


def blob(size: str) -> str:
    return "BLOB"


def timestamp() -> str:
    return "TIMESTAMP"


def datetime() -> str:
    return "TIMESTAMP"


@cache
def normalise_type(sql: str) -> str:
    """One spelling for types that mean the same: NUMBER(10,0) is NUMBER(10), VARCHAR(9 CHAR) is VARCHAR2(9).

    BYTE and CHAR semantics of lengths are the database's own choice and not compared.
    """
    word = re.sub(r"(?<=\d) (?:BYTE|CHAR)(?=\))", "", sqltext.fold(sql)).replace(", ", ",")
    word = re.sub(r"^VARCHAR(?=\()", "VARCHAR2", word)
    word = re.sub(r"^(?:DECIMAL|NUMERIC)(?=\()", "NUMBER", word)
    word = SYNONYMS.get(word, word)
    return re.sub(r"^(NUMBER\(\d+),0\)$", r"\1)", word)


def normalise_default(sql: str | None, type_: str) -> str | None:
    """One spelling for defaults that mean the same in a column of a (normalised) type.

    The dictionary keeps the text of the statement, trailing blanks and line ends with it.
    """
    word = sqltext.without_parentheses(sqltext.fold(sql)) if sql is not None else "NULL"
    if word == "NULL":
        return None
    if type_ == "BOOLEAN":
        return sqltext.truth(word, "TRUE", "FALSE")
    if sqltext.base(type_) in NUMBERS:
        return sqltext.number(word)
    if sqltext.base(type_) in TEXTS:
        return sqltext.text(word)
    return word


def length_of(expression: str, column: Column) -> str:
    """The length of a text in the unit of its column; in bytes where that is not known, which is never too few."""
    return f"LENGTH({expression})" if column.unit == "CHAR" else f"LENGTHB({expression})"


def is_bytes(column: Column) -> bool:
    return column.type == "BLOB"


def narrows(old: Column, new: Column) -> bool:
    """Whether a text gets less room."""
    before, after = (sqltext.length(column.type) or 0 for column in (old, new))
    return sqltext.base(old.type) == sqltext.base(new.type) and old.type.startswith(IN_UNITS) and after < before


def place(column: Column) -> str:
    """The name that a column has now: that of its successor where an interrupted conversion has left only that."""
    successor = column.successor
    return successor.name if successor is not None and successor.type == column.type else column.name


def may_convert(old: Column, new: Column) -> bool:
    """Whether the one is a text and the other bytes."""
    return {is_bytes(old), is_bytes(new)} == {True, False} and all(
        is_bytes(column) or sqltext.base(column.type) in TEXTS for column in (old, new)
    )


def collide(columns: Sequence[str]) -> str:
    """The condition that two rows are the same under a unique key: with NULLs in the same places, but not in all."""
    same = " AND ".join(f"(d.{name} = t.{name} OR d.{name} IS NULL AND t.{name} IS NULL)" for name in columns)
    return f"{same} AND ({' OR '.join(f't.{name} IS NOT NULL' for name in columns)})"


def newly_equal(table: Table, key: tuple[str, ...], present: Column, wanted: Column) -> Sequence[str]:
    """No column gets another collation by any change."""
    return ()


def exact(expression: str) -> str:
    """As it is: texts are compared by their bytes unless the column says otherwise."""
    return expression


def default_as_bytes(default: str) -> str | None:
    """None: the column that takes the text's place has no default."""
    return None


def sequence_of(default: str | None) -> str | None:
    """None: rows are numbered by triggers."""
    return None


def as_found(table: Table, expected: Column, found: Column) -> Column:
    """Only the name of a data centre is its own: BYTE and CHAR semantics are not compared."""
    return found if datacentres.is_its_own(table.name, expected, found) else expected


def holds(wanted: str, found: str) -> bool:
    narrow, wide = (WHOLE if type_ == "INTEGER" else type_ for type_ in (wanted, found))
    return LADDERS.hold(narrow, wide)


def tells_apart(expected: Column, charset: str | None, collation: str | None) -> bool:
    """No release names a character set here: each database has one for all."""
    return True


def keys_fit(table: Table, column: Column) -> bool:
    """No column is as it is for the length of a key alone: preflight and the server see to that."""
    return True


def same_key(table: str, expected: tuple[str, ...], found: tuple[str, ...]) -> bool:
    return expected == found


def key_name(parts: tuple[str, ...]) -> str | None:
    """None: a key keeps all of its columns, or goes."""
    return None


def family(type_: str) -> str:
    """What a type may be read as: itself, of any length."""
    return sqltext.base(type_)
