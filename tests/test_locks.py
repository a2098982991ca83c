"""Waiting, where no database is needed for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from apim_schema.cli.databases import lock_options
from apim_schema.locks import LONGEST_PAUSE, Waiting, pauses, taken
from apim_schema.target import Target, target


def test_pauses_grow_and_are_never_the_same_for_two() -> None:
    found = [list(pauses(8)) for _ in range(20)]
    for number, same in enumerate(zip(*found, strict=True)):
        most = min(2**number, LONGEST_PAUSE)
        assert all(most / 2 <= pause <= most for pause in same)
        assert len(set(same)) > 1


def test_a_wait_is_not_measured_by_a_clock_that_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: pytest.fail("the time of day"))
    answers = iter([False, False, True])
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert taken(lambda: next(answers), 60, lambda: "x", lambda told: None)


def test_the_command_line_counts_more_than_the_file() -> None:
    """Each option for itself, on every database that is named."""

    @lock_options
    def verb(targets: Sequence[Target]) -> Sequence[Target]:
        return targets

    given = replace(target("apim", "postgresql://h/d"), waiting=Waiting(ddl_lock_timeout=8, ddl_retries=9))
    (found,) = verb([given], lock_wait=60, ddl_lock_timeout=None, ddl_retries=0)
    assert found.waiting == Waiting(lock_wait=60, ddl_lock_timeout=8, ddl_retries=0)
