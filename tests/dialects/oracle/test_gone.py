"""What the data dictionary shows to depend on a column or a table that is dropped: each by name, and nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from apim_schema import chain
from apim_schema.changes import Change, DropColumn, DropTable
from apim_schema.hazards import BLOCK, WARN, Obstacle
from apim_schema.schema import Column, Key, Schema, Table
from tests.conformance.test_gone import NAMES, statements
from tests.dialects.oracle.conftest import Accepted
from tests.dialects.oracle.connection import Recorder
from tests.dialects.oracle.modules import dependents, gone, obstacles
from tests.dialects.oracle.simulated import raw, view
from tests.dialects.oracle.test_obstacles import OWNER

Answers = dict[str, Sequence[Any]]
LIVE = Schema(
    "oracle",
    {
        table.name: table
        for table in (
            Table("STAYS", {c: Column(c, "VARCHAR2(20)") for c in ("ID", "A", "KIND")}, Key(("ID",), "PK_STAYS")),
            Table("GOES", {c: Column(c, "VARCHAR2(20)") for c in ("ID", "KIND")}, Key(("ID",), "PK_GOES")),
        )
    },
)
WANTED = (DropColumn("STAYS", "KIND"), DropTable("GOES"))
COLUMN, TABLE = "names KIND, which is dropped", "names the table, which is dropped"


def found(answers: Answers, live: Schema = LIVE, wanted: Sequence[Change] = WANTED, login: str = "APIM") -> list[Any]:
    held = [SimpleNamespace(name=name) for name in OWNER]
    known: Answers = {obstacles.LOGIN: [(login,)], obstacles.PRIVILEGES: held, **answers}
    recorder = Recorder(lambda sql: known.get(sql, ()))
    made: list[Obstacle] = list(obstacles.find(recorder, "apim", wanted, live))
    assert len(recorder.asked) == len(set(recorder.asked)), "each is asked once, however much is dropped"
    assert all(obstacle.query and obstacle.way_out for obstacle in made)
    return [(obstacle.level, obstacle.table, obstacle.problem) for obstacle in made]


def row(table: str, name: str = "HR.X", **more: object) -> Any:
    return SimpleNamespace(table_name=table, name=name, **more)


def source(table: str, kind: str, *lines: str | None) -> list[Any]:
    return [row(table, kind=kind, line=line) for line in lines]


@pytest.mark.parametrize(
    ("query", "uses", "named"),
    [
        (dependents.CHECKS, "\"KIND\" <> 'x'", "check constraint HR.X"),
        (dependents.CHECKS, '"A" IS NOT NULL OR "KIND" IS NULL', "check constraint HR.X"),
        (dependents.CHECKS, '"KIND" IS NOT NULL', ""),
        (dependents.CHECKS, "\"A\" <> 'KIND'", ""),
        (dependents.STATISTICS, '("KIND","A")', "extended statistics HR.X"),
        (dependents.PARTITIONS, "KIND", "a partition"),
        (dependents.TRIGGERS, "KIND", "trigger HR.X"),
        (dependents.TRIGGERS, "A", ""),
        (dependents.LOG_GROUPS, "KIND", "supplemental log group HR.X"),
        (dependents.AUDITED, "KIND", "audit policy HR.X"),
        (gone.LOGGED, "KIND", "materialized view log HR.X"),
        (gone.LOGGED, "M_ROW$$", ""),
        (dependents.VIEWS, "SELECT s.kind FROM stays s", "view HR.X"),
        (dependents.VIEWS, "SELECT s.ID, a.KIND FROM STAYS s JOIN ALSO a ON a.ID = s.ID", ""),
        (dependents.VIEWS, "SELECT ID /* no kind */, 'KIND' AS A FROM STAYS -- KIND", ""),
        (dependents.VIEWS, "SELECT x.* FROM (SELECT s.*, 1 FROM STAYS s) x", "view HR.X"),
        (dependents.MVIEWS, 'SELECT "STAYS"."KIND" "KIND" FROM "STAYS"', "materialized view HR.X"),
    ],
)
def test_what_names_a_column_that_goes(query: str, uses: str, named: str) -> None:
    rows = [row("STAYS", uses=uses), row("ALSO", uses=uses)]
    assert found({query: rows}) == [(BLOCK, "STAYS", f"{named} {COLUMN}")] * bool(named)


def test_a_virtual_column_over_one_that_goes() -> None:
    made = Column("V", "VARCHAR2(9)", default='GENERATED ALWAYS AS (UPPER("KIND"))')
    live = LIVE.with_table(LIVE.tables["STAYS"].with_column(made))
    assert found({}, live) == [(BLOCK, "STAYS", f"virtual column V {COLUMN}")]


@pytest.mark.parametrize(
    ("query", "level", "named"),
    [
        (dependents.VIEWS, BLOCK, "view HR.X"),
        (dependents.MVIEWS, BLOCK, "materialized view HR.X"),
        (gone.SYNONYMS, WARN, "synonym HR.X"),
    ],
)
def test_what_names_a_table_that_goes(query: str, level: str, named: str) -> None:
    """A check, statistics or a trigger of the table goes with it."""
    asked = (dependents.CHECKS, dependents.STATISTICS, dependents.TRIGGERS, dependents.LOG_GROUPS, gone.LOGGED)
    answers: Answers = {of_its_own: [row("GOES", uses="KIND")] for of_its_own in asked}
    answers[query] = [row(table, uses="SELECT ID FROM GOES") for table in ("GOES", "ALSO")]
    assert found(answers) == [(level, "GOES", f"{named} {TABLE}")]


def test_a_foreign_key_of_another_schema_names_the_key_that_it_points_to() -> None:
    keys = [SimpleNamespace(key=key, name=f"HR.TO_{key}") for key in ("PK_GOES", "PK_STAYS", "ELSEWHERE")]
    assert found({dependents.REFERENCES: keys}) == [(BLOCK, "GOES", f"foreign key HR.TO_PK_GOES {TABLE}")]
    of_column = found({dependents.REFERENCES: keys}, wanted=[DropColumn("STAYS", "ID")])
    assert of_column == [(BLOCK, "STAYS", "foreign key HR.TO_PK_STAYS names ID, which is dropped")]


TRIGGER = ("TRIGGER x BEFORE UPDATE ON t FOR EACH ROW\n", "BEGIN\n", "  {0}\n", "END;")


@pytest.mark.parametrize(
    ("on", "table", "says", "told"),
    [
        ("STAYS", "STAYS", ":new.a := :new.kind;", [(BLOCK, "STAYS", f"trigger HR.X {COLUMN}")]),
        ("STAYS", "STAYS", ":new.a := 'KIND'; -- kind", []),
        ("STAYS", "GOES", "INSERT INTO goes VALUES (2, 'x');", [(BLOCK, "GOES", f"trigger HR.X {TABLE}")]),
        ("ALSO", "STAYS", "UPDATE stays SET kind = 'x';", [(WARN, "STAYS", f"trigger HR.X {COLUMN}")]),
        ("GOES", "GOES", ":new.kind := 'x';", []),
        ("GOES", "STAYS", "UPDATE stays SET kind = 'x';", []),
    ],
)
def test_a_trigger_that_would_no_longer_compile(on: str, table: str, says: str, told: list[Any]) -> None:
    """One of a table that goes, goes with it; whoever writes to any other would fail."""
    lines = [line.format(says) for line in TRIGGER]
    assert found({gone.TRIGGERS: [row(on)], gone.SOURCES: source(table, "TRIGGER", *lines)}) == told


def test_a_trigger_is_told_once() -> None:
    """Its columns are known, and so is its text, unless this login may not see that."""
    for line in (":new.kind := 'x';", None):
        answers: Answers = {
            dependents.TRIGGERS: [row("STAYS", uses="KIND")],
            gone.TRIGGERS: [row("STAYS")],
            gone.SOURCES: source("STAYS", "TRIGGER", line),
        }
        assert found(answers) == [(BLOCK, "STAYS", f"trigger HR.X {COLUMN}")]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["PROCEDURE x IS BEGIN\n", "UPDATE stays SET kind = 'x'; END;"], True),
        (["PROCEDURE x IS BEGIN\n", "DELETE FROM stays; END;"], False),
        (["PROCEDURE x IS v stays.a%KIND; BEGIN NULL; END;"], False),
        (["PROCEDURE x wrapped\na000000\n"], True),
        ([None], True),
    ],
)
def test_a_routine_is_warned_of(lines: list[str | None], told: bool) -> None:
    routine = source("STAYS", "PROCEDURE", *lines)
    assert found({gone.SOURCES: routine}) == [(WARN, "STAYS", f"procedure HR.X {COLUMN}")] * told
    package = source("GOES", "PACKAGE BODY", "PACKAGE BODY x IS END;")
    assert found({gone.SOURCES: package}) == [(WARN, "GOES", f"package body HR.X {TABLE}")]


@pytest.mark.parametrize("release", ["4.2.0", "4.5.0"])
def test_the_vendors_own_schema_is_no_obstacle_on_the_way_back(release: str) -> None:
    live = view(raw(chain.expected("oracle", "apim", "4.7.0")))
    back = [change for change in chain.pending("oracle", "apim", "4.7.0", release) if not change.is_in(live)]
    own = [row(t.table, f"APIM.{t.name}") for t in live.triggers.values()]
    lines = [row(t.table, f"APIM.{t.name}", kind="TRIGGER", line=t.action or "") for t in live.triggers.values()]
    assert found({gone.TRIGGERS: own, gone.SOURCES: lines}, live, back) == []


def test_a_compressed_table_keeps_its_columns() -> None:
    compressed = [row(name, read_only="NO", compressed="BASIC", organised=None) for name in ("STAYS", "GOES")]
    ((level, table, problem),) = found({obstacles.TABLES: compressed})
    assert (level, table, "ORA-39726" in problem) == (BLOCK, "STAYS", True)


def test_another_login_is_told_what_it_needs_to_drop() -> None:
    drop = DropTable("GOES", sequences=("GOES_SEQ",))
    ((level, _, problem),) = found({}, wanted=[drop], login="DBA_1")
    assert (level, "DROP ANY TABLE, DROP ANY SEQUENCE" in problem) == (WARN, True)
    assert found({}, wanted=[drop]) == []


def test_what_is_tried_on_a_server_is_accepted(accepted: Accepted) -> None:
    accepted((sql for name in NAMES for sql in statements("oracle", name)), 12)
