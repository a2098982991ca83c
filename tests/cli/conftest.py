"""A pair of databases as the vendor's scripts of the first release make them, with rows, copied for each test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from apim_schema import chain
from apim_schema.cli import main
from apim_schema.config import URL_VARIABLES
from apim_schema.demo import rows
from apim_schema.environments import FILE_VARIABLE
from tests.releases import FIRST
from tests.servers import Server, new_database
from tests.vendor.make import create

_numbers = count(1)


@dataclass(frozen=True)
class Databases:
    """The URLs of a pair of databases."""

    apim: str
    shared: str

    @property
    def options(self) -> list[str]:
        return ["--apim-url", self.apim, "--shared-url", self.shared]

    def execute(self, sql: str, database: str = "apim") -> list[Any]:
        """Runs a statement and commits; returns the rows, if there are any."""
        engine = sa.create_engine(getattr(self, database), poolclass=sa.NullPool)
        with engine.begin() as connection:
            found = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
            return list(found) if found.returns_rows else []


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (FILE_VARIABLE, *URL_VARIABLES.values()):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run() -> Callable[..., Result]:
    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def run_json(run: Callable[..., Result]) -> Callable[..., Any]:
    """Runs a verb with `--format json` and returns its document; stdout holds nothing else."""

    def run_json(*arguments: object) -> Any:
        result = run(*arguments, "--format", "json")
        document = json.loads(result.stdout)
        assert document["exit_code"] == result.exit_code
        return document

    return run_json


@pytest.fixture(scope="session")
def templates(postgresql: Server) -> Iterator[Databases]:
    with new_database(postgresql) as apim, new_database(postgresql) as shared:
        for database, url in (("apim", apim), ("shared", shared)):
            create(url, "postgresql", database, FIRST)
            schema = chain.expected("postgresql", database, FIRST)
            engine = sa.create_engine(url, poolclass=sa.NullPool)
            with engine.begin() as connection:
                rows.fill(connection, schema)
        yield Databases(apim, shared)


@contextmanager
def copy(server: Server, template: str) -> Iterator[str]:
    name = f"apim_cli_{next(_numbers)}"
    with server.connection() as admin:
        admin.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {sa.make_url(template).database}")
    yield sa.make_url(template).set(database=name).render_as_string(hide_password=False)
    with server.connection() as admin:
        admin.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def databases(postgresql: Server, templates: Databases) -> Iterator[Databases]:
    """A pair of the first release, unstamped, with four rows in each table."""
    with copy(postgresql, templates.apim) as apim, copy(postgresql, templates.shared) as shared:
        yield Databases(apim, shared)


@pytest.fixture
def empty(postgresql: Server) -> Iterator[str]:
    with new_database(postgresql) as url:
        yield url
