"""Triggers that number rows: which of the vendor's leave a number alone that the product gives.

The vendor's scripts say so with `WHEN (NEW.<column> IS NULL)`; here is a list of all that do.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apim_schema import catalog, chain, compare, flavours
from apim_schema.changes import CreateTable
from apim_schema.schema import Schema, Trigger
from tests.dialects.oracle.modules import plsql
from tests.dialects.oracle.simulated import view
from tests.vendor import make

CONDITIONS = {
    "AM_API_THROTTLE_POLICY_SEQ_TR": "POLICY_ID",
    "AM_BLOCK_CONDITIONS_SEQ_TR": "CONDITION_ID",
    "AM_CONDITION_GROUP_SEQ_TR": "CONDITION_GROUP_ID",
    "AM_HEADER_FIELD_CONDITION_TR": "HEADER_FIELD_ID",
    "AM_IP_CONDITION_SEQ_TR": "AM_IP_CONDITION_ID",
    "AM_JWT_CLAIM_CONDITION_SEQ_TR": "JWT_CLAIM_ID",
    "AM_POLICY_APPLICATION_SEQ_TR": "POLICY_ID",
    "AM_POLICY_GLOBAL_SEQ_TR": "POLICY_ID",
    "AM_POLICY_SUBSCRIPTION_SEQ_TR": "POLICY_ID",
    "QUERY_PARAMETER_CONDITION_TR": "QUERY_PARAMETER_ID",
    "THROTTLE_TIER_PERMISSIONS_TR": "THROTTLE_TIER_PERMISSIONS_ID",
}
"""Of every release's apim database."""
SINCE_4_5_0 = {"AM_API_PRIMARY_EP_MAPPING_SEQ_TR": "MAPPING_ID"}
OTHERS_SINCE_4_5_0 = {"AM_LLM_PROVIDER_MODEL_SEQ_TR": "MODEL_ID"}
"""Of the flavours whose script has a trigger of this name."""
SHIPPED = sorted(flavours.catalogs("oracle").glob("*.json"))
REFERENCE = sorted(Path(__file__).parents[2].glob("reference/oracle*/*.json"))


def conditions(flavour: str, database: str, release: str) -> dict[str, str]:
    """The condition of each trigger that has one."""
    if database == "shared":
        return {}
    columns = dict(CONDITIONS)
    if release >= "4.5.0":
        columns |= SINCE_4_5_0 | (OTHERS_SINCE_4_5_0 if flavour in ("oracle_23c", "oracle_rac") else {})
    return {trigger: f"NEW.{column} IS NULL" for trigger, column in columns.items()}


def carried(schema: Schema) -> dict[str, str]:
    return {trigger.name: trigger.when for trigger in schema.triggers.values() if trigger.when is not None}


@pytest.mark.parametrize("path", [*SHIPPED, *REFERENCE], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_catalog_carries_the_conditions(path: Path) -> None:
    database, release = path.stem.split("-")[-2:]
    flavour = path.stem.split("-")[0] if path in SHIPPED else path.parent.name
    schema = catalog.parse(make.catalog(flavour, database, release))
    assert carried(schema) == conditions(schema.flavour, database, release)


@pytest.mark.parametrize("flavour", flavours.of_dialect("oracle"))
@pytest.mark.parametrize("database", chain.DATABASES)
def test_the_chain_and_create_make_them(flavour: str, database: str) -> None:
    for release in chain.since(flavour, database):
        schema = chain.expected(flavour, database, release)
        wanted = conditions(flavour, database, release)
        assert carried(schema) == carried(view(schema)) == wanted
        made = {name: plsql.create_trigger(schema.triggers[name], "APIM") for name in schema.triggers}
        assert {name for name, sql in made.items() if "WHEN (" in sql} == wanted.keys()


NUMBERS = Trigger("T", "REG_TAG", "BEFORE", ("INSERT",), ("S", "REG_ID"))
KEEPS = replace(NUMBERS, when="NEW.REG_ID IS NULL")


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        (NUMBERS, NUMBERS, True),
        (KEEPS, KEEPS, True),
        (NUMBERS, KEEPS, True),
        (KEEPS, NUMBERS, False),
        (NUMBERS, replace(NUMBERS, when="NEW.REG_ID > 5"), False),
    ],
)
def test_a_number_that_is_given_must_not_be_overwritten_where_the_vendor_keeps_it(
    expected: Trigger, found: Trigger, same: bool
) -> None:
    base = chain.expected("oracle", "shared", "4.2.0")
    wanted, live = base.with_trigger(expected), base.with_trigger(found)
    change = CreateTable(base.tables["REG_TAG"], triggers=(expected,))
    assert (compare.mismatches(wanted, live) == []) is same
    assert change.is_in(live) is same
    assert (change.apply(live).triggers["T"] == found) is same
