"""Which bytes are no text in UTF-8, or one that a column can't hold: asked in SQL, before anything is changed.

Functions that convert put a mark in the place of what they can't, or take it as it stands: so the bytes are looked at
themselves, as hexadecimal digits, of which all that belong to a character are taken away. See
https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/REGEXP_REPLACE.html, and table 3-7 of
https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf.
"""

from __future__ import annotations

from collections.abc import Sequence

from apim_schema import sqltext
from apim_schema.hazards import BLOCK, WARN, Hazard
from apim_schema.schema import Column, Schema

from . import names, types

LONGEST_TEXT, LONGEST_CHARACTER = 4000, 4
"""Bytes of a VARCHAR2 and of one character of it, at most: in AL32UTF8 and with MAX_STRING_SIZE = STANDARD."""
RAW = 2000
"""Bytes of a RAW in SQL, at most."""
CUT_CHARACTER = 6
"""Digits of a character of which the last byte is missing, at most."""

ASCII = "[0-7][0-9A-F]"
CHARACTER = "|".join(
    (
        ASCII,
        "(C[2-9A-F]|D[0-9A-F])[89AB][0-9A-F]",
        "(E0[AB]|E[1-9A-CEF][89AB]|ED[89])[0-9A-F][89AB][0-9A-F]",
        "(F0[9AB]|F[1-3][89AB]|F48)[0-9A-F]([89AB][0-9A-F]){2}",
    )
)
"""A character of UTF-8 in hexadecimal digits. What is none leaves at least its first digit over."""
OTHER_CHARSET = "(SELECT VALUE FROM NLS_DATABASE_PARAMETERS WHERE PARAMETER = 'NLS_CHARACTERSET') <> 'AL32UTF8'"


def hazards(column: Column, wanted: str, live: Schema) -> Sequence[Hazard]:
    """The rows whose bytes do not become a text of this type: an empty one is NULL on Oracle, and so a value is lost.

    Which characters another character set than AL32UTF8 has, no function of SQL says: the conversion compares, value by
    value, and stops before its old column is dropped.
    """
    name, most = _name(column), _most_bytes(wanted)
    digits, length = _digits(name, most), f"DBMS_LOB.GETLENGTH({name})"
    left = f"COALESCE(LENGTH(REGEXP_REPLACE({digits}, '{CHARACTER}')), 0)"
    beyond = f"{OTHER_CHARSET} AND COALESCE(LENGTH(REGEXP_REPLACE({digits}, '{ASCII}')), 0) > 0"
    whole = f"CASE WHEN {length} > {_covered(most)} THEN {CUT_CHARACTER} ELSE 0 END"
    stops = "which the database's character set may not have: the conversion looks, and stops there"
    empty = "set it to NULL" if column.nullable else "give it a value"
    return (
        Hazard(BLOCK, f"{column.name} is empty, and would be NULL as a text", f"{length} = 0", empty, column=column),
        Hazard(BLOCK, f"{column.name} is no text in UTF-8", f"{left} > {whole}", column=column),
        Hazard(WARN, f"{column.name} has characters beyond ASCII, {stops}", beyond, "", column=column),
        *too_long(column, wanted, live),
    )


def too_long(column: Column, wanted: str, live: Schema) -> Sequence[Hazard]:
    """The rows whose bytes are a text that is too long, in the unit that a new column counts in.

    That is the session's (NLS_LENGTH_SEMANTICS), and bytes where nobody knows it: those of UTF-8, which are never too
    few in a character set of one byte a character.
    """
    name, characters = _name(column), sqltext.length(wanted) or 0
    length = f"DBMS_LOB.GETLENGTH({name})"
    condition, unit = f"{length} > {characters}", "bytes"
    if live.options.get("unit") == "CHAR":
        most = min(_most_bytes(wanted), _longest_text(live))
        counted = f"LENGTH(REGEXP_REPLACE({_digits(name, most)}, '{CHARACTER}', '.'))"
        condition, unit = f"{condition} AND ({length} > {most} OR {counted} > {characters})", "characters"
    problem = f"{column.name} is longer than the {characters} {unit} it will have"
    return (Hazard(BLOCK, problem, condition, loses=column.name, column=column),)


def _name(column: Column) -> str:
    return f"t.{names.sql(types.place(column))}"


def _most_bytes(wanted: str) -> int:
    """Bytes in UTF-8 of the longest text of a type."""
    return LONGEST_CHARACTER * (sqltext.length(wanted) or 0)


def _longest_text(live: Schema) -> int:
    """Bytes of the longest VARCHAR2: with MAX_STRING_SIZE = EXTENDED some text of each release is longer."""
    lengths = (column.bytes or 0 for table in live.tables.values() for column in table.columns.values())
    longest = max(lengths, default=0)
    return LONGEST_TEXT if longest <= LONGEST_TEXT else 32767


def _digits(name: str, most: int) -> str:
    """The hexadecimal digits of the first bytes of a BLOB, as far as a text that is not too long may have any."""
    parts = [f"RAWTOHEX(DBMS_LOB.SUBSTR({name}, {RAW}, {start + 1}))" for start in range(0, most, RAW)]
    return "\n        || ".join([f"TO_CLOB({parts[0]})", *parts[1:]])


def _covered(most: int) -> int:
    """The bytes of which these are the digits."""
    return -(-most // RAW) * RAW
