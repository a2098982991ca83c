"""Known ways to fool a row checksum, on every engine: what differs is told, and what does not is not.

What a server alone has, types above all, is in `tests/dialects/<name>/test_digest.py`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, oracle

from apim_schema.evidence import CHANGED, PROVEN
from tests.conformance.scanned import Buckets, Row, Scanned, global_settings, other_settings, scanned, total
from tests.servers import Server

KEY = sa.Integer()
BYTES = sa.LargeBinary()
MOMENT = (
    sa.DateTime()
    .with_variant(mysql.DATETIME(fsp=6), "mysql")
    .with_variant(mssql.DATETIME2(precision=6), "mssql")  # type: ignore[no-untyped-call]
    .with_variant(oracle.TIMESTAMP(), "oracle")
)
"""To the microsecond."""
INSTANT = (
    sa.DateTime(timezone=True)
    .with_variant(mysql.TIMESTAMP(fsp=6), "mysql")
    .with_variant(oracle.TIMESTAMP(local_timezone=True), "oracle")
)
"""In the time zone of the session on most servers."""
EXACT = sa.Numeric(20, 4)


@pytest.fixture(scope="module")
def ground(server: Server) -> Iterator[Scanned]:
    with scanned(server) as found:
        yield found


def text(ground: Scanned) -> sa.types.TypeEngine[str]:
    return sa.Unicode(40, collation=ground.collation)


def key(type_: sa.types.TypeEngine[int] = KEY) -> sa.Column[int]:
    return sa.Column("id", type_, primary_key=True, autoincrement=False)


def words(ground: Scanned) -> list[sa.Column[str]]:
    return [sa.Column("a", text(ground)), sa.Column("b", text(ground))]


def digests(ground: Scanned, one: Sequence[Row], other: Sequence[Row]) -> tuple[Buckets, Buckets]:
    ground.fill(one)
    before = ground.digest()
    ground.fill(other)
    return before, ground.digest()


def expect_found(ground: Scanned, one: Sequence[Row], other: Sequence[Row]) -> None:
    """Told apart are rows that are not the same to this database, and no others, in whichever bucket they are."""
    before, after = digests(ground, one, other)
    differ = ground.meant(one) != ground.meant(other)
    assert (total(before) != total(after)) == differ
    assert ground.judge(before, after).verdict == (CHANGED if differ else PROVEN)


TEXTS: dict[str, tuple[list[Row], list[Row]]] = {
    "NULL and empty": ([("x", None)], [("x", "")]),
    "NULL in another column": ([("x", None)], [(None, "x")]),
    "NULL and the word": ([("NULL", "x")], [(None, "x")]),
    "NULL and what stands for it": ([("~", "x"), ("N", "x"), ("-", "x")], [(None, "x")] * 3),
    "all NULL, once more": ([(None, None)], [(None, None)] * 2),
    "a border that moves": ([("ab", "c")], [("a", "bc")]),
    "a border that moves to the end": ([("a", "b")], [("ab", "")]),
    "a comma": ([("a,b", "c")], [("a", "b,c")]),
    "a length": ([("1", "1")], [(",", "1")]),
    "a length and a colon": ([("a1:b", "c")], [("a", "b1:c")]),
    "a bar": ([("a|b", "c")], [("a", "b|c")]),
    "quotes": ([('"', "x")], [('""', "x")]),
    "single quotes": ([("'", "x")], [("''", "x")]),
    "backslashes": ([("\\", "x")], [("\\\\", "x")]),
    "parentheses": ([("(a", "b)")], [("a", "(b)")]),
    "line ends": ([("a\n", "b")], [("a\r\n", "b")]),
    "columns exchanged": ([("a", "b")], [("b", "a")]),
    "a row twice": ([("a", "1")], [("a", "1")] * 2),
    "equal rows that become others": ([("a", "1")] * 2, [("b", "1")] * 2),
    "equal rows, two fewer": ([("a", "1")] * 3, [("a", "1")]),
    "equal rows, two more": ([("x", "x")], [("x", "x"), ("a", "1"), ("a", "1")]),
    "another row twice": ([("a", "1"), ("b", "2"), ("b", "2")], [("a", "1"), ("a", "1"), ("b", "2")]),
    "values exchanged by rows": ([("a", "1"), ("b", "2")], [("a", "2"), ("b", "1")]),
    "values that go round": ([("a", "1"), ("b", "2"), ("c", "3")], [("a", "2"), ("b", "3"), ("c", "1")]),
    "a blank at the end": ([("a ", "x")], [("a", "x")]),
    "a blank that moves": ([("a ", "b")], [("a", " b")]),
    "nothing but a blank": ([(" ", "x")], [("", "x")]),
    "case": ([("A", "x")], [("a", "x")]),
    "accents": ([("\u00e9", "x")], [("e", "x")]),
    "composed and not": ([("\u00e9", "x")], [("e\u0301", "x")]),
    "a ligature": ([("\u00df", "x")], [("ss", "x")]),
    "width": ([("\uff21", "x")], [("A", "x")]),
    "emoji": ([("\U0001f600", "x")], [("\U0001f601", "x")]),
    "emoji and a question mark": ([("\U0001f600", "x")], [("?", "x")]),
    "a joiner that is not seen": ([("a\u200db", "x")], [("ab", "x")]),
    "rows in another order": ([("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_a_table_without_a_key(ground: Scanned, name: str) -> None:
    ground.define(*words(ground))
    expect_found(ground, *TEXTS[name])


def keyed(case: Sequence[Row]) -> list[Row]:
    """The same rows, each with a number as its key."""
    return [(number, *row) for number, row in enumerate(case)]


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_rows_with_a_key(ground: Scanned, name: str) -> None:
    ground.define(key(), *words(ground))
    one, other = TEXTS[name]
    expect_found(ground, keyed(one), keyed(other))


def test_values_exchanged_by_many_rows(ground: Scanned) -> None:
    """All that a sum must not cancel: each row has the value of another now."""
    ground.define(key(), sa.Column("a", KEY))
    count = 500
    expect_found(ground, [(n, n) for n in range(count)], [(n, count - 1 - n) for n in range(count)])
    expect_found(ground, [(n, n % 2) for n in range(count)], [(n, (n + 1) % 2) for n in range(count)])


def test_values_exchanged_by_keys_that_share_their_low_bits(ground: Scanned) -> None:
    """A hash of 32 bits takes such keys for one, a number for its complement too."""
    ground.define(key(sa.BigInteger()), sa.Column("a", KEY))
    for one, other in ((5, 2**32 + 4), (1, 2**32 + 1), (0, 2**32), (-1, 2**32 - 1), (-6, 2**32 + 5), (2**62, 2**30)):
        expect_found(ground, [(one, 1), (other, 2)], [(one, 2), (other, 1)])


VALUES: dict[str, tuple[sa.types.TypeEngine[Any], Any, Any]] = {
    "integers of one hash": (sa.BigInteger(), 4294967301, 4),
    "a negative integer": (sa.BigInteger(), -1, 4294967295),
    "the last decimal": (EXACT, Decimal("1234567890123456.7891"), Decimal("1234567890123456.7892")),
    "one number in two spellings": (EXACT, Decimal("1.0"), Decimal("1.00")),
    "the last bit of a double": (sa.Double(), 0.1, math.nextafter(0.1, 1)),
    "the last bit of a large double": (sa.Double(), 1e300, math.nextafter(1e300, 0)),
    "the last bit of a float": (sa.Float(24), 1.23456776, 1.23456788),
    "the last microsecond": (MOMENT, dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, 0, 0, 0, 1)),
    "moments of one hash": (MOMENT, dt.datetime(2000, 1, 1), dt.datetime(2000, 1, 1, 1, 11, 34, 967297)),
    "day and month": (sa.Date(), dt.date(2020, 1, 2), dt.date(2020, 2, 1)),
    "a century": (sa.Date(), dt.date(1920, 1, 2), dt.date(2020, 1, 2)),
    "an hour in UTC": (
        INSTANT,
        dt.datetime(2020, 7, 1, 10, tzinfo=dt.timezone.utc),
        dt.datetime(2020, 7, 1, 11, tzinfo=dt.timezone.utc),
    ),
    "a blank that CHAR does not keep": (sa.CHAR(5), "a", "a "),
    "a blank within CHAR": (sa.CHAR(5), "ab", "a b"),
    "zero bytes at the end": (BYTES, b"\0", b"\0\0"),
    "bytes that are no text": (BYTES, b"\xff", b"\xfe"),
    "bytes that are a case": (BYTES, b"a", b"A"),
    "empty bytes and none": (BYTES, b"", None),
}
SAME = ("one number in two spellings", "a blank that CHAR does not keep")


@pytest.mark.parametrize("name", VALUES)
def test_values(ground: Scanned, name: str) -> None:
    type_, one, other = VALUES[name]
    ground.define(key(), sa.Column("x", type_))
    before, after = digests(ground, [(1, one)], [(1, other)])
    assert (total(before) == total(after)) == (name in SAME)
    assert digests(ground, [(1, one)], [(1, one)])[1] == before


BORDERS: list[tuple[Row, Row]] = [
    (("x", None), (None, b"x")),
    (("x", b""), ("", b"x")),
    (("1:x", b""), ("", b"1:x")),
    (("a,", b"b"), ("a", b",b")),
    (("a", b"\0b"), ("a", b"b")),
]


@pytest.mark.parametrize(("one", "other"), BORDERS)
def test_the_same_bytes_as_text_and_as_bytes(ground: Scanned, one: Row, other: Row) -> None:
    ground.define(sa.Column("a", text(ground)), sa.Column("b", BYTES))
    expect_found(ground, [one], [other])


def test_a_value_that_moves_to_the_next_column_of_its_type(ground: Scanned) -> None:
    """With NULL in its place, and through more columns than a small factor takes to come round."""
    ground.define(*(sa.Column(f"c{number}", KEY) for number in range(70)))
    for start, end in ((0, 1), (0, 32), (5, 69)):
        one, other = ([7 if number == place else None for number in range(70)] for place in (start, end))
        expect_found(ground, [tuple(one)], [tuple(other)])


LARGE = 50 * 2**20
PACKET = {"max_allowed_packet": 2**28}


def test_the_last_byte_of_a_large_object(ground: Scanned) -> None:
    """It is written by a session that may, and read by ours, with the server's usual limits."""
    ground.define(key(), sa.Column("x", BYTES.with_variant(mysql.LONGBLOB(), "mysql")))
    found = []
    for end in (b"a", b"b"):
        with global_settings(ground.server, PACKET) if ground.server.dialect == "mysql" else nullcontext():
            ground.fill_anew([(1, b"x" * (LARGE - 1) + end)])
        found.append(total(ground.digest_in(ground.usual)))
    assert found[0] != found[1]


SETTING = {
    "postgresql": "SHOW TimeZone",
    "mysql": "SELECT @@time_zone",
    "oracle": "SELECT SESSIONTIMEZONE FROM DUAL",
    "mssql": "SELECT @@LANGUAGE",
}


def test_the_other_session_finds_other_settings(ground: Scanned) -> None:
    """Else no test in here would show that they have no part in a digest."""

    def found() -> Any:
        with ground.writer.engine.connect() as connection:
            return connection.exec_driver_sql(SETTING[ground.server.dialect]).scalar_one()

    usual = found()
    with other_settings(ground.server, ground.writer):
        assert found() != usual
