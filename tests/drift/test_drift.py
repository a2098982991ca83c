"""Random drift: an upgrade keeps it, with every row, or refuses it by name and changes nothing.

Each case is a seed, which stands in its name; a failure says how to run it again.
`APIM_SCHEMA_TEST_DRIFT_SEEDS=500-999` runs others, `85,210,305-310` just these.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from apim_schema.environment import through_alembic as run
from tests.conformance.site import Site, site
from tests.drift import merge
from tests.drift.case import Case
from tests.drift.generate import Setting, drifted
from tests.drift.merge import Facts
from tests.releases import HEAD
from tests.servers import Server
from tests.vendor import make

FEW = 4
"""Cases on each engine in `make test`; the others are marked."""
SEEDS = os.environ.get("APIM_SCHEMA_TEST_DRIFT_SEEDS", "0-499")
UPGRADED: dict[tuple[str, str, str], Facts] = {}


def seeds(every: int = 1) -> list[Any]:
    ranges = (part.partition("-") for part in SEEDS.split(","))
    found = [seed for first, _, last in ranges for seed in range(int(first), int(last or first) + 1, every)]
    return [pytest.param(seed, id=f"seed{seed}", marks=[pytest.mark.drift] * (seed >= FEW)) for seed in found]


@pytest.mark.parametrize("seed", seeds())
def test_drift_is_kept_or_refused(server: Server, seed: int, record_property: Callable[[str, object], None]) -> None:
    if server.dialect not in ("mysql", "postgresql"):
        pytest.skip("the alterations are not written in the words of this database")
    rng = Random(seed)
    setting = Setting.of(rng)
    with installed(server, setting) as customer:
        before = merge.facts(customer.url, server.dialect)
        done = drifted(customer.url, server.dialect, setting, customer.made_of, rng)
        assert done
        case = Case(seed, customer, setting, tuple(done), before)
        record_property("drift", case.judge(vendors(server, setting)))


@pytest.mark.parametrize("seed", seeds(every=5))
def test_drift_is_mended(server: Server, seed: int) -> None:
    """What `repair` mends is the release then, with every row."""
    if server.dialect not in ("mysql", "postgresql"):
        pytest.skip("the alterations are not written in the words of this database")
    rng = Random(seed)
    setting = replace(Setting.of(rng), stamped=True)
    with installed(server, setting) as customer:
        before = merge.facts(customer.url, server.dialect)
        done = drifted(customer.url, server.dialect, setting, customer.made_of, rng, mendable=True)
        Case(seed, customer, setting, tuple(done), before).mend()


@contextmanager
def installed(server: Server, setting: Setting) -> Iterator[Site]:
    options = {"charset": setting.charset} if server.dialect == "mysql" else {}
    with site(server, "apim", setting.release, **options) as customer:
        yield customer


def vendors(server: Server, setting: Setting) -> Facts:
    """The newest release as an upgrade makes it where nothing has drifted.

    That is the vendor's own, but in utf8mb4, where his script fails.
    """
    if server.dialect == "postgresql" or setting.charset == "latin1":
        return merge.of_catalog(make.catalog(server.dialect, "apim", HEAD))
    kind = (server.name, setting.charset, setting.release)
    if kind not in UPGRADED:
        with installed(server, setting) as customer:
            run(customer.upgrade())
            UPGRADED[kind] = merge.facts(customer.url, server.dialect)
    return UPGRADED[kind]
