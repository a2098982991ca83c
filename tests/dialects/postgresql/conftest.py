"""Databases of PostgreSQL, and connections to them as the tool makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine

from apim_schema import registry
from tests.servers import Server, new_database

SESSION = registry.load("postgresql").session
Connect = Callable[..., Connection]
Run = Callable[..., None]


@pytest.fixture(scope="package")
def one_engine(postgresql: Server) -> Iterator[Engine]:
    """A database in which every test rolls back what it has done."""
    with new_database(postgresql) as url:
        yield create_engine(url, poolclass=NullPool)


@pytest.fixture
def connection(one_engine: Engine) -> Iterator[Connection]:
    with SESSION.connect(one_engine, None) as connection:
        yield connection


@pytest.fixture
def run(connection: Connection) -> Run:
    """Runs statements as they stand, in the connection's transaction."""

    def run(*statements: str) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    return run


@pytest.fixture
def engine(postgresql: Server) -> Iterator[Engine]:
    """A fresh empty database, for tests that commit."""
    with new_database(postgresql) as url:
        yield create_engine(url, poolclass=NullPool)


@pytest.fixture
def connect(engine: Engine) -> Iterator[Connect]:
    """Makes connections to the fresh database, prepared for the schema that is given (None: the default)."""
    with ExitStack() as stack:
        yield lambda schema=None: stack.enter_context(SESSION.connect(engine, schema))
