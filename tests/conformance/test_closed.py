"""A database that takes no changes is refused by name before anything is asked of it, whatever would write to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from apim_schema.cli import main
from tests.conformance.site import Site, site
from tests.releases import FIRST, HEAD
from tests.servers import Server, started

WRITING = (("upgrade", "head"), ("upgrade", "head", "--rehearse"), ("adopt",), ("repair", "--apply"))


def apim_schema(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--apim-url", url])


def refused_by_name(url: str, told: str) -> None:
    for verb in WRITING:
        result = apim_schema(url, *verb)
        assert (result.exit_code, result.stdout) == (3, ""), result.stderr
        assert result.stderr.strip().splitlines()[-1].startswith(f"apim-schema: apim takes no changes: {told}")


def still_read(url: str, told: str) -> None:
    """What only reads goes on, and `plan` forbids the upgrade for the same reason."""
    for verb in ("status", "verify", "history"):
        assert apim_schema(url, verb).exit_code == 0
    plan = apim_schema(url, "plan")
    assert plan.exit_code == 1
    assert told in " ".join(plan.stdout.split())


@pytest.fixture(scope="module")
def customer(postgresql: Server) -> Iterator[Site]:
    with site(postgresql, "apim", FIRST) as found:
        yield found


@contextmanager
def altered(server: Server, what: str) -> Iterator[None]:
    """PostgreSQL's setting for every session that begins, of a database or a role."""
    with server.connection() as admin:
        admin.exec_driver_sql(f"ALTER {what} SET default_transaction_read_only = on")
        try:
            yield
        finally:
            admin.exec_driver_sql("SET default_transaction_read_only = off")
            admin.exec_driver_sql(f"ALTER {what} RESET default_transaction_read_only")


def test_a_read_only_database_of_postgresql(postgresql: Server, customer: Site) -> None:
    what = f"DATABASE {sa.make_url(customer.url).database}"
    with altered(postgresql, what):
        told = f"{what} is read-only (default_transaction_read_only)"
        refused_by_name(customer.url, f"{told}; ALTER {what} RESET default_transaction_read_only")
        still_read(customer.url, told)


def test_a_read_only_login_of_postgresql(postgresql: Server, customer: Site) -> None:
    with postgresql.connection() as admin:
        admin.exec_driver_sql("CREATE ROLE apim_test_reader LOGIN SUPERUSER")
    url = sa.make_url(customer.url).set(username="apim_test_reader").render_as_string(hide_password=False)
    try:
        with altered(postgresql, "ROLE apim_test_reader"):
            refused_by_name(url, "ROLE apim_test_reader is read-only (default_transaction_read_only)")
    finally:
        with postgresql.connection() as admin:
            admin.exec_driver_sql("DROP ROLE apim_test_reader")


def test_a_read_only_session_of_postgresql(customer: Site) -> None:
    option = "options=-c%20default_transaction_read_only%3Don"
    refused_by_name(
        f"{customer.url}?{option}", "the server is read-only (default_transaction_read_only); set it to off"
    )


def test_whoever_says_otherwise_in_the_url_may_write(postgresql: Server) -> None:
    with site(postgresql, "apim", "4.6.0") as own, altered(postgresql, f"DATABASE {sa.make_url(own.url).database}"):
        option = "options=-c%20default_transaction_read_only%3Doff"
        assert apim_schema(f"{own.url}?{option}", "upgrade", HEAD).exit_code == 0


@pytest.fixture(scope="module")
def standby() -> Iterator[Site]:
    """A server of PostgreSQL that was started again as a standby, as a copy of another one's data would be."""
    with started("postgresql", "-c", "hot_standby=on") as server, site(server, "apim", FIRST) as found:
        assert server.process is not None
        server.kill()
        data = server.process.folder / "data"
        signal = data / "standby.signal"
        signal.touch()
        os.chown(signal, data.stat().st_uid, data.stat().st_gid)
        server.restart()
        yield found
        server.kill()
        signal.unlink()
        server.restart()


def test_a_standby_of_postgresql(standby: Site) -> None:
    refused_by_name(standby.url, "the server is a standby, in recovery; upgrade its primary server")
    still_read(standby.url, "the server is a standby, in recovery")


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def own(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A database on a server of MySQL or MariaDB whose settings are the tests' own."""
    with started(request.param, "--server-id=1") as server, site(server, "apim", FIRST) as found:
        yield found


@contextmanager
def with_settings(own: Site, on: Sequence[str], off: Sequence[str]) -> Iterator[None]:
    for sql in on:
        own.execute(sql)
    try:
        yield
    finally:
        for sql in off:
            own.execute(sql)


def test_a_read_only_server(own: Site) -> None:
    """Also for an administrator, whom the server itself would let write."""
    with with_settings(own, ["SET GLOBAL read_only = ON"], ["SET GLOBAL read_only = OFF"]):
        refused_by_name(own.url, "the server is set to read_only; upgrade the primary server, or switch that off")
        still_read(own.url, "the server is set to read_only")


def test_a_super_read_only_server(own: Site) -> None:
    if own.server.name == "mariadb":
        pytest.skip("MySQL has super_read_only")
    off = ["SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF"]
    with with_settings(own, ["SET GLOBAL super_read_only = ON"], off):
        refused_by_name(own.url, "the server is set to ")
        still_read(own.url, "the server is set to ")


def test_a_replica(own: Site) -> None:
    """Its threads run, wherever its source is."""
    mysql = own.server.name == "mysql"
    begin = (
        ["CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1", "START REPLICA SQL_THREAD"]
        if mysql
        else ["CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1", "START SLAVE SQL_THREAD"]
    )
    end = ["STOP REPLICA", "RESET REPLICA ALL"] if mysql else ["STOP SLAVE", "RESET SLAVE ALL"]
    with with_settings(own, begin, end):
        refused_by_name(own.url, "the server is a replica of 127.0.0.1; upgrade the server that it replicates from")
        still_read(own.url, "the server is a replica of 127.0.0.1")


def test_a_read_only_database_of_mysql(own: Site) -> None:
    if own.server.name == "mariadb":
        pytest.skip("MySQL has read-only databases")
    name = sa.make_url(own.url).database
    on, off = (f"ALTER DATABASE {name} READ ONLY = {value}" for value in (1, 0))
    with with_settings(own, [on], [off]):
        refused_by_name(own.url, f"the database {name} is read-only; ALTER DATABASE `{name}` READ ONLY = 0")
        still_read(own.url, f"the database {name} is read-only")


def test_a_server_in_recovery() -> None:
    """It is started so on the data of one that was killed, and as usual in the end: the database is to be dropped."""
    with started("mysql", "--server-id=1") as server:
        assert server.process is not None
        with site(server, "apim", FIRST) as customer:
            server.kill()
            server.process.options = ("--innodb-force-recovery=1",)
            server.restart()
            refused_by_name(customer.url, "the server is set to innodb_force_recovery")
            server.kill()
            server.process.options = ()
            server.restart()
