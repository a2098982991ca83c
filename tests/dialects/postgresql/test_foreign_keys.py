"""What a new foreign key may point to: what the server refuses is found beforehand, with what mends it; no more is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from apim_schema import chain, registry
from apim_schema.changes import CreateForeignKey
from apim_schema.hazards import BLOCK, Obstacle
from apim_schema.schema import ForeignKey
from tests.dialects.postgresql.test_ddl import execute, read, vendor
from tests.servers import Server, new_database

DIALECT = registry.load("postgresql")
START, HEAD = "4.6.0", "4.7.0"
KEY = "am_application_uuid_key"
"""Of the table that 4.7.0's AM_API_KEY_APPLICATION_MAPPING points to."""
DROP = f"ALTER TABLE am_application DROP CONSTRAINT {KEY}"
INVALID = f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{KEY}'::regclass"
"""What CREATE INDEX CONCURRENTLY leaves behind when it fails."""
ALONE = """DO $$ DECLARE c record; BEGIN
FOR c IN SELECT conrelid::regclass AS child, conname FROM pg_constraint WHERE confrelid = 'am_application'::regclass
LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.child, c.conname); END LOOP; END $$"""

REFUSED = {
    "deferrable": (f"{DROP}, ADD CONSTRAINT {KEY} UNIQUE (uuid) DEFERRABLE", "is deferrable", "deferrable unique"),
    "none": (DROP, "no unique key is over (UUID)", "no unique constraint"),
    "partial": (
        f"{DROP}; CREATE UNIQUE INDEX mine ON am_application (uuid) WHERE uuid <> ''",
        "no unique key is over (UUID)",
        "no unique constraint",
    ),
    "expression": (
        f"{DROP}; CREATE UNIQUE INDEX mine ON am_application (lower(uuid))", "no unique key is", "no unique constraint"
    ),
    "more columns": (
        f"{DROP}; CREATE UNIQUE INDEX mine ON am_application (uuid, name)", "no unique key is", "no unique constraint"
    ),
    "invalid": (
        f"{DROP}; CREATE UNIQUE INDEX {KEY} ON am_application (uuid); {INVALID}", "is invalid", "no unique constraint"
    ),
    "unlogged": (f"{ALONE}; ALTER TABLE am_application SET UNLOGGED", "is unlogged", "only permanent tables"),
}  # fmt: skip
SERVES = {
    "another key": f"{DROP}, ADD CONSTRAINT {KEY} UNIQUE (uuid) DEFERRABLE, ADD UNIQUE (uuid)",
    "included columns": f"{DROP}; CREATE UNIQUE INDEX mine ON am_application (uuid) INCLUDE (name)",
    "an order": f"{DROP}; CREATE UNIQUE INDEX mine ON am_application (uuid DESC)",
    "operators": f"{DROP}; CREATE UNIQUE INDEX mine ON am_application (uuid varchar_pattern_ops)",
}


@pytest.fixture(scope="module")
def vendors(postgresql: Server) -> Iterator[Engine]:
    with new_database(postgresql) as url:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            vendor(connection, START)
        yield engine


@pytest.fixture
def customer(vendors: Engine) -> Iterator[Connection]:
    """The vendor's database, rolled back at the end."""
    with DIALECT.session.connect(vendors, None) as connection:
        yield connection


def blocking(customer: Connection) -> list[Obstacle]:
    wanted = chain.pending("postgresql", "apim", START, HEAD)
    found = DIALECT.obstacles.find(customer, "public", wanted, read(customer))
    return [obstacle for obstacle in found if obstacle.level == BLOCK]


def upgrade(customer: Connection) -> None:
    execute(customer, DIALECT.ddl.combined(chain.pending("postgresql", "apim", START, HEAD), read(customer), None))


def run(customer: Connection, sql: str) -> None:
    customer.exec_driver_sql(sql, execution_options={"no_parameters": True})


@pytest.mark.parametrize(("made", "named", "message"), REFUSED.values(), ids=REFUSED)
def test_what_the_server_refuses_is_found_beforehand(customer: Connection, made: str, named: str, message: str) -> None:
    run(customer, made)
    (found,) = blocking(customer)
    assert (found.table, bool(found.query)) == ("AM_APPLICATION", True)
    assert named in found.problem
    assert "AM_API_KEY_APPLICATION_MAPPING will point" in found.problem
    savepoint = customer.begin_nested()
    with pytest.raises(DBAPIError, match=message):
        upgrade(customer)
    savepoint.rollback()
    run(customer, found.way_out)
    assert blocking(customer) == []
    upgrade(customer)


@pytest.mark.parametrize("made", SERVES.values(), ids=SERVES)
def test_what_the_server_takes_is_no_obstacle(customer: Connection, made: str) -> None:
    run(customer, made)
    assert blocking(customer) == []
    upgrade(customer)


def test_an_unlogged_table_may_point_to_another(customer: Connection) -> None:
    run(customer, "CREATE UNLOGGED TABLE a (x int, y int UNIQUE); CREATE UNLOGGED TABLE b (x int, y int)")
    change = CreateForeignKey("B", ForeignKey(("Y",), "A", ("Y",)))
    assert list(DIALECT.obstacles.find(customer, "public", [change], read(customer))) == []
    execute(customer, DIALECT.ddl.combined([change], read(customer), None))
