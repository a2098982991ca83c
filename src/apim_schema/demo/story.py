"""The demo's story: two databases of the first release go to the newest, and one row changed on purpose is caught."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import URL, Connection, NullPool, create_engine

from apim_schema import chain, environments, registry
from apim_schema.demo import rows
from apim_schema.demo.server import Server, running
from apim_schema.errors import Exit, Interrupted

RELEASE = chain.releases("apim")[0]
BULK = {"IDN_OAUTH2_ACCESS_TOKEN": 250_000, "AM_APPLICATION_REGISTRATION": 40_000, "AM_API_CLIENT_CERTIFICATE": 10_000}
"""The rows that are added to the few that every table gets: one stays, one is written anew, one gets another key."""

CHANGE = """\
UPDATE am_api_operation_policy_mapping SET parameters = set_byte(parameters, 0, 42)
WHERE operation_policy_mapping_id = 2"""
"""One byte of a row whose text the upgrade has converted."""

PAGES = ("review.html", "report.html")
"""What an upgrade will do, and what it has done."""

Run = Callable[[list[str]], int]
"""Runs our own command line and returns its exit code."""


@dataclass(frozen=True)
class Step:
    """One command of the story, the exit code that it must have, and the one that it had."""

    command: str
    expected: int
    exit_code: int

    @property
    def held(self) -> bool:
        return self.exit_code == self.expected


def tell(run: Run, out: Console, pages: Path | None = None) -> list[Step]:
    """Tells the story on a server of its own, and leaves nothing behind but the pages, in the folder for them.

    Raises UsageError where there are no binaries of PostgreSQL, Interrupted when it is stopped by a signal.
    """
    kept = pages.resolve() if pages else None
    with _stopped_by_signals(), running() as server, _folder(server.folder):
        _prepare(server, out)
        steps = list(_steps(server, run, out))
        if kept:
            _keep(kept, out)
        return steps


def _keep(folder: Path, out: Console) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        shutil.copy(name, folder / name)
        out.print(f"{folder / name} is the page")


def _steps(server: Server, run: Run, out: Console) -> Iterator[Step]:
    def step(command: str, expected: Exit = Exit.OK) -> Step:
        out.print(f"\n$ apim-schema {command}")
        code = run(shlex.split(command))
        if code == Exit.INTERRUPTED:
            raise Interrupted("the demo was interrupted")
        out.print(f"exit code {code}")
        return Step(command, expected, code)

    yield step("status --env demo")
    yield step("snapshot --env demo -o before.snapshot")
    yield step(f"plan head --env demo --html {PAGES[0]}")
    yield step(f"upgrade head --env demo --yes --report {PAGES[1]}")
    yield step("verify --env demo --against before.snapshot")
    out.print(f"\nNow one byte of one row is changed on purpose:\n{CHANGE}")
    with _connection(server.url("apim")) as connection:
        connection.exec_driver_sql(CHANGE)
    yield step("verify --env demo --against before.snapshot", Exit.FOUND)
    yield step("upgrade head --env demo --yes")


def _prepare(server: Server, out: Console) -> None:
    """Makes both databases of the oldest release as an installation would: unstamped, with rows."""
    with _connection(server.url("postgres")) as connection:
        version = connection.exec_driver_sql("SHOW server_version").scalar_one()
        for database in chain.DATABASES:
            connection.exec_driver_sql(f"CREATE DATABASE {database}")
    counts = {database: _fill(server.url(database), database) for database in chain.DATABASES}
    told = " and ".join(f"{database} with {count:,} rows" for database, count in counts.items())
    out.print(f"PostgreSQL {version}, started for this demo, holds two databases of {RELEASE}: {told}.")
    settings = [f'[demo.{name}]\nurl = "{server.url(name).render_as_string()}"\n' for name in chain.DATABASES]
    Path(environments.FILE).write_text("\n".join(settings), encoding="utf-8")
    out.print(f"{environments.FILE} names them:\n\n" + "\n".join(settings).rstrip())


def _fill(url: URL, database: str) -> int:
    dialect = registry.load("postgresql")
    schema = chain.expected("postgresql", database, RELEASE)
    with _connection(url) as connection:
        with connection.begin():
            for statement in dialect.ddl.create(schema, None):
                connection.exec_driver_sql(statement.sql, execution_options={"no_parameters": True})
        count = rows.fill(connection, schema)
        if database == "apim":
            for table, more in BULK.items():
                rows.bulk(connection, schema, table, more)
                count += more
        connection.exec_driver_sql("ANALYZE")
    return count


@contextmanager
def _connection(url: URL) -> Iterator[Connection]:
    """A connection each statement of which commits at once."""
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        yield connection


@contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Works in this folder, so that the commands are what one would type."""
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Has the signals that end a process raise an error, so that the server goes as well."""

    def stop(number: int, frame: Any) -> None:
        raise Interrupted("the demo was interrupted")

    names = ("SIGTERM", "SIGHUP")  # of which Windows has the first
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
