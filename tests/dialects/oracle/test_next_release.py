"""A release that uses every word, on the model of the dictionary: online, as a script, and from every state between."""

from __future__ import annotations

import pytest

from apim_schema import chain, compare, flavours, preflight, registry
from apim_schema.schema import Schema
from tests.dialects.oracle.conftest import Accepted
from tests.dialects.oracle.modules import ddl, impact
from tests.dialects.oracle.server import Server
from tests.dialects.oracle.simulated import raw, run, view
from tests.dialects.oracle.test_ddl import UNITS, statements
from tests.dialects.oracle.test_script import REPEATED, parts, rendered
from tests.next_release import HEAD, NEXT, next_release

__all__ = ["next_release"]

OFTEN = [
    pytest.param(flavour, marks=() if flavour == "oracle" else pytest.mark.kill)
    for flavour in flavours.of_dialect("oracle")
]
"""What the others have of their own is parsed release by release."""
each_flavour = pytest.mark.parametrize("flavour", flavours.of_dialect("oracle"))


def start(flavour: str) -> Schema:
    return raw(chain.expected(flavour, "apim", HEAD))


@each_flavour
@pytest.mark.parametrize("unit", UNITS)
def test_it_is_reached_through_every_state_between(flavour: str, unit: str, next_release: str) -> None:
    schema = start(flavour)
    live = view(schema, unit)
    for change in chain.changes(flavour, "apim", next_release):
        rest = statements(change, live)
        assert rest, str(change)
        while rest:
            schema = run(schema, rest.pop(0))
            live = view(schema, unit)
            left = statements(change, live)
            assert left == rest or (left[1:] == rest and "utf8_bytes" in left[0])
            assert change.is_in(live) == (not rest), str(change)
    assert compare.mismatches(chain.expected(flavour, "apim", NEXT), live) == []


@each_flavour
def test_its_script_goes_on_from_every_unit(flavour: str, next_release: str) -> None:
    live, done = Server(start(flavour), "apim"), list[str]()
    for sent in rendered(flavour, "apim", HEAD, next_release):
        if live.send(sent):
            assert [sql for again in done for sql in live.due(again) if not REPEATED.fullmatch(sql)] == []
        if not sent.startswith(("DELETE", "INSERT")) and "EXISTS (SELECT 1 FROM APIM.alembic" not in sent:
            done.append(sent)
    assert compare.mismatches(chain.expected(flavour, "apim", NEXT), view(live.schema)) == []
    assert live.stamped == [NEXT]


def test_costs(next_release: str) -> None:
    costs, live = {}, view(start("oracle"))
    for change in chain.changes("oracle", "apim", next_release):
        costs[type(change).__name__] = impact.assess(change, live).work
        live = change.apply(live)
    assert {name for name, work in costs.items() if work == "scan"} == {"CreateForeignKey"}
    assert {name for name, work in costs.items() if work == "in place"} == {"CreateUnique"}
    assert {name for name, work in costs.items() if work == "rebuild"} == {"DropColumn", "TextToBinary"}


@pytest.mark.parametrize("flavour", OFTEN)
def test_every_statement_and_rule_is_parsed(flavour: str, next_release: str, accepted: Accepted) -> None:
    release = 23 if flavour == "oracle_23c" else 12
    live, seen = view(start(flavour)), list[str]()
    for change in chain.changes(flavour, "apim", next_release):
        seen += [made.sql for made in ddl.statements(change, live, "apim")]
        if change.table in live.tables:
            hazards = [*preflight.rules(change, live, registry.load("oracle"), "apim"), *impact.hazards(change, live)]
            seen += [f"SELECT COUNT(*) FROM APIM.{change.table} t WHERE {hazard.condition}" for hazard in hazards]
        live = change.apply(live)
    units = [unit for unit in rendered(flavour, "apim", HEAD, next_release) if "TIMEOUT = " not in unit]
    accepted([*seen, *(part for unit in units for part in parts(unit))], release)
