"""How long work is said to take: relations that hold whatever the rates are."""

from __future__ import annotations

from typing import get_args

import pytest

from apim_schema.estimate import Rates, estimate, of_evidence, writers_wait
from apim_schema.impact import WORKS, Blocks, Impact, Size, Work

SLOW, FAST = Rates(1e6), Rates(4e6)


def impact(work: Work, blocks: Blocks = "writes", size: int | None = 10**8) -> Impact:
    return Impact(work, "L", blocks, "").sized(Size(1000, size))


def seconds(work: Work, rates: Rates = SLOW, size: int = 10**8) -> float:
    found = estimate(impact(work, size=size), rates)
    assert found is not None
    return found


def test_dearer_work_takes_longer() -> None:
    taken = [seconds(work) for work in WORKS]
    assert taken == sorted(taken)
    assert len({*taken}) == len(get_args(Work))
    assert taken[0] == 0


@pytest.mark.parametrize("work", WORKS[1:])
def test_it_grows_with_the_table_and_shrinks_with_the_rate(work: Work) -> None:
    assert seconds(work, size=2 * 10**8) == pytest.approx(2 * seconds(work))
    assert seconds(work, FAST) == pytest.approx(seconds(work) / 4)


def test_what_is_not_known_is_not_made_up() -> None:
    assert estimate(impact("rebuild", size=None), SLOW) is None
    assert estimate(impact("metadata", size=None), SLOW) == 0


def test_a_table_that_is_not_there_yet_takes_no_time() -> None:
    new = Impact("in place", "L", "writes", "").sized(None)
    assert (estimate(new, SLOW), new.needs_bytes) == (0, 0)


def test_a_rebuild_alone_needs_the_table_once_more() -> None:
    assert [impact(work).needs_bytes for work in WORKS] == [0, 0, 0, 10**8]
    assert impact("rebuild", size=None).needs_bytes is None


def test_evidence_reads_all_tables_once() -> None:
    assert of_evidence([Size(1, 10**8), Size(None, 10**8), Size(1, None)], SLOW) == pytest.approx(2 * seconds("scan"))


COSTS = [(impact("metadata", "ddl"), 0.0), (impact("rebuild", "ddl"), 5.0), (impact("scan", "writes"), 3.0)]


def test_writers_wait_for_what_blocks_them() -> None:
    assert writers_wait(COSTS, transactional=False, evidence=7) == 3
    assert writers_wait([*COSTS, *COSTS], transactional=False, evidence=7) == 6
    assert writers_wait(COSTS[:2], transactional=True, evidence=7) == 0


def test_where_locks_are_held_to_the_commit_they_wait_for_all_that_follows() -> None:
    assert writers_wait(COSTS, transactional=True, evidence=7) == 3 + 7
    reader = (impact("metadata", "reads"), 0.0)
    assert writers_wait([reader, *COSTS], transactional=True, evidence=7) == 5 + 3 + 7
