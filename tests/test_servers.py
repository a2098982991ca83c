"""The test servers themselves: they answer, survive being killed, and keep databases apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from tests.servers import ENGINES, Pool, Server, new_database, source, started


def _engine(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool)


def _execute(url: str, *statements: str) -> None:
    with _engine(url).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_answers_with_its_version(engine: str, servers: Pool) -> None:
    assert servers.get(engine).version[0].isdigit()


def test_a_fresh_database_is_empty_and_apart_from_others(server: Server) -> None:
    with new_database(server) as one, new_database(server) as other:
        _execute(one, "CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (1)")
        assert inspect(_engine(one)).get_table_names() == ["t"]
        assert inspect(_engine(other)).get_table_names() == []


def test_a_database_is_dropped_under_an_open_session(server: Server) -> None:
    with new_database(server) as url:
        engine = create_engine(url)
        connection = engine.connect()
        connection.execute(text("CREATE TABLE t (id INTEGER)"))
        connection.commit()
    connection.invalidate()
    with pytest.raises(DBAPIError):
        engine.connect().execute(text("SELECT id FROM t"))
    engine.dispose()


def test_committed_rows_survive_a_kill(server: Server) -> None:
    with new_database(server) as url:
        _execute(url, "CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (7)")
        server.kill()
        with pytest.raises(DBAPIError):
            _engine(url).connect()
        server.restart()
        with _engine(url).connect() as connection:
            assert connection.scalar(text("SELECT id FROM t")) == 7


def test_the_native_client_reads_a_script(server: Server) -> None:
    with new_database(server) as url:
        command, environment = server.client(url)
        subprocess.run(command, env=environment, input="CREATE TABLE t (id INTEGER);", text=True, check=True)
        assert inspect(_engine(url)).get_table_names() == ["t"]


def test_mysql_takes_a_character_set_and_a_collation(mysql: Server) -> None:
    with new_database(mysql, charset="utf8mb4", collation="utf8mb4_bin") as url, _engine(url).connect() as connection:
        row = connection.execute(text("SELECT @@character_set_database, @@collation_database")).one()
    assert tuple(row) == ("utf8mb4", "utf8mb4_bin")


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_a_server_takes_options(engine: str) -> None:
    with started(engine, "--lower-case-table-names=1") as server, server.connection() as admin:
        assert admin.scalar(text("SELECT @@lower_case_table_names")) == 1


KILLED = """
import os, sys
from tests.servers import started
with started("postgresql") as server:
    print(server.process.folder, server.admin.port, flush=True)
    sys.stdin.read()
"""


def test_a_killed_run_leaves_nothing_behind() -> None:
    if isinstance(problem := source("postgresql"), str):
        pytest.skip(f"postgresql: {problem}")
    environment = os.environ | {"APIM_SCHEMA_TEST_POSTGRESQL_URL": "", "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        folder, port = run.stdout.readline().split()
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(folder).exists()
    with pytest.raises(DBAPIError):
        _engine(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres").connect()
