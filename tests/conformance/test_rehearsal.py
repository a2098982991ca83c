"""`upgrade --rehearse`: what an upgrade would do is tried, and nothing comes of it."""

from __future__ import annotations

import pytest

from apim_schema.environment import through_alembic as run
from apim_schema.errors import Blocked, Exit, Refused
from apim_schema.progress import Silent
from apim_schema.rehearsal import Rehearsal, rehearse
from apim_schema.target import target
from tests.conformance.site import Site, site
from tests.conformance.spoil import before_each_change
from tests.conformance.test_failures import expect_untouched
from tests.releases import FIRST, HEAD
from tests.servers import Server


def rehearsed(customer: Site, release: str = "head") -> Rehearsal:
    return rehearse(target(customer.database, customer.url, customer.schema), release, Silent())


def databases(server: Server) -> set[str]:
    """All databases of the server, for what a rehearsal might have left."""
    query = {"mysql": "SHOW DATABASES", "postgresql": "SELECT datname FROM pg_database"}[server.dialect]
    with server.connection() as admin:
        return {name for (name,) in admin.exec_driver_sql(query) if "rehearsal" in name}


@pytest.mark.costly
def test_all_statements_are_tried(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        tried = rehearsed(customer)
        assert (tried.start, tried.target) == (FIRST, HEAD)
        expect_untouched(customer)
        assert run(customer.upgrade()).executed == tried.statements
        assert rehearsed(customer).statements == 0
        assert databases(server) == set()


@pytest.mark.costly
def test_a_customers_own_objects_are_rehearsed_with(server: Server) -> None:
    with site(server, "apim", "4.6.0") as customer:
        customer.execute("CREATE TABLE CUSTOMER_NOTES (ID INTEGER NOT NULL PRIMARY KEY, NOTE VARCHAR(100))")
        customer.execute("ALTER TABLE AM_API ADD CUSTOMER_MARK VARCHAR(20)")
        customer.execute("CREATE INDEX CUSTOMER_INDEX ON AM_SUBSCRIBER (DATE_SUBSCRIBED)")
        assert rehearsed(customer).statements > 0
        assert customer.rows_are_as_before()


def test_what_no_rule_knows_is_found(server: Server) -> None:
    """The server refuses a statement: its own message is told, and nothing is left."""
    with site(server, "apim", "4.6.0") as customer:

        def spoil(number: int, statement: str) -> str | None:
            return "THIS IS NO SQL" if statement.startswith("ALTER") and "GW_PROPERTIES" in statement else None

        with before_each_change(spoil), pytest.raises(Refused, match=r"(?s)fails in the rehearsal.*THIS") as refused:
            rehearsed(customer)
        assert refused.value.exit_code == Exit.REFUSED
        expect_untouched(customer)
        assert databases(server) == set()


def test_what_a_rule_knows_is_refused_first(server: Server) -> None:
    with site(server, "apim", "4.5.0") as customer:
        customer.execute("UPDATE AM_API_ENDPOINTS SET REVISION_UUID = '" + "x" * 101 + "'")
        customer.before = customer.rows()
        with pytest.raises(Blocked, match="REVISION_UUID is longer"):
            rehearsed(customer)
        expect_untouched(customer)
