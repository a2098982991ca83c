"""SQL Server without a server: the T-SQL parser, and catalog views that answer from a record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.parsers import tsql

Accepted = Callable[[list[str]], None]


@pytest.fixture(scope="session")
def accepted() -> Accepted:
    """Asserts that the parser takes every batch of a list; skips the test where there is no parser."""
    if problem := tsql.problem():
        pytest.skip(f"T-SQL: {problem}")

    def accepted(batches: list[str]) -> None:
        assert batches
        wrong = [f"{error}: {batch}" for batch, error in zip(batches, tsql.errors(batches), strict=True) if error]
        assert wrong == []

    return accepted
