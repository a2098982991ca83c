"""Fixtures that every test may use: servers and fresh databases on them."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from apim_schema.cli import documents
from tests import browser, parsers, schemas
from tests.drift import summary
from tests.servers import ENGINES, Pool, Server, engines, new_database, source

REQUIRE = "APIM_SCHEMA_TEST_REQUIRE"
CHROMIUM = "chromium"


def pytest_report_header() -> list[str]:
    judged = [f"{parser}: {parsers.module(parser).problem() or 'ready'}" for parser in parsers.PARSERS]
    looked_at = f"{CHROMIUM}: {browser.problem() or 'ready'}"
    return [*(f"{engine}: {_found(engine)}" for engine in ENGINES), *judged, looked_at]


def _found(engine: str) -> str:
    found = source(engine)
    return f"none ({found})" if isinstance(found, str) else str(found)


def _problem(name: str) -> str | None:
    """Why there is no such engine, parser or browser, None if there is."""
    if name == CHROMIUM:
        return browser.problem()
    if name in parsers.PARSERS:
        return parsers.module(name).problem()
    return problem if isinstance(problem := source(name), str) else None


def pytest_sessionstart() -> None:
    """Fails the run at once where an engine, parser or browser that `APIM_SCHEMA_TEST_REQUIRE` names is missing."""
    known = (*ENGINES, *parsers.PARSERS, CHROMIUM)
    for name in filter(None, os.environ.get(REQUIRE, "").split(",")):
        if name not in known:
            raise pytest.UsageError(f"{REQUIRE} names {name!r}: known are {', '.join(known)}")
        if problem := _problem(name):
            raise pytest.UsageError(f"{REQUIRE} names {name}, but {problem}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what became of random drift, where that was run."""
    if told := list(summary.lines(terminalreporter)):
        terminalreporter.section("random drift")
        for line in told:
            terminalreporter.line(line)


@pytest.fixture(autouse=True)
def _documents_are_as_their_schemas_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds every JSON document that a test has the command line say against the published schema of its verb."""
    render = documents.rendered

    def checked(*arguments: Any) -> str:
        text = render(*arguments)
        schemas.validate(json.loads(text))
        return text

    monkeypatch.setattr(documents, "rendered", checked)


@pytest.fixture(scope="session", autouse=True)
def _certificates_of_the_machine_are_left_unread() -> Iterator[None]:
    """PyMySQL tries TLS first, and for that reads all of them, 30 ms a connection; no throwaway server needs one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def servers() -> Iterator[Pool]:
    with closing(Pool()) as pool:
        yield pool


def pytest_itemcollected(item: pytest.Item) -> None:
    """What is `costly` on an engine counts as `kill` there."""
    engine = item.callspec.params.get("server") if hasattr(item, "callspec") else None
    if item.get_closest_marker("costly") and engine not in (None, "postgresql"):
        item.add_marker("kill")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs what asks for a `server` on every engine there is one of."""
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", engines(), indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: Pool) -> Server:
    """The server of each engine in turn; the run's header says which engines have none."""
    return servers.get(request.param)


@pytest.fixture(scope="session")
def postgresql(servers: Pool) -> Server:
    return servers.get("postgresql")


@pytest.fixture(scope="session")
def mysql(servers: Pool) -> Server:
    return servers.get("mysql")


@pytest.fixture(scope="session")
def mariadb(servers: Pool) -> Server:
    return servers.get("mariadb")


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The URL of a fresh empty database on each engine's server."""
    with new_database(server) as url:
        yield url
