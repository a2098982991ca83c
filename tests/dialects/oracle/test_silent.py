"""A script asks for the customer's objects that name what it drops or converts, and for nothing else of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import takewhile

import pytest

from apim_schema import chain, flavours, script
from apim_schema.changes import BinaryToText, DropColumn, DropTable, TextToBinary
from tests.dialects.oracle.modules import silent
from tests.dialects.oracle.server import ApplicationError, Server
from tests.dialects.oracle.simulated import raw
from tests.dialects.oracle.sqlplus import split
from tests.dialects.oracle.standing import Standing
from tests.releases import HEAD

NEWER, OLDER = "4.6.0", "4.5.0"
TABLE, COLUMN, STAYS = "AM_API", "API_DISPLAY_NAME", "API_NAME"
GOES, GOES_TOO, OTHER = "AM_BACKEND", "AM_BACKEND_OPERATION_MAPPING", "AM_APPLICATION"
TRIGGER = "TRIGGER x BEFORE UPDATE ON t FOR EACH ROW\nBEGIN\n  {0}\nEND;\n"


def check(text: str | None, *columns: str, on: str = TABLE) -> Standing:
    return Standing("CHECK", columns or (COLUMN,), text, on)


def view(text: str | None, of: str = TABLE, kind: str = "VIEW") -> Standing:
    return Standing(kind, (of,), text)


def trigger(says: str | None, *uses: str, on: str = TABLE, status: str = "ENABLED") -> Standing:
    return Standing("TRIGGER", (on, *uses), says and TRIGGER.format(says), on, status)


@cache
def units(flavour: str, start: str, target: str) -> list[str]:
    return split(script.render(flavour, "apim", start, target, "apim"))[1]


def refusals(live: Server, sent: list[str]) -> Iterator[str]:
    """What is said before the first statement."""
    for unit in takewhile(lambda unit: "CREATE TABLE" not in unit, sent):
        try:
            live.send(unit)
        except ApplicationError as error:
            yield str(error)


def asked(*own: Standing, flavour: str = "oracle", start: str = NEWER, target: str = OLDER) -> list[str]:
    live = Server(raw(chain.expected(flavour, "apim", start)), "apim", own=own)
    return list(refusals(live, units(flavour, start, target)))


REFUSED = {
    "check constraint": (
        check(f"\"{COLUMN}\" <> 'x'"),
        check(f'"{STAYS}" IS NOT NULL OR "{COLUMN}" IS NULL', STAYS, COLUMN),
        check(None),
    ),
    "view": (
        view(f"SELECT a.{COLUMN.lower()} FROM am_api a"),
        view(f'SELECT "{STAYS}","{COLUMN}" FROM {TABLE}'),
        view(f"SELECT x.* FROM (SELECT a.*, 1 AS n FROM {TABLE} a) x"),
        view(f"SELECT * /* all */ FROM {TABLE}"),
        view(f"SELECT '{'x' * 4000}' AS a, {COLUMN} FROM {TABLE}"),
        view(None),
        view(None, kind="MATERIALIZED VIEW"),
        view("SELECT 1 AS a FROM AM_BACKEND", GOES),
        view(None, GOES, "MATERIALIZED VIEW"),
    ),
    "trigger": (
        trigger(f":new.{STAYS} := :new.{COLUMN.lower()};"),
        trigger(None),
        trigger("DELETE FROM am_backend;", GOES, on=OTHER),
        trigger(None, GOES, on=OTHER),
        Standing("TRIGGER", (GOES,), "TRIGGER x INSTEAD OF INSERT ON some_view BEGIN NULL; END;"),
    ),
}


@pytest.mark.parametrize(("kind", "own"), [(kind, own) for kind, every in REFUSED.items() for own in every])
def test_what_names_something_that_goes_is_refused(kind: str, own: Standing) -> None:
    """By its kind: a script can't name it."""
    assert asked(own) == [silent.MESSAGE.format(kind=kind)]


@pytest.mark.parametrize(
    "own",
    [
        check(f'"{COLUMN}" IS NOT NULL'),
        check(f"{COLUMN.lower()} is not null\n"),
        check(f"\"{STAYS}\" <> 'x'", STAYS),
        check("\"NAME\" <> 'x'", "NAME", on=GOES),
        Standing("UNIQUE", (COLUMN,), None, TABLE),
        view(f"SELECT {STAYS}, {COLUMN}_2, COUNT(*) AS n, api_id * 2 AS twice FROM {TABLE}"),
        view(f"SELECT {COLUMN} FROM {OTHER}", OTHER),
        trigger(f":new.{STAYS} := 'x';"),
        trigger(f"DECLARE v {TABLE}.{STAYS}%{COLUMN}; BEGIN NULL; END;"),
        trigger(f":new.{STAYS} := :new.{COLUMN};", status="DISABLED"),
        trigger(f"UPDATE {TABLE} SET {COLUMN} = 'x';", TABLE, on=OTHER),
        trigger(f"UPDATE {TABLE} SET {COLUMN} = 'x';", TABLE, on=GOES),
        trigger(f"DELETE FROM {GOES_TOO};", GOES_TOO, on=GOES),
        view(f"PROCEDURE x IS BEGIN UPDATE {TABLE} SET {COLUMN} = 'x'; END;", kind="PROCEDURE"),
        view(None, GOES, "PACKAGE BODY"),
    ],
)
def test_its_neighbours_are_not(own: Standing) -> None:
    assert asked(own) == []


def test_what_is_gone_already_stops_no_script_that_is_run_again() -> None:
    """Somebody may have run a script that did not ask, or made them since."""
    live = Server(raw(chain.expected("oracle", "apim", NEWER)), "apim")
    sent = units("oracle", NEWER, OLDER)
    for unit in sent[: next(place for place, unit in enumerate(sent) if unit.startswith("DELETE FROM"))]:
        live.send(unit)
    assert (COLUMN in live.schema.tables[TABLE].columns, GOES in live.schema.tables) == (False, False)
    own = [own for every in REFUSED.values() for own in every]
    assert list(refusals(Server(live.schema, "apim", own=own), sent)) == []


@pytest.mark.parametrize("flavour", flavours.of_dialect("oracle"))
def test_the_products_own_triggers_are_none_of_them(flavour: str) -> None:
    for older in chain.since(flavour, "apim")[:-1]:
        assert asked(flavour=flavour, start=HEAD, target=older) == []


def test_nothing_is_asked_of_what_nobody_drops() -> None:
    live = chain.expected("oracle", "apim", NEWER)
    told = {
        (): [],
        (DropColumn(TABLE, COLUMN),): [*REFUSED],
        (DropTable(GOES),): ["view", "trigger"],
        (TextToBinary(TABLE, STAYS, "BLOB"),): [*REFUSED],
        (BinaryToText(TABLE, live.tables[TABLE].columns[STAYS]),): [*REFUSED],
        (DropColumn(TABLE, "GONE"), DropTable("GONE")): [],
    }
    for wanted, kinds in told.items():
        said = [message for _, message in silent.conditions(wanted, live, None)]
        assert said == [silent.MESSAGE.format(kind=kind) for kind in kinds]
