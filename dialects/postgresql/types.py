"""Names of types on PostgreSQL, in both directions (https://www.postgresql.org/docs/current/datatype.html)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from apim_schema import datacentres, sqltext
from apim_schema.capacity import Ladders
from apim_schema.schema import Column, Table

NUMBERS = ("SMALLINT", "INTEGER", "BIGINT", "NUMERIC", "REAL", "DOUBLE")
TEXTS = ("CHAR", "VARCHAR", "TEXT")

SYNONYMS = {
    "INT": "INTEGER",
    "INT4": "INTEGER",
    "SERIAL": "INTEGER",
    "SERIAL4": "INTEGER",
    "INT8": "BIGINT",
    "BIGSERIAL": "BIGINT",
    "SERIAL8": "BIGINT",
    "INT2": "SMALLINT",
    "SMALLSERIAL": "SMALLINT",
    "SERIAL2": "SMALLINT",
    "BOOL": "BOOLEAN",
    "DECIMAL": "NUMERIC",
    "FLOAT4": "REAL",
    "FLOAT8": "DOUBLE PRECISION",
    "CHARACTER VARYING": "VARCHAR",
    "CHARACTER": "CHAR",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
}
DEFAULT_LENGTHS = {"CHAR": "CHAR(1)"}

INTEGERS = ("SMALLINT", "INTEGER", "BIGINT")
"""Each has room for all values of those before it."""

LADDERS = Ladders(
    (INTEGERS, TEXTS, ("REAL", "DOUBLE PRECISION")),
    dict.fromkeys(("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME"), (6,)),
)

CAST = re.compile(rf"({sqltext.QUOTED.pattern}|\(.*\)|{sqltext.NUMBER.pattern}|NULL)::[A-Z_ ]+(?:\([\d,]+\))?(?:\[\])*")
NEXTVAL = re.compile(
    r"nextval\(\(?'(?:(?:[^']|'')*\.)?\"?([^'.\"]+)\"?'(?:::(?:regclass|text))?\)?(?:::regclass)?\)", re.I
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
    return "BYTEA"


def timestamp() -> str:
    return "TIMESTAMP"


def datetime() -> str:
    return "TIMESTAMP"


@cache
def normalise_type(sql: str) -> str:
    """One spelling for types that mean the same: SERIAL, INT and INTEGER are INTEGER."""
    word = sqltext.fold(sql).replace(" WITHOUT TIME ZONE", "").replace(", ", ",")
    found = re.fullmatch(r"([^()]+?) ?(\([\d,]+\))?((?: WITH TIME ZONE)?(?:\[\])*)", word)
    if found is None:
        return word
    name, length, rest = SYNONYMS.get(found[1], found[1]), found[2] or "", found[3]
    if name in ("TIMESTAMP", "TIME") and length == "(6)":
        length = ""
    return (DEFAULT_LENGTHS.get(name, name) if not length else name + length) + rest


def may_become(old: str, new: str) -> bool:
    """Whether each value of a column stays itself under another type, but for texts that are too long."""
    before, after = sqltext.base(old), sqltext.base(new)
    if before in INTEGERS and after in INTEGERS:
        return INTEGERS.index(before) <= INTEGERS.index(after)
    return before == after or {before, after} == {"VARCHAR", "TEXT"}


def normalise_default(sql: str | None, type_: str) -> str | None:
    """One spelling for defaults that mean the same in a column of a (normalised) type.

    The server shows what it has parsed, with casts: `'OFF'::character varying`, `('-1'::integer)`.
    """
    word = _without_casts(sqltext.fold(sql)) if sql is not None else "NULL"
    if word == "NULL":
        return None
    if type_ == "BOOLEAN":
        return sqltext.truth(word, "TRUE", "FALSE")
    if sqltext.base(type_) in NUMBERS:
        return sqltext.number(word)
    if sqltext.base(type_) in TEXTS:
        return sqltext.text(word)
    return "CURRENT_TIMESTAMP" if word == "NOW()" else word


def _without_casts(sql: str) -> str:
    sql = sqltext.without_parentheses(sql)
    cast = CAST.fullmatch(sql)
    return _without_casts(cast[1]) if cast else sql


def length_of(expression: str, column: Column) -> str:
    """The length of a text in characters: what the n of VARCHAR(n) counts."""
    return f"char_length({expression})"


def collide(columns: Sequence[str]) -> str:
    """The condition that two rows are the same under a unique key: a NULL is never another."""
    return " AND ".join(f"d.{name} = t.{name}" for name in columns)


def newly_equal(table: Table, key: tuple[str, ...], present: Column, wanted: Column) -> Sequence[str]:
    """No column gets another collation by any change."""
    return ()


def exact(expression: str) -> str:
    """By its bytes: a collation may be of the kind that is not deterministic."""
    return f'{expression} COLLATE "C"'


def default_as_bytes(default: str) -> str | None:
    """A text's bytes in UTF-8, as the server shows them; of an expression, what works them out."""
    if not sqltext.is_quoted(default):
        return f"CONVERT_TO({default}, 'UTF8')"
    return sqltext.quoted(rf"\x{default[1:-1].replace(chr(39) * 2, chr(39)).encode().hex()}")


def sequence_of(default: str | None) -> str | None:
    """The sequence behind `nextval('schema.name'::regclass)`, in upper case."""
    found = NEXTVAL.fullmatch(default) if default else None
    return found[1].upper() if found else None


def as_found(table: Table, expected: Column, found: Column) -> Column:
    """Only the name of a data centre is its own: no other column has another legal form here."""
    return found if datacentres.is_its_own(table.name, expected, found) else expected


def holds(wanted: str, found: str) -> bool:
    return LADDERS.hold(wanted, found)


def tells_apart(expected: Column, charset: str | None, collation: str | None) -> bool:
    """No release names a character set here: each database has one for all."""
    return True


def keys_fit(table: Table, column: Column) -> bool:
    """No column is as it is for the length of a key alone: preflight and the server see to that."""
    return True


def same_key(table: str, expected: tuple[str, ...], found: tuple[str, ...]) -> bool:
    return expected == found


def key_name(parts: tuple[str, ...]) -> str | None:
    """None: a column that is dropped takes its keys with it."""
    return None


def family(type_: str) -> str:
    """What a type may be read as: any text as any other, and whole numbers, which have one hash, of any size."""
    base = sqltext.base(type_)
    return "text" if base in TEXTS else "integer" if base in INTEGERS else base
