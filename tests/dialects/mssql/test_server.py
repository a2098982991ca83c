"""What is to be known of the server before an upgrade, by what the catalog answers."""

from __future__ import annotations

from types import SimpleNamespace as Row
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from apim_schema import registry
from apim_schema.hazards import BLOCK, INFO, WARN, Obstacle
from apim_schema.schema import Schema
from tests.dialects.mssql import held
from tests.dialects.mssql.conftest import Accepted

MODULE: Any = registry.load("mssql").server
BANNER = "Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64)"
SESSION = {"session_id": 61, "login_name": "wso2", "program_name": "jTDS", "host_name": "apim-1", "status": "sleeping"}


class Server:
    """A connection to a server that answers each query of the module so."""

    def __init__(self, collation: str = "Latin1_General_CS_AS", sees: int = 1, **answers: list[Any]) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, list[Any]] = {MODULE.VERSION: [(BANNER,)], MODULE.COLLATION: [Row(collation=collation)]}
        self.answers |= {MODULE.SEES: [Row(sees=sees)], MODULE.TRANSACTIONS: [], MODULE.REPLICAS: []}
        self.answers |= {getattr(MODULE, name): rows for name, rows in answers.items()}

    def exec_driver_sql(self, sql: str, **options: Any) -> list[Any]:
        self.asked.append(held.hold(sql))
        return self.answers[sql]


def found(server: Server, **options: str) -> list[Obstacle]:
    """All but what is said of the version, which stands first."""
    others: list[Obstacle]
    version, *others = MODULE.find(cast(Connection, server), "dbo", "4.6.0", Schema("mssql", options=options))
    assert (version.level, "tested by the vendor for 4.6.0" in version.problem) == (INFO, True)
    assert all(obstacle.query and (obstacle.way_out or obstacle.level == INFO) for obstacle in others)
    return others


def test_nothing_is_said_of_a_quiet_server(accepted: Accepted) -> None:
    server = Server()
    assert found(server) == []
    accepted(server.asked)
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("updateability", "status", "told"),
    [
        ("READ_WRITE", "ONLINE", None),
        (None, None, None),
        ("READ_ONLY", "ONLINE", "the database apim is read-only"),
        ("READ_WRITE", "EMERGENCY", "the database apim is EMERGENCY"),
    ],
)
def test_what_takes_no_changes(
    updateability: str | None, status: str | None, told: str | None, accepted: Accepted
) -> None:
    server = Server(CLOSED=[Row(name="apim", updateability=updateability, status=status)])
    obstacle = MODULE.closed(cast(Connection, server), "dbo")
    assert (obstacle and obstacle.problem) == told
    assert obstacle is None or (obstacle.level, bool(obstacle.way_out)) == (BLOCK, True)
    accepted(server.asked)


@pytest.mark.parametrize(
    ("collation", "levels"),
    [
        ("Latin1_General_100_CS_AS", []),
        ("Latin1_General_BIN2", []),
        ("SQL_Latin1_General_CP1_CI_AS", [INFO]),
        ("Latin1_General_100_CS_AS_SC_UTF8", [WARN]),
        ("Latin1_General_100_CI_AS_SC_UTF8", [WARN, INFO]),
    ],
)
def test_collations(collation: str, levels: list[str]) -> None:
    assert [obstacle.level for obstacle in found(Server(collation))] == levels


@pytest.mark.parametrize(("seconds", "said"), [(59, False), (61, True)])
def test_a_transaction_that_is_open_for_long(seconds: int, said: bool) -> None:
    obstacles = found(Server(TRANSACTIONS=[Row(**SESSION, seconds=seconds)]))
    assert [o.level for o in obstacles] == [WARN] * said
    assert all("open for 61 s: session 61 (login wso2" in o.problem and "KILL 61" in o.way_out for o in obstacles)


@pytest.mark.parametrize(("undone", "level"), [(None, INFO), (1000, INFO), (2**20, WARN)])
def test_a_replica(undone: int | None, level: str) -> None:
    row = Row(name="db-2", state="SYNCHRONIZING", unsent=24, undone=undone)
    (obstacle,) = found(Server(REPLICAS=[row]))
    assert obstacle.level == level
    assert f"replica db-2 (SYNCHRONIZING, {24 + (undone or 0)} KiB behind)" in obstacle.problem


def test_only_what_the_login_may_see_is_asked() -> None:
    server = Server(sees=0, TRANSACTIONS=[Row(**SESSION, seconds=99)])
    assert found(server) == []
    assert not [sql for sql in server.asked if "sys.dm_" in sql]
    babelfish = Server("Latin1_General_CI_AS")
    assert found(babelfish, babelfish="yes") == []
    assert babelfish.asked == [MODULE.VERSION]
