"""A release that uses every word: its statements, its script and its rules, judged by the parser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_schema import chain, changes, preflight, script
from apim_schema.errors import Conflict
from apim_schema.impact import Work
from apim_schema.schema import Index
from tests.dialects.mssql.conftest import Accepted
from tests.dialects.mssql.recorded import Spelling
from tests.dialects.mssql.test_ddl import DIALECT, expected, online, planned, statements
from tests.dialects.mssql.test_script import batches
from tests.next_release import HEAD, NEXT, next_release

__all__ = ["next_release"]


@pytest.mark.parametrize("spelling", [str.upper, str.lower], ids=["upper", "lower"])
def test_every_statement_is_accepted(spelling: Spelling, next_release: str, accepted: Accepted) -> None:
    live = online(expected(HEAD), spelling)
    for schema in (expected(HEAD), live):
        accepted(planned(schema, "apim", HEAD, next_release, "my schema"))
    assert all(change.is_in(expected(NEXT)) for change in chain.changes("mssql", "apim", NEXT))


def test_every_batch_of_its_script_is_accepted(next_release: str, accepted: Accepted) -> None:
    for schema in (None, "my schema"):
        accepted(batches(script.render("mssql", "apim", HEAD, next_release, schema)))


@pytest.mark.parametrize("spelling", [str.upper, str.lower], ids=["upper", "lower"])
def test_its_rules_are_accepted_and_spelled_as_the_server_does(
    spelling: Spelling, next_release: str, accepted: Accepted
) -> None:
    live, conditions = online(expected(HEAD), spelling), list[str]()
    for change in chain.changes("mssql", "apim", next_release):
        if change.table in live.tables:
            hazards = preflight.hazards(change, live, DIALECT, "dbo")
            conditions += [hazard.condition for hazard in hazards]
        live = change.apply(live)
    accepted([f"SELECT COUNT(*) FROM x t WHERE {condition}" for condition in conditions])
    (orphans,) = [condition for condition in conditions if "NOT EXISTS" in condition]
    assert all(spelling(name) in orphans for name in ("AM_LABEL", ".UUID", ".API_DISPLAY_NAME"))


def test_what_is_over_a_column_goes_before_it() -> None:
    live = online(expected(HEAD))
    gone = statements(changes.DropColumn("AM_API", "LOG_LEVEL"), live, "dbo")
    assert [sql.partition(" ")[0] for sql in gone] == ["DECLARE", "ALTER"]
    assert gone[-1] == "ALTER TABLE dbo.AM_API DROP COLUMN LOG_LEVEL"
    over = statements(changes.DropColumn("AM_API", "CONTEXT"), live, "dbo")
    assert over == ["DROP INDEX IDX_AAI_CTX ON dbo.AM_API", "ALTER TABLE dbo.AM_API DROP COLUMN CONTEXT"]


def test_a_column_that_an_index_includes_is_named() -> None:
    """The server would not drop it either."""
    live = online(expected(HEAD))
    table = live.tables["AM_API"]
    index = Index("MINE", ("CREATED_BY",), include=("STATUS",))
    with pytest.raises(Conflict, match=r"it is part of index MINE \(CREATED_BY\)"):
        statements(changes.DropColumn("AM_API", "STATUS"), live.with_table(replace(table, indexes=(index,))))


def test_defaults_are_constraints() -> None:
    live = online(expected(HEAD))
    set_ = changes.AlterColumn("AM_API", "STATUS", default="'x'")
    dropped = changes.AlterColumn("AM_API", "LOG_LEVEL", default=None)
    assert statements(set_, live, "dbo") == ["ALTER TABLE dbo.AM_API ADD DEFAULT 'x' FOR STATUS"]
    (drop,) = statements(dropped, live, "dbo")
    assert "sys.default_constraints" in drop
    assert statements(dropped, dropped.apply(live)) == []


@pytest.mark.parametrize(
    ("change", "work"),
    [
        (changes.AlterColumn("AM_GATEWAY_ENVIRONMENT", "SCHEDULED_TIME", type="BIGINT"), "rebuild"),
        (changes.AlterColumn("AM_API", "STATUS", default="'x'"), "metadata"),
        (changes.DropColumn("AM_API", "STATUS"), "metadata"),
        (changes.DropTable("AM_API_LC_PUBLISH_EVENTS"), "metadata"),
        (changes.DropIndex("AM_API", "IDX_AAI_CTX"), "metadata"),
    ],
    ids=str,
)
def test_costs(change: changes.Change, work: Work) -> None:
    assert DIALECT.impact.assess(change, expected(HEAD)).work == work


def test_a_trigger_that_is_known_is_replaced() -> None:
    live = expected("4.2.0")
    trigger = live.triggers["SP_APP_DELETE_TRIGGER"]
    other = live.with_trigger(replace(trigger, timing="AFTER"))
    drop, create = statements(changes.ReplaceTrigger(trigger), other, "dbo")
    assert drop == "DROP TRIGGER dbo.SP_APP_DELETE_TRIGGER"
    assert create.startswith("CREATE TRIGGER dbo.SP_APP_DELETE_TRIGGER ON dbo.SP_APP INSTEAD OF DELETE")
