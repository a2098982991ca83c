"""Databases of MySQL and MariaDB, and connections to them as the tool makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine

from apim_schema import registry
from tests.servers import Pool as Servers
from tests.servers import Server, new_database, started

SESSION = registry.load("mysql").session
Run = Callable[..., None]
Connect = Callable[..., Connection]


@pytest.fixture(scope="package", params=["mysql", "mariadb"])
def both(request: pytest.FixtureRequest, servers: Servers) -> Server:
    """MySQL and MariaDB in turn; skipped where there is none."""
    return servers.get(request.param)


@pytest.fixture(scope="package", params=["mysql", "mariadb"])
def logged(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of our own with a binary log: RESET and the like are the whole server's."""
    with started(request.param, "--log-bin=log", "--binlog-format=ROW", "--server-id=1") as server:
        yield server


@contextmanager
def opened(server: Server, **options: str) -> Iterator[Connection]:
    """A connection, as the tool makes it, to a fresh empty database."""
    with new_database(server, **options) as url, SESSION.connect(create_engine(url, poolclass=NullPool), None) as found:
        yield found


@pytest.fixture
def connection(both: Server) -> Iterator[Connection]:
    with opened(both) as connection:
        yield connection


@pytest.fixture
def run(connection: Connection) -> Run:
    """Runs statements as they stand."""
    return runner(connection)


def runner(connection: Connection) -> Run:
    def run(*statements: str) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    return run


@pytest.fixture
def engine(both: Server) -> Iterator[Engine]:
    """A fresh empty database, for tests with several connections."""
    with new_database(both) as url:
        yield create_engine(url, poolclass=NullPool)


@pytest.fixture
def connect(engine: Engine) -> Iterator[Connect]:
    """Makes connections to the fresh database."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(SESSION.connect(engine, None))
