"""Whole upgrades of databases in utf8mb4, where the vendor's script fails and customers have narrowed columns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apim_schema.environment import through_alembic
from apim_schema.errors import Blocked, Exit
from tests.conformance.site import Site, site
from tests.conformance.test_upgrade import stamped
from tests.releases import FIRST, HEAD
from tests.servers import Server
from tests.vendor import make, outside

Door = Callable[[Site], object]
DOORS: dict[str, Door] = {
    "upgrade": lambda customer: through_alembic(customer.upgrade()),
    "alembic": lambda customer: customer.alembic("upgrade", "head"),
}


def narrowed(customer: Site) -> set[str]:
    """The columns that are shorter than in the vendor's script."""
    vendors = make.catalog("mysql", "apim", customer.made_of["release"])["tables"]
    return {
        f"/tables/{table}/columns/{name}/type"
        for table, facts in customer.made_of["tables"].items()
        for name, column in facts["columns"].items()
        if column["type"] != vendors[table]["columns"][name]["type"]
    }


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("release", [FIRST, pytest.param("4.5.0", marks=pytest.mark.kill)])
def test_narrowed_columns(both: Server, release: str, door: Door) -> None:
    """A column that no release touches stays as it is."""
    with site(both, "apim", release, charset="utf8mb4") as customer:
        assert narrowed(customer)
        door(customer)
        assert {difference.partition(":")[0] for difference in customer.differences_from(HEAD)} <= narrowed(customer)
        assert customer.rows_are_as_before()
        assert stamped(customer) == HEAD


def test_characters_that_latin1_has_not_are_refused(both: Server) -> None:
    with site(both, "apim", FIRST, charset="utf8mb4") as customer:
        customer.execute("UPDATE IDN_OAUTH2_TOKEN_BINDING SET TOKEN_BINDING_VALUE = '漢' LIMIT 1")
        rows, schema = customer.rows(), outside.catalog_of(customer.url)
        with pytest.raises(
            Blocked, match=r"TOKEN_BINDING_VALUE has characters that latin1 has not: \(TOKEN_ID="
        ) as caught:
            through_alembic(customer.upgrade())
        assert caught.value.exit_code == Exit.REFUSED
        assert (customer.rows(), outside.catalog_of(customer.url)) == (rows, schema)
