"""What each statement costs on Oracle."""

from __future__ import annotations

import pytest

from apim_schema import chain, changes
from apim_schema.impact import WORKS, Work
from apim_schema.schema import Column
from tests.dialects.oracle.modules import ddl, impact

METADATA = "metadata, exclusive DDL lock, writes"
COPY = "rebuild, row exclusive (TM mode 3), ddl"
DROP = "rebuild, exclusive (TM mode 6), writes"
INDEX = "in place, exclusive (TM mode 6), writes"
SCAN = "scan, exclusive (TM mode 6), writes"

STEPS = [
    ("4.3.0", "add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE", [METADATA, METADATA]),
    ("4.4.0", "alter column AM_SERVICE_CATALOG.MD5", [METADATA]),
    ("4.4.0", "replace primary key of AM_API_CLIENT_CERTIFICATE", [METADATA, INDEX]),
    ("4.4.0", "create index IDX_IAT_TI_CK", ["in place, share (TM mode 4), writes"]),
    ("4.6.0", "alter column AM_API_ENDPOINTS.ENDPOINT_UUID", [SCAN]),
    ("4.6.0", "drop unique", [METADATA]),
    ("4.6.0", "convert column AM_API_POLICY_MAPPING.PARAMETERS", [METADATA, COPY, SCAN, DROP, METADATA]),
    ("4.7.0", "replace foreign key of AM_GW_API_ARTIFACTS", [METADATA, SCAN]),
]


def test_the_way_back_costs_what_the_way_up_did() -> None:
    live = chain.expected("oracle", "apim", "4.6.0")
    for made in chain.step("oracle", "apim", "4.6.0", "4.5.0", cuts=True):
        if isinstance(made, changes.BinaryToText) and made.table == "AM_API_POLICY_MAPPING":
            costs = [statement.impact for statement in ddl.statements(made, live, None)]
            assert [f"{cost.work}, {cost.lock}, {cost.blocks}" for cost in costs] == [
                METADATA,
                COPY,
                SCAN,
                DROP,
                METADATA,
            ]
            assert impact.assess(made, live).work == "rebuild"
        live = made.apply(live)
    cut = changes.AlterColumn("AM_API", "STATUS", "VARCHAR2(9)", narrows="VARCHAR2(30)", cuts=True)
    assert [statement.impact.work for statement in ddl.statements(cut, live, None)] == ["rebuild", "scan"]


@pytest.mark.parametrize(("release", "change", "steps"), STEPS, ids=[change for _, change, _ in STEPS])
def test_each_statement_of_a_change_has_its_own_cost(release: str, change: str, steps: list[str]) -> None:
    """The dearest of them is what is said of the change."""
    releases = chain.releases("apim")
    live = chain.expected("oracle", "apim", releases[releases.index(release) - 1])
    for made in chain.changes("oracle", "apim", release):
        if str(made).startswith(change):
            costs = [statement.impact for statement in ddl.statements(made, live, None)]
            assert [f"{cost.work}, {cost.lock}, {cost.blocks}" for cost in costs] == steps
            assert impact.assess(made, live).work == max((cost.work for cost in costs), key=WORKS.index)
            assert all(cost.source.startswith("https://docs.oracle.com/") for cost in costs)
        live = made.apply(live)


@pytest.mark.parametrize(
    ("column", "work"),
    [
        (Column("X", "VARCHAR2(9)", True, "'a'"), "metadata"),
        (Column("X", "VARCHAR2(9)", False, "'a'"), "metadata"),
        (Column("X", "BLOB"), "metadata"),
        (Column("X", "CLOB", True, "'a'"), "rebuild"),
    ],
)
def test_a_default_is_kept_in_the_dictionary_but_for_a_lob(column: Column, work: Work) -> None:
    live = chain.expected("oracle", "apim", "4.2.0")
    assert impact.assess(changes.AddColumn("AM_API", column), live).work == work


def test_a_new_table_locks_those_that_it_points_to() -> None:
    live = chain.expected("oracle", "apim", "4.2.0")
    [change] = [c for c in chain.changes("oracle", "apim", "4.3.0") if c.table == "AM_API_POLICY_MAPPING"]
    table, *rest = [s.impact for s in ddl.statements(change, live, None) if "SEQUENCE" not in s.sql]
    assert table.referenced
    assert all(cost.blocks == "nothing" for cost in rest)
