"""The documented privileges are exactly enough: with them an upgrade works, without any of them it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, make_url

from apim_schema import chain
from apim_schema.environment import through_alembic
from apim_schema.errors import Blocked, Refused, SchemaToolError
from apim_schema.target import target
from apim_schema.upgrade import Upgrade
from tests.servers import Server, new_database, started
from tests.vendor import make, outside

module: Any = import_module("apim_schema.dialects.mysql.privileges")

LOGIN = "apim_test_login"
NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "REFERENCES")


@dataclass(frozen=True)
class Customer:
    """A database, the administrator's URL of it and that of a login."""

    server: Server
    admin: str
    login: str

    @property
    def name(self) -> str:
        return str(make_url(self.admin).database)

    def execute(self, *statements: str) -> None:
        engine = create_engine(self.admin, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def upgrade(self) -> str:
        return through_alembic(Upgrade(target("apim", self.login))).verdict.verdict

    def refusal(self) -> str:
        before = outside.catalog_of(self.admin)
        with pytest.raises(Blocked) as refused:
            self.upgrade()
        assert outside.catalog_of(self.admin) == before
        return str(refused.value)


def needed(server: Server) -> tuple[str, ...]:
    """MariaDB asks for no REFERENCES."""
    return NEEDED[:-1] if server.name == "mariadb" else NEEDED


@pytest.fixture
def customer(both: Server) -> Iterator[Customer]:
    """A customer's database of 4.6.0, and a login without any privilege."""
    with new_database(both, charset="latin1") as url:
        make.create(url, "mysql", "apim", "4.6.0")
        login = make_url(url).set(username=LOGIN, password="secret").render_as_string(hide_password=False)
        found = Customer(both, url, login)
        found.execute(f"CREATE USER {LOGIN} IDENTIFIED BY 'secret'")
        yield found
        found.execute(f"DROP USER {LOGIN}")


def test_they_are_enough(customer: Customer) -> None:
    customer.execute(f"GRANT {', '.join(needed(customer.server))} ON {customer.name}.* TO {LOGIN}")
    assert customer.upgrade() == "proven"


def test_those_of_a_role_count(customer: Customer) -> None:
    customer.execute("CREATE ROLE apim_test_role")
    customer.execute(f"GRANT {', '.join(needed(customer.server))} ON {customer.name}.* TO apim_test_role")
    customer.execute(f"GRANT apim_test_role TO {LOGIN}")
    default = "DEFAULT ROLE apim_test_role" + (" FOR " if customer.server.name == "mariadb" else " TO ")
    try:
        customer.execute(f"SET {default} {LOGIN}")
        assert customer.upgrade() == "proven"
    finally:
        customer.execute("DROP ROLE apim_test_role")


@pytest.mark.parametrize("less", NEEDED[1:])
def test_any_one_less_is_refused_by_name(customer: Customer, less: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And without the check it fails."""
    if less not in needed(customer.server):
        pytest.skip("not needed there")
    held = [privilege for privilege in NEEDED if privilege != less]
    customer.execute(f"GRANT {', '.join(held)} ON {customer.name}.* TO {LOGIN}")
    told = customer.refusal()
    assert f"{LOGIN}@% has not the privilege {less} on " in told
    assert f"GRANT {less} ON `{customer.name}`.* TO" in told
    assert len(told.splitlines()) == 2, told
    monkeypatch.setattr(module, "find", lambda *_: ())
    with pytest.raises(SchemaToolError, match=f"{less} command denied"):
        customer.upgrade()


def test_without_select_nothing_is_seen(customer: Customer) -> None:
    customer.execute(f"GRANT {', '.join(NEEDED[1:])} ON {customer.name}.* TO {LOGIN}")
    with pytest.raises(Refused, match="SELECT"):
        customer.upgrade()


LISTED = {
    "global": "*.*",
    "a pattern": "`apim\\_%`.*",
    "the name": "`{0}`.*",
}


@pytest.mark.parametrize("where", LISTED.values(), ids=LISTED)
def test_where_they_are_held(customer: Customer, where: str) -> None:
    on = where.format(customer.name)
    customer.execute(f"GRANT {', '.join(NEEDED)} ON {on} TO {LOGIN}")
    try:
        assert "ALTER" not in missing(customer)
        customer.execute(f"REVOKE ALTER ON {on} FROM {LOGIN}")
        assert missing(customer) == {"ALTER"}
        customer.execute(f"GRANT ALTER ON {customer.name}.AM_API TO {LOGIN}")
        assert missing(customer) == {"ALTER"}
    finally:
        customer.execute(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {LOGIN}")


def missing(customer: Customer) -> set[str]:
    here = target("apim", customer.login)
    with here.engine() as engine, here.dialect.session.connect(engine, None) as connection:
        live = here.dialect.introspect.read(connection, None)
        changes = chain.pending("mysql", "apim", "4.6.0", "4.7.0")
        found = module.find(connection, customer.name, changes, live)
        return {obstacle.problem.split(" has not the privilege ")[1].split()[0] for obstacle in found}


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def own(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of our own, whose settings are the tests'."""
    with started(request.param, "--innodb-default-row-format=DYNAMIC") as server:
        yield server


@pytest.fixture
def alone(own: Server) -> Iterator[Customer]:
    """A customer's database of 4.3.0 on it, and a login with all privileges on that."""
    with new_database(own, charset="latin1") as url:
        make.create(url, "mysql", "apim", "4.3.0")
        login = make_url(url).set(username=LOGIN, password="secret").render_as_string(hide_password=False)
        found = Customer(own, url, login)
        found.execute(f"CREATE USER {LOGIN} IDENTIFIED BY 'secret'", f"GRANT ALL ON {found.name}.* TO {LOGIN}")
        yield found
        found.execute(f"DROP USER {LOGIN}")


def test_a_server_that_wants_primary_keys(alone: Customer) -> None:
    """Four tables of the release have none, and 4.7.0 alters one; who may, switches that off for the session."""
    if alone.server.name == "mariadb":
        pytest.skip("MySQL has sql_require_primary_key")
    alone.execute("SET GLOBAL sql_require_primary_key = ON")
    try:
        told = alone.refusal()
        assert "IDN_OAUTH2_TOKEN_BINDING: the table has no primary key" in told
        assert len(told.splitlines()) == 2
        alone.execute(f"GRANT SESSION_VARIABLES_ADMIN ON *.* TO {LOGIN}")
        assert alone.upgrade() == "proven"
    finally:
        alone.execute("SET GLOBAL sql_require_primary_key = OFF")


def test_a_server_whose_tables_are_compact(alone: Customer) -> None:
    """Keys are 767 bytes there: new tables, and an old one that gets a longer index, take another row format."""
    alone.execute("SET GLOBAL innodb_default_row_format = COMPACT", "ALTER TABLE IDN_INVALID_TOKENS ROW_FORMAT=COMPACT")
    try:
        assert alone.upgrade() == "proven"
    finally:
        alone.execute("SET GLOBAL innodb_default_row_format = DYNAMIC")
