"""Keys that have a release's columns and bind otherwise."""

from __future__ import annotations

import pytest

from apim_schema import repair
from apim_schema.difference import HARMLESS, drifted
from apim_schema.environment import through_alembic as run
from apim_schema.live import opened
from tests.conformance.site import Site, site
from tests.releases import FIRST, HEAD
from tests.servers import Server

KEY = """(SELECT conrelid::regclass AS tbl, conname AS name, pg_get_constraintdef(oid) AS made FROM pg_constraint
WHERE contype = '{}' AND conrelid = '{}'::regclass ORDER BY conname LIMIT 1)"""
FOREIGN_KEY, UNIQUE = KEY.format("f", "am_api_ratings"), KEY.format("u", "am_api_environment_keys")

OTHERWISE = {
    "deferrable": (FOREIGN_KEY, "DEFERRABLE"),
    "not valid": (FOREIGN_KEY, "NOT VALID"),
    "deferrable, nulls not distinct": (UNIQUE, "NULLS NOT DISTINCT DEFERRABLE"),
}


def rebuild(customer: Site, which: str, clause: str) -> None:
    made = "replace(c.made, 'UNIQUE', 'UNIQUE NULLS NOT DISTINCT')" if "NULLS" in clause else "c.made"
    rest = clause.replace("NULLS NOT DISTINCT", "")
    customer.execute(
        f"DO $$ DECLARE c record; BEGIN SELECT * INTO STRICT c FROM {which} k; "
        "EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.tbl, c.name); "
        f"EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s {rest}', c.tbl, c.name, {made}); END $$"
    )


@pytest.mark.parametrize("detail", OTHERWISE)
def test_a_key_that_binds_otherwise_is_harmless_drift(postgresql: Server, detail: str) -> None:
    with site(postgresql, "apim", FIRST) as customer:
        rebuild(customer, *OTHERWISE[detail])
        with opened(customer.upgrade().target) as live:
            assert live.recognised is not None
            assert live.recognised.release == FIRST
            (found,) = before = drifted(live.differences)
        assert (found.class_, found.kind) == (HARMLESS, "different")
        assert str(found.found).endswith(f" {detail}")
        result = run(customer.upgrade())
        assert (result.target, drifted(result.differences)) == (HEAD, tuple(before))
        assert customer.rows_are_as_before()
        (mend,) = repair.look(customer.upgrade().target).mends
        assert mend.changes == ()
