"""Repair where a dropped column has left less of a key, and where utf8mb4 leaves no room for a whole one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apim_schema.adopt import adopt_as
from apim_schema.difference import drifted
from apim_schema.live import opened
from apim_schema.repair import Repair, rendered
from tests.conformance.site import Site, site
from tests.conformance.test_script import run_well
from tests.releases import FIRST
from tests.servers import Server
from tests.vendor import outside

BINDING = "IDN_OAUTH2_TOKEN_BINDING"
DROPPED = (
    f"ALTER TABLE {BINDING} DROP COLUMN TOKEN_BINDING_TYPE",
    "ALTER TABLE IDN_CERTIFICATE DROP COLUMN TENANT_ID",
)
"""Columns of a unique key without a name and of an index, and of a unique key with a name."""


def stamped(customer: Site) -> None:
    with opened(customer.upgrade().target) as live:
        adopt_as(live, FIRST, lambda release, wrong: True)


def left(customer: Site) -> list[str]:
    with opened(customer.upgrade().target) as live:
        return [difference.entry for difference in drifted(live.differences)]


@pytest.fixture
def utf8mb4(both: Server) -> Iterator[Site]:
    with site(both, "apim", FIRST, charset="utf8mb4") as customer:
        stamped(customer)
        yield customer


@pytest.mark.parametrize("by", ["run", "script"])
def test_what_a_dropped_column_leaves_of_a_key_is_made_whole(mysql: Server, by: str) -> None:
    """MariaDB does not drop a column of a unique key."""
    with site(mysql, "apim", FIRST) as customer:
        before = outside.catalog_of(customer.url)
        for statement in DROPPED:
            customer.execute(statement)
        stamped(customer)
        if by == "run":
            assert Repair(customer.upgrade().target).run().verdict.verdict == "proven"
        else:
            mysql.client(mysql.url)
            script = rendered(customer.upgrade().target)
            run_well(customer, script)
            run_well(customer, script)
        assert left(customer) == []
        assert customer.differences_from(FIRST) == []
        assert outside.catalog_of(customer.url)["tables"][BINDING] == before["tables"][BINDING]


def test_a_narrowed_column_gets_its_default_back_and_no_other_width(utf8mb4: Site) -> None:
    before = outside.catalog_of(utf8mb4.url)["tables"][BINDING]
    utf8mb4.execute(f"ALTER TABLE {BINDING} MODIFY TOKEN_BINDING_VALUE VARCHAR(256) NULL DEFAULT 'd'")
    assert Repair(utf8mb4.upgrade().target).run().verdict.verdict == "proven"
    assert outside.catalog_of(utf8mb4.url)["tables"][BINDING] == before


def test_an_index_gets_key_parts_that_fit(utf8mb4: Site) -> None:
    """As the table does that is made anew, where nobody knows any more how narrow its columns were."""
    utf8mb4.execute(f"DROP TABLE {BINDING}")
    Repair(utf8mb4.upgrade().target).run()
    made = outside.catalog_of(utf8mb4.url)["tables"][BINDING]
    utf8mb4.execute(f"ALTER TABLE {BINDING} DROP INDEX IDX_TK_VALUE_TYPE")
    Repair(utf8mb4.upgrade().target).run()
    assert left(utf8mb4) == []
    assert outside.catalog_of(utf8mb4.url)["tables"][BINDING] == made


@pytest.mark.parametrize("by", ["run", "script"])
def test_a_key_that_was_being_replaced_is_replaced(both: Server, by: str) -> None:
    """A repair that is cut off between its two statements leaves the old one beside the new one."""
    key = "FOREIGN KEY (API_ID) REFERENCES AM_API (API_ID)"
    with site(both, "apim", FIRST) as customer:
        before = outside.catalog_of(customer.url)["tables"]["AM_API_RATINGS"]["foreign_keys"]
        customer.execute("ALTER TABLE AM_API_RATINGS DROP FOREIGN KEY AM_API_RATINGS_ibfk_1")
        customer.execute(f"ALTER TABLE AM_API_RATINGS ADD CONSTRAINT OTHER {key}")
        stamped(customer)
        script = rendered(customer.upgrade().target)
        customer.execute(f"ALTER TABLE AM_API_RATINGS ADD {key} ON DELETE CASCADE ON UPDATE CASCADE")
        assert left(customer) == ["foreign key of AM_API_RATINGS: (API_ID) to AM_API (API_ID)"]
        if by == "run":
            assert Repair(customer.upgrade().target).run().executed == 1
        else:
            both.client(both.url)
            run_well(customer, script)
        assert left(customer) == []
        assert outside.catalog_of(customer.url)["tables"]["AM_API_RATINGS"]["foreign_keys"] == before
