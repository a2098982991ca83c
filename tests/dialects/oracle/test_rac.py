"""The vendor's script for RAC makes a flavour of its own: recognised by its name, and upgraded along the same chain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_schema import chain, compare
from apim_schema.recognise import recognise
from apim_schema.schema import ForeignKey, Schema
from tests.dialects.oracle.simulated import view

RAC = "oracle_rac"
REGISTRY = {
    "REG_RESC_PROP_BY_REG_PROP_ID",
    "REG_TAG_IND_BY_TAG_ID",
    "UM_ATTR_NAME_VALUE_IDX",
    "IDX_USER_ATTRIBUTE_USER_TENANT",
    "IDX_USER_ROLE_USER_TENANT",
    "IDX_USER_ROLE_ROLE_TENANT",
}
"""The indexes of the shared database that one or another version of the script for RAC does not have."""


@pytest.mark.parametrize("release", chain.since(RAC, "apim"))
def test_what_the_script_for_rac_has_otherwise(release: str) -> None:
    plain, rac = (chain.expected(flavour, "apim", release) for flavour in ("oracle", RAC))
    assert rac.tables.keys() == plain.tables.keys()
    assert {name for name in plain.tables if plain.tables[name] != rac.tables[name]} == {
        "AM_SECURITY_AUDIT_UUID_MAPPING",
        "IDN_AUTH_WAIT_STATUS",
        "IDN_PASSWORD_HISTORY_DATA",
        "IDP",
    }
    assert rac.tables["IDP"].columns["DISPLAY_NAME"].type == "VARCHAR2(254)"
    assert not rac.tables["IDN_AUTH_WAIT_STATUS"].columns["WAIT_STATUS"].nullable
    assert rac.tables["IDN_PASSWORD_HISTORY_DATA"].columns["TIME_CREATED"].nullable
    assert rac.tables["AM_SECURITY_AUDIT_UUID_MAPPING"].foreign_keys == (
        ForeignKey(("API_ID",), "AM_API", ("API_ID",)),
    )
    renamed = {"AM_LLM_PROVIDER_MODEL_TRIGGER"} if release >= "4.5.0" else set()
    gone = {"AM_API_SEC_AUDIT_MAP_TRIGGER", "AM_API_SUBSCRIPTION_TRIGGER"}
    assert plain.triggers.keys() - rac.triggers.keys() == gone | renamed
    assert set(rac.sequences.values()) == {"START WITH 1 INCREMENT BY 1 CACHE 20 ORDER"}


@pytest.mark.parametrize("release", chain.since(RAC, "apim"))
def test_it_is_recognised_by_its_name(release: str) -> None:
    found = recognise("oracle", "apim", view(chain.expected(RAC, "apim", release)))
    assert found is not None
    assert (found.flavour, found.release) == (RAC, release)
    assert str(found) == f"{release} of oracle_rac"


def without_indexes(schema: Schema, *names: str) -> Schema:
    tables = {
        name: replace(table, indexes=tuple(index for index in table.indexes if index.name not in names))
        for name, table in schema.tables.items()
    }
    return replace(schema, tables=tables)


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_shared_database_may_lack_indexes_on_rac_and_nowhere_else(name: str) -> None:
    rac, plain = (chain.expected(flavour, "shared", "4.7.0") for flavour in (RAC, "oracle"))
    live = view(without_indexes(rac, name))
    assert live.flavour == RAC
    assert compare.mismatches(rac, live) == []
    assert [d.name.rpartition(".")[2] for d in compare.mismatches(plain, view(without_indexes(plain, name)))] == [name]
    found = recognise("oracle", "shared", live)
    assert found is not None
    assert found.release == "4.7.0"
