"""Repair: drift goes back to the release, and no row changes, on every engine alike."""

from __future__ import annotations

import pytest

from apim_schema.adopt import adopt_as
from apim_schema.difference import drifted
from apim_schema.errors import Blocked, NotRecognised
from apim_schema.live import opened
from apim_schema.repair import Repair, look, rendered
from tests.conformance.site import Site, site
from tests.conformance.test_script import run_well
from tests.releases import FIRST
from tests.servers import Server

COMMENTS = "AM_API_COMMENTS"
NARROWER = {
    "mysql": "MODIFY TIER_NAME VARCHAR(100)",
    "postgresql": "ALTER TIER_NAME TYPE VARCHAR(100)",
    "oracle": "MODIFY (TIER_NAME VARCHAR2(100))",
    "mssql": "ALTER COLUMN TIER_NAME VARCHAR(100)",
}
INDEX = "IDX_AA_AT_CB"
OF_TABLE = {"mysql": " ON AM_APPLICATION", "postgresql": "", "oracle": "", "mssql": " ON AM_APPLICATION"}
DRIFT = (
    "UPDATE AM_API_CLIENT_CERTIFICATE SET TIER_NAME = 'gold'",
    "ALTER TABLE AM_API_CLIENT_CERTIFICATE {narrower}",
    f"ALTER TABLE {COMMENTS} DROP COLUMN COMMENT_TEXT",
    f"DROP INDEX {INDEX}{{of_table}}",
    f"CREATE INDEX {INDEX} ON AM_APPLICATION (APPLICATION_TIER)",
)


def drift(customer: Site) -> None:
    """A column that is narrower, one that is missing, and an index over only one of its columns."""
    dialect = customer.server.dialect
    for statement in DRIFT:
        customer.execute(statement.format(narrower=NARROWER[dialect], of_table=OF_TABLE[dialect]))
    customer.columns[COMMENTS].remove("COMMENT_TEXT")
    customer.before = customer.rows()
    with opened(customer.upgrade().target) as live:
        adopt_as(live, FIRST, lambda release, wrong: True)


def left(customer: Site) -> list[str]:
    with opened(customer.upgrade().target) as live:
        return [d.entry for d in drifted(live.differences)]


def test_what_is_shown_is_what_is_mended(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        drift(customer)
        shown = look(customer.upgrade().target)
        assert len(left(customer)) == len([mend for mend in shown.mends if mend.changes]) == 3
        result = Repair(customer.upgrade().target).run()
        assert (result.start, result.target, result.verdict.verdict) == (FIRST, FIRST, "proven")
        assert [s.sql for s in result.plan.statements] == [s.sql for s in shown.plan.statements]
        assert left(customer) == []
        assert customer.rows_are_as_before()
        assert Repair(customer.upgrade().target).run().executed == 0


def test_the_script_does_the_same(server: Server) -> None:
    server.client(server.url)
    with site(server, "apim", FIRST) as customer:
        drift(customer)
        run_well(customer, rendered(customer.upgrade().target))
        assert left(customer) == []
        assert customer.rows_are_as_before()


NULLABLE = {
    "mysql": "MODIFY API_ID INTEGER NULL",
    "postgresql": "ALTER API_ID DROP NOT NULL",
    "oracle": "MODIFY (API_ID NULL)",
    "mssql": "ALTER COLUMN API_ID INTEGER NULL",
}


def test_rows_in_the_way_are_named(server: Server) -> None:
    table = "AM_API_CLIENT_CERTIFICATE"
    with site(server, "apim", FIRST) as customer:
        customer.execute(f"ALTER TABLE {table} {NULLABLE[server.dialect]}")
        assert [p.present for p in look(customer.upgrade().target).plan.changes] == [False]
        customer.execute(
            f"UPDATE {table} SET API_ID = NULL WHERE ALIAS = (SELECT * FROM (SELECT MIN(ALIAS) FROM {table}) m)"
        )
        customer.before = customer.rows()
        with pytest.raises(Blocked, match=f"{table}: API_ID is NULL and may not be any more"):
            Repair(customer.upgrade().target).run()
        assert len(left(customer)) == 1
        assert customer.rows_are_as_before()
        customer.execute(f"DELETE FROM {table} WHERE API_ID IS NULL")
        customer.before = customer.rows()
        assert Repair(customer.upgrade().target).run().verdict.verdict == "proven"
        assert left(customer) == []


def test_tables_are_made_after_what_they_point_to(server: Server) -> None:
    with site(server, "apim", "4.4.0") as customer:
        for table in ("AM_API_AI_CONFIGURATION", "AM_LLM_PROVIDER"):
            customer.execute(f"DROP TABLE {table}")
            del customer.columns[table]
        with opened(customer.upgrade().target) as live:
            adopt_as(live, "4.4.0", lambda release, wrong: True)
        assert Repair(customer.upgrade().target).run().executed
        assert left(customer) == []


def test_a_database_that_nobody_has_named_is_not_repaired(server: Server) -> None:
    with site(server, "apim", FIRST) as customer:
        customer.execute(f"ALTER TABLE {COMMENTS} DROP COLUMN COMMENT_TEXT")
        assert (look(customer.upgrade().target).release, look(customer.upgrade().target).known) == (FIRST, False)
        with pytest.raises(NotRecognised, match=f"adopt --as {FIRST}"):
            Repair(customer.upgrade().target).run()
