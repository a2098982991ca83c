"""From a table that differs to its rows, on every engine: which have changed, which are new, how many are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa

from apim_schema.drilldown import ChangedRow
from apim_schema.evidence import TableVerdict
from tests.conformance.scanned import Row, Scanned, scanned
from tests.conformance.test_false_results import key
from tests.servers import Server

MANY = 20_000
"""So many that each bucket holds several."""


@pytest.fixture(scope="module")
def ground(server: Server) -> Iterator[Scanned]:
    with scanned(server) as found:
        yield found


def told(ground: Scanned, one: Sequence[Row], other: Sequence[Row], most: int = 100) -> TableVerdict:
    """The verdict on rows that have become others."""
    ground.fill(one)
    before = ground.digest_in(ground.usual)
    ground.fill(other)
    [verdict] = ground.judge(before, ground.digest_in(ground.usual), most).tables
    return verdict


def told_apart(
    ground: Scanned, one: Sequence[Row], other: Sequence[Row], since: Sequence[Row] = ()
) -> tuple[TableVerdict, TableVerdict]:
    """The same, and the verdict after the first rows were put back, with what somebody has written since."""
    ground.fill(one)
    before = ground.digest_in(ground.usual)
    ground.fill(other)
    verdict = ground.judge(before, ground.digest_in(ground.usual), MANY, keep=True)
    ground.fill(one)
    ground.insert(since)
    [first], [found] = verdict.tables, ground.told_apart(before, verdict).tables
    return first, found


def test_rows_with_a_key(ground: Scanned) -> None:
    ground.define(key(), sa.Column("a", sa.Integer()))
    rows = [(number, number) for number in range(1, MANY + 1)]
    other = [(7, 8), *rows[7:99], *rows[100:], (MANY + 1, 1)]
    verdict = told(ground, rows[6:], other)
    assert (verdict.changed, verdict.added, verdict.missing) == ((ChangedRow((7,)),), ((MANY + 1,),), 1)
    assert (verdict.gone, verdict.keys) == ((), ())
    assert verdict.reason == "1 changed, 1 added, 1 missing"
    assert str(verdict) == f"{ground.table.name}: changed, {verdict.reason}; changed: (ID=7); added: (ID={MANY + 1})"


def test_a_key_that_has_changed_is_a_row_less_and_a_row_more(ground: Scanned) -> None:
    ground.define(key(), sa.Column("a", sa.Integer()))
    verdict = told(ground, [(1, 1), (2, 2)], [(1, 1), (3, 2)])
    assert (verdict.changed, verdict.added, verdict.missing) == ((), ((3,),), 1)


def test_a_key_of_several_columns_is_told_whole(ground: Scanned) -> None:
    ground.define(
        key(),
        sa.Column("b", sa.String(9), primary_key=True),
        sa.Column("order", sa.Integer()),
        sa.Column("c", sa.Date()),
    )
    verdict = told(ground, [(1, "x", 1, None), (2, "y", 2, None)], [(1, "x", 1, None), (2, "y", 3, None)])
    assert (verdict.key_columns, verdict.changed) == (("ID", "B"), (ChangedRow((2, "y")),))


def test_a_table_without_a_key_names_rows_by_what_is_unique(ground: Scanned) -> None:
    """A row that has changed is a row less and a row more there."""
    ground.define(sa.Column("a", sa.Integer(), unique=True), sa.Column("b", sa.String(9)))
    verdict = told(ground, [(1, "x"), (2, "y"), (3, "z")], [(1, "x"), (2, "!"), (3, "z"), (4, "z")])
    assert verdict.key_columns == ("A",)
    assert (verdict.changed, sorted(verdict.added), verdict.missing) == ((), [(2,), (4,)], 1)


def test_a_table_in_which_nothing_names_a_row_is_counted(ground: Scanned) -> None:
    ground.define(sa.Column("a", sa.Integer()), sa.Column("b", sa.String(9)))
    verdict = told(ground, [(1, "secret"), (1, "x"), (1, "x")], [(1, "other"), (1, "x"), (1, "x"), (1, "x")])
    assert str(verdict) == f"{ground.table.name}: changed, 3 rows became 4; 2 added, 1 missing"


def test_more_rows_than_are_named(ground: Scanned) -> None:
    """The others are counted by their groups; which group a row falls into differs by engine."""
    ground.define(key(), sa.Column("a", sa.Integer()))
    rows, other = ([(number, value) for number in range(60)] for value in (0, 1))
    alone = {row.name for row in told(ground, rows, other).changed}
    assert len(alone) > 40
    rows, other = ([row for row in each if row[:1] in alone] for each in (rows, other))
    verdict = told(ground, rows, other, most=3)
    assert len(verdict.changed) == 3
    assert verdict.reason.startswith(f"3 changed; at least one row differs in each of {len(alone) - 3} ")


def test_all_rows_and_none(ground: Scanned) -> None:
    ground.define(key(), sa.Column("a", sa.Integer()))
    assert told(ground, [(1, 1), (2, 2)], []).missing == 2
    assert sorted(told(ground, [], [(1, 1), (2, 2)]).added) == [(1,), (2,)]


def columns(ground: Scanned, *names: str) -> tuple[str, ...]:
    """Those that are named where a transaction can be taken back; elsewhere there is nothing to compare them with."""
    return names if ground.dialect.session.transactional_ddl else ()


def test_once_the_rows_stand_again_each_is_told_apart(ground: Scanned) -> None:
    """More have changed than there are groups."""
    ground.define(key(), sa.Column("a", sa.Integer()), sa.Column("b", sa.String(9)), sa.Column("c", sa.LargeBinary(9)))
    rows = [(number, number, "x", b"x") for number in range(5000)]
    some = range(8, 5000)
    other = [(n, a, b if n not in some else None, c) for n, a, b, c in rows[3:]]
    other[4] = (7, 8, "x", b"y")
    new = [(number, 0, "x", None) for number in range(5000, 5003)]
    first, verdict = told_apart(ground, rows, [*other, *new])
    assert "more than one row differs in each of " in first.reason
    assert {row.name: row.columns for row in verdict.changed} == {
        (7,): columns(ground, "A", "C"),
        **dict.fromkeys(((number,) for number in some), columns(ground, "B")),
    }
    assert sorted(verdict.added) == [(number,) for number, *_ in new]
    assert (sorted(verdict.gone), verdict.keys) == ([(0,), (1,), (2,)], ())
    assert verdict.reason == "4,993 changed, 3 added, 3 missing"


def test_what_was_written_since_is_not_taken_for_what_was_there(ground: Scanned) -> None:
    ground.define(key(), sa.Column("a", sa.Integer()))
    since = [(number, 1) for number in range(100, 110)]
    _, verdict = told_apart(ground, [], since[:1], since[1:])
    assert (verdict.changed, verdict.added, verdict.missing, verdict.gone) == ((), ((100,),), 0, ())


def test_rows_without_a_key_are_told_apart_by_what_is_unique(ground: Scanned) -> None:
    ground.define(sa.Column("a", sa.Integer(), unique=True), sa.Column("b", sa.String(9)))
    _, verdict = told_apart(ground, [(1, "x"), (2, "y"), (3, "z")], [(1, "x"), (2, "!"), (4, "z")])
    assert verdict.changed == (ChangedRow((2,), columns(ground, "B")),)
    assert (verdict.added, verdict.gone, verdict.reason) == (((4,),), ((3,),), "1 changed, 1 added, 1 missing")


def test_rows_that_nothing_names_are_counted_as_often_as_they_stand(ground: Scanned) -> None:
    ground.define(sa.Column("a", sa.Integer()), sa.Column("b", sa.String(9)))
    _, verdict = told_apart(ground, [(1, "secret"), (1, "x"), (1, "x")], [(1, "other"), (1, "x"), (1, "x"), (1, "x")])
    assert str(verdict) == f"{ground.table.name}: changed, 3 rows became 4; 2 added, 1 missing"
