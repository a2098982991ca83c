"""Several environments at once: `--parallel`."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa
from click.testing import Result

from apim_schema.cli import worker
from tests.cli.conftest import Databases, copy
from tests.releases import FIRST, HEAD
from tests.servers import Pool, Server, new_database
from tests.vendor.make import create

Run = Callable[..., Result]
RunJson = Callable[..., Any]

COMMAND = [sys.executable, "-c", "from apim_schema.cli import main; main()"]


def environments(folder: Path, databases: Mapping[str, tuple[str, str]]) -> None:
    """Writes an environments.toml: the database of each environment, and its URL."""
    text = "".join(f'[{name}.{database}]\nurl = "{url}"\n' for name, (database, url) in databases.items())
    (folder / "environments.toml").write_text(text)


@pytest.fixture
def shared(postgresql: Server, templates: Databases) -> Iterator[Callable[[int], list[str]]]:
    """Makes shared databases of the first release."""
    with ExitStack() as made:
        yield lambda count: [made.enter_context(copy(postgresql, templates.shared)) for _ in range(count)]


def release(url: str) -> str | None:
    """The stamp of a shared database."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version_shared"):
            return None
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version_shared").scalar_one())


@pytest.fixture
def four(
    shared: Callable[[int], list[str]], empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Environments on one server, of which the second is empty."""
    monkeypatch.chdir(tmp_path)
    one, three, last = shared(3)
    urls = {"one": one, "two": empty, "three": three, "four": last}
    environments(tmp_path, {name: ("shared", url) for name, url in urls.items()})
    return urls


def options(*names: str, most: int = 2) -> list[str]:
    return [*(part for name in names for part in ("--env", name)), "--parallel", str(most)]


def test_four_of_which_one_is_refused(run: Run, run_json: RunJson, four: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    result = run("upgrade", "head", *options(*four), "--keep-going", "--log-file", log)
    assert result.exit_code == 3, result.output
    told = [line.split() for line in result.stdout.splitlines()[-4:]]
    assert told == [["one", "done", "0"], ["two", "refused", "3"], ["three", "done", "0"], ["four", "done", "0"]]
    assert {name: release(url) for name, url in four.items()} == dict.fromkeys(four, HEAD) | {"two": None}
    assert "two: apim-schema: shared is empty" in result.stderr
    assert f"four: shared: recognised as {FIRST}" in result.stderr
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert {entry.get("environment") for entry in entries} == {*four, None}
    assert all(entry["verb"] == "upgrade" for entry in entries)
    (error,) = (entry for entry in entries if entry["level"] == "error")
    assert (error["environment"], error["error"]["type"]) == ("two", "NotRecognised")
