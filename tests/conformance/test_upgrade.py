"""The main job, on every engine alike: a customer's database becomes the newest release and no row changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from apim_schema import chain, history, stamp
from apim_schema.environment import through_alembic as run
from apim_schema.evidence import TableVerdict
from apim_schema.target import target
from tests.conformance.site import Site, site
from tests.releases import FIRST, HEAD, STARTS, after
from tests.servers import Server
from tests.vendor import make

OFTEN = [pytest.param(start, marks=() if start in (FIRST, "4.5.0") else pytest.mark.costly) for start in STARTS]
"""With the first release, and the one before the hardest step, everywhere."""
both_databases = pytest.mark.parametrize("database", chain.DATABASES)


@both_databases
@pytest.mark.parametrize("release", OFTEN)
def test_every_release_becomes_the_newest(server: Server, database: str, release: str) -> None:
    with site(server, database, release) as customer:
        result = run(customer.upgrade())
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()
        assert result.verdict.verdict == "proven"
        assert result.executed == len(result.plan.statements)
        assert result.verdict.rows == (rows_of(customer, result.verdict.proven_by("full")) if result.compared else 0)
        assert {t.table for t in result.verdict.tables} == (customer.before.keys() if result.compared else set())
        assert stamped(customer) == HEAD


@both_databases
def test_plain_alembic_does_the_same(server: Server, database: str) -> None:
    with site(server, database, FIRST) as customer:
        customer.alembic("upgrade", "head")
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()
        assert stamped(customer) == HEAD


@pytest.mark.costly
def test_release_by_release(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        for release in after(FIRST):
            result = run(customer.upgrade(release))
            assert (result.target, stamped(customer)) == (release, release)
            assert customer.differences_from(release) == []
        assert customer.rows_are_as_before()


def test_second_run_does_nothing(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        first = run(customer.upgrade())
        assert (first.start, first.target) == (FIRST, HEAD)
        again = run(customer.upgrade())
        assert (again.start, again.executed, again.adopted) == (HEAD, 0, False)
        assert len(entries(customer)) == 1


def test_converted_texts_are_their_utf8_bytes(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        texts = column(customer, "AM_API_OPERATION_POLICY_MAPPING", "PARAMETERS")
        assert any("\\x41" in text for text in texts)
        run(customer.upgrade())
        found = column(customer, "AM_API_OPERATION_POLICY_MAPPING", "PARAMETERS")
        assert sorted(found) == sorted(text.encode() for text in texts)


@pytest.mark.costly
def test_history_says_what_was_done(server: Server) -> None:
    with site(server, "apim", "4.5.0") as customer:
        result = run(customer.upgrade())
        (entry,) = entries(customer)
        assert (entry.from_release, entry.to_release, entry.verdict) == ("4.5.0", HEAD, "proven")
        assert (entry.statements, entry.rows_compared) == (result.executed, result.verdict.rows)


def test_customers_own_objects_survive_and_are_drift(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        customer.execute("CREATE TABLE CUSTOMER_NOTES (ID INTEGER NOT NULL PRIMARY KEY, NOTE VARCHAR(100))")
        customer.execute("INSERT INTO CUSTOMER_NOTES (ID, NOTE) VALUES (1, 'kept')")
        customer.execute("ALTER TABLE AM_API ADD CUSTOMER_MARK VARCHAR(20)")
        customer.execute("CREATE INDEX CUSTOMER_INDEX ON AM_SUBSCRIBER (DATE_SUBSCRIBED)")
        result = run(customer.upgrade())
        assert customer.execute("SELECT ID, NOTE FROM CUSTOMER_NOTES") == [(1, "kept")]
        drift = {(d.kind, d.name) for d in result.differences}
        assert {
            ("extra", "CUSTOMER_NOTES"),
            ("extra", "AM_API.CUSTOMER_MARK"),
            ("extra", "AM_SUBSCRIBER.CUSTOMER_INDEX"),
        } <= drift
        assert "CUSTOMER_NOTES" in {table.table for table in result.verdict.tables}


OWN_KEY = {
    "mysql": "ADD CUSTOMER_ID BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
    "postgresql": "ADD CUSTOMER_ID BIGSERIAL PRIMARY KEY",
    "oracle": "ADD CUSTOMER_ID NUMBER GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "mssql": "ADD CUSTOMER_ID BIGINT IDENTITY NOT NULL PRIMARY KEY",
}


@pytest.mark.costly
def test_a_primary_key_where_the_release_has_none_is_drift(server: Server) -> None:
    """Replication wants one: of a column of its own, or of those that are a unique key, and so have a value now."""
    tables = chain.expected(server.dialect, "apim", "4.2.0").tables.values()
    keyless = {table.name for table in tables if table.primary_key is None}
    unique = "AM_API_REVISION_METADATA"
    with site(server, "apim", "4.2.0") as customer:
        for table in keyless - {unique}:
            customer.execute(f"ALTER TABLE {table} {OWN_KEY[server.dialect]}")
        customer.execute(f"DELETE FROM {unique} WHERE API_UUID IS NULL OR REVISION_UUID IS NULL")
        customer.execute(f"ALTER TABLE {unique} ADD PRIMARY KEY (API_UUID, REVISION_UUID)")
        customer.before = customer.rows()
        result = run(customer.upgrade())
        assert (result.start, result.verdict.verdict) == ("4.2.0", "proven")
        assert {d.name for d in result.differences if (d.kind, d.what) == ("extra", "primary key of")} == keyless
        assert [d for d in result.differences if d.kind != "extra"] == []
        assert customer.rows_are_as_before()


@pytest.mark.costly
def test_both_databases_in_one_schema(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        make.create(customer.url, customer.flavour, "shared", FIRST)
        assert run(customer.upgrade()).target == HEAD
        shared = Site(server, customer.url, "shared", customer.flavour, make.catalog(customer.flavour, "shared", FIRST))
        result = run(shared.upgrade())
        assert [d for d in result.differences if d.kind == "extra"] == []
        assert (stamped(customer), stamped(shared)) == (HEAD, HEAD)


def test_a_fix_applied_by_hand_is_skipped(server: Server) -> None:
    with site(server, "apim", "4.3.0") as customer:
        customer.alembic("stamp", "4.3.0")
        customer.execute("ALTER TABLE AM_API ADD API_SUBTYPE VARCHAR(10)")
        result = run(customer.upgrade("4.4.0"))
        assert "add column AM_API.API_SUBTYPE" in [str(planned.change) for planned in result.plan.present]
        assert customer.differences_from("4.4.0") == []


def rows_of(customer: Site, tables: Iterable[TableVerdict]) -> int:
    """How many rows these tables had."""
    return sum(len(customer.before[table.table]) for table in tables)


def stamped(customer: Site) -> str | None:
    with customer.connection() as connection:
        return stamp.read(connection, customer.schema, customer.database)


def entries(customer: Site) -> Sequence[history.Entry]:
    with customer.connection() as connection:
        return history.read(connection, customer.schema, customer.database)


def column(customer: Site, table: str, name: str) -> list[Any]:
    with customer.connection() as connection:
        dialect = target("apim", customer.url).dialect
        sql = f"SELECT {dialect.names.sql(name)} FROM {dialect.names.qualified(table, customer.schema)}"
        values = [row[0] for row in connection.exec_driver_sql(sql)]
    return [bytes(value) if isinstance(value, memoryview) else value for value in values if value is not None]


def test_another_schema_than_the_default(server: Server) -> None:
    if server.dialect == "mysql":
        pytest.skip("on MySQL a schema is a database")
    with site(server, "apim", FIRST, schema="carbon") as customer:
        assert run(customer.upgrade()).verdict.verdict == "proven"
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()
        assert stamped(customer) == HEAD
