"""Whatever the settings of database and role are, catalog and rows are read alike, and the schema is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from apim_schema.demo import values
from apim_schema.difference import Difference
from apim_schema.environment import through_alembic as run
from apim_schema.errors import Refused
from apim_schema.live import opened
from apim_schema.progress import Silent
from apim_schema.target import target
from apim_schema.verify import verify
from tests.conformance.site import Site, site
from tests.releases import HEAD, STARTS
from tests.servers import Server

SETTINGS = {
    "client_encoding": "SQL_ASCII",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "search_path": "pg_catalog, public",
    "quote_all_identifiers": "on",
    "standard_conforming_strings": "off",
    "backslash_quote": "off",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "xmloption": "document",
    "IntervalStyle": "sql_standard",
    "DateStyle": "SQL, DMY",
    "TimeZone": "Asia/Kathmandu",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "row_security": "on",
    "statement_timeout": "200ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "200ms",
    "idle_session_timeout": "400ms",
    "transaction_timeout": "200ms",
    "session_replication_role": "replica",
    "session_preload_libraries": "plpgsql",
    "check_function_bodies": "on",
    "client_min_messages": "debug1",
    "default_tablespace": "there_is_none",
    "event_triggers": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_hashagg": "off",
    "work_mem": "64kB",
    "jit_above_cost": "0",
    "synchronous_commit": "off",
}
"""Each version sets those that it has."""


@contextmanager
def upgrader(server: Server, customer: Site) -> Iterator[str]:
    """Has a role of its own be the one who upgrades: settings of the administrator's would be those of every test."""
    url = sa.make_url(customer.url)
    role = f"{url.database}_upgrader"
    with server.connection() as admin:
        admin.exec_driver_sql(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'x'")
        customer.url = url.set(username=role, password="x", query={}).render_as_string(hide_password=False)
        try:
            yield role
        finally:
            customer.url = url.render_as_string(hide_password=False)
            customer.execute(f"REASSIGN OWNED BY {role} TO {url.username}")
            admin.exec_driver_sql(f"DROP ROLE {role}")


@contextmanager
def made_for(server: Server, what: str, settings: Mapping[str, str]) -> Iterator[None]:
    """Sets these for every session that begins, of a database, or of a role."""
    with server.connection() as admin:
        known = set(admin.exec_driver_sql("SELECT name FROM pg_settings").scalars())
        for name in settings.keys() & known:
            value = settings[name] if name == "search_path" else f"'{settings[name]}'"
            admin.exec_driver_sql(f"ALTER {what} SET {name} TO {value}")
        try:
            yield
        finally:
            admin.exec_driver_sql(f"ALTER {what} RESET ALL")


def expect_an_upgrade(customer: Site) -> None:
    here = target("apim", customer.url)
    with opened(here) as live:
        assert live.recognised is not None
        assert live.recognised.release == STARTS[0]
        assert variants(live.differences) == []
    assert run(customer.upgrade()).verdict.verdict == "proven"
    with opened(here) as live:
        verified = verify(live, None, Silent())
        assert verified.release == HEAD
        assert variants(verified.differences) == []


def variants(drift: Sequence[Difference]) -> list[Difference]:
    return [difference for difference in drift if difference.kind != "extra"]


def upgrade_with(server: Server, customer: Site, settings: Mapping[str, str], what: str) -> None:
    with upgrader(server, customer) as role:
        database = sa.make_url(customer.url).database
        with made_for(server, what.format(role=role, database=database), settings):
            expect_an_upgrade(customer)
    assert customer.differences_from(HEAD) == []
    assert customer.rows_are_as_before()


@pytest.mark.parametrize("what", ["DATABASE {database}", "ROLE {role}"])
def test_hostile_settings(postgresql: Server, what: str) -> None:
    with site(postgresql, "apim", STARTS[0]) as customer:
        upgrade_with(postgresql, customer, SETTINGS, what)


@pytest.mark.kill
@pytest.mark.parametrize("name", SETTINGS)
def test_each_hostile_setting(postgresql: Server, name: str) -> None:
    with site(postgresql, "apim", STARTS[0]) as customer:
        upgrade_with(postgresql, customer, {name: SETTINGS[name]}, "DATABASE {database}")


def test_a_database_in_latin1(postgresql: Server) -> None:
    with site(postgresql, "apim", STARTS[0], encoding="LATIN1") as customer:
        upgrade_with(postgresql, customer, {}, "DATABASE {database}")


TEXTS = "UPDATE AM_API_OPERATION_POLICY_MAPPING SET PARAMETERS = '\u00e9 \u6f22 \U0001f600 \\x41'"
ROUTINE = "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN /* {} */ RETURN NEW; END$$"


@pytest.fixture
def unchecked(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A database in SQL_ASCII, which counts bytes and takes any: the product has written UTF-8 there."""
    monkeypatch.setattr(values, "LATIN1", "e i u y")
    with site(postgresql, "apim", STARTS[0], encoding="SQL_ASCII") as customer:
        customer.execute(TEXTS)
        customer.before = customer.rows()
        yield customer


def as_latin1(customer: Site, sql: str) -> None:
    engine = sa.create_engine(sa.make_url(customer.url).update_query_dict({"client_encoding": "latin1"}))
    with engine.begin() as connection:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
    engine.dispose()


def test_a_database_in_sql_ascii(postgresql: Server, unchecked: Site) -> None:
    """Names and bodies of the customer's own may be in any encoding."""
    as_latin1(unchecked, ROUTINE.format("\u00e9"))
    with upgrader(postgresql, unchecked):
        expect_an_upgrade(unchecked)
    unchecked.execute("DROP FUNCTION touched")
    assert unchecked.differences_from(HEAD) == []
    assert unchecked.rows_are_as_before()


def test_bytes_that_are_no_utf8_are_refused(postgresql: Server, unchecked: Site) -> None:
    as_latin1(unchecked, "UPDATE AM_API_OPERATION_POLICY_MAPPING SET PARAMETERS = 'caf\u00e9'")
    with upgrader(postgresql, unchecked), pytest.raises(Refused, match=r"(?s)0xe9.*before"):
        run(unchecked.upgrade())
    assert unchecked.differences_from(STARTS[0]) == []
