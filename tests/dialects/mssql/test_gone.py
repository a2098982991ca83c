"""What depends on a column or a table that is dropped: the queries run, over views that hold what the manual says."""

from __future__ import annotations

from typing import cast

import pytest
import sqlalchemy as sa

from apim_schema import changes
from apim_schema.changes import Change
from apim_schema.dropped import WAY_OUT
from apim_schema.hazards import BLOCK, WARN
from tests.conformance.test_gone import NAMES, statements
from tests.dialects.mssql.catalog import CONVERTED, LIVE, WIDENED, Catalog, number, place
from tests.dialects.mssql.conftest import Accepted
from tests.dialects.mssql.standing import (
    Add,
    check,
    computed,
    default_constraint,
    default_object,
    encrypted,
    filtered,
    full_text,
    index,
    mask,
    rule,
    statistics,
)
from tests.dialects.mssql.test_obstacles import DIALECT, said

COLUMN = changes.DropColumn(CONVERTED, "PARAMETERS")
TABLE = changes.DropTable(WIDENED)
NAMES_COLUMN, NAMES_TABLE = "names PARAMETERS, which is dropped", "names the table, which is dropped"
ELSEWHERE = 2
"""The number of another schema, `hr`."""


def found(catalog: Catalog, *wanted: Change) -> list[tuple[str, str, str]]:
    made = DIALECT.obstacles.find(cast(sa.Connection, catalog), "dbo", wanted, LIVE)
    assert all(obstacle.query and obstacle.way_out for obstacle in made)
    return [(obstacle.level, obstacle.table, obstacle.problem) for obstacle in made]


def bound(catalog: Catalog, table: int, column: int) -> None:
    """A view, and a policy that the server lists as well."""
    for id_, type_, kind in ((70, "V", "VIEW"), (71, "SP", "SECURITY_POLICY")):
        catalog.add("objects", object_id=id_, name="X", type=type_, type_desc=kind, parent_object_id=0, schema_id=1)
        on = {"referenced_id": table, "referenced_minor_id": column, "is_schema_bound_reference": 1}
        catalog.add("sql_expression_dependencies", referencing_id=id_, **on)


def foreign_key(catalog: Catalog, table: int, column: int, schema: int = ELSEWHERE) -> None:
    catalog.add("objects", object_id=60, name="FK", type="F", parent_object_id=77, schema_id=schema)
    catalog.add("foreign_keys", object_id=60, name="FK", parent_object_id=77, referenced_object_id=table)
    on = {"referenced_object_id": table, "referenced_column_id": column}
    catalog.add("foreign_key_columns", constraint_object_id=60, parent_object_id=77, parent_column_id=1, **on)


def foreign_key_of_this_schema(catalog: Catalog, table: int, column: int) -> None:
    """It is in the model, where the way back may drop it before."""
    foreign_key(catalog, table, column, schema=1)


def partition(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("index_columns", object_id=table, index_id=0, column_id=column, key_ordinal=0, partition_ordinal=1)


def policy(catalog: Catalog, table: int, column: int) -> None:
    catalog.add("security_policies", object_id=85, name="ROWS", schema_id=1, is_enabled=0)
    name = list(LIVE.tables[CONVERTED if table == number(CONVERTED) else WIDENED].columns)[column - 1]
    definition = f"([dbo].[f]([{name}]))"
    catalog.add("security_predicates", object_id=85, target_object_id=table, predicate_definition=definition)


def reader(catalog: Catalog, table: int, kind: str, text: str | None, parent: int = 0) -> None:
    types = {"VIEW": "V", "SQL_TRIGGER": "TR", "SQL_STORED_PROCEDURE": "P"}
    catalog.add(
        "objects", object_id=90, name="X", type=types[kind], type_desc=kind, parent_object_id=parent, schema_id=1
    )
    catalog.add("sql_modules", object_id=90, definition=text)
    catalog.add("sql_expression_dependencies", referencing_id=90, referenced_id=table, is_schema_bound_reference=0)


OF_A_COLUMN: dict[Add, str] = {
    computed: "the computed column LENGTH",
    rule: "the rule A_RULE",
    default_object: "the default object A_DEFAULT",
    statistics: "the statistics _dta_stat_1",
    check: "the check CK",
    filtered: "the filter of the index PART",
    bound: "view dbo.X (WITH SCHEMABINDING)",
    foreign_key: "the foreign key {}FK",
    full_text: "a full-text index",
    partition: "a partition",
    policy: "the security policy ROWS",
}
HARMLESS = (default_constraint, encrypted, index, foreign_key_of_this_schema)


@pytest.mark.parametrize(("add", "what"), OF_A_COLUMN.items())
def test_what_forbids_that_a_column_goes(catalog: Catalog, add: Add, what: str) -> None:
    add(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    assert found(catalog, COLUMN) == [(BLOCK, CONVERTED, f"{what.format('hr.')} {NAMES_COLUMN}")]


@pytest.mark.parametrize("add", OF_A_COLUMN)
def test_of_another_column_nothing_is_said(catalog: Catalog, add: Add) -> None:
    add(catalog, number(CONVERTED), 1)
    assert found(catalog, COLUMN, TABLE) == []


@pytest.mark.parametrize("add", HARMLESS)
def test_what_goes_with_the_column_or_is_in_the_model(catalog: Catalog, add: Add) -> None:
    add(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    assert found(catalog, COLUMN) == []


def test_a_mask_is_told_as_before(catalog: Catalog) -> None:
    mask(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    ((level, table, problem),) = found(catalog, COLUMN)
    assert (level, table, problem.startswith("PARAMETERS has a mask")) == (BLOCK, CONVERTED, True)


@pytest.mark.parametrize(
    ("kind", "text", "level"),
    [
        ("VIEW", f"SELECT m.[Parameters] FROM dbo.{CONVERTED} AS m", BLOCK),
        ("VIEW", f"SELECT * FROM {CONVERTED}", BLOCK),
        ("VIEW", f"SELECT o.PARAMETERS, COUNT(*) AS n FROM {CONVERTED} m JOIN other o ON o.id = m.id", None),
        ("VIEW", f"SELECT MY_PARAMETERS, 'PARAMETERS' AS a FROM {CONVERTED} -- PARAMETERS", None),
        ("VIEW", None, WARN),
        ("SQL_STORED_PROCEDURE", f"UPDATE {CONVERTED} SET parameters = NULL", WARN),
        ("SQL_STORED_PROCEDURE", f"DELETE FROM {CONVERTED}", None),
        ("SQL_STORED_PROCEDURE", None, WARN),
        ("SQL_TRIGGER", f"UPDATE {CONVERTED} SET parameters = NULL", WARN),
    ],
)
def test_who_reads_a_column_that_goes(catalog: Catalog, kind: str, text: str | None, level: str | None) -> None:
    """A trigger that reads it is one of another table."""
    reader(catalog, number(CONVERTED), kind, text, parent=77 * (kind == "SQL_TRIGGER"))
    what = kind.removeprefix("SQL_").replace("_", " ").lower()
    assert found(catalog, COLUMN) == ([(level, CONVERTED, f"{what} dbo.X {NAMES_COLUMN}")] if level else [])


@pytest.mark.parametrize(
    ("text", "disabled", "named"),
    [
        ("IF UPDATE(PARAMETERS) ROLLBACK", 0, True),
        ("SELECT i.parameters FROM inserted i", 0, True),
        (None, 0, True),
        ("IF UPDATE(API_POLICY_MAPPING_ID) PRINT 'PARAMETERS'", 0, False),
        ("IF UPDATE(PARAMETERS) ROLLBACK", 1, False),
    ],
)
def test_a_trigger_of_the_column_s_own_table(catalog: Catalog, text: str | None, disabled: int, named: bool) -> None:
    table = number(CONVERTED)
    catalog.add("triggers", object_id=90, name="X", parent_id=table, is_disabled=disabled)
    reader(catalog, table, "SQL_TRIGGER", text, parent=table)
    assert found(catalog, COLUMN) == [(BLOCK, CONVERTED, f"trigger dbo.X {NAMES_COLUMN}")] * named


@pytest.mark.parametrize(
    ("kind", "parent", "level"),
    [
        ("VIEW", 0, BLOCK),
        ("SQL_TRIGGER", number(CONVERTED), BLOCK),
        ("SQL_TRIGGER", number(WIDENED), None),
        ("SQL_STORED_PROCEDURE", 0, WARN),
    ],
)
def test_who_reads_a_table_that_goes(catalog: Catalog, kind: str, parent: int, level: str | None) -> None:
    """A trigger of the table, or of another one that is dropped, goes with it."""
    reader(catalog, number(WIDENED), kind, "whatever", parent)
    what = kind.removeprefix("SQL_").replace("_", " ").lower()
    assert found(catalog, TABLE) == ([(level, WIDENED, f"{what} dbo.X {NAMES_TABLE}")] if level else [])
    assert not parent or found(catalog, TABLE, changes.DropTable(CONVERTED)) == []


@pytest.mark.parametrize("add", OF_A_COLUMN)
def test_what_forbids_that_a_table_goes(catalog: Catalog, add: Add) -> None:
    """All that stands on its columns goes with it, but for these."""
    add(catalog, number(WIDENED), place(WIDENED, "MD5"))
    forbids = {bound, foreign_key, policy}
    told = [(BLOCK, WIDENED, f"{OF_A_COLUMN[add].format('hr.')} {NAMES_TABLE}")]
    assert found(catalog, TABLE) == told * (add in forbids)


def test_a_synonym_is_warned_of(catalog: Catalog) -> None:
    for name in (WIDENED, CONVERTED):
        base = f"[dbo].[{name}]"
        catalog.add("synonyms", object_id=95, name=f"TO_{name}", schema_id=ELSEWHERE, base_object_name=base)
    assert found(catalog, COLUMN, TABLE) == [(WARN, WIDENED, f"the synonym hr.TO_{WIDENED} {NAMES_TABLE}")]


def test_what_may_not_be_asked_is_an_obstacle(catalog: Catalog) -> None:
    catalog.facts |= {"dependencies": 0}
    ((level, _, problem),) = found(catalog, TABLE)
    assert (level, "sys.sql_expression_dependencies" in problem) == (BLOCK, True)


@pytest.mark.parametrize(
    ("kind", "text", "asked"),
    [
        ("VIEW", f"SELECT m.[Parameters] FROM dbo.{CONVERTED} AS m", True),
        ("VIEW", f"SELECT * FROM {CONVERTED}", True),
        ("VIEW", f"SELECT API_POLICY_MAPPING_ID, COUNT(*) AS n FROM {CONVERTED}", False),
        ("VIEW", None, False),
        ("SQL_STORED_PROCEDURE", f"UPDATE {CONVERTED} SET parameters = NULL", False),
    ],
)
def test_a_script_asks_for_views_of_a_column(catalog: Catalog, kind: str, text: str | None, asked: bool) -> None:
    """What `plan` warns of does not stop a script."""
    reader(catalog, number(CONVERTED), kind, text)
    assert said(catalog, COLUMN) == [f"{CONVERTED}: view dbo.X {NAMES_COLUMN}; {WAY_OUT}"] * asked


@pytest.mark.parametrize(("text", "asked"), [("IF UPDATE(PARAMETERS) ROLLBACK", 1), (None, 1), ("PRINT 'it fires'", 0)])
def test_a_script_asks_for_triggers_of_a_column(catalog: Catalog, text: str | None, asked: int) -> None:
    table = number(CONVERTED)
    catalog.add("triggers", object_id=90, name="X", parent_id=table, is_disabled=0)
    reader(catalog, table, "SQL_TRIGGER", text, parent=table)
    assert said(catalog, COLUMN) == [f"{CONVERTED}: trigger dbo.X {NAMES_COLUMN}; {WAY_OUT}"] * asked


@pytest.mark.parametrize(
    ("kind", "parent", "asked"), [("VIEW", 0, 1), ("SQL_TRIGGER", number(CONVERTED), 1), ("SQL_STORED_PROCEDURE", 0, 0)]
)
def test_a_script_asks_for_readers_of_a_table(catalog: Catalog, kind: str, parent: int, asked: int) -> None:
    reader(catalog, number(WIDENED), kind, "whatever", parent)
    what = kind.removeprefix("SQL_").lower()
    assert said(catalog, TABLE) == [f"{WIDENED}: {what} dbo.X {NAMES_TABLE}; {WAY_OUT}"] * asked


@pytest.mark.parametrize("add", OF_A_COLUMN)
def test_a_script_leaves_to_the_server_what_it_refuses(catalog: Catalog, add: Add) -> None:
    add(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    add(catalog, number(WIDENED), place(WIDENED, "MD5"))
    assert said(catalog, COLUMN, TABLE) == []


def test_a_script_asks_for_a_mask(catalog: Catalog) -> None:
    mask(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    (text,) = said(catalog, COLUMN)
    assert text.startswith(f"{CONVERTED}: PARAMETERS has a mask")


def test_queries_are_accepted(catalog: Catalog, accepted: Accepted) -> None:
    found(catalog, COLUMN, TABLE)
    said(catalog, COLUMN, TABLE)
    accepted(catalog.asked)


def test_what_is_tried_on_a_server_is_accepted(accepted: Accepted) -> None:
    accepted([sql for name in NAMES for sql in statements("mssql", name)])
