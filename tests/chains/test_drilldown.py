"""What a bucket's sums tell of its rows, and what they can't."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from apim_schema.drilldown import ChangedRow, Look, Narrowed, by_rows, by_sums, narrow
from apim_schema.hashed import Bucket, HashedRow

random = Random(20)
ROWS = [HashedRow(0, random.getrandbits(64), random.getrandbits(31) | 1073741825, (number,)) for number in range(1500)]
"""As many as a bucket of some six million rows holds."""


def bucket(rows: Sequence[HashedRow]) -> Bucket:
    return Bucket(len(rows), sum(row.hash * row.weight for row in rows))


def changed(row: HashedRow) -> HashedRow:
    return HashedRow(row.bucket, random.getrandbits(64), row.weight, row.name)


def test_the_one_row_that_has_changed_is_known() -> None:
    for place in (0, 7, 1499):
        now = [*ROWS[:place], changed(ROWS[place]), *ROWS[place + 1 :]]
        assert narrow(bucket(ROWS), now) == Narrowed(changed=(ChangedRow((place,)),))


def test_the_one_row_that_was_added_is_known() -> None:
    assert narrow(bucket(ROWS[:-1]), ROWS) == Narrowed(added=((1499,),))
    assert narrow(bucket([]), ROWS[:3]) == Narrowed(added=((0,), (1,), (2,)))


def test_rows_that_are_missing_are_counted() -> None:
    assert narrow(bucket(ROWS), ROWS[2:]) == Narrowed(missing=2)
    assert narrow(bucket(ROWS[:3]), []) == Narrowed(missing=3)


def test_two_rows_that_were_added_are_known() -> None:
    assert narrow(bucket(ROWS[:-2]), ROWS) == Narrowed(added=((1498,), (1499,)))
    assert narrow(bucket(ROWS[:1]), ROWS[:1] * 3) == Narrowed(added=((0,), (0,)))


def test_one_more_of_equal_rows_is_one_added() -> None:
    assert narrow(bucket(ROWS[:1] * 2), ROWS[:1] * 3) == Narrowed(added=((0,),))


def test_a_row_in_the_place_of_the_only_one_has_not_changed() -> None:
    assert narrow(bucket(ROWS[:1]), ROWS[1:2]) == Narrowed(added=((1,),), missing=1)


def test_two_rows_of_one_bucket_are_not_told_from_the_others() -> None:
    for now in ([changed(ROWS[0]), changed(ROWS[1]), *ROWS[2:9]], [*ROWS[1:9], ROWS[9]], ROWS[:12]):
        assert narrow(bucket(ROWS[:9]), now) == Narrowed(suspects=tuple(row.name for row in now), unsure=1)


def test_rows_that_are_again_what_they_were_are_not_told_of() -> None:
    assert narrow(bucket(ROWS[:9]), ROWS[:9]) == Narrowed()


def test_several_buckets_are_told_of_together() -> None:
    rows = [HashedRow(number % 3, number, 2 * number + 2**30 + 1, (number,)) for number in range(9)]
    before = {number: bucket([row for row in rows if row.bucket == number]) for number in (0, 1)}
    now = [changed(rows[0]), *rows[2:]]
    found = by_sums(before, Look((0, 1, 2), tuple(now), 0))
    assert found == Narrowed(changed=(ChangedRow((0,)),), added=((2,), (5,), (8,)), missing=1)
    assert str(found) == "1 changed, 3 added, 1 missing"


def test_rows_that_stand_again_tell_what_sums_do_not() -> None:
    then = {0: bucket(ROWS[:9])}
    now = Look((0,), (changed(ROWS[0]), changed(ROWS[1]), *ROWS[2:8], *ROWS[9:13]), 0)
    told = Narrowed(
        changed=(ChangedRow((0,)), ChangedRow((1,))),
        added=tuple((number,) for number in range(9, 13)),
        missing=1,
        gone=((8,),),
    )
    assert by_sums(then, now).unsure == 1
    assert by_rows(then, now, ROWS[:9]) == told
    assert by_rows(then, now, [*ROWS[:8], ROWS[20]]) == by_sums(then, now), "they are not the rows of then"
