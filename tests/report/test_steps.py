"""A change that takes several statements is told as such, wherever they stand and whatever they do besides."""

from __future__ import annotations

import pytest

from apim_schema import chain, flavours, planner, registry
from apim_schema.review import numbered
from tests.releases import FIRST, HEAD


@pytest.mark.parametrize("dialect", sorted(set(flavours.FLAVOURS.values())))
def test_statements_of_one_change_are_its_steps(dialect: str) -> None:
    live = chain.expected(dialect, "apim", FIRST)
    found = list(numbered(planner.plan(registry.load(dialect), "apim", live, FIRST, HEAD, None)))
    assert [reviewed.number for reviewed in found] == list(range(1, len(found) + 1))
    filled = [r for r in found if str(r.statement.change) == "add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE"]
    assert filled[-1].step == filled[-1].steps > 1
    titles = [(*reviewed.changes, reviewed.step) for reviewed in found]
    assert len(titles) == len(set(titles))
