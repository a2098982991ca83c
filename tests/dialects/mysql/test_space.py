"""Room for a table that is copied: what DISKS says of it, and silence where no server has that plugin."""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection

from apim_schema import changes, registry
from apim_schema.changes import Change
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Column
from tests.dialects.mysql.conftest import Run

DIALECT = registry.load("mysql")
module: Any = import_module("apim_schema.dialects.mysql.space")
FOLDER = PurePosixPath("/srv/db/mysql/apim_db")
CONVERT = changes.TextToBinary("T", "A", "BLOB")
CHEAP = changes.AddColumn("U", Column("B", "INTEGER"))


def disk(path: str, available: int, used: int = 900) -> Any:
    return SimpleNamespace(path=path, available=available, used=used)


@pytest.mark.parametrize(
    ("disks", "where"),
    [
        ([disk("/", 10)], "/"),
        ([disk("/", 10), disk("/srv/db", 99)], "/srv/db"),
        ([disk("/srv/db", 99), disk("/", 10), disk("/srv/db/mysql/other", 1)], "/srv/db"),
        ([disk("/", 10), disk("/srv/db", 100)], None),
        ([disk("/srv/d", 10), disk("/srv/db/mysql/apim", 10)], None),
        ([disk("/", 10, used=99)], None),
        ([], None),
    ],
)
def test_the_file_system_of_the_folder_is_what_counts(disks: list[Any], where: str | None) -> None:
    """One that has less in it than the table can't be the one: the folder is a link then."""
    found = list(module.judged("T", 100, FOLDER, disks, BLOCK))
    assert [(o.level, o.table) for o in found] == ([(BLOCK, "T")] if where else [])
    assert all(o.way_out and f"and the file system {where} has 0." in o.problem for o in found)


def found(connection: Connection, *wanted: Change) -> list[Obstacle]:
    schema = DIALECT.session.default_schema(connection)
    return list(DIALECT.obstacles.find(connection, schema, wanted, DIALECT.introspect.read(connection, None)))


@pytest.fixture
def tables(connection: Connection, run: Run) -> Connection:
    """Two tables that are copied, the second one with an index and so the larger one; each page has 16 KiB."""
    run("CREATE TABLE T (ID INT PRIMARY KEY, A VARCHAR(99))", "CREATE TABLE U (ID INT PRIMARY KEY, A VARCHAR(99))")
    run("CREATE INDEX U_ID ON U (ID)", "ANALYZE TABLE T, U")
    return connection


def test_nothing_is_said_without_the_plugin(tables: Connection) -> None:
    assert tables.exec_driver_sql("SELECT 1 FROM information_schema.plugins WHERE plugin_name = 'DISKS'").all() == []
    assert found(tables, CONVERT) == []


@pytest.mark.parametrize("lists_all", [1, 0])
def test_the_largest_table_is_named(
    tables: Connection, run: Run, monkeypatch: pytest.MonkeyPatch, lists_all: int
) -> None:
    """A table with the columns of the plugin's stands in for it; sizes and the data directory are the server's."""
    run("CREATE TABLE DISKS (Disk VARCHAR(99), Path VARCHAR(99), Total BIGINT, Used BIGINT, Available BIGINT)")
    run("INSERT INTO DISKS VALUES ('/dev/vda1', '/', 64, 32, 32)")
    monkeypatch.setattr(module, "PLUGIN", f"SELECT {lists_all} AS lists_all, @@datadir AS datadir")
    monkeypatch.setattr(module, "DISKS", module.DISKS.replace("information_schema.disks", "DISKS"))
    both = (CONVERT, changes.TextToBinary("U", "A", "BLOB"))
    assert found(tables, *both) == []
    run("UPDATE DISKS SET Available = 31")
    assert found(tables, CONVERT) == []
    [obstacle] = found(tables, *both)
    assert (obstacle.level, obstacle.table) == (BLOCK if lists_all else WARN, "U")
    assert "takes up to 32.0 KiB, and the file system / has 31.0 KiB left" in obstacle.problem
    assert found(tables, CHEAP) == []
