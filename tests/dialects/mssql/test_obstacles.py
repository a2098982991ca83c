"""What is asked of the catalog before an upgrade: the queries run, over views that hold what the manual says."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from itertools import product
from typing import Any, cast

import pytest
import sqlalchemy as sa

from apim_schema import changes, evidence, registry
from apim_schema.changes import Change
from apim_schema.errors import NotProven
from apim_schema.hazards import Obstacle
from apim_schema.progress import Silent
from apim_schema.schema import Column, ForeignKey, Schema
from tests.dialects.mssql import facts
from tests.dialects.mssql.catalog import CONVERTED, LIVE, NARROWED, WIDENED, Catalog, number, place
from tests.dialects.mssql.catalog import name as column_name
from tests.dialects.mssql.conftest import Accepted
from tests.dialects.mssql.recorded import Recorded
from tests.dialects.mssql.standing import (
    Add,
    bound_view,
    check,
    computed,
    default_constraint,
    default_object,
    encrypted,
    extended_property,
    filtered,
    foreign_key,
    full_text,
    index,
    label,
    mask,
    module,
    permission,
    policy,
    rule,
    statistics,
    trigger,
)

DIALECT = registry.load("mssql")
MODULE = import_module("apim_schema.dialects.mssql.obstacles")
CONVERT = changes.TextToBinary(CONVERTED, "PARAMETERS", "VARBINARY(MAX)")
NARROW = changes.AlterColumn(NARROWED, "ENDPOINT_UUID", "VARCHAR(100)", narrows="VARCHAR(256)")
WIDEN = changes.AlterColumn(WIDENED, "MD5", "VARCHAR(900)")
REPLACE = changes.ReplacePrimaryKey(NARROWED, ("API_UUID", "ENDPOINT_UUID", "REVISION_UUID", "ORGANIZATION"))


def find(catalog: Catalog, *wanted: Change, live: Schema = LIVE) -> list[str]:
    found = DIALECT.obstacles.find(cast(sa.Connection, catalog), "dbo", wanted, live)
    assert {obstacle.level for obstacle in found} <= {"block"}
    assert all(obstacle.way_out for obstacle in found)
    return [told(obstacle) for obstacle in found]


def told(obstacle: Obstacle) -> str:
    return f"{obstacle.table}: {obstacle.problem}" if obstacle.table else obstacle.problem


ALTERED = {
    computed: "the computed column LENGTH is made of {0}",
    bound_view: "BOUND is bound to {0} (WITH SCHEMABINDING)",
    foreign_key: "the foreign key FK holds {0} to the type it has",
    rule: "the rule A_RULE is bound to {0}",
    default_object: "the default object A_DEFAULT is bound to {0}",
    encrypted: "{0} is encrypted by the client (Always Encrypted): the server can't convert it",
    mask: "{0} has a mask, default(), which the change would not keep",
    policy: "the security policy ROWS may forbid to write its rows",
}
SHORTER = {
    statistics: "the statistics _dta_stat_1 are of {0}",
    check: "the check CK is about {0}",
    filtered: "the filter of the index PART is about {0}",
}
REPLACED = {
    index: "the index or key WIDE is over {0}, which becomes bytes",
    trigger: "the trigger AUDIT fires when {0} is converted, and may take its bytes for text afterwards",
    permission: "the permission on {0} would be lost: DENY SELECT TO user5",
    extended_property: "the extended property MS_Description of {0} would be lost",
    label: "the sensitivity classification Secret of {0} would be lost",
    full_text: "a full-text index is over {0}, which becomes bytes",
}
CASES = [
    *((CONVERT, CONVERTED, "PARAMETERS", add, said) for add, said in (ALTERED | SHORTER | REPLACED).items()),
    *(
        (NARROW, NARROWED, "ENDPOINT_UUID", add, said)
        for add, said in (ALTERED | SHORTER).items()
        if add is not foreign_key
    ),
    *((WIDEN, WIDENED, "MD5", add, said) for add, said in ALTERED.items()),
]


def test_nothing_is_in_the_way_of_what_the_vendor_made(catalog: Catalog) -> None:
    """Nor are things of the same kinds on a table of the same name in another schema, or on other columns."""
    for add in (*ALTERED, *SHORTER, *REPLACED, default_constraint):
        if add not in (policy, trigger):  # these are of a whole table
            add(catalog, number(CONVERTED), 1)
    assert find(catalog, CONVERT, NARROW, WIDEN, REPLACE) == []


@pytest.mark.parametrize(("change", "table", "column", "add", "said"), CASES)
def test_what_stands_on_a_column_is_named(
    catalog: Catalog, change: Change, table: str, column: str, add: Add, said: str
) -> None:
    add(catalog, number(table), place(table, column))
    assert find(catalog, change) == [f"{table}: {said.format(column)}"]


@pytest.mark.parametrize("add", [*SHORTER, *REPLACED, default_constraint])
def test_what_does_not_mind_a_wider_column_is_left_alone(catalog: Catalog, add: Add) -> None:
    add(catalog, number(WIDENED), place(WIDENED, "MD5"))
    assert find(catalog, WIDEN) == []


def test_a_default_of_the_column_goes_and_comes_back(catalog: Catalog) -> None:
    default_constraint(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    assert find(catalog, CONVERT) == []


BACK = changes.BinaryToText(CONVERTED, Column("PARAMETERS", "VARCHAR(2048)", nullable=False))


@pytest.mark.parametrize("add", REPLACED)
def test_what_forbids_bytes_forbids_text_again(catalog: Catalog, add: Add) -> None:
    """In words for the way back, in a script too where the server would say nothing."""
    add(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    said_of_bytes, said_of_text = find(catalog, CONVERT), find(catalog, BACK)
    assert len(said_of_text) == len(said_of_bytes) > 0
    assert not any("becomes bytes" in said or "for text" in said for said in said_of_text)
    assert len(said(catalog, BACK)) == len(said(catalog, CONVERT))


def test_a_trigger_that_fires_when_a_text_is_cut_is_named(catalog: Catalog) -> None:
    trigger(catalog, number(NARROWED), 1)
    assert find(catalog, NARROW) == []
    assert find(catalog, replace(NARROW, cuts=True)) == [
        f"{NARROWED}: the trigger AUDIT fires when what is too long is cut"
    ]


def test_who_reads_the_text_is_named(catalog: Catalog) -> None:
    module(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    assert find(catalog, CONVERT) == [
        f"{CONVERTED}: {name} reads PARAMETERS as text, which becomes bytes"
        for name in ("READER_71", "READER_73", "READER_74", "READER_75")
    ]


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("temporal_type", "is a temporal table or its history"),
        ("is_tracked_by_cdc", "is read by change data capture, which knows its columns as they are"),
        ("is_published", "is an article of a replication"),
        ("is_merge_published", "is an article of a replication"),
        ("is_memory_optimized", "is a memory-optimized table, which can't be altered in a transaction with others"),
    ],
)
def test_a_table_that_others_follow_is_named(catalog: Catalog, fact: str, said: str) -> None:
    catalog.database.exec_driver_sql(f"UPDATE sys.tables SET {fact} = 1 WHERE schema_id = 1")
    assert find(catalog, CONVERT, WIDEN) == [f"{CONVERTED}: {said}", f"{WIDENED}: {said}"]
    assert find(catalog, REPLACE, NARROW) == [f"{NARROWED}: {said}"]


def test_what_leans_on_a_key_that_is_replaced_is_named(catalog: Catalog) -> None:
    table, column = number(NARROWED), place(NARROWED, "ENDPOINT_NAME")
    foreign_key(catalog, table, column)
    index(catalog, table, column, name="PK", is_primary_key=1, data_space_id=2)
    catalog.add("data_spaces", data_space_id=1, name="PRIMARY", type="FG")
    catalog.add("data_spaces", data_space_id=2, name="BY_YEAR", type="PS")
    catalog.add("fulltext_indexes", object_id=table, unique_index_id=4)
    catalog.add("change_tracking_tables", object_id=table)
    catalog.add("indexes", object_id=table, index_id=9, name="XML", type=3)
    assert find(catalog, REPLACE) == [
        f"{NARROWED}: {said}"
        for said in (
            "the foreign key FK points to the key with ENDPOINT_NAME, which is replaced",
            "the index or key PK is partitioned, and would not be so any more",
            "a full-text index leans on the key PK, which is replaced",
            "change tracking leans on its primary key, which is replaced",
            "the XML or spatial index XML leans on its primary key, which is replaced",
        )
    ]


def test_a_column_that_the_upgrade_makes_first_is_not_asked_about(catalog: Catalog) -> None:
    assert find(catalog, changes.AlterColumn(WIDENED, "STILL_TO_COME", "VARCHAR(9)")) == []


def test_a_trigger_that_fires_when_a_new_column_is_filled_is_named(catalog: Catalog) -> None:
    trigger(catalog, number(WIDENED), 1)
    new = changes.AddColumn(WIDENED, Column("X", "INTEGER", nullable=False), fill="0")
    assert find(catalog, new) == [f"{WIDENED}: the trigger AUDIT fires when a new column is filled"]
    assert find(catalog, replace(new, column=Column("X", "INTEGER"), fill=None)) == []


def test_rows_and_values_that_are_hidden_are_named(catalog: Catalog) -> None:
    """A mask where the login may not look behind it, a filter for everybody; in the tables of this schema."""
    mask(catalog, number(CONVERTED), 1)
    policy(catalog, number(CONVERTED), 1)
    catalog.database.exec_driver_sql("UPDATE sys.security_policies SET is_enabled = 1")
    hides = f"{CONVERTED}: the security policy OFF hides rows of it"
    name = column_name(number(CONVERTED), 1)
    assert find(catalog) == [hides]
    without_unmask(catalog)
    assert find(catalog) == [f"{CONVERTED}: {name} is masked for this login", hides]


def lacks(catalog: Catalog, *permissions: str) -> None:
    catalog.database.exec_driver_sql(f"SET LOCAL login.lacks = '{', '.join(permissions)}'")


def without_unmask(catalog: Catalog) -> None:
    lacks(catalog, "UNMASK")


SILENT = [mask, trigger, permission, extended_property, module]


@pytest.mark.parametrize("add", SILENT)
def test_a_script_asks_for_what_would_be_lost_in_silence(catalog: Catalog, add: Add) -> None:
    """In the words of the upgrade's own refusal."""
    add(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    assert said(catalog, CONVERT, NARROW, WIDEN, REPLACE) == found(catalog, CONVERT) != []


def test_a_script_asks_for_temporal_tables_and_hidden_rows(catalog: Catalog) -> None:
    catalog.database.exec_driver_sql(f"UPDATE sys.tables SET temporal_type = 2 WHERE name = '{WIDENED}'")
    catalog.add("security_policies", object_id=86, name="ROWS", schema_id=1, is_enabled=1)
    target = {"target_object_id": number(NARROWED), "predicate_type": 0, "predicate_type_desc": "FILTER"}
    catalog.add("security_predicates", object_id=86, **target)
    without_unmask(catalog)
    mask(catalog, number(NARROWED), place(NARROWED, "ORGANIZATION"))
    assert sorted(said(catalog, CONVERT, WIDEN)) == sorted(found(catalog, CONVERT, WIDEN))
    assert len(said(catalog, CONVERT, WIDEN)) == 3


LAYOUTS = [{"fill_factor": 80}, {"ignore_dup_key": 1}, {"type": 2}, {"data_space_id": 2}, {"allow_page_locks": 0}]
USUAL = {
    "type": 1,
    "is_primary_key": 1,
    "fill_factor": 0,
    "is_padded": 0,
    "ignore_dup_key": 0,
    "allow_row_locks": 1,
    "allow_page_locks": 1,
    "data_space_id": 1,
}


def said_of_key(catalog: Catalog, table: str, layout: dict[str, int]) -> list[str]:
    first = next(iter(LIVE.tables[table].columns))
    index(catalog, number(table), place(table, first), **(USUAL | layout))
    catalog.add("partitions", object_id=number(table), index_id=4, data_compression_desc="NONE")
    for space, name in ((1, "PRIMARY"), (2, "SECOND")):
        catalog.add("data_spaces", data_space_id=space, name=name, type="FG", is_default=int(space == 1))
    return said(catalog, REPLACE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_script_does_not_keep_the_options_of_a_key_and_says_so(catalog: Catalog, layout: dict[str, int]) -> None:
    told = "the key WIDE has options, which a script does not keep; use apim-schema upgrade, which keeps them"
    assert said_of_key(catalog, NARROWED, layout) == [f"{NARROWED}: {told}"]


@pytest.mark.parametrize(("table", "layout"), [(NARROWED, {}), (NARROWED, {"fill_factor": 100}), (WIDENED, LAYOUTS[0])])
def test_the_key_of_the_vendor_or_of_another_table_is_left_alone(
    catalog: Catalog, table: str, layout: dict[str, int]
) -> None:
    assert said_of_key(catalog, table, layout) == []


def said(catalog: Catalog, *wanted: Change) -> list[str]:
    """What the batch of a script says, which asks everything in one query."""
    silent = MODULE.silent(wanted, LIVE)
    query = import_module("apim_schema.dialects.mssql.dependents").answers(silent, "dbo")
    return [text for (text,) in catalog.exec_driver_sql(query)]


def found(catalog: Catalog, *wanted: Change) -> list[str]:
    obstacles = DIALECT.obstacles.find(cast(sa.Connection, catalog), "dbo", wanted, LIVE)
    assert all(obstacle.query for obstacle in obstacles)
    return [f"{told(obstacle)}; {obstacle.way_out}" for obstacle in obstacles]


def test_a_login_that_may_not_change_anything_is_told_before(catalog: Catalog) -> None:
    catalog.facts["alters"] = 0
    assert find(catalog, WIDEN) == ["this login may not alter the tables of dbo, or make any"]
    catalog.facts |= {"alters": 1, "creates": 0}
    assert find(catalog) == ["this login may not alter the tables of dbo, or make any"]
    catalog.facts["creates"] = 1
    lacks(catalog, "UPDATE")
    assert find(catalog, WIDEN) == []
    assert find(catalog, CONVERT) == [f"{CONVERTED}: this login may not write its rows"]


def test_a_foreign_key_that_is_disabled_is_not_replaced_by_one_that_is_not(catalog: Catalog) -> None:
    key = ForeignKey(("API_UUID",), "AM_API", ("API_UUID",))
    replaced = changes.ReplaceForeignKey(NARROWED, key)
    on = {"parent_object_id": number(NARROWED), "parent_column_id": place(NARROWED, "API_UUID")}
    catalog.add("foreign_key_columns", constraint_object_id=60, **on)
    catalog.add("foreign_keys", object_id=60, name="FK", is_disabled=0)
    assert find(catalog, replaced) == []
    catalog.database.exec_driver_sql("UPDATE sys.foreign_keys SET is_disabled = 1")
    said = "the foreign key FK is disabled, and the one that replaces it will not be"
    assert find(catalog, replaced) == [f"{NARROWED}: {said}"]


def test_what_may_not_be_asked_is_an_obstacle(catalog: Catalog) -> None:
    catalog.facts |= {"definitions": 0}
    [said] = find(catalog, WIDEN)
    assert said.startswith("this login may not read sys.sql_expression_dependencies: what leans on the columns")
    lacks(catalog, "VIEW DEFINITION")
    assert find(catalog) == []
    lacks(catalog, "VIEW DEFINITION", "ALTER ANY SECURITY POLICY")
    assert find(catalog) == ["apim: this login may not see whether a security policy hides rows from it"]


def test_babelfish_is_asked_for_nothing_that_it_does_not_know(catalog: Catalog) -> None:
    catalog.facts |= {"babelfish": 1, "definitions": None}
    assert find(catalog, CONVERT, live=replace(LIVE, options={"babelfish": "yes"})) == []
    assert MODULE.hidden(catalog, "dbo") == []
    assert [sql for sql in catalog.asked if "FROM sys." in sql] == []


def test_no_rows_are_hashed_that_are_hidden(catalog: Catalog) -> None:
    without_unmask(catalog)
    mask(catalog, number(CONVERTED), place(CONVERTED, "PARAMETERS"))
    with pytest.raises(NotProven, match=f"{CONVERTED}: PARAMETERS is masked for this login; GRANT UNMASK"):
        DIALECT.digest.buckets(cast(sa.Connection, catalog), "dbo", LIVE.tables[CONVERTED], [])


def test_it_is_asked_once_a_connection() -> None:
    recorded = Recorded(LIVE)
    evidence.collect(DIALECT, recorded.connection, "dbo", LIVE, Silent(), "rows")
    assert sum("sys.security_predicates" in sql for sql in recorded.asked) == 1


def test_a_server_without_classifications_is_not_asked_for_them(catalog: Catalog) -> None:
    catalog.facts["classifications"] = None
    find(catalog, CONVERT)
    assert not any("FROM sys.sensitivity" in sql or "JOIN sys.sensitivity" in sql for sql in catalog.asked)


def test_queries_are_accepted(catalog: Catalog, accepted: Accepted) -> None:
    find(catalog, CONVERT, NARROW, WIDEN, REPLACE)
    accepted(catalog.asked)
    assert len(catalog.asked) > 25


GIB, PAGES = 1024**3, 1024**3 // 8192
UNLIMITED = {"size": 4 * PAGES, "max_size": -1, "growth": 8192}


def room(catalog: Catalog, *files: dict[str, Any], change: Change = CONVERT) -> list[tuple[str, str]]:
    """What is found where the table that changes has 3 GiB in two parts, and each file 1 GiB inside it."""
    catalog.facts["volumes"] = 1
    tables = {CONVERTED: PAGES, WIDENED: 9 * PAGES}
    for table, (index_id, part) in product(tables, ((0, 1), (2, 2))):
        unit = 10 * number(table) + index_id
        of = {"object_id": number(table), "index_id": index_id, "partition_number": 1, "rows": 7}
        catalog.add("partitions", **of, partition_id=unit)
        catalog.add("allocation_units", container_id=unit, used_pages=part * tables[table])
    for number_, file in enumerate(({"type_desc": "LOG"} | UNLIMITED, *files), start=1):
        of = {"database_id": 5, "file_id": number_}
        volume = {key: file[key] for key in facts.VIEWS["dm_os_volume_stats"].columns if key in file}
        catalog.add("dm_os_volume_stats", **of, **({"total_bytes": 99 * GIB, "available_bytes": GIB} | volume))
        catalog.add("dm_db_file_space_usage", **of, unallocated_extent_page_count=PAGES)
        kept = {key: value for key, value in file.items() if key not in volume}
        catalog.add("database_files", file_id=number_, **({"type_desc": "ROWS"} | kept))
    obstacles = DIALECT.obstacles.find(cast(sa.Connection, catalog), "dbo", (change, WIDEN), LIVE)
    assert all(obstacle.way_out and obstacle.table == CONVERTED for obstacle in obstacles)
    return [(obstacle.level, obstacle.problem.rpartition("3.0 GiB, and ")[2]) for obstacle in obstacles]


FIXED = UNLIMITED | {"growth": 0}
LIMITED = UNLIMITED | {"max_size": 5 * PAGES}
HALF = UNLIMITED | {"available_bytes": GIB // 2}
C, D = ({"volume_mount_point": name} for name in ("C:\\", "D:\\"))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([FIXED], [("block", "what the data files may grow to has 1.0 GiB left")]),
        ([UNLIMITED | {"max_size": 0}], [("block", "what the data files may grow to has 1.0 GiB left")]),
        ([LIMITED | {"available_bytes": 9 * GIB}], [("block", "what the data files may grow to has 2.0 GiB left")]),
        ([FIXED, FIXED, FIXED], []),
        ([LIMITED, FIXED], []),
        ([UNLIMITED], [("warn", "the data files with what is free on their disk has 2.0 GiB left")]),
        ([UNLIMITED | {"available_bytes": 2 * GIB}], []),
        ([HALF | C, HALF | C], [("warn", "the data files with what is free on C:\\ has 2.5 GiB left")]),
        ([HALF | C, HALF | D], []),
    ],
)
def test_a_table_that_does_not_fit_once_more_is_named(
    catalog: Catalog, files: list[dict[str, Any]], said: list[tuple[str, str]]
) -> None:
    """Files that share a disk share what is free on it; a file that may not grow is no way out."""
    assert room(catalog, *files) == said


def test_a_table_that_only_gets_longer_rows_is_warned_of(catalog: Catalog) -> None:
    new = changes.AddColumn(CONVERTED, Column("X", "INTEGER", nullable=False, default="0"))
    assert room(catalog, FIXED, change=new) == [("warn", "what the data files may grow to has 1.0 GiB left")]


def test_room_is_not_asked_for_without_the_permission_or_a_table_that_is_rebuilt(
    catalog: Catalog, accepted: Accepted
) -> None:
    assert room(catalog, FIXED) != []
    asked = [sql for sql in catalog.asked if "sys.dm_" in sql and "HAS_PERMS" not in sql]
    accepted(asked)
    assert len(asked) == 1
    find(catalog, WIDEN)
    catalog.facts["volumes"] = 0
    find(catalog, CONVERT)
    assert [sql for sql in catalog.asked if "sys.dm_" in sql and "HAS_PERMS" not in sql] == asked
