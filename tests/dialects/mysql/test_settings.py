"""Whatever a server's variables are, catalog and rows are read alike, and an upgrade makes the same schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from apim_schema.drilldown import ChangedRow
from apim_schema.environment import through_alembic as run
from apim_schema.live import opened
from apim_schema.progress import Silent
from apim_schema.target import target
from apim_schema.verify import verify
from tests.conformance.site import Site, site
from tests.conformance.spoil import before_each_change
from tests.releases import HEAD, STARTS
from tests.servers import Server

ANSI = "'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,IGNORE_SPACE,HIGH_NOT_PRECEDENCE'"
SETTINGS = {
    "sql_mode": ANSI,
    "autocommit": "0",
    "completion_type": "'RELEASE'",
    "transaction_isolation": "'READ-UNCOMMITTED'",
    "tx_isolation": "'SERIALIZABLE'",
    "transaction_read_only": "1",
    "tx_read_only": "1",
    "default_storage_engine": "'MyISAM'",
    "foreign_key_checks": "0",
    "unique_checks": "0",
    "check_constraint_checks": "0",
    "max_join_size": "1",
    "sql_select_limit": "1",
    "sql_safe_updates": "1",
    "sql_auto_is_null": "1",
    "sql_quote_show_create": "0",
    "sql_if_exists": "1",
    "alter_algorithm": "'INSTANT'",
    "max_execution_time": "1",
    "max_statement_time": "0.001",
    "lock_wait_timeout": "1",
    "innodb_lock_wait_timeout": "1",
    "wait_timeout": "1",
    "interactive_timeout": "1",
    "time_zone": "'+05:45'",
    "lc_time_names": "'de_DE'",
    "lc_messages": "'de_DE'",
    "group_concat_max_len": "4",
    "max_sort_length": "4",
    "max_error_count": "0",
    "div_precision_increment": "0",
    "auto_increment_increment": "10",
    "explicit_defaults_for_timestamp": "0",
    "innodb_strict_mode": "0",
    "innodb_compression_default": "1",
    "show_gipk_in_create_table_and_information_schema": "0",
    "use_secondary_engine": "'FORCED'",
    "old_mode": "'NO_PROGRESS_INFO,ZERO_DATE_TIME_CAST'",
    "collation_connection": "'utf8mb4_bin'",
    "character_set_results": "'latin1'",
    "character_set_server": "'utf16'",
    "default_collation_for_utf8mb4": "'utf8mb4_general_ci'",
    "character_set_collations": "'utf8mb4=utf8mb4_bin,latin1=latin1_bin'",
    "restrict_fk_on_non_standard_key": "0",
    "optimizer_switch": "'derived_merge=off'",
    "updatable_views_with_limit": "0",
    "big_tables": "1",
    "tmp_table_size": "1024",
    "system_versioning_alter_history": "'KEEP'",
}
"""Each server sets those that it has."""


@contextmanager
def server_wide(server: Server, settings: Mapping[str, str]) -> Iterator[None]:
    """Sets these for every session that begins; the administrator's own began before."""
    with server.connection() as admin:
        before = {name: found for name in settings if (found := _value(admin, name)) is not None}
        for name in before:
            _set(admin, name, settings[name])
        try:
            yield
        finally:
            for name, value in before.items():
                _set(admin, name, value)


def _value(admin: Connection, name: str) -> str | None:
    """The variable's value as a statement writes it; None where this server has no such variable."""
    row = admin.exec_driver_sql(f"SHOW GLOBAL VARIABLES WHERE Variable_name = '{name}'").first()
    if row is None:
        return None
    return row[1] if row[1].replace(".", "").isdigit() else f"'{row[1]}'"


def _set(admin: Connection, name: str, value: str) -> None:
    admin.exec_driver_sql(f"SET GLOBAL {name} = {value}", execution_options={"no_parameters": True})


def expect_an_upgrade(customer: Site) -> None:
    here = target("apim", customer.url)
    with opened(here) as live:
        assert live.recognised is not None
        assert live.recognised.release == STARTS[0]
        assert live.differences == ()
    assert run(customer.upgrade()).verdict.verdict == "proven"
    with opened(here) as live:
        verified = verify(live, None, Silent())
        assert (verified.release, verified.differences) == (HEAD, ())


def test_hostile_settings(both: Server) -> None:
    with site(both, "apim", STARTS[0]) as customer:
        with server_wide(both, SETTINGS):
            expect_an_upgrade(customer)
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()


@pytest.mark.kill
@pytest.mark.parametrize("name", SETTINGS)
def test_each_hostile_setting(both: Server, name: str) -> None:
    with site(both, "apim", STARTS[0]) as customer:
        with server_wide(both, {name: SETTINGS[name]}):
            expect_an_upgrade(customer)
        assert customer.differences_from(HEAD) == []
        assert customer.rows_are_as_before()


def test_a_setting_of_the_url_stays(both: Server) -> None:
    """A login may need it: a role, say. What we set comes after it."""
    with site(both, "apim", STARTS[0]) as customer:
        customer.url += "?init_command=SET+%40mine=1&charset=latin1&sql_mode=ANSI_QUOTES"
        with opened(target("apim", customer.url)) as live:
            assert live.connection.exec_driver_sql("SELECT @mine, @@character_set_client").one() == (1, "utf8mb4")
            assert "ANSI_QUOTES" not in live.connection.exec_driver_sql("SELECT @@sql_mode").scalar_one()


KEYLESS = "IDN_OAUTH2_TOKEN_BINDING"


def test_a_primary_key_that_the_server_makes_is_drift(mysql: Server) -> None:
    """Four tables of the release have none: the server adds one that nobody sees, my_row_id."""
    with server_wide(mysql, {"sql_generate_invisible_primary_key": "1"}), site(mysql, "apim", STARTS[0]) as customer:
        with opened(target("apim", customer.url)) as live:
            assert live.model.tables[KEYLESS].key_columns == ("MY_ROW_ID",)
        result = run(customer.upgrade())
        assert (result.start, result.verdict.verdict) == (STARTS[0], "proven")
        assert {d.kind for d in result.differences} == {"extra"}
        assert customer.rows_are_as_before()


def test_a_server_that_requires_primary_keys(mysql: Server) -> None:
    """Tables without one are altered all the same; a new one would get an invisible one."""
    with site(mysql, "apim", STARTS[0]) as customer, server_wide(mysql, {"sql_require_primary_key": "1"}):
        expect_an_upgrade(customer)
        with opened(target("apim", customer.url)) as live:
            live.connection.exec_driver_sql("CREATE TABLE NEW_ONE (A INT)")
            assert live.dialect.introspect.read(live.connection, None).tables["NEW_ONE"].primary_key is not None


def test_rows_that_change_are_found_by_an_invisible_key(mysql: Server) -> None:
    with server_wide(mysql, {"sql_generate_invisible_primary_key": "1"}), site(mysql, "apim", STARTS[0]) as customer:
        changed = f"UPDATE {KEYLESS} SET TENANT_ID = 77 WHERE my_row_id = 1"
        with before_each_change(lambda number, _: customer.execute(changed) if number == 0 else None):
            (failure,) = run(customer.upgrade()).verdict.failures
        assert (failure.table, failure.verdict, failure.key_columns) == (KEYLESS, "changed", ("MY_ROW_ID",))
        assert (failure.changed, failure.reason) == ((ChangedRow((1,)),), "1 changed")
