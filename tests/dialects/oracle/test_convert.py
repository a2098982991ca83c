"""The conversion of a text into its bytes, carried out on rows: what is edited meanwhile is never lost."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from apim_schema.changes import TextToBinary
from apim_schema.schema import Column, Schema, Table
from tests.dialects.oracle.interpreted import Raised, Rows
from tests.dialects.oracle.modules import ddl, plsql

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
    texts = [f"text {number}" for number in range(plsql.BATCH * 2 + 1)]
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
