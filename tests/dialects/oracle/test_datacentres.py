"""The vendor's script for several data centres, which is the plain one where it has lost its own column."""

from __future__ import annotations

from dataclasses import replace

from apim_schema import chain
from apim_schema.difference import HARMLESS, breaking
from apim_schema.recognise import recognise
from tests.dialects.oracle.simulated import view

LOST = {
    "IDX_AAI_CTX", "IDX_AAI_ORG", "IDX_AAPROD_AI", "IDX_AATP_DQT", "IDX_AAUM_AI", "IDX_AAUM_TT", "IDX_AA_AT_CB",
    "IDX_AAKM_CK", "IDX_ACG_QT", "IDX_APA_QT", "IDX_APS_QT", "IDX_AS_AITIAI", "IDX_IOAT_TSH_TS", "IDX_IOAT_UT",
    "IDX_ITS_LMT",
}  # fmt: skip
"""The indexes that the script does without from 4.3.0 to 4.5.0."""


def test_without_its_column_it_is_the_plain_release_without_some_indexes() -> None:
    plain = chain.expected("oracle", "apim", "4.3.0")
    tables = {
        name: replace(table, indexes=tuple(index for index in table.indexes if index.name not in LOST))
        for name, table in plain.tables.items()
    }
    found = recognise("oracle", "apim", view(replace(plain, tables=tables)))
    assert found is not None
    assert (found.flavour, found.release) == ("oracle", "4.3.0")
    assert {d.name.rpartition(".")[2] for d in found.differences if d.class_ == HARMLESS} == LOST
    assert breaking(found.differences) == ()


def test_with_it_it_is_told_by_name() -> None:
    for release in chain.since("oracle_multidc", "apim"):
        found = recognise("oracle", "apim", view(chain.expected("oracle_multidc", "apim", release)))
        assert str(found) == f"{release} of oracle_multidc"
