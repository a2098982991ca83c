"""Which bytes have no place in a text: the conditions, asked of rows."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace

import pytest

from apim_schema import preflight, registry
from apim_schema.changes import AlterColumn, BinaryToText, Change
from apim_schema.schema import Column, Schema, Table
from tests.dialects.oracle import facts
from tests.dialects.oracle.conftest import Accepted

DIALECT = registry.load("oracle")
TEXT = Column("C", "VARCHAR2(2048)")
CHANGE = BinaryToText("T", TEXT)
VALID = [
    *("a", "\x00\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"),
    *("gr\u00fc\u00df", "\u6f22\u5b57 \U0001f600", "x" * 2048),
]
INVALID = [
    *(b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3(", b"\xe0\x9f\xbf", b"\xe6\xbc", b"\xe6\xbc("),
    *(b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff"),
    *(b"\xf0\x9f\x98", b"a\xcc", b"\xc3\xa9\xa9", b"\xe6\xbc\xa2\xa2", "x".encode("utf-16"), b"caf\xe9 \xe9"),
    *(b"x" * 1999 + b"\xe9x", b"x" * 4000 + b"\x80"),
]


def live(unit: str | None = None, longest: int = 4000, column: Column | None = None) -> Schema:
    other = Column("D", "VARCHAR2(2048)", unit="CHAR", bytes=longest)
    table = Table("T", {"C": column or Column("C", "BLOB", nullable=False), "D": other})
    return Schema("oracle", {"T": table}, options={} if unit is None else {"unit": unit})


def server(*rows: bytes | None, charset: str = "AL32UTF8") -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    made.create_function("SUBSTR_", 3, lambda value, amount, start: value and value[start - 1 :][:amount])
    made.create_function("GETLENGTH_", 1, lambda value: None if value is None else len(value))
    made.create_function("RAWTOHEX", 1, lambda value: value.hex().upper() if value else "")
    made.create_function("TO_CLOB", 1, lambda value: value)
    made.create_function("REGEXP_REPLACE", 2, lambda value, pattern: re.sub(pattern, "", value))
    made.create_function("REGEXP_REPLACE", 3, lambda value, pattern, by: re.sub(pattern, by, value))
    made.execute("CREATE TABLE NLS_DATABASE_PARAMETERS (PARAMETER, VALUE)")
    made.execute("INSERT INTO NLS_DATABASE_PARAMETERS VALUES ('NLS_CHARACTERSET', ?)", (charset,))
    made.execute("CREATE TABLE T (ID INTEGER, C BLOB, C_APIM_SCHEMA BLOB)")
    made.executemany("INSERT INTO T VALUES (?, ?, ?)", [(n, row, row) for n, row in enumerate(rows)])
    return made


def told(schema: Schema, database: sqlite3.Connection, change: Change = CHANGE) -> dict[int, list[str]]:
    """By row, what is said of it."""
    found: dict[int, list[str]] = {}
    for hazard in preflight.hazards(change, schema, DIALECT, None):
        sql = f"SELECT t.ID FROM T t WHERE {hazard.condition}"
        facts.check(sql)
        for (number,) in database.execute(re.sub(r"DBMS_LOB\.(\w+)", r"\1_", sql)):
            found.setdefault(number, []).append(hazard.problem)
    return found


def test_every_character_is_one() -> None:
    assert told(live("CHAR"), server(*(text.encode() for text in VALID), None)) == {}


@pytest.mark.parametrize("stored", INVALID, ids=lambda stored: stored[-5:].hex())
def test_what_is_no_text_is_found(stored: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        stored.decode()
    assert "C is no text in UTF-8" in told(live("CHAR"), server(stored))[0]


LENGTHS = [
    ("CHAR", 4000, "\u00e9" * 2000 + "x" * 48, "characters"),
    ("CHAR", 4000, "\u00e9" * 1952 + "x" * 96, None),
    ("CHAR", 4000, "x" * 2049, "characters"),
    ("CHAR", 4000, "\u6f22" * 2048, "characters"),  # 6144 bytes, where a text has no more than 4000
    ("CHAR", 8192, "\u6f22" * 2048, None),
    ("CHAR", 8192, "\U0001f600" * 2048, None),
    ("CHAR", 8192, "\U0001f600" * 2049, "characters"),
    ("CHAR", 8192, "x" * 100_000, "characters"),
    ("BYTE", 4000, "x" * 2048, None),
    ("BYTE", 4000, "\u00e9" * 1025, "bytes"),
    (None, 4000, "\u00e9" * 1025, "bytes"),
]


@pytest.mark.parametrize(("unit", "longest", "text", "too_long"), LENGTHS)
def test_what_is_too_long_is_measured_as_the_new_column_counts(
    unit: str | None, longest: int, text: str, too_long: str | None
) -> None:
    problem = f"C is longer than the 2048 {too_long} it will have"
    assert told(live(unit, longest), server(text.encode())) == ({0: [problem]} if too_long else {})
    shorter = AlterColumn("T", "C", "VARCHAR2(1024)", narrows="VARCHAR2(2048)")
    assert list(told(live(unit, longest), server(b"x" * 1024, b"x" * 1025), shorter)) == [1]


def test_of_what_is_cut_only_the_beginning_counts() -> None:
    """A character that the look ends within is none of the text's faults."""
    for before in range(4):
        stored = ("x" * before + "\U0001f600" * 3000).encode()
        assert told(live("CHAR"), server(stored)) == {0: ["C is longer than the 2048 characters it will have"]}


def test_an_empty_value_is_refused_with_the_way_out() -> None:
    for column, way_out in ((Column("C", "BLOB"), "set it to NULL"), (Column("C", "BLOB", False), "give it a value")):
        (hazard, *_) = preflight.hazards(CHANGE, live(column=column), DIALECT, None)
        assert (hazard.level, hazard.way_out, hazard.loses) == ("block", way_out, None)
    assert told(live(), server(b"", None, b"x")) == {0: ["C is empty, and would be NULL as a text"]}


def test_in_another_character_set_what_is_beyond_ascii_is_warned_of() -> None:
    rows = (b"ascii", "gr\u00fcn".encode())
    assert told(live(), server(*rows)) == {}
    ((number, (problem,)),) = told(live(), server(*rows, charset="WE8MSWIN1252")).items()
    assert number == 1
    assert problem.startswith("C has characters beyond ASCII, which the database's character set may not have")
    assert {h.level for h in preflight.hazards(CHANGE, live(), DIALECT, None) if h.problem == problem} == {"warn"}


def test_a_column_under_its_working_name_is_asked_by_that() -> None:
    blob = Column("C", "BLOB")
    moved = replace(blob, successor=replace(blob, name="C_APIM_SCHEMA"))
    conditions = [h.condition for h in preflight.hazards(CHANGE, live(column=moved), DIALECT, None)]
    assert conditions
    assert all("t.C_APIM_SCHEMA" in condition for condition in conditions)
    begun = replace(blob, successor=replace(TEXT, name="C_APIM_SCHEMA"))
    assert not any("APIM_SCHEMA" in h.condition for h in preflight.hazards(CHANGE, live(column=begun), DIALECT, None))
    assert list(preflight.hazards(CHANGE, live(column=TEXT), DIALECT, None)) == []


def test_the_conditions_are_parsed(accepted: Accepted) -> None:
    found = [h for unit in ("CHAR", None) for h in preflight.hazards(CHANGE, live(unit), DIALECT, "apim")]
    accepted([f"SELECT COUNT(*) FROM APIM.T t WHERE {hazard.condition}" for hazard in found], 12)
