"""A shared database that is split in two, one with the users and one with the registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from apim_schema import chain
from apim_schema.cli import main
from tests import filled
from tests.conformance.site import Site
from tests.releases import HEAD
from tests.servers import Server, new_database
from tests.vendor import make
from tests.vendor.common import Catalog

START = "4.4.0"
"""The last release without the registry's index of properties by id, but on PostgreSQL."""
Run = Callable[..., Result]


def half(document: Catalog, mark: str) -> Catalog:
    """What a DBA has run of the script: the tables of one part, with all that belongs to them."""
    tables = {name: table for name, table in document["tables"].items() if name.startswith(mark)}
    parts = {
        name: {key: value for key, value in document[name].items() if key.startswith(mark)}
        for name in ("sequences", "triggers")
    }
    return document | parts | {"tables": tables}


def made(server: Server, url: str, mark: str, release: str = START) -> None:
    document = half(make.catalog(server.dialect, "shared", release), mark)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        make._run(connection, make.script(document))
    with engine.begin() as connection:
        filled.fill(connection, document, latin1=server.dialect in ("mysql", "mssql"))


@pytest.fixture
def urls(server: Server) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        found = {part: stack.enter_context(new_database(server, **Site.usual(server))) for part in chain.PARTS}
        for part, url in found.items():
            made(server, url, chain.PARTS[part])
        yield found


@pytest.fixture
def run(urls: dict[str, str], tmp_path: Path) -> Run:
    file = tmp_path / "environments.toml"
    file.write_text("".join(f'[split.{part}]\nurl = "{url}"\n' for part, url in urls.items()))
    file.chmod(0o600)
    return lambda *arguments: CliRunner().invoke(main, [*arguments, "--env", "split", "--environments", str(file)])


def document(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return {entry["database"]: entry for entry in found["databases"]}


def test_both_halves_are_upgraded_and_verified(run: Run, urls: dict[str, str], tmp_path: Path) -> None:
    before = str(tmp_path / "before.snapshot")
    assert run("snapshot", "-o", before).exit_code == 0
    done = run("upgrade", "head", "--format", "json")
    assert done.exit_code == 0, done.stderr
    found = document(done)
    assert list(found) == ["user", "registry"]
    assert {entry["to"] for entry in found.values()} == {HEAD}
    assert found["user"]["statements_executed"] == 0, "no release changes anything of the users"
    assert [entry["differences"] for entry in found.values()] == [[], []]
    verified = run("verify", "--against", before)
    assert verified.exit_code == 0, verified.stderr + verified.stdout
    again = document(run("status", "--format", "json"))
    assert {entry["stamped"] for entry in again.values()} == {HEAD}


def test_what_is_missing_of_a_half_is_named(server: Server, run: Run, urls: dict[str, str]) -> None:
    with sa.create_engine(urls["user"], poolclass=sa.NullPool).begin() as connection:
        name = "UM_HYBRID_REMEMBER_ME" if server.dialect != "postgresql" else "um_hybrid_remember_me"
        connection.exec_driver_sql(f"DROP TABLE {name}")
    result = run("upgrade", "head", "--database", "user")
    assert result.exit_code == 3
    assert "missing table UM_HYBRID_REMEMBER_ME" in result.stderr
    assert "REG_" not in result.stderr


def test_a_half_that_is_named_as_the_whole(server: Server, urls: dict[str, str]) -> None:
    """By name, with the way out; and each half is told from the other."""
    for part, other in (("user", "registry"), ("registry", "user")):
        result = CliRunner().invoke(main, ["upgrade", "head", "--shared-url", urls[part]])
        assert result.exit_code == 3
        assert f"shared has its {part} tables only" in result.stderr
        assert f"name this one as [NAME.{part}]" in result.stderr
        assert f"the other as [NAME.{other}]" in result.stderr


def test_halves_that_are_mixed_up(urls: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "mixed.toml"
    file.write_text(f'[mixed.user]\nurl = "{urls["registry"]}"\n')
    result = CliRunner().invoke(main, ["upgrade", "head", "--env", "mixed", "--environments", str(file)])
    assert result.exit_code == 3
    assert "this is a registry database, not user" in result.stderr
