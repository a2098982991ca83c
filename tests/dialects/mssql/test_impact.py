"""What changes cost, and the rows that stand in their way."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import Connection

from apim_schema import chain, changes, registry
from apim_schema.changes import Change
from apim_schema.impact import WORKS, Impact, Work
from apim_schema.schema import Column, Index
from tests.dialects.mssql.conftest import Accepted
from tests.dialects.mssql.recorded import Recorded
from tests.releases import HEAD

DIALECT = registry.load("mssql")


def of(release: str) -> list[tuple[Change, Impact]]:
    """The changes of a release on the one before it, each with its cost."""
    releases = chain.releases("apim")
    live, found = chain.expected("mssql", "apim", releases[releases.index(release) - 1]), []
    for change in chain.changes("mssql", "apim", release):
        found.append((change, DIALECT.impact.assess(change, live)))
        live = change.apply(live)
    return found


@pytest.mark.parametrize(
    ("release", "change", "work", "lock"),
    [
        ("4.3.0", "create table AM_APP_REVOKED_EVENT", "metadata", "none"),
        ("4.3.0", "create table AM_API_POLICY_MAPPING", "metadata", "Sch-M"),
        ("4.3.0", "add column AM_GATEWAY_ENVIRONMENT.TYPE", "metadata", "Sch-M"),
        ("4.3.0", "add column AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE", "rebuild", "Sch-M"),
        ("4.3.0", "add column AM_API_URL_MAPPING.LOG_LEVEL", "rebuild", "Sch-M"),
        ("4.4.0", "replace primary key of AM_API_CLIENT_CERTIFICATE", "rebuild", "Sch-M"),
        ("4.4.0", "alter column AM_SERVICE_CATALOG.MD5", "metadata", "Sch-M"),
        ("4.4.0", "create index IDX_IAT_TI_CK", "in place", "S"),
        ("4.6.0", "alter column AM_API_ENDPOINTS.ENDPOINT_UUID", "rebuild", "Sch-M"),
        ("4.6.0", "drop unique", "metadata", "Sch-M"),
        ("4.6.0", "convert column AM_API_POLICY_MAPPING.PARAMETERS", "rebuild", "Sch-M"),
        ("4.7.0", "replace foreign key of AM_GW_API_ARTIFACTS", "scan", "Sch-M"),
        ("4.7.0", "alter column AM_GW_INSTANCES.GW_PROPERTIES", "metadata", "Sch-M"),
    ],
)
def test_the_cost_of_a_change(release: str, change: str, work: Work, lock: str) -> None:
    [cost] = [cost for made, cost in of(release) if str(made).startswith(change)]
    assert (cost.work, cost.lock) == (work, lock)


STEPS = [
    ("4.3.0", "AM_GATEWAY_ENVIRONMENT.GATEWAY_TYPE", ["metadata Sch-M reads", "rebuild X reads", "scan Sch-M reads"]),
    ("4.4.0", "primary key of AM_API_CLIENT_CERTIFICATE", ["metadata Sch-M reads", "rebuild Sch-M reads"]),
    (
        "4.6.0",
        "convert column AM_API_POLICY_MAPPING.PARAMETERS",
        [
            *("metadata Sch-M reads", "rebuild X reads", "metadata Sch-M reads", "metadata Sch-M reads"),
            "scan Sch-M reads",
        ],
    ),
    ("4.6.0", "AM_API_ENDPOINTS.ENDPOINT_UUID", ["metadata Sch-M reads", "scan Sch-M reads", "rebuild Sch-M reads"]),
    ("4.7.0", "foreign key of AM_GW_API_ARTIFACTS", ["metadata Sch-M reads", "scan Sch-M reads"]),
]


@pytest.mark.parametrize(("release", "change", "steps"), STEPS, ids=[change for _, change, _ in STEPS])
def test_each_statement_of_a_change_has_its_own_cost(release: str, change: str, steps: list[str]) -> None:
    """One row is never written twice by what is said of it; the dearest of them is the change's."""
    releases = chain.releases("apim")
    live = chain.expected("mssql", "apim", releases[releases.index(release) - 1])
    for made in chain.changes("mssql", "apim", release):
        if change in str(made):
            costs = [statement.impact for statement in DIALECT.ddl.statements(made, live, None)]
            assert [f"{cost.work} {cost.lock} {cost.blocks}" for cost in costs] == steps
            assert DIALECT.impact.assess(made, live).work == max((cost.work for cost in costs), key=WORKS.index)
        live = made.apply(live)


def test_the_way_back_costs_what_the_way_up_did() -> None:
    live = chain.expected("mssql", "apim", "4.6.0")
    change = changes.BinaryToText("AM_API_POLICY_MAPPING", Column("PARAMETERS", "VARCHAR(2048)", False))
    costs = [statement.impact for statement in DIALECT.ddl.statements(change, live, None)]
    up = next(steps for _, change, steps in STEPS if change.startswith("convert column AM_API_POLICY_MAPPING"))
    assert [f"{cost.work} {cost.lock} {cost.blocks}" for cost in costs] == up
    assert DIALECT.impact.assess(change, live).work == "rebuild"


def test_a_key_that_other_indexes_point_to_is_dropped_with_work() -> None:
    """The rows stay where they are, and the other indexes are written anew without the key's order."""
    live = chain.expected("mssql", "apim", "4.5.0")
    table = live.tables["AM_API_ENDPOINTS"]
    change = changes.ReplacePrimaryKey(table.name, ("API_UUID", "ENDPOINT_UUID"))
    indexed = live.with_table(replace(table, indexes=(Index("I", ("API_UUID",)),)))
    assert [s.impact.work for s in DIALECT.ddl.statements(change, indexed, None)] == ["in place", "rebuild"]


@pytest.mark.parametrize(
    ("column", "edition", "work"),
    [
        (Column("X", "VARCHAR(9)", False, "'a'"), "3", "metadata"),
        (Column("X", "VARCHAR(9)", False, "'a'"), "8", "metadata"),
        (Column("X", "VARCHAR(9)", False, "'a'"), "2", "rebuild"),
        (Column("X", "VARCHAR(9)", False, "'a'"), None, "rebuild"),
        (Column("X", "VARCHAR(9)", True, "'a'"), "3", "rebuild"),
        (Column("X", "VARCHAR(MAX)", False, "'a'"), "3", "rebuild"),
        (Column("X", "VARCHAR(MAX)"), "2", "metadata"),
    ],
)
def test_the_edition_decides_whether_a_default_is_written(column: Column, edition: str | None, work: Work) -> None:
    live = replace(chain.expected("mssql", "apim", "4.2.0"), options={"edition": edition} if edition else {})
    assert DIALECT.impact.assess(changes.AddColumn("AM_API", column), live).work == work


def test_the_edition_is_read() -> None:
    live = chain.expected("mssql", "apim", "4.2.0")
    found = DIALECT.introspect.read(cast(Connection, Recorded(live, edition=3)), "dbo")
    assert found.options["edition"] == "3"


def test_less_room_and_not_null_read_every_row() -> None:
    live = chain.expected("mssql", "apim", "4.2.0")
    for change in (
        changes.AlterColumn("AM_API", "DESCRIPTION", "VARCHAR(9)", narrows="VARCHAR(99)"),
        changes.AlterColumn("AM_API", "API_TIER", nullable=False),
    ):
        table = live.tables["AM_API"].with_column(Column(change.name, "VARCHAR(99)"))
        cost = DIALECT.impact.assess(change, live.with_table(table))
        assert (cost.work, cost.lock, cost.blocks) == ("scan", "Sch-M", "reads")


def test_the_rows_in_the_way(accepted: Accepted) -> None:
    """A key of an index that is too long is an error of its row."""
    live = chain.expected("mssql", "apim", "4.3.0")
    found = []
    for change in chain.pending("mssql", "apim", "4.3.0", HEAD):
        found += [(change.table, hazard) for hazard in DIALECT.impact.hazards(change, live)]
        live = change.apply(live)
    assert [hazard.level for _, hazard in found] == ["block"] * 3
    [index] = [hazard for table, hazard in found if table == "IDN_INVALID_TOKENS"]
    assert index.condition == "ISNULL(DATALENGTH(t.TOKEN_IDENTIFIER), 0) + ISNULL(DATALENGTH(t.CONSUMER_KEY), 0) > 1700"
    accepted([f"SELECT COUNT(*) FROM {table} t WHERE {hazard.condition}" for table, hazard in found])


def test_a_primary_key_that_is_not_the_clustered_one_may_be_as_long_as_an_index() -> None:
    live = chain.expected("mssql", "apim", "4.5.0")
    table = live.tables["AM_API_ENDPOINTS"]
    assert table.primary_key is not None
    change = changes.ReplacePrimaryKey(table.name, ("API_UUID", "ENDPOINT_UUID"))
    named = replace(table, primary_key=replace(table.primary_key, name="PK"))
    limits = [
        DIALECT.impact.hazards(change, live.with_table(replace(named, options=options)))[0].condition.rpartition(" ")[2]
        for options in ({}, {"kind of PK": "NONCLUSTERED"})
    ]
    assert limits == ["900", "1700"]


@pytest.mark.parametrize(
    ("type_", "default", "spellings"),
    [
        ("VARCHAR(9)", "'OFF'", ["(N'OFF')", "(CONVERT([varchar](9),'OFF'))", "CAST('OFF' AS sys.varchar(9))"]),
        ("VARCHAR(9)", None, ["CAST(NULL AS varchar)", "(CONVERT([varchar](9),NULL))", "CAST(NULL AS sys.varchar(9))"]),
        ("INTEGER", None, ["(NULL)", "CAST((NULL) AS INT)"]),
        ("INTEGER", "0", ["((0))", "CAST(0 AS INT)", "(CONVERT([int],(0)))"]),
        ("DATETIME", "CURRENT_TIMESTAMP", ["(getdate())", "sys.getdate()", "(CURRENT_TIMESTAMP)"]),
    ],
)
def test_defaults_as_servers_show_them(type_: str, default: str | None, spellings: list[str]) -> None:
    assert {DIALECT.types.normalise_default(spelling, type_) for spelling in spellings} == {default}
