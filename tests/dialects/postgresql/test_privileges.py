"""The documented privileges are exactly enough: with them an upgrade works, without any of them it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import NullPool, create_engine, make_url

from apim_schema.environment import through_alembic
from apim_schema.errors import Blocked
from apim_schema.target import target
from apim_schema.upgrade import Upgrade
from tests.servers import Server, new_database
from tests.vendor import make, outside

OWNER, LOGIN, OTHER = "apim_test_owner", "apim_test_login", "apim_test_other"


@dataclass(frozen=True)
class Customer:
    """A database whose tables belong to one role, and the URL of a login that may act for that role."""

    admin: str
    login: str

    def execute(self, *statements: str) -> None:
        engine = create_engine(self.admin, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def upgrade(self) -> Upgrade:
        return Upgrade(target("apim", self.login))


@pytest.fixture(scope="module")
def roles(postgresql: Server) -> Iterator[Server]:
    with postgresql.connection() as admin:
        for role in (OWNER, LOGIN, OTHER):
            admin.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        admin.exec_driver_sql(f"GRANT {OWNER} TO {LOGIN}")
    yield postgresql
    with postgresql.connection() as admin:
        for role in (OWNER, LOGIN, OTHER):
            admin.exec_driver_sql(f"DROP ROLE {role}")


@pytest.fixture
def customer(roles: Server) -> Iterator[Customer]:
    with new_database(roles) as url:
        found = Customer(url, make_url(url).set(username=LOGIN, password="secret").render_as_string(False))
        found.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC", f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
        owner = make_url(url).set(username=OWNER, password="secret").render_as_string(False)
        make.create(owner, "postgresql", "apim", "4.5.0")
        yield found


def test_a_member_of_the_owner_upgrades(customer: Customer) -> None:
    assert through_alembic(customer.upgrade()).verdict.verdict == "proven"


LACKS = f"{LOGIN} has not the privilege"
LESS = {
    "create": (f"REVOKE CREATE ON SCHEMA public FROM {OWNER}", f"{LACKS} CREATE; GRANT CREATE ON SCHEMA public"),
    "select": (f"REVOKE SELECT ON am_subscriber FROM {OWNER}", f"AM_SUBSCRIBER: {LACKS} SELECT; GRANT SELECT ON"),
    "select of theirs": ("CREATE TABLE notes (a int)", f"NOTES: {LACKS} SELECT; GRANT SELECT ON public.NOTES TO"),
    "references": (f"REVOKE REFERENCES ON am_api FROM {OWNER}", f"AM_API: {LACKS} REFERENCES"),
    "trigger": (f"REVOKE TRIGGER ON am_gw_api_artifacts FROM {OWNER}", f"AM_GW_API_ARTIFACTS: {LACKS} TRIGGER"),
    "owner": (
        f"ALTER TABLE am_api OWNER TO {OTHER}; GRANT ALL ON am_api TO {OWNER}",
        f"AM_API: {LOGIN} does not own this table, {OTHER} does: only the owner may alter it; log in as {OTHER}",
    ),
    "row security": (
        "ALTER TABLE am_subscriber ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "AM_SUBSCRIBER: row-level security hides rows of this table",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("revoke", "named"), LESS.values(), ids=LESS)
def test_one_privilege_less_is_refused_by_name(customer: Customer, revoke: str, named: str) -> None:
    customer.execute(*revoke.split("; "))
    before = outside.catalog_of(customer.admin)
    with pytest.raises(Blocked) as refused:
        through_alembic(customer.upgrade())
    assert named in str(refused.value)
    assert len(str(refused.value).splitlines()) == 2, refused.value
    assert outside.catalog_of(customer.admin) == before


def test_the_history_must_be_writable(customer: Customer) -> None:
    through_alembic(Upgrade(target("apim", customer.login), "4.6.0"))
    customer.execute(f"REVOKE INSERT ON apim_schema_history FROM {LOGIN}")
    with pytest.raises(Blocked, match="APIM_SCHEMA_HISTORY: apim_test_login has not the privilege INSERT"):
        through_alembic(customer.upgrade())


def test_whoever_else_upgrades_is_told_whose_the_new_tables_are(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    upgrade = Upgrade(target("apim", customer.admin))
    monkeypatch.setattr(upgrade.progress, "warn", told.append)
    through_alembic(upgrade)
    assert [
        line
        for line in told
        if "new tables will belong to postgres, the present ones belong to apim_test_owner" in line
    ]
