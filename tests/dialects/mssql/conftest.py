"""SQL Server without a server: the T-SQL parser, and catalog views that answer from a record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dialects.mssql import held
from tests.parsers import tsql

Accepted = Callable[[list[str]], None]


@pytest.fixture(scope="session")
def accepted() -> Accepted:
    """Asserts that every batch of a list holds to the facts and is taken by the parser; skips where there is none."""
    if problem := tsql.problem():
        pytest.skip(f"T-SQL: {problem}")

    def accepted(batches: list[str]) -> None:
        assert [held.hold(batch) for batch in batches]
        wrong = [f"{error}: {batch}" for batch, error in zip(batches, tsql.errors(batches), strict=True) if error]
        assert wrong == []

    return accepted
