"""SQL Server without a server: the T-SQL parser, and catalog views that can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.dialects.mssql import held
from tests.dialects.mssql.catalog import Catalog, make
from tests.parsers import tsql
from tests.servers import Server, new_database

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


@pytest.fixture(scope="module")
def database(postgresql: Server) -> Iterator[sa.Connection]:
    with new_database(postgresql) as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            make(connection)
            connection.commit()
            connection.exec_driver_sql("SET search_path TO sys, pg_catalog")
            yield connection


@pytest.fixture
def catalog(database: sa.Connection) -> Iterator[Catalog]:
    """Views that hold the tables of the tests, and nothing that stands on them; what a test adds goes again."""
    with database.begin_nested() if database.in_transaction() else database.begin() as transaction:
        yield Catalog(database)
        transaction.rollback()
