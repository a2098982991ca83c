"""The rows that tests and the demo begin with survive every release that is to come."""

from __future__ import annotations

import pytest

from apim_schema import chain, flavours
from apim_schema.demo import rows, values

each_flavour = pytest.mark.parametrize("flavour", flavours.FLAVOURS)


@pytest.mark.parametrize("flavour", [name for name in flavours.FLAVOURS if chain.first(name, "apim") < "4.4.0"])
def test_what_the_releases_do_to_a_text_is_known(flavour: str) -> None:
    """Of each kind, one that is known from the vendor's scripts."""
    ahead = rows.ahead(flavour)
    assert ("AM_APPLICATION_REGISTRATION", "INPUTS") in ahead.into_bytes
    assert ahead.lengths["AM_API_ENDPOINTS", "REVISION_UUID"] == 100
    assert ("TOKEN_IDENTIFIER", "CONSUMER_KEY") in ahead.keys["IDN_INVALID_TOKENS"]
    assert ("API_UUID", "ENDPOINT_UUID", "REVISION_UUID", "ORGANIZATION") in ahead.keys["AM_API_ENDPOINTS"]
    assert (("IDN_SCIM_GROUP", "ROLE_NAME") in ahead.into_latin1) == (flavour == "mysql")


@each_flavour
@pytest.mark.parametrize("database", chain.DATABASES)
def test_texts_fit_into_what_their_columns_will_be(flavour: str, database: str) -> None:
    ahead, first = rows.ahead(flavour), chain.expected(flavour, database, chain.first(flavour, database))
    for table, made in rows.rows_of(first):
        for place, value in (((table.name, name), row[name]) for row in made for name in row):
            if isinstance(value, str) and place in ahead.lengths:
                unit = values.read_type(table.columns[place[1]].type, flavour).unit
                assert len(value.encode() if unit == "bytes" else value) <= ahead.lengths[place], place
            if isinstance(value, str) and place in ahead.into_latin1:
                assert value.encode("latin-1"), place


def test_a_text_that_gets_shorter_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in no key as well, which no release has shortened so far."""
    first = chain.expected("postgresql", "apim", chain.first("postgresql", "apim"))

    def longest() -> int:
        made = next(made for table, made in rows.rows_of(first) if table.name == "AM_API")
        return max(len(row["API_TIER"] or "") for row in made)

    assert longest() > 20
    monkeypatch.setitem(rows.ahead("postgresql").lengths, ("AM_API", "API_TIER"), 20)
    assert longest() == 20
