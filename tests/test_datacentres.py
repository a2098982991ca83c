"""Numbers of several data centres, which are each other's neighbours and never the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_schema import chain, datacentres, registry
from apim_schema.changes import CreateTable

WANTED = "START WITH 1 INCREMENT BY 1 NOCACHE"


@pytest.mark.parametrize(
    ("others", "options"),
    [
        ([], WANTED),
        (["", "CACHE 20"], WANTED),
        (["START WITH 1 INCREMENT BY 1"], WANTED),
        (["START WITH 2 INCREMENT BY 3 CACHE 50 ORDER"], "START WITH 2 INCREMENT BY 3 NOCACHE"),
        (["START WITH 1 INCREMENT BY 1", *["START WITH 2 INCREMENT BY 2"] * 2], "START WITH 2 INCREMENT BY 2 NOCACHE"),
        (["START WITH -1 INCREMENT BY -1"], WANTED),
    ],
)
def test_a_new_sequence_counts_like_most_that_stand(others: list[str], options: str) -> None:
    assert datacentres.counted_alike(WANTED, others) == options


@pytest.mark.parametrize(
    ("reached", "step", "first"), [(1, 1, 1), (77, 1, 1), (302, 3, 2), (3, 3, 3), (303, 3, 3), (4, 3, 1), (0, 3, 3)]
)
def test_where_a_sequence_has_begun_shows_in_any_number_of_it(reached: int, step: int, first: int) -> None:
    assert datacentres.options(reached, step) == f"START WITH {first} INCREMENT BY {step}"


@pytest.mark.parametrize(
    ("flavour", "counts"),
    [
        ("oracle_multidc", "IDN_OAUTH_CONSUMER_SECRETS_SEQ START WITH 2 INCREMENT BY 3 NOCACHE"),
        ("postgresql_multidc", "IDN_OAUTH_CONSUMER_SECRETS_SEQUENCE START WITH 2 INCREMENT BY 3"),
        ("mssql_multidc", "ID INTEGER IDENTITY(2,3) NOT FOR REPLICATION NOT NULL"),
    ],
)
def test_a_new_table_counts_like_its_neighbours(flavour: str, counts: str) -> None:
    schema = chain.expected(flavour, "apim", "4.6.0")
    for name in {*schema.sequences}:
        schema = schema.with_sequence(name, "START WITH 2 INCREMENT BY 3")
    live = replace(schema, options={"numbering": "IDENTITY(2,3) NOT FOR REPLICATION"})
    made_then = (c for c in chain.changes(flavour, "apim", "4.7.0") if isinstance(c, CreateTable))
    [change] = [c for c in made_then if c.table == "IDN_OAUTH_CONSUMER_SECRETS"]
    made = registry.load(flavour.partition("_")[0]).ddl.statements(change, live, None)
    assert [statement.sql for statement in made if counts in statement.sql]
