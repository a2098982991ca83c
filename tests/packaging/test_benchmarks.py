"""Every benchmark runs to its end: what it says of the tool is not judged, only that it still can."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.servers import Server

ROWS = 100


@pytest.mark.parametrize("name", ["engine", "evidence", "memory", "upgrade", "verify"])
def test_it_measures(postgresql: Server, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = import_module(f"benchmarks.{name}")
    for constant, least in (("REPETITIONS", 1), ("FEW", ROWS)):
        monkeypatch.setattr(subject, constant, least, raising=False)
    lines = list(subject.measure(postgresql, ROWS))
    assert lines
    assert all(line.engine == postgresql.name and line.tool for line in lines)
