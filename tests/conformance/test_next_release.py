"""A release that uses every word, on a customer's database: as a script in the native client, and stopped anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from apim_schema import chain, compare, evidence
from apim_schema.attempt import Apply
from apim_schema.errors import Exit, Refused, Unfinished
from apim_schema.live import Live, opened
from apim_schema.progress import Silent
from apim_schema.schema import Schema
from apim_schema.target import target
from apim_schema.verify import verify
from tests.conformance.site import Site, site
from tests.conformance.spoil import broken
from tests.conformance.test_script import rendered, run, run_well
from tests.conformance.test_upgrade import stamped
from tests.next_release import CHANGES, HEAD, NEXT, next_release
from tests.servers import Server

__all__ = ["next_release"]

T = TypeVar("T")

STATEMENT = re.compile(
    r"(?<!', '\n)^(?:ALTER|CREATE (?!TABLE IF)|DROP|SET @apim_schema = \(SELECT|DO \$(?!refuse))", re.MULTILINE
)
IN_THE_WAY = {
    "AM_LABEL: TENANT_DOMAIN is NULL and may not be any more": "UPDATE AM_LABEL SET TENANT_DOMAIN = NAME",
    "AM_API: (API_DISPLAY_NAME) points to no row of AM_LABEL": "UPDATE AM_API SET API_DISPLAY_NAME = NULL",
    "AM_API: VERSION_COMPARABLE is dropped, and holds something else": "UPDATE AM_API SET VERSION_COMPARABLE = NULL",
    "AM_API_LC_PUBLISH_EVENTS: it is dropped, and has rows": "DELETE FROM AM_API_LC_PUBLISH_EVENTS",
}
"""What is refused, in the order of the release's changes, and what the customer then does about it."""


def prepare(customer: Site) -> None:
    for sql in IN_THE_WAY.values():
        customer.execute(sql)
    customer.columns["AM_API"].remove("VERSION_COMPARABLE")
    del customer.columns["AM_API_LC_PUBLISH_EVENTS"]
    customer.before = customer.rows()


def read(customer: Site) -> Schema:
    found = target(customer.database, customer.url, customer.schema)
    with found.engine() as engine, found.dialect.session.connect(engine, customer.schema) as connection:
        return found.dialect.introspect.read(connection, customer.schema)


def expect_reached(customer: Site) -> None:
    reached = read(customer)
    assert compare.mismatches(chain.expected(reached.flavour, "apim", NEXT), reached) == []
    assert customer.rows_are_as_before()
    assert stamped(customer) == NEXT


def test_the_script_refuses_what_would_be_lost_and_ends_where_it_should(server: Server, next_release: str) -> None:
    server.client(server.url)
    with site(server, "apim", HEAD) as customer:
        text = rendered(customer, HEAD, next_release)
        for told, sql in IN_THE_WAY.items():
            assert told in run(customer, text).stderr
            customer.execute(sql)
        assert customer.differences_from(HEAD) == []
        prepare(customer)
        snapshot = looked_at(customer, lambda live: live.snapshot(Silent()))
        run_well(customer, text)
        expect_reached(customer)
        found = looked_at(customer, lambda live: verify(live, snapshot, Silent()))
        assert found.rows is not None
        assert [(t.table, t.verdict) for t in found.rows.failures] == [("AM_API", evidence.NOT_PROVEN)]
        assert "its sums hold VERSION_COMPARABLE, which a release has dropped since" in found.rows.failures[0].reason
        assert (found.release, found.exit_code(strict=False)) == (NEXT, Exit.NOT_PROVEN)


def looked_at(customer: Site, look: Callable[[Live], T]) -> T:
    with opened(target(customer.database, customer.url, customer.schema)) as live:
        return look(live)


def test_the_script_goes_on_from_every_statement(server: Server, next_release: str) -> None:
    server.client(server.url)
    with site(server, "apim", HEAD) as customer:
        prepare(customer)
        text = rendered(customer, HEAD, next_release)
        places = [found.start() for found in STATEMENT.finditer(text)]
        assert len(places) >= 12
        for place in places:
            done = run(customer, f"{text[:place]}THIS IS NO SQL {text[place:]}")
            assert done.returncode != 0
            assert "THIS IS NO SQL" in done.stderr
        run_well(customer, text)
        expect_reached(customer)


def migrate(connection: Connection, database: str, schema: str, apply: Apply) -> None:
    """What Alembic would do if the release had a file."""
    apply(CHANGES)
    connection.execute(sa.text(f"UPDATE alembic_version_apim SET version_num = '{NEXT}'"))


@pytest.mark.costly
def test_the_upgrade_goes_on_from_every_statement(server: Server, next_release: str) -> None:
    """Where it can't be rolled back, each run gets one statement further; the proof is of all of them."""
    with site(server, "apim", HEAD) as customer:
        prepare(customer)
        failed = 0
        while True:
            with broken(1):
                try:
                    result = customer.upgrade(next_release).run(migrate)
                except Refused:
                    assert customer.transactional
                    break
                except Unfinished:
                    failed += 1
                else:
                    break
        if customer.transactional:
            assert customer.differences_from(HEAD) == []
            result = customer.upgrade(next_release).run(migrate)
        assert customer.transactional or failed > 10
        assert (result.verdict.failures, result.verdict.verdict) == ((), evidence.PROVEN)
        assert result.verdict.left_out == ("AM_API.VERSION_COMPARABLE",)
        expect_reached(customer)
