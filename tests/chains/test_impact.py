"""What statements cost: every one of every chain has a cost, and the dearest of a change's is the change's."""

from __future__ import annotations

import pytest

from apim_schema import chain, flavours, registry
from apim_schema.impact import BLOCKS, NOTHING, WORKS


@pytest.mark.parametrize("flavour", flavours.FLAVOURS)
@pytest.mark.parametrize("database", chain.DATABASES)
def test_every_statement_of_a_chain(flavour: str, database: str) -> None:
    dialect = registry.load(flavours.FLAVOURS[flavour])
    start = chain.first(flavour, database)
    live, seen = chain.expected(flavour, database, start), 0
    for change in chain.pending(flavour, database, start, chain.releases(database)[-1]):
        if change.is_in(live):
            continue
        costs = [statement.impact for statement in dialect.ddl.statements(change, live, None)]
        for cost in costs:
            assert cost.source.startswith("https://")
            assert cost.blocks in BLOCKS
            assert (cost.blocks == NOTHING) <= (not cost.reads_rows)
            assert all(name in live.tables for name in cost.referenced)
        dearest = max((cost.work for cost in costs), key=WORKS.index, default=None)
        assert dearest in (None, dialect.impact.assess(change, live).work), change
        seen += len(costs)
        live = change.apply(live)
    assert seen or database == "shared"  # which not every database changes
