"""Waiting, where no database is needed for it."""

from __future__ import annotations

import time

import pytest

from apim_schema.locks import LONGEST_PAUSE, pauses, taken


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
