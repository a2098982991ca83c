"""The script for SQL*Plus: split as the client would, judged by the parser, and carried out on the model."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations

import pytest

from apim_schema import chain, compare, flavours, script
from apim_schema.mend import mends
from apim_schema.schema import Schema
from tests.dialects.oracle.conftest import Accepted
from tests.dialects.oracle.server import IF_TRUE, ApplicationError, Server
from tests.dialects.oracle.simulated import raw, view
from tests.dialects.oracle.sqlplus import split
from tests.dialects.oracle.test_ddl import UNITS
from tests.parsers import plsql as checker
from tests.releases import HEAD

KINDS = [(flavour, database) for flavour in flavours.of_dialect("oracle") for database in chain.DATABASES]
OFTEN = [pytest.param(kind, marks=() if kind[0] == "oracle" else pytest.mark.kill, id="-".join(kind)) for kind in KINDS]
REPEATED = re.compile(r"ALTER TABLE .+ MODIFY \(\w+ DEFAULT .+\)|.+copied_rows INTEGER.+", re.DOTALL)
"""What may be done twice: it leaves what it finds done."""


def rendered(flavour: str, database: str, start: str = "", target: str = HEAD, discards: bool = False) -> list[str]:
    """What the client sends to the server."""
    start = start or chain.first(flavour, database)
    return split(script.render(flavour, database, start, target, "apim", discards))[1]


def server(flavour: str, database: str, release: str = "", unit: str = "BYTE", broken: tuple[str, ...] = ()) -> Server:
    schema = chain.expected(flavour, database, release or chain.first(flavour, database))
    return Server(raw(schema), database, unit, broken)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_every_pair_of_releases_is_read_and_parsed(kind: tuple[str, str], accepted: Accepted) -> None:
    """The grammar knows no number as the value of a setting."""
    flavour, database = kind
    seen = dict[str, None]()
    for start, target in combinations(chain.since(flavour, database), 2):
        commands, units = split(script.render(flavour, database, start, target))
        assert commands[:2] == [f"WHENEVER {what} EXIT FAILURE ROLLBACK" for what in ("OSERROR", "SQLERROR")]
        assert "SET DEFINE OFF" in commands
        assert units[-3] == "COMMIT"
        for unit in (u for u in units if not re.search(r"TIMEOUT = \d+$", u)):
            seen.update(dict.fromkeys(parts(unit)))
    accepted(seen, 23 if flavour == "oracle_23c" else 12)


def parts(unit: str) -> list[str]:
    """What there is to parse: the statement within a guard, which has been parsed before, and the guard.

    Guards differ in their literals; the parser takes a second for each, so it sees each form once.
    """
    if not IF_TRUE.fullmatch(unit):
        return [unit]
    form = checker.LITERAL.sub("'COMMIT'", unit)
    for repeated, once in ((r"('COMMIT'|\('COMMIT', 'COMMIT'\)),\s+(?=\1)", ""), (r"\) < \d+\)", ") < 1)")):
        form = re.sub(repeated, once, form)
    return [*checker.dynamic(unit), form]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", OFTEN)
def test_it_goes_on_from_every_unit_after_which_it_was_stopped(kind: tuple[str, str], unit: str) -> None:
    """Run again, what was done is left alone: so the rest finds what it would have found."""
    live, done = server(*kind, unit=unit), list[str]()
    for sent in rendered(*kind):
        if live.send(sent):
            assert [again for again in done if live.due(again) and not REPEATED.fullmatch(again)] == []
        if not sent.startswith(("DELETE", "INSERT")) and "EXISTS (SELECT 1 FROM APIM.alembic" not in sent:
            done.append(sent)
    assert compare.mismatches(chain.expected(*kind, HEAD), view(live.schema, unit)) == []
    assert live.stamped == [HEAD]


@pytest.mark.parametrize("discards", [False, True])
def test_the_way_back_is_parsed_and_runs_again(discards: bool, accepted: Accepted) -> None:
    newer, older = HEAD, "4.2.0"
    live, units = server("oracle", "apim", newer), rendered("oracle", "apim", newer, older, discards)
    for sent in (*units[: len(units) // 2], *units):
        live.send(sent)
    assert compare.mismatches(chain.expected("oracle", "apim", older), view(live.schema)) == []
    assert live.stamped == [older]
    parsed = (part for unit in units if not re.search(r"TIMEOUT = \d+$", unit) for part in parts(unit))
    accepted(dict.fromkeys(parsed), 12)


@pytest.mark.parametrize("stop", [20, 110, *(pytest.param(stop, marks=pytest.mark.kill) for stop in (65, 155))])
def test_the_whole_script_runs_again(stop: int) -> None:
    live, units = server("oracle", "apim"), rendered("oracle", "apim")
    for sent in (*units[:stop], *units):
        live.send(sent)
    assert compare.mismatches(chain.expected("oracle", "apim", HEAD), view(live.schema)) == []
    assert live.stamped == [HEAD]
    with pytest.raises(ApplicationError, match=r"apim is not stamped 4\.2\.0: nothing was changed"):
        [live.send(sent) for sent in units]


def test_an_index_that_is_made_anew_is_so_once() -> None:
    wanted = chain.expected("oracle", "apim", HEAD)
    table = wanted.tables["AM_APPLICATION"]
    less = tuple(replace(i, columns=i.columns[:1]) if i.name == "IDX_AA_AT_CB" else i for i in table.indexes)
    drifted = wanted.with_table(replace(table, indexes=less))
    live = Server(raw(drifted), "apim")
    (mend,) = mends(wanted, drifted, compare.compare(wanted, drifted))
    units = split(script.mending(drifted, "apim", HEAD, mend.changes, "apim"))[1]
    made = [[sent for sent in units if live.send(sent) and "INDEX" in sent] for _ in range(2)]
    assert [len(sent) for sent in made] == [2, 0]
    assert compare.compare(wanted, view(live.schema)) == []


def test_a_later_stamp_is_never_taken_back() -> None:
    live, units = server("oracle", "apim"), rendered("oracle", "apim")
    stamps = [place for place, sent in enumerate(units) if sent.startswith("INSERT") and "alembic" in sent]
    for sent in units[: stamps[2] + 1]:
        live.send(sent)
    assert live.stamped == ["4.5.0"]
    for sent in units[: stamps[0] + 1]:
        live.send(sent)
    assert live.stamped == ["4.5.0"]


def test_another_release_is_refused() -> None:
    expect_refused(server("oracle", "apim", "4.4.0"), "4.2.0", "apim is newer than 4.2.0 and has no stamp")
    expect_refused(server("oracle", "apim", "4.2.0"), "4.3.0", "apim is not 4.3.0: a column is missing")
    live = server("oracle", "apim", "4.3.0")
    table = live.schema.tables["AM_SERVICE_CATALOG"]
    columns = {name: column for name, column in table.columns.items() if name != "MD5"}
    live.schema = live.schema.with_table(replace(table, columns=columns))
    expect_refused(live, "4.3.0", "a column that would be altered is missing")


def expect_refused(live: Server, start: str, message: str) -> None:
    before: Schema = live.schema
    with pytest.raises(ApplicationError, match=message):
        [live.send(sent) for sent in rendered("oracle", "apim", start)]
    assert live.schema == before


def test_a_trigger_that_does_not_compile_stops_it() -> None:
    live = server("oracle", "apim", broken=("AM_GATEWAY_POLICY_MAPPING_TRIGGER",))
    with pytest.raises(ApplicationError, match="AM_GATEWAY_POLICY_MAPPING_TRIGGER does not compile"):
        [live.send(sent) for sent in rendered("oracle", "apim")]
    assert live.stamped == []


def test_the_client_is_left_as_it_was_and_ends_where_it_is_told_to() -> None:
    commands = split(script.render("oracle", "shared", "4.2.0", "4.7.0"))[0]
    opening, closing = commands[: commands.index("SET FEEDBACK OFF") + 1], commands[commands.index("SET DEFINE ON") :]
    defaults = {"DEFINE": "ON", "ESCAPE": "OFF", "SQLBLANKLINES": "OFF", "ECHO": "OFF", "FEEDBACK": "6", "VERIFY": "ON"}
    settings = dict(command.split()[1:] for command in [*opening, *closing] if command.startswith("SET"))
    assert settings == defaults
    assert closing[-3:] == [*(f"WHENEVER {what} CONTINUE NONE" for what in ("OSERROR", "SQLERROR")), "&leave"]


def test_a_conversion_is_refused_beforehand_where_its_package_is_not_granted() -> None:
    live = server("oracle", "apim", "4.5.0")
    live.views.connection.execute("DELETE FROM ALL_OBJECTS WHERE OBJECT_NAME = 'DBMS_LOB'")
    before = live.schema
    with pytest.raises(ApplicationError, match="may not use DBMS_LOB, which texts are converted with; as SYS, GRANT"):
        [live.send(sent) for sent in rendered("oracle", "apim", "4.5.0")]
    assert live.schema == before


def test_messages_fit_into_an_error() -> None:
    told = [m for kind in KINDS for sent in rendered(*kind) for m in re.findall(r"ERROR\(-20000,\s+'(.+)'\)", sent)]
    assert told
    assert max(len(message.encode()) for message in told) <= 2048


SPOILT = {
    ("SET DEFINE OFF", "SET DEFINE OFF -"): "a hyphen continues the line",
    ("-- ==== done", "-- ==== done;"): "a terminator in a comment",
    ("COMMIT;", "COMMIT"): "a command within a statement that has no end",
    ("&leave\n", "SELECT 'EXIT' FROM DUAL\n"): "the last unit has no end",
    ("COMMIT;", "COMMIT;\n/"): "the last statement is run again",
    ("-- ==== done", "-- ==== done\n@other.sql"): "the client reads a file",
    ("        EXECUTE", "#       EXECUTE"): "the client's own sign",
    ("-- ==== done", f"-- ==== done{' ' * 2500}"): "longer than the client reads",
}


@pytest.mark.parametrize(("change", "trap"), SPOILT.items(), ids=SPOILT.values())
def test_what_the_client_would_read_otherwise_is_found(change: tuple[str, str], trap: str) -> None:
    text = script.render("oracle", "apim", "4.2.0", "4.3.0")
    assert change[0] in text
    with pytest.raises(ValueError, match=trap):
        split(text.replace(*change))


def test_a_broken_unit_is_found(accepted: Accepted) -> None:
    text = script.render("oracle", "apim", "4.2.0", "4.3.0")
    for old, new in (("ADD (LOG_LEVEL", "ADD ((LOG_LEVEL"), ("FOR EACH ROW", "FOR EVERY ROW"), ("END IF;", "END;")):
        units = split(text.replace(old, new))[1]
        spoilt = [unit for unit in units if unit not in split(text)[1]][:1]
        assert [bool(error) for error in checker.errors(spoilt)] == [True], new
