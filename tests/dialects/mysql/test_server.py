"""What is to be known of the server before an upgrade: each rule with what trips it, and without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

import pytest
from sqlalchemy import Connection, NullPool, create_engine

from apim_schema import registry, tested
from apim_schema.hazards import INFO, WARN, Obstacle
from tests.dialects.mysql.conftest import Connect, opened, runner
from tests.servers import Server, new_database, started

COM_BINLOG_DUMP = 0x12
"""The command by which a replica asks for the binary log."""

DIALECT = registry.load("mysql")


def found(connection: Connection) -> list[Obstacle]:
    """All but what is said of the version, which stands first."""
    schema = DIALECT.session.default_schema(connection)
    live = DIALECT.introspect.read(connection, None)
    version, *others = DIALECT.server.find(connection, schema, "4.7.0", live)
    assert (version.level, "it is tested by us" in version.problem) == (WARN, True)
    assert all(obstacle.query and (obstacle.way_out or obstacle.level == INFO) for obstacle in (version, *others))
    return others


@pytest.mark.parametrize(("collation", "says"), [("latin1_swedish_ci", True), ("latin1_bin", False)])
def test_a_collation_without_case(both: Server, collation: str, says: bool) -> None:
    with opened(both, charset=f"latin1 COLLATE {collation}") as connection:
        obstacles = found(connection)
        assert [o.level for o in obstacles] == [INFO] * says
        assert all("latin1_swedish_ci does not tell upper from lower case" in o.problem for o in obstacles)


def serious(connection: Connection, number: int | None = None) -> list[Obstacle]:
    """All but what is said of the collation; with `number`, once there are so many: the view lags behind."""
    for _ in range(100):
        obstacles = [obstacle for obstacle in found(connection) if "upper from lower case" not in obstacle.problem]
        if number is None or len(obstacles) == number:
            return obstacles
        sleep(0.1)
    raise AssertionError(obstacles)


def test_a_transaction_that_is_open_for_long(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    connection, other = connect(), connect()
    runner(connection)("CREATE TABLE T (A INT PRIMARY KEY)")
    runner(other)("START TRANSACTION", "INSERT INTO T VALUES (1)")
    assert serious(connection) == []
    monkeypatch.setattr(tested, "LONG", 0)
    (obstacle,) = serious(connection, 1)
    number = other.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one()
    assert (obstacle.level, obstacle.way_out) == (WARN, f"end it there, or by KILL {number}")
    assert f"session {number} of " in obstacle.problem
    runner(other)("ROLLBACK")
    assert serious(connection, 0) == []


def test_the_age_of_a_transaction_is_told_whatever_the_time_zones(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, other = connect(), connect()
    runner(connection)("CREATE TABLE T (A INT PRIMARY KEY)", "SET time_zone = '+09:00'")
    runner(other)("SET time_zone = '-05:00'", "START TRANSACTION", "INSERT INTO T VALUES (1)")
    monkeypatch.setattr(tested, "LONG", 0)
    (obstacle,) = serious(connection, 1)
    assert int(obstacle.problem.partition("open for ")[2].partition(" s")[0]) < 600


@contextmanager
def replicating(engine: str) -> Iterator[tuple[Server, Connection]]:
    """A server of its own with a binary log, since what is set for replication is the whole server's."""
    with started(engine, "--log-bin", "--server-id=1") as server, opened(server) as connection:
        yield server, connection


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_replicas_and_a_source(engine: str) -> None:
    with replicating(engine) as (server, connection), new_database(server) as url:
        assert serious(connection) == []
        with create_engine(url, poolclass=NullPool).connect() as replica:
            driver = replica.connection.driver_connection
            assert driver is not None
            replica.exec_driver_sql("SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE'")
            first = replica.exec_driver_sql("SHOW BINARY LOGS").all()[0][0]
            position_flags_and_number = b"\4\0\0\0" + b"\0\0" + b"\x63\0\0\0"
            driver._execute_command(COM_BINLOG_DUMP, position_flags_and_number + first.encode())
            (obstacle,) = serious(connection, 1)
            assert (obstacle.level, "a replica at " in obstacle.problem) == (INFO, True)
            replica.connection.invalidate()
        source = "SOURCE" if engine == "mysql" else "MASTER"
        change = "REPLICATION SOURCE" if engine == "mysql" else "MASTER"
        runner(connection)(f"CHANGE {change} TO {source}_HOST = 'db-1.example', {source}_PORT = 1")
        of_source = [o for o in serious(connection) if "itself a replica" in o.problem]
        assert [o.level for o in of_source] == [WARN]
        assert "replica of db-1.example, and its replication does not run" in of_source[0].problem


def test_a_cluster(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of a server of Galera, which takes several to be one."""
    connection = connect()
    for number, said in ((1, 0), (3, 1)):
        monkeypatch.setattr(DIALECT.server, "CLUSTER", f"SELECT 'wsrep_cluster_size', '{number}'")
        obstacles = serious(connection)
        assert len(obstacles) == said
        assert all("one of 3 servers of a cluster" in obstacle.problem for obstacle in obstacles)
