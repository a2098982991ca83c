"""MySQL NDB Cluster: a server here has no such engine, so that one of InnoDB says that its tables are of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from apim_schema import registry
from apim_schema.cli import main
from tests.servers import Server, new_database
from tests.vendor import make

INTROSPECT = registry.load("mysql").introspect
Run = Callable[..., Result]


@pytest.fixture
def url(mysql: Server) -> Iterator[str]:
    with new_database(mysql, charset="latin1") as url:
        make.create(url, "mysql", "apim", "4.4.0")
        yield url


@pytest.fixture
def run(url: str) -> Run:
    return lambda *arguments: CliRunner().invoke(main, [*arguments, "--apim-url", url])


@pytest.fixture
def _of_ndb(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = INTROSPECT._tables_query  # type: ignore[attr-defined]
    of_ndb = "IF(t.table_name LIKE 'AM%', 'ndbcluster', t.engine) AS engine"
    monkeypatch.setattr(INTROSPECT, "_tables_query", lambda server: asked(server).replace("t.engine AS engine", of_ndb))


@pytest.mark.usefixtures("_of_ndb")
@pytest.mark.parametrize("verb", [("upgrade", "head"), ("upgrade", "head", "--rehearse"), ("adopt",)])
def test_it_is_refused_by_name_and_nothing_is_changed(run: Run, url: str, verb: tuple[str, ...]) -> None:
    before = sa.inspect(sa.create_engine(url)).get_table_names()
    result = run(*verb)
    assert result.exit_code == 3
    told = " ".join(result.stderr.split())
    assert "apim is of the vendor's script for mysql_cluster, on MySQL NDB Cluster" in told
    assert "locked on one SQL node only" in told
    assert sa.inspect(sa.create_engine(url)).get_table_names() == before


@pytest.mark.usefixtures("_of_ndb")
def test_status_says_so_and_a_stamp_changes_nothing(run: Run, url: str) -> None:
    for _ in range(2):
        result = run("status", "--check")
        assert result.exit_code == 3
        assert "mysql_cluster" in result.stdout
        with sa.create_engine(url).begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version_apim (version_num VARCHAR(32))")
            connection.exec_driver_sql("REPLACE INTO alembic_version_apim VALUES ('4.4.0')")
    assert run("upgrade", "head").exit_code == 3


def test_a_table_of_the_customers_says_nothing(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = INTROSPECT._tables_query  # type: ignore[attr-defined]
    of_ndb = "IF(t.table_name = 'REPORTS', 'ndbcluster', t.engine) AS engine"
    monkeypatch.setattr(INTROSPECT, "_tables_query", lambda server: asked(server).replace("t.engine AS engine", of_ndb))
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE REPORTS (ID INTEGER PRIMARY KEY)")
    assert run("upgrade", "head").exit_code == 0
