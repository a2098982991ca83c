"""Which tables an upgrade writes anew, each dialect by what its changes cost, and sizes for people."""

from __future__ import annotations

import pytest

from apim_schema import chain, flavours, registry, space
from apim_schema.changes import TextToBinary
from tests.releases import HEAD

CONVERTED = {"AM_API_OPERATION_POLICY_MAPPING", "AM_APPLICATION_REGISTRATION"}
LONGER = {"AM_API", "AM_API_URL_MAPPING", "AM_GATEWAY_ENVIRONMENT", "AM_POLICY_APPLICATION"}


def test_the_tables_that_an_upgrade_writes_anew() -> None:
    """One that a release on the way makes is not there yet, and one that is as it will be is not looked at."""
    assess = registry.load("mssql").impact.assess
    wanted = chain.pending("mssql", "apim", "4.2.0", HEAD)
    found = space.rebuilt(wanted, chain.expected("mssql", "apim", "4.2.0"), assess)
    assert {*found} == CONVERTED | LONGER | {"AM_API_CLIENT_CERTIFICATE"}
    at_460 = chain.changes("mssql", "apim", "4.6.0")
    assert space.rebuilt(at_460, chain.expected("mssql", "apim", "4.6.0"), assess) == []


@pytest.mark.parametrize("flavour", flavours.FLAVOURS)
@pytest.mark.parametrize("database", chain.DATABASES)
def test_they_are_found_from_every_release_on(flavour: str, database: str) -> None:
    """Whatever of the changes is in already; those that turn a text into bytes are among them."""
    dialect = registry.load(flavours.FLAVOURS[flavour])
    for start in chain.since(flavour, database)[:-1]:
        wanted = chain.pending(flavour, database, start, HEAD)
        live = chain.expected(flavour, database, start)
        found = space.rebuilt([c for c in wanted if not c.is_in(live)], live, dialect.impact.assess)
        assert {c.table for c in wanted if isinstance(c, TextToBinary)} & {*live.tables} <= {*found}


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0.0 KiB"), (1536, "1.5 KiB"), (1024**2, "1.0 MiB"), (3 * 1024**3, "3.0 GiB"), (5000 * 1024**4, "5000.0 TiB")],
)
def test_sizes_for_people(size: int, said: str) -> None:
    assert space.human(size) == said
