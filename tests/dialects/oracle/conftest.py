"""Oracle without a server: the PL/SQL parser."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tests.parsers import plsql

Accepted = Callable[[Iterable[str], int], None]


@pytest.fixture(scope="session")
def accepted() -> Accepted:
    """Asserts that the parser takes every statement for this release; skips the test where there is no parser."""
    if problem := plsql.problem():
        pytest.skip(f"PL/SQL: {problem}")
    seen: set[tuple[str, int]] = set()

    def accepted(statements: Iterable[str], release: int) -> None:
        new = [sql for sql in dict.fromkeys(statements) if (sql, release) not in seen]
        wrong = [f"{error}: {sql}" for sql, error in zip(new, plsql.errors(new, release), strict=True) if error]
        assert wrong == []
        seen.update((sql, release) for sql in new)

    return accepted
