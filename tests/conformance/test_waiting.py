"""What others hold is waited for: another upgrade of the same database, and sessions with locks on its tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from apim_schema.environment import through_alembic as run
from apim_schema.errors import Exit, Refused, SchemaToolError
from apim_schema.live import held
from apim_schema.locks import Waiting
from apim_schema.progress import Silent
from apim_schema.repair import Repair
from tests.conformance.site import Site, site
from tests.conformance.test_upgrade import entries, stamped
from tests.releases import HEAD
from tests.servers import Server

ROOT = Path(__file__).parents[2]
START = "4.5.0"
TABLE = "AM_API_ENDPOINTS"
SECRET = "IDENTIFIED BY 'secret'"


class Said(Silent):
    """Remembers what is said of waiting, and calls `then` after each such line."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.waits: list[str] = []
        self._then = then

    def say(self, text: str) -> None:
        if " waits " in text:
            self.waits.append(text)
            self._then()


def command(customer: Site, *options: str) -> subprocess.Popen[str]:
    verb = ["upgrade", "head", "--yes", "--format", "json", *options]
    environment = os.environ | {"APIM_SCHEMA_APIM_URL": customer.url}
    arguments = [sys.executable, "-c", "from apim_schema.cli import main; main()", *verb]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(arguments, cwd=ROOT, env=environment, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


@pytest.mark.costly
def test_four_upgrades_at_once(server: Server) -> None:
    """One works; the others wait and find nothing to do, or leave at once, as each was told."""
    with site(server, "apim", "4.6.0") as customer:
        waits = (0, 0, 300, 300)
        runs = [command(customer, "--lock-wait", str(wait)) for wait in waits]
        told = [run.communicate(timeout=400) for run in runs]
        documents = [json.loads(out) for out, _ in told]
        worked = [d for d in documents if "databases" in d and d["databases"][0]["statements_executed"]]
        assert len(worked) == 1, told
        for wait, done, document, (_, err) in zip(waits, runs, documents, told, strict=True):
            assert done.returncode in ((Exit.OK,) if wait else (Exit.OK, Exit.REFUSED)), err
            if done.returncode == Exit.REFUSED:
                assert named(server) in document["error"]["found"]
        assert any("waits up to 300 s for another upgrade to end: " in err for _, err in told)
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()
        assert stamped(customer) == HEAD
        assert [entry.outcome for entry in entries(customer)] == ["finished"]


def named(server: Server) -> str:
    return "process " if server.dialect == "postgresql" else "session "


@pytest.mark.parametrize("verb", ["upgrade", "repair"])
def test_whoever_holds_the_lock_is_named_and_waited_for(server: Server, verb: str) -> None:
    with site(server, "shared", HEAD) as customer, ExitStack() as other:
        customer.alembic("stamp", HEAD)
        here = customer.upgrade(waiting=Waiting(lock_wait=60)).target
        other.enter_context(held(here, Silent()))
        at_once = customer.upgrade()
        with pytest.raises(Refused, match=r"is locked by another upgrade: (process|session) \d+ .*--lock-wait") as left:
            run(at_once) if verb == "upgrade" else Repair(at_once.target).run()
        assert left.value.exit_code == Exit.REFUSED
        said = Said(other.close)
        run(customer.upgrade(waiting=here.waiting, progress=said)) if verb == "upgrade" else Repair(here, said).run()
        assert said.waits[0].startswith("shared: waits up to 60 s for another upgrade to end: ")


@contextmanager
def busy(customer: Site) -> Iterator[sa.Connection]:
    """Somebody who has read the table, and whose transaction goes on."""
    engine = sa.create_engine(customer.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT '{SECRET.replace(chr(39), chr(39) * 2)}' FROM {TABLE}")
        yield connection


@pytest.mark.costly
def test_a_table_that_is_locked_for_a_while_is_waited_for(server: Server) -> None:
    with site(server, "apim", START) as customer, busy(customer) as other:
        said = Said(other.rollback)
        result = run(customer.upgrade(waiting=Waiting(ddl_lock_timeout=1), progress=said))
        (told,) = said.waits
        assert f" waits for {named(server)}" in told
        assert told.partition(" in ")[0].endswith(": try 2 of 6")
        assert SECRET not in told
        assert result.verdict.verdict == "proven"
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()


def test_a_table_that_is_locked_for_longer_names_the_holder_and_loses_nothing(server: Server) -> None:
    with site(server, "apim", START) as customer:
        with busy(customer), pytest.raises(SchemaToolError, match=r"(session|process) \d+") as caught:
            run(customer.upgrade(waiting=Waiting(ddl_lock_timeout=1, ddl_retries=1)))
        error = caught.value
        assert error.exit_code == (Exit.REFUSED if customer.transactional else Exit.UNFINISHED)
        assert named(server) in str(error)
        assert "--ddl-retries" in str(error)
        assert SECRET not in str(error)
        if customer.transactional:
            assert customer.differences_from(START) == []
        assert run(customer.upgrade()).verdict.verdict == "proven"
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()
