"""Several environments at once, where each statement is committed: what is cut off goes on by the same command."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import sqlalchemy as sa

from apim_schema.errors import Exit
from tests.cli.command import Command, environments
from tests.conformance.site import site
from tests.conformance.test_upgrade import stamped
from tests.releases import HEAD
from tests.servers import Pool, Server, new_database

KILLED = "one: its process was killed by SIGKILL"


def cut_off(
    server: Server, database: str, start: str, table: str, signalled: bool, folder: Path
) -> None:  # fmt: skip
    """Ends an upgrade while a statement waits for a table, beside one that is refused, and runs the command again."""
    with site(server, database, start) as customer, new_database(server) as empty:
        environments(folder, {"one": (database, customer.url), "two": ("shared", empty)})
        arguments = ("--yes", "--env", "one", "--env", "two", "--parallel", "2", "--keep-going")
        with sa.create_engine(customer.url, poolclass=sa.NullPool).connect() as other:
            other.exec_driver_sql(f"SELECT * FROM {table}")
            command = Command(*arguments)
            command.until(" waits for ", "environment two: refused")
            if signalled:
                command.process.send_signal(signal.SIGTERM)
            else:
                command.child("one").kill()
            code, found = command.end()
        error = found["one"]["error"]
        allowed = {Exit.UNFINISHED, Exit.INTERRUPTED} if signalled else {Exit.UNFINISHED}
        assert code == found["one"]["exit_code"], command.said
        assert code in allowed, command.said
        assert found["two"]["exit_code"] == Exit.REFUSED
        assert error["what"].startswith(f"{database}: interrupted by SIGTERM" if signalled else KILLED), error
        again = Command(*arguments, "--lock-wait", "120")
        code, found = again.end()
        assert (code, found["one"]["exit_code"]) == (Exit.REFUSED, Exit.OK), again.said
        assert found["one"]["databases"][0]["rows"]["verdict"] == "proven"
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()
        assert stamped(customer) == HEAD


@pytest.mark.parametrize("engine", ["mysql", pytest.param("mariadb", marks=pytest.mark.kill)])
def test_a_process_that_is_killed(engine: str, servers: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cut_off(servers.get(engine), "shared", "4.4.0", "REG_RESOURCE_PROPERTY", False, tmp_path)


@pytest.mark.kill
@pytest.mark.parametrize("signalled", [False, True], ids=["killed", "SIGTERM"])
def test_one_that_is_cut_off_among_many_statements(
    server: Server, signalled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cut_off(server, "apim", "4.5.0", "AM_API_ENDPOINTS", signalled, tmp_path)
