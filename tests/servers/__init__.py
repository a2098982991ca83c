"""Database servers for the tests: one of your own by URL, else local binaries, else a container, else none.

A server is started when the first test asks for it and goes when pytest ends, however it ends.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol, cast

import pytest
from sqlalchemy import URL, Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from tests.servers.container import Image, docker_answers
from tests.servers.process import Installation, Process

ENGINES = ("postgresql", "mysql", "mariadb", "oracle", "mssql")


class EngineModule(Protocol):
    """What each module of this package offers: everything that differs per engine."""

    DIALECT: str
    """The dialect folder of the project that this engine belongs to."""
    IMAGE: Image
    """What a container is made of."""

    def installed(self) -> Installation | None:
        """The binaries on this machine."""

    def version(self, admin: Connection) -> str:
        """The server's version as it names it."""

    def create_database(self, admin: Connection, name: str, **options: str) -> URL:
        """Creates an empty database (Oracle: a user) and returns the URL that reaches it."""

    def drop_database(self, admin: Connection, name: str) -> None:
        """Drops it with all that is in it, and ends the sessions that a failed test has left on it."""


def module(engine: str) -> EngineModule:
    return cast(EngineModule, import_module(f"tests.servers.{engine}"))


@dataclass(frozen=True)
class Source:
    """Where an engine's server would come from: a `url`, an `installation`, or the container of `engine`."""

    engine: str
    url: URL | None = None
    installation: Installation | None = None

    def __str__(self) -> str:
        if self.url is not None:
            return f"{url_variable(self.engine)}, {self.url.host}:{self.url.port or 'default port'}"
        if self.installation is not None:
            return f"{self.installation.version}, {self.installation.home}"
        return f"container {module(self.engine).IMAGE.name}"


def url_variable(engine: str) -> str:
    return f"APIM_SCHEMA_TEST_{engine.upper()}_URL"


@cache
def source(engine: str) -> Source | str:
    """Where the engine's server comes from, or the reason why there is none."""
    if value := os.environ.get(url_variable(engine)):
        return Source(engine, url=_url(engine, value))
    if installation := module(engine).installed():
        return Source(engine, installation=installation)
    if docker_answers():
        return Source(engine)
    return f"{url_variable(engine)} is not set, no binaries here, no Docker engine answers"


def engines() -> list[str]:
    """The engines that there is a server of."""
    return [engine for engine in ENGINES if isinstance(source(engine), Source)]


def _url(engine: str, value: str) -> URL:
    try:
        return make_url(value)
    except ArgumentError:
        raise pytest.UsageError(f"{url_variable(engine)} holds no SQLAlchemy URL") from None


@dataclass
class Server:
    """A running server. `process` is None where it is not ours to kill: one by URL, or a container."""

    name: str
    admin: URL
    process: Process | None = None

    @property
    def dialect(self) -> str:
        """The dialect folder of the project: `mysql` for MariaDB too."""
        return module(self.name).DIALECT

    @property
    def url(self) -> str:
        """The administrator's URL, password and all."""
        return self.admin.render_as_string(hide_password=False)

    @property
    def version(self) -> str:
        with self.connection() as admin:
            return module(self.name).version(admin)

    def kill(self) -> None:
        """Kills the server (SIGKILL); skips the test where the server is not ours."""
        self._own().kill()

    def stop(self) -> None:
        """Stops the server in order, without waiting for its sessions; skips the test where it is not ours."""
        self._own().stop()

    def restart(self) -> None:
        """Starts a killed or stopped server again, on the same data and port."""
        self._own().start()

    def client(self, url: str) -> tuple[list[str], dict[str, str]]:
        """The native client (`psql`, `mysql`, `mariadb`) for the database at `url`: its command and its environment.

        It reads SQL from its input. Skips the test where the client is not on this machine.
        """
        installation = module(self.name).installed()
        if installation is None:
            pytest.skip(f"{self.name}: no native client on this machine")
        return installation.client(make_url(url))

    def _own(self) -> Process:
        if self.process is None:
            pytest.skip(f"{self.name}: not a throwaway server of ours")
        return self.process

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection of the administrator, each statement of which commits at once."""
        # NullPool: keeps no session on a server that a test may kill
        engine = create_engine(self.admin, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection


_numbers = itertools.count(1)


@contextmanager
def new_database(server: Server, **options: str) -> Iterator[str]:
    """The URL of a fresh empty database on `server`, dropped at the end.

    `options` per engine: PostgreSQL `encoding`; MySQL and MariaDB `charset`, `collation`; SQL Server `collation`.
    """
    name = f"apim_test_{os.getpid()}_{next(_numbers)}"
    with server.connection() as admin:
        url = module(server.name).create_database(admin, name, **options)
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with server.connection() as admin:
            module(server.name).drop_database(admin, name)


@contextmanager
def started(engine: str, *options: str) -> Iterator[Server]:
    """A server of the engine, for as long as the block runs.

    With `options`, command line options of the server, it is always one of our own; skipped where that can't be.
    """
    found = source(engine)
    if isinstance(found, str):
        pytest.skip(f"{engine}: {found}")
    if found.url is not None and not options:
        yield Server(engine, found.url)
    elif found.installation is not None:
        with closing(Process(found.installation, options)) as process:
            yield Server(engine, process.url, process)
    elif options:
        pytest.skip(f"{engine}: options need a server of our own")
    else:
        with module(engine).IMAGE.run() as url:
            yield Server(engine, url)


class Pool:
    """One server an engine for the whole run, started when first asked for."""

    def __init__(self) -> None:
        self._servers: dict[str, Server] = {}
        self._stack = ExitStack()

    def get(self, engine: str) -> Server:
        if engine not in self._servers:
            self._servers[engine] = self._stack.enter_context(started(engine))
        return self._servers[engine]

    def close(self) -> None:
        self._stack.close()
