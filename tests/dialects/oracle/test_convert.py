"""The conversions between a text and its bytes, carried out on rows: what is edited meanwhile is never lost."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from apim_schema.changes import AlterColumn, BinaryToText, TextToBinary
from apim_schema.schema import Column, Schema, Table
from tests.dialects.oracle.interpreted import Raised, Rows
from tests.dialects.oracle.modules import conversion, ddl

CHANGE = TextToBinary("T", "C", "BLOB")
TEXTS = ["a", "", "gr\u00fc\u00df", "\u6f22\u5b57 \U0001f600", "x" * 2048, None, "a"]
WORKING = "C" + ddl.SUCCESSOR


def steps(state: int = 0) -> list[str]:
    """The statements that remain: from the start, or with the working column made."""
    successor = Column(WORKING, "BLOB") if state else None
    live = Schema("oracle", {"T": Table("T", {"C": Column("C", "VARCHAR2(2048)", successor=successor)})})
    return [statement.sql for statement in ddl.statements(CHANGE, live, "APIM")]


def server(*texts: str | None) -> Rows:
    """The server takes an empty text for NULL."""
    return Rows(T=[{"ID": place, "C": text or None} for place, text in enumerate(texts or TEXTS)])


def edit(rows: Rows, place: int, text: str | None) -> None:
    rows.connection.execute("UPDATE T SET C = ? WHERE ID = ?", (text, place))


def as_bytes(*texts: str | None) -> list[dict[str, Any]]:
    return [{"ID": place, "C": text.encode() if text else None} for place, text in enumerate(texts)]


def test_every_text_becomes_its_bytes() -> None:
    rows = server()
    for sql in steps():
        rows.run(sql)
    assert rows.values("T") == as_bytes(*TEXTS)
    assert rows.locked


def test_all_batches_are_copied_and_each_is_committed() -> None:
    texts = [f"text {number}" for number in range(conversion.BATCH * 2 + 1)]
    rows = server(*texts)
    for sql in steps():
        rows.run(sql)
    assert rows.values("T") == as_bytes(*texts)
    assert rows.commits == 5  # what was there, three batches, and none that is left


@pytest.mark.parametrize("edited", ["b", "a longer text", "\u00e9", None])
def test_a_text_that_is_edited_after_it_was_copied_stops_the_drop_and_is_copied_anew(edited: str | None) -> None:
    rows = server("a", "kept")
    add, copy, drop, rename = steps()
    for sql in (add, copy):
        rows.run(sql)
    edit(rows, 0, edited)
    with pytest.raises(Raised, match=r"T\.C was edited after it was copied, rows: 1; stop what writes to it"):
        rows.run(drop)
    assert [row["C"] for row in rows.values("T")] == [edited, "kept"]
    assert steps(state=1) == [copy, drop, rename]
    for sql in steps(state=1):
        rows.run(sql)
    assert rows.values("T") == as_bytes(edited, "kept")


def test_a_row_that_is_new_after_the_copy_stops_the_drop() -> None:
    rows = server("a")
    add, copy, drop, _ = steps()
    for sql in (add, copy):
        rows.run(sql)
    rows.connection.execute("INSERT INTO T (ID, C) VALUES (1, 'new')")
    with pytest.raises(Raised, match="rows: 1"):
        rows.run(drop)


SPOILT = {
    "another character set": ("'AL32UTF8'", "'WE8ISO8859P1'"),
    "an offset that is never reset": (r"dest_offset := 1;", ""),
    "a text that is read from where the last one ended": (r"src_offset := 1;", ""),
    "bytes of the row before": (r"DBMS_LOB.TRIM(utf8_bytes, 0);", ""),
    "rows with bytes that are passed over": (r"IS NOT NULL\n    ) LOOP", "IS NULL AND 1 = 2\n    ) LOOP"),
}


def copied(block: str) -> list[bytes | None]:
    """The bytes after the block has run, a text was edited, and it has run again."""
    rows = server()
    for sql in (steps()[0], block):
        rows.run(sql)
    edit(rows, 0, "edited")
    rows.run(block)
    return [row[WORKING] for row in rows.values("T")]


@pytest.mark.parametrize("fault", SPOILT)
def test_a_fault_in_the_block_is_noticed(fault: str) -> None:
    """The simulation is worth something only if it tells a wrong block from a right one."""
    right = [text.encode() if text else None for text in ["edited", *TEXTS[1:]]]
    block = steps()[1]
    assert copied(block) == right
    old, new = (word.replace(r"\n", "\n") for word in SPOILT[fault])
    assert old in block
    spoilt = block.replace(old, new)
    if old.endswith("offset := 1;"):  # it is set once
        spoilt = spoilt.replace("BEGIN\n    DBMS_LOB.CREATE", f"BEGIN\n    {old}\n    DBMS_LOB.CREATE")
    with suppress(Raised):  # a text that has no such form is an error of the block's own
        assert copied(spoilt) != right


LENGTH = 20
TEXT = Column("C", f"VARCHAR2({LENGTH})")


def back(state: int = 0, cuts: bool = False) -> list[str]:
    """The statements that make text of bytes: from the start, or with the working column made."""
    successor = Column(WORKING, TEXT.type) if state else None
    live = Schema("oracle", {"T": Table("T", {"C": Column("C", "BLOB", successor=successor)})})
    return [statement.sql for statement in ddl.statements(BinaryToText("T", TEXT, cuts), live, "APIM")]


def of_bytes(*stored: bytes | None, limits: tuple[int, int] = (0, 0)) -> Rows:
    return Rows(limits, T=[{"ID": place, "C": value} for place, value in enumerate(stored)])


def found(rows: Rows) -> list[str | None]:
    return [row["C"] for row in rows.values("T")]


def test_bytes_become_their_text_again() -> None:
    texts = [text if text is None or len(text) < 21 else text[:20] for text in TEXTS if text != ""]
    rows = of_bytes(*(None if text is None else text.encode() for text in (*texts, "\U0001f600" * LENGTH)))
    for sql in back():
        rows.run(sql)
    assert found(rows) == [*texts, "\U0001f600" * LENGTH]
    assert rows.locked


NO_TEXT = {
    "bytes of another character set": b"caf\xe9",
    "a character that is not whole": b"a\xe6\xbc",
    "half of a pair": b"\xed\xa0\x80",
    "too long a form": b"\xc0\xaf",
    "too long": b"x" * (2 * LENGTH + 1),
    "nothing, which is NULL here": b"",
}


@pytest.mark.parametrize("stored", NO_TEXT.values(), ids=NO_TEXT)
def test_what_does_not_come_out_as_it_went_in_stops_it(stored: bytes) -> None:
    """The bytes stay: they go with the last block but one, which this one is never followed by."""
    rows = of_bytes(b"kept", stored)
    add, copy, *_ = back()
    rows.run(add)
    with pytest.raises(Raised, match=r"T\.C (has a value that is no text which this column can hold|is empty)"):
        rows.run(copy)
    assert [row["C"] for row in rows.values("T")] == [b"kept", stored]


CUT = [
    ((LENGTH, 80), "x" * 30, "x" * 20),
    ((LENGTH, LENGTH), "x" * 19 + "\u00e9!", "x" * 19),
    ((LENGTH, 80), "\U0001f600" * 21, "\U0001f600" * 20),
    ((LENGTH, 40), "\u6f22" * 20, "\u6f22" * 13),
    ((LENGTH, 80), "fits", "fits"),
]


@pytest.mark.parametrize(("limits", "text", "left"), CUT)
def test_who_insists_keeps_what_fits_in_whole_characters(limits: tuple[int, int], text: str, left: str) -> None:
    rows = of_bytes(text.encode(), limits=limits)
    for sql in back(cuts=True):
        rows.run(sql)
    assert found(rows) == [left]


@pytest.mark.parametrize("edited", [b"b", "l\u00e4nger".encode(), None])
def test_bytes_that_are_edited_after_they_were_copied_are_not_lost_on_the_way_back(edited: bytes | None) -> None:
    """Neither is what is longer now and has the same beginning, where something may be cut."""
    for cuts in (False, True):
        rows = of_bytes(b"a", b"l", b"kept", limits=(LENGTH, 80))
        add, copy, drop, rename = back(cuts=cuts)
        for sql in (add, copy):
            rows.run(sql)
        rows.connection.execute("UPDATE T SET C = ? WHERE ID = 0", (edited,))
        rows.connection.execute("UPDATE T SET C = ? WHERE ID = 1", (b"longer",))
        with pytest.raises(Raised, match=r"T\.C was edited after it was copied, rows: 2"):
            rows.run(drop)
        assert back(state=1, cuts=cuts) == [copy, drop, rename]
        for sql in back(state=1, cuts=cuts):
            rows.run(sql)
        assert found(rows) == [edited and edited.decode(), "longer", "kept"]


@pytest.mark.parametrize(
    ("counts", "left"), [("C", ["x" * 9, "\u00e9" * 9, "short"]), ("B", ["x" * 9, "\u00e9" * 4, "short"])]
)
def test_a_text_is_cut_in_the_unit_of_its_column(counts: str, left: list[str]) -> None:
    rows = Rows(counts=counts, T=[{"ID": n, "C": text} for n, text in enumerate(("x" * 30, "\u00e9" * 30, "short"))])
    live = Schema("oracle", {"T": Table("T", {"C": Column("C", "VARCHAR2(30)", unit="CHAR")})})
    cut, modify = ddl.statements(AlterColumn("T", "C", "VARCHAR2(9)", narrows="VARCHAR2(30)", cuts=True), live, "APIM")
    assert modify.sql == "ALTER TABLE APIM.T MODIFY (C VARCHAR2(9 CHAR))"
    rows.run(cut.sql)
    assert found(rows) == left


TURNS = {
    "up, the text still there": (Column("C", TEXT.type, successor=Column(WORKING, "BLOB")), ["DROP COLUMN"], 5),
    "up, only the bytes there": (Column("C", "BLOB", successor=Column(WORKING, "BLOB")), ["RENAME"], 5),
    "down, the bytes still there": (Column("C", "BLOB", successor=Column(WORKING, TEXT.type)), ["DROP COLUMN"], 5),
    "down, only the text there": (Column("C", TEXT.type, successor=Column(WORKING, TEXT.type)), ["RENAME"], 5),
}


@pytest.mark.parametrize("state", TURNS)
def test_from_half_of_a_conversion_the_other_one_goes_on(state: str) -> None:
    """It drops the copy where the column itself is there, and ends what has dropped it; then all is from the start."""
    column, first, count = TURNS[state]
    live = Schema("oracle", {"T": Table("T", {"C": column})})
    other = BinaryToText("T", TEXT) if state.startswith("up") else CHANGE
    made = [statement.sql for statement in ddl.statements(other, live, "APIM")]
    assert first[0] in made[0]
    assert WORKING in made[0]
    assert len(made) == (1 if "DROP" in first[0] else count)
