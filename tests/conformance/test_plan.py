"""`plan`: what it shows is what runs, by the server's own log, and to show it changes nothing."""

from __future__ import annotations

import pytest

from apim_schema import chain
from apim_schema.cli.plan_document import document
from apim_schema.cli.reviews import reviewed
from apim_schema.environment import through_alembic as run
from apim_schema.errors import Unfinished
from apim_schema.review import Review
from apim_schema.target import target
from tests.conformance.site import Site, site, without_rollback
from tests.conformance.spoil import broken
from tests.conformance.statement_log import changes, logged, squeezed
from tests.releases import FIRST, HEAD, STARTS
from tests.servers import Server

MIDDLE = 5
"""A statement on the way."""


def review(customer: Site, release: str = HEAD) -> Review:
    return reviewed(release, {}, target(customer.database, customer.url, customer.schema))


def shown(customer: Site) -> list[str]:
    """The statements of the JSON document."""
    return [squeezed(statement.sql) for statement in document(review(customer)).statements]


@pytest.mark.parametrize("database", chain.DATABASES)
@pytest.mark.parametrize(
    "release", [FIRST, *(pytest.param(release, marks=pytest.mark.costly) for release in STARTS[1:])]
)
def test_exactly_what_is_shown_runs(server: Server, database: str, release: str) -> None:
    with site(server, database, release) as customer, logged(customer) as since:
        planned = shown(customer)
        assert planned or database == "shared"
        assert changes(since()) == []
        run(customer.upgrade())
        assert changes(since()) == planned
        assert shown(customer) == []


@pytest.mark.costly
def test_a_fix_applied_by_hand_is_neither_shown_nor_run(server: Server) -> None:
    with site(server, "apim", "4.3.0") as customer, logged(customer) as since:
        customer.alembic("stamp", "4.3.0")
        customer.execute("ALTER TABLE AM_API ADD API_SUBTYPE VARCHAR(10)")
        since()
        planned = shown(customer)
        run(customer.upgrade())
        assert changes(since()) == planned


def test_it_changes_nothing(server: Server) -> None:
    with site(server, "apim", FIRST) as customer, logged(customer) as since:
        review(customer)
        sent = since()
        assert sent
        assert changes(sent) == []
        assert customer.rows_are_as_before()
        assert customer.differences_from(FIRST) == []


@pytest.mark.costly
def test_what_ran_stands_beside_what_was_shown(server: Server) -> None:
    with site(server, "apim", "4.5.0") as customer:
        before = review(customer)
        result = run(customer.upgrade())
        after = before.ended(result)
        assert [s.statement.sql for s in after.statements] == [s.statement.sql for s in before.statements]
        assert all(s.seconds is not None and s.seconds > 0 for s in after.statements)
        spent = dict(result.timing.parts)
        assert (
            sum(s.seconds or 0 for s in after.statements)
            <= spent["statements"]
            <= sum(spent.values())
            <= result.seconds
        )


def test_of_an_upgrade_that_was_cut_off_it_shows_what_remains(server: Server) -> None:
    without_rollback(server)
    with site(server, "apim", "4.5.0") as customer, logged(customer) as since:
        whole = shown(customer)
        with broken(MIDDLE), pytest.raises(Unfinished):
            run(customer.upgrade())
        left = review(customer)
        since()
        run(customer.upgrade())
        assert changes(since()) == [squeezed(s.statement.sql) for s in left.statements]
        assert 0 < len(left.statements) < len(whole)
        assert f"{len(whole) - len(left.statements)} of {len(whole)} statements in" in (left.interrupted or "")
