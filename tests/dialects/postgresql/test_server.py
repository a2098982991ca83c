"""What is to be known of the server before an upgrade: each rule with what trips it, and without."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text

from apim_schema import registry, tested
from apim_schema.hazards import INFO, WARN, Obstacle
from tests.dialects.postgresql.conftest import Connect
from tests.servers import Server, new_database, started

DIALECT = registry.load("postgresql")


def found(connection: Connection, release: str = "4.7.0") -> list[Obstacle]:
    """All but what is said of the version, which stands first."""
    live = DIALECT.introspect.read(connection, None)
    version, *others = DIALECT.server.find(connection, "public", release, live)
    assert "tested by us" in version.problem
    assert all(obstacle.query and (obstacle.way_out or obstacle.level == INFO) for obstacle in (version, *others))
    return others


def test_nothing_is_said_of_a_quiet_server(connect: Connect) -> None:
    assert found(connect()) == []


def test_a_transaction_that_is_open_for_long(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    connection, other = connect(), connect()
    other.exec_driver_sql("SET application_name = 'reports'")
    other.commit()
    other.exec_driver_sql("SELECT 1")
    assert found(connection) == []
    monkeypatch.setattr(tested, "LONG", 0)
    connection.rollback()  # what a transaction has seen of the others once, it goes on seeing
    (obstacle,) = found(connection)
    assert (obstacle.level, obstacle.table) == (WARN, "")
    assert "application reports" in obstacle.problem
    assert "pg_terminate_backend(" in obstacle.way_out
    other.rollback()
    connection.rollback()
    assert found(connection) == []


def test_a_prepared_transaction_and_a_slot_that_nobody_reads() -> None:
    with started("postgresql", "-c", "max_prepared_transactions=1") as server, new_database(server) as url:
        engine = create_engine(url, poolclass=NullPool)
        with DIALECT.session.connect(engine, None) as connection, engine.connect() as other:
            other.exec_driver_sql("CREATE TABLE t (a INTEGER)")
            other.exec_driver_sql("PREPARE TRANSACTION 'half way'")
            other.rollback()
            (obstacle,) = found(connection)
            assert "prepared transaction 'half way'" in obstacle.problem
            alone = other.execution_options(isolation_level="AUTOCOMMIT")
            alone.exec_driver_sql("ROLLBACK PREPARED 'half way'")
            alone.exec_driver_sql("SELECT pg_create_physical_replication_slot('gone', true)")
            connection.rollback()
            (obstacle,) = found(connection)
            assert (obstacle.level, obstacle.way_out.endswith("pg_drop_replication_slot('gone')")) == (WARN, True)


def test_a_publication_and_a_collation_without_case(postgresql: Server) -> None:
    with new_database(postgresql) as url:
        engine = create_engine(url, poolclass=NullPool)
        with DIALECT.session.connect(engine, None) as connection:
            connection.exec_driver_sql("CREATE TABLE t (a TEXT)")
            assert found(connection) == []
            connection.exec_driver_sql("CREATE PUBLICATION changes FOR TABLE t")
            (obstacle,) = found(connection)
            assert "publication changes has tables of it" in obstacle.problem
            # as an administrator writes it who has ICU, which not every build has
            connection.exec_driver_sql('CREATE COLLATION any_case FROM "C"')
            connection.exec_driver_sql(
                "UPDATE pg_collation SET collisdeterministic = false WHERE collname = 'any_case'"
            )
            connection.exec_driver_sql("ALTER TABLE t ALTER a TYPE TEXT COLLATE any_case")
            assert [o.table for o in found(connection)] == ["T", ""]


STAND_IN = """
CREATE OR REPLACE VIEW stood_in.pg_stat_replication AS
SELECT 'standby'::text AS application_name, 'streaming'::text AS state, 'async'::text AS sync_state,
       pg_current_wal_lsn() AS replay_lsn, interval '{lag} s' AS replay_lag"""


@pytest.mark.parametrize(
    ("lag", "level", "way_out"), [(1, INFO, ""), (120, WARN, "let it catch up before")], ids=["near", "far"]
)
def test_a_replica_is_told_with_how_far_it_is(connect: Connect, lag: int, level: str, way_out: str) -> None:
    """A view of that name stands in for the server's, with its columns."""
    connection = connect()
    columns = text("SELECT application_name, state, sync_state, replay_lsn, replay_lag FROM pg_stat_replication")
    assert connection.execute(columns).all() == []
    connection.exec_driver_sql("CREATE SCHEMA stood_in")
    connection.exec_driver_sql(STAND_IN.format(lag=lag))
    connection.exec_driver_sql("SET search_path TO stood_in, pg_catalog, public")
    (obstacle,) = found(connection)
    assert (obstacle.level, obstacle.way_out) == (level, way_out)
    assert "replica standby (streaming, async, 0 bytes behind)" in obstacle.problem


def test_what_may_not_be_asked_ends_nothing(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect()
    connection.exec_driver_sql("CREATE TABLE kept (a INTEGER)")
    module = DIALECT.server
    for name in ("REPLICAS", "SLOTS", "TRANSACTIONS"):
        monkeypatch.setattr(module, name, "SELECT no_such_function()")
    assert found(connection) == []
    assert "KEPT" in DIALECT.introspect.read(connection, None).tables
