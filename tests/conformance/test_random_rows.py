"""Random rows, and one change to them: it is found, and nothing is found where there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from apim_schema.evidence import CHANGED, PROVEN, TableVerdict
from tests.conformance.scanned import Row, Scanned, scanned, total
from tests.conformance.test_false_results import BYTES, EXACT, MOMENT, key, text
from tests.servers import Server

ROWS = 6
UGLY = "aA1 ,:~N-\\'\"\u00e9\U0001f600"
"""What digests write between and before values, and what collations and escapes make of texts."""
TINY = 1e-100


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


WORDS = st.text(UGLY, max_size=4) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
NUMBERS = st.floats(-1 / TINY, 1 / TINY, allow_subnormal=False).map(lambda x: x if abs(x) > TINY else 0.0)
"""Of a size that every engine has; none tells 0.0 from -0.0 in the same way."""
CELLS = [
    optional(st.integers(-(2**31), 2**31 - 1)),
    optional(st.integers(-(2**63), 2**63 - 1)),
    optional(WORDS),
    optional(WORDS),
    optional(WORDS),
    optional(st.decimals(-(10**15), 10**15, places=4).map(lambda x: x or Decimal(0))),
    optional(NUMBERS),
    optional(st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2100, 1, 1))),
    optional(st.binary(max_size=4)),
]


def columns(ground: Scanned) -> list[sa.Column[Any]]:
    types: list[Any] = [
        sa.Integer(),
        sa.BigInteger(),
        text(ground),
        text(ground),
        sa.UnicodeText(collation=ground.collation),
        EXACT,
        sa.Double(),
        MOMENT,
        BYTES,
    ]
    return [key(), *(sa.Column(f"c{number}", type_) for number, type_ in enumerate(types))]


@st.composite
def changes(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Rows with a key, and the same with one more, one fewer, or one value that may be another."""
    rows = [(number, *row) for number, row in enumerate(draw(st.lists(st.tuples(*CELLS), min_size=1, max_size=ROWS)))]
    after, place = list(rows), draw(st.integers(0, len(rows) - 1))
    kind = draw(st.sampled_from(("update", "update", "update", "delete", "insert", "double", "move")))
    if kind == "update":
        cell = draw(st.integers(0, len(CELLS) - 1))
        after[place] = (*rows[place][: cell + 1], draw(CELLS[cell]), *rows[place][cell + 2 :])
    elif kind == "delete":
        del after[place]
    elif kind == "move":
        after[place] = (*rows[place][:3], rows[place][4], rows[place][3], *rows[place][5:])
    else:
        after.append((len(rows), *(rows[place][1:] if kind == "double" else draw(st.tuples(*CELLS)))))
    return rows, after


@pytest.fixture(scope="module")
def ground(server: Server) -> Iterator[Scanned]:
    with scanned(server) as found:
        yield found


few = settings(max_examples=40, derandomize=True, deadline=None, database=None)


@few
@given(changed=changes())
def test_one_change_of_rows_with_a_key(ground: Scanned, changed: tuple[list[Row], list[Row]]) -> None:
    """Each is the only one in its bucket, and so the row is known."""
    ground.define(*columns(ground))
    verdict = expect_found(ground, *changed)
    before, after = (ground.meant(rows) for rows in changed)
    new, gone = ({row[0] for row in rows} for rows in (after - before, before - after))
    assert [row.name for row in verdict.changed] == [(number,) for number in new & gone]
    assert verdict.added == tuple((number,) for number in new - gone)
    assert verdict.missing == len(gone - new)


@few
@given(changed=changes())
def test_one_change_of_rows_without_a_key(ground: Scanned, changed: tuple[list[Row], list[Row]]) -> None:
    ground.define(*columns(ground)[1:])
    expect_found(ground, *([row[1:] for row in rows] for rows in changed))


def expect_found(ground: Scanned, one: list[Row], other: list[Row]) -> TableVerdict:
    ground.fill(one)
    before = ground.digest()
    ground.fill(other[::-1])
    after = ground.digest()
    differ = ground.meant(one) != ground.meant(other)
    assert (total(before) != total(after)) == differ
    [verdict] = ground.judge(before, after).tables
    assert verdict.verdict == (CHANGED if differ else PROVEN)
    return verdict
