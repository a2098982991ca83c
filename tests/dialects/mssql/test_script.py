"""The script for sqlcmd: split into batches as sqlcmd does it, and each judged by the parser."""

from __future__ import annotations

from importlib import import_module

import pytest

from apim_schema import chain, registry, script, sqltext
from apim_schema.changes import AddColumn
from apim_schema.impact import Statement
from apim_schema.schema import Column
from tests.dialects.mssql.conftest import Accepted
from tests.dialects.mssql.test_ddl import PAIRS
from tests.parsers import tsql
from tests.releases import FIRST, HEAD

FRAME = registry.load("mssql").script
GUARD = "IF @@ERROR <> 0 OR XACT_STATE() <> 1 BEGIN IF XACT_STATE() <> 0 ROLLBACK; SET NOEXEC ON; END;"
throw = import_module("apim_schema.dialects.mssql.tsql").throw


def batches(text: str) -> list[str]:
    """The batches that sqlcmd sends: what stands between lines with nothing but GO, without its own directives."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip().upper() == "GO":
            found.append([])
        elif not line.startswith(":"):
            found[-1].append(line)
    assert "".join(found.pop()) == "", "the script ends with GO"
    return ["\n".join(lines) for lines in found]


@pytest.mark.parametrize(("database", "start", "target"), PAIRS)
def test_every_batch_is_accepted(database: str, start: str, target: str, accepted: Accepted) -> None:
    for schema in (None, "my schema"):
        accepted(batches(script.render("mssql", database, start, target, schema)))


@pytest.mark.parametrize("discards", [False, True])
@pytest.mark.parametrize("database", chain.DATABASES)
def test_every_batch_of_the_way_back_is_accepted(database: str, discards: bool, accepted: Accepted) -> None:
    accepted(batches(script.render("mssql", database, HEAD, FIRST, discards=discards)))


@pytest.mark.parametrize("database", chain.DATABASES)
def test_every_batch_for_several_data_centres_is_accepted(database: str, accepted: Accepted) -> None:
    first, *_, last = chain.since("mssql_multidc", database)
    accepted(batches(script.render("mssql_multidc", database, first, last)))


@pytest.mark.parametrize(("database", "start", "target"), PAIRS)
def test_after_every_batch_of_the_transaction_it_is_asked_whether_it_failed(
    database: str, start: str, target: str
) -> None:
    """A client that goes on after an error runs nothing of the rest, and commits nothing."""
    _settings, begin, *rest, commit, closing = batches(script.render("mssql", database, start, target))
    assert begin == "BEGIN TRANSACTION;"
    assert set(rest[::2]) == {GUARD}
    assert GUARD not in "".join(rest[1::2])
    assert commit == "COMMIT;"
    assert closing == "SET NOEXEC OFF;\nIF XACT_STATE() <> 0 ROLLBACK;"


def test_the_statements_are_those_that_the_runner_executes() -> None:
    schema, live = "dbo", chain.expected("mssql", "apim", "4.2.0")
    found = [batch.rstrip(";") for batch in batches(script.render("mssql", "apim", "4.2.0", "4.3.0", schema))]
    made = registry.load("mssql").ddl.combined(chain.changes("mssql", "apim", "4.3.0"), live, schema)
    statements = ["\n".join(line for line in b.splitlines() if not line.startswith("--")).strip() for b in found]
    executed = [sqltext.wrapped(one.sql).rstrip(";") for one in made]
    assert [sql for sql in statements if sql in executed] == executed


def test_the_client_stops_at_the_first_error_and_the_session_is_a_drivers() -> None:
    first = FRAME.opening().split("\nGO\n")[0].splitlines()
    assert first[0] == ":on error exit"
    assert {"SET XACT_ABORT ON;", "SET QUOTED_IDENTIFIER ON;", "SET ANSI_NULLS ON;", "SET NOCOUNT ON;"} <= set(first)
    assert any(line.startswith("SET LOCK_TIMEOUT ") for line in first)
    assert "-- API Manager apim: 4.6.0 to 4.7.0, mssql, for sqlcmd -b -x\n" in script.render(
        "mssql", "apim", "4.6.0", "4.7.0"
    )


def test_a_script_without_its_client_stops_too() -> None:
    """Outside of sqlcmd the directive does not compile: the guard after it then lets nothing run."""
    assert tsql.problem() or tsql.errors([FRAME.opening().split("\nGO\n")[0]])[0] != ""
    assert FRAME.opening().endswith(f"\nGO\n{GUARD}\nGO")


def test_releases_are_stamped_one_after_the_other() -> None:
    found = batches(script.render("mssql", "shared", FIRST, HEAD, "dbo"))
    stamps = [batch for batch in found if "INSERT INTO dbo.alembic_version_shared" in batch]
    assert [stamp.rpartition("VALUES ")[2] for stamp in stamps] == [
        f"('{release}');" for release in chain.between("shared", FIRST, HEAD)
    ]
    assert all("DELETE FROM dbo.alembic_version_shared;" in stamp for stamp in stamps)
    assert not any(stamp in found[found.index("COMMIT;") :] for stamp in stamps)


def test_nothing_is_a_variable_or_a_separator_of_sqlcmd() -> None:
    """Each statement is one batch whatever it holds; -x leaves $(NAME) alone, and no release has one."""
    for database, start, target in PAIRS:
        assert "$(" not in script.render("mssql", database, start, target)
    live = chain.expected("mssql", "apim", "4.2.0")
    change = AddColumn("AM_API", Column("X", "VARCHAR(99)", default="'100% GO $(x) ''; GO'"))
    [made] = registry.load("mssql").ddl.statements(change, live, None)
    [one, guard] = batches(FRAME.unit(1, made, live, None))
    assert (one, guard) == (f"{made.sql};", GUARD)
    assert "'100% GO $(x) ''; GO'" in one


def test_a_batch_has_one_end() -> None:
    live = chain.expected("mssql", "apim", "4.2.0")
    change = AddColumn("AM_API", Column("X", "INTEGER"))
    cost = registry.load("mssql").impact.assess(change, live)
    for sql in ("SELECT 1", "SELECT 1;"):
        assert batches(FRAME.unit(1, Statement(sql, change, cost), live, None))[0] == "SELECT 1;"


def test_messages_are_literal(accepted: Accepted) -> None:
    """THROW takes a percent sign for the beginning of a placeholder."""
    message = FRAME.refuse("1 = 1", "it's 100% full")
    assert "THROW 50000, N'it''s 100%% full', 1;" in message
    accepted(batches(message))


def test_lookups_name_what_they_miss() -> None:
    assert throw("x has no key (A)") == "THROW 50000, N'x has no key (A)', 1;"


def test_a_missing_column_is_found_in_the_schema_that_is_named(accepted: Accepted) -> None:
    for schema, owner in ((None, "SCHEMA_ID()"), ("my schema", "SCHEMA_ID(N'my schema')")):
        condition = FRAME.lacks([("AM_API", "API_ID")], schema)
        assert f"t.schema_id = {owner}" in condition
        assert "('AM_API', 'API_ID')" in condition
        accepted([f"IF {condition} SELECT 1"])
