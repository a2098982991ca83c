"""What is made of the rows of the catalog views."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace as Row
from typing import Any

import pytest

from apim_schema import chain, compare, difference, registry
from apim_schema.schema import Column, Index, Schema
from tests.dialects.mssql.catalog import NARROWED, Catalog, number
from tests.dialects.mssql.recorded import Recorded
from tests.dialects.mssql.standing import default_object
from tests.releases import FIRST, HEAD

DIALECT = registry.load("mssql")
MODULE = import_module("apim_schema.dialects.mssql.introspect")
EVERY = [(database, release) for database in chain.DATABASES for release in chain.releases(database)]
APIM = chain.expected("mssql", "apim", FIRST)


def read(recorded: Recorded) -> Schema:
    return DIALECT.introspect.read(recorded.connection, "dbo")


@pytest.mark.parametrize(("database", "release"), EVERY)
def test_a_release_is_read_as_what_it_is(database: str, release: str) -> None:
    wanted = chain.expected("mssql", database, release)
    assert [str(d) for d in compare.compare(wanted, read(Recorded(wanted)))] == []


def test_a_collation_is_told_where_it_is_not_the_databases() -> None:
    columns = read(Recorded(APIM)).tables["AM_APPLICATION"].columns
    assert {name: column.collation for name, column in columns.items() if column.collation} == {
        "NAME": "Latin1_General_CS_AS"
    }
    same = read(Recorded(APIM, collation="LATIN1_GENERAL_CS_AS")).tables["AM_APPLICATION"].columns
    assert same["NAME"].collation is None
    assert same["UUID"].collation == "SQL_Latin1_General_CP1_CI_AS"


def test_what_babelfish_shows_otherwise_is_no_mismatch() -> None:
    """It keeps six digits of a DATETIME2, and numbers IDENTITY columns by sequences that it lists."""
    head = chain.expected("mssql", "apim", HEAD)
    recorded = Recorded(head, babelfish=1)
    for row in recorded.rows["sys.default_constraints"]:
        row.fraction = min(row.fraction, 6)
    recorded.rows["sys.objects"] = [Row(name="am_api_api_id_seq", kind="SO")]
    found = compare.compare(head, read(recorded))
    assert {(d.kind, d.name) for d in found} == {
        ("variant", f"AM_GW_PLATFORM_EVENT.{column}") for column in ("CREATED_AT", "DELIVERED_AT", "CLAIMED_AT")
    }
    for row in recorded.rows["sys.default_constraints"]:
        row.fraction = min(row.fraction, 3)
    assert compare.mismatches(head, read(recorded)) != []


def test_a_new_table_is_numbered_like_most_that_stand() -> None:
    """The second of three data centres; one table that somebody has made otherwise does not count."""
    recorded = Recorded(chain.expected("mssql_multidc", "apim", "4.6.0"))
    assert read(recorded).options == {"edition": "2", "numbering": "IDENTITY(1,1)"}
    rows = [Row(seed=2, step=3, is_apart=True), Row(seed=302, step=3, is_apart=True), Row(seed=1, step=1, is_apart=0)]
    recorded.rows["sys.identity_columns"] = rows
    live = read(recorded)
    assert live.flavour == "mssql_multidc"
    assert live.options == {"edition": "2", "numbering": "IDENTITY(2,3) NOT FOR REPLICATION"}


def test_names_keep_the_spelling_of_the_server() -> None:
    live = read(Recorded(APIM, str.lower))
    assert compare.mismatches(APIM, live) == []
    assert DIALECT.names.qualified(live.tables["AM_API"].name, "dbo") == "dbo.am_api"
    assert [DIALECT.names.sql(name) for name in live.tables["AM_API"].columns][:2] == ["api_id", "api_uuid"]


def test_two_tables_may_differ_in_nothing_but_the_case() -> None:
    recorded = Recorded(APIM)
    rows = recorded.rows["sys.default_constraints"]
    for row in [row for row in rows if row.table_name == "AM_API"]:
        rows.append(type(row)(**vars(row) | {"table_id": -1, "table_name": "Am_Api"}))
    live = read(recorded)
    assert DIALECT.names.sql(live.tables["[Am_Api]"].name) == "Am_Api"
    assert [str(d) for d in compare.compare(APIM, live)] == ["extra table [Am_Api]"]


@pytest.mark.parametrize(
    ("facts", "mark"),
    [
        ({"filter": "([STATUS]='x')"}, "[where ([STATUS]='x')]"),
        ({"kind": "NONCLUSTERED COLUMNSTORE"}, "[nonclustered columnstore]"),
        ({"is_disabled": True}, "[disabled]"),
        ({"is_descending": True}, "DESC"),
    ],
)
def test_an_index_that_is_more_than_its_columns_is_none_of_the_vendors(facts: dict[str, object], mark: str) -> None:
    recorded = Recorded(APIM)
    rows = [row for row in recorded.rows["sys.index_columns"] if row.name == "IDX_IOAT_TSH_TS"]
    for row in rows[-1:] if "is_descending" in facts else rows:
        vars(row).update(facts)
    index = read(recorded).tables["IDN_OAUTH2_ACCESS_TOKEN"].index("IDX_IOAT_TSH_TS")
    assert index is not None
    assert index != APIM.tables["IDN_OAUTH2_ACCESS_TOKEN"].index("IDX_IOAT_TSH_TS")
    assert mark in index.columns[-1]


def test_a_foreign_key_to_another_schema_is_none_of_the_vendors() -> None:
    recorded = Recorded(APIM)
    row = next(row for row in recorded.rows["sys.foreign_key_columns"] if row.ref_table == "AM_API")
    vars(row).update(elsewhere=1, ref_schema="other")
    assert {d.kind for d in compare.compare(APIM, read(recorded))} == {difference.MISSING, difference.EXTRA}


def test_types_sizes_and_computed_columns() -> None:
    recorded = Recorded(APIM)
    row = recorded.rows["sys.default_constraints"][0]
    of_the_customer = [
        {"name": "a", "type": "decimal", "digits": 9, "fraction": 2},
        {"name": "b", "type": "nvarchar", "max_length": -1},
        {"name": "c", "type": "nchar", "max_length": 20},
        {"name": "d", "type": "time", "fraction": 3},
        {"name": "e", "type": "timestamp"},
        {"name": "f", "type": "int", "computed": "([a]*(2))"},
        {"name": "g", "type": "nvarchar", "max_length": 20, "definition": "(N'it''s')"},
        {"name": "h", "type": "int", "bound": "zero"},
    ]
    recorded.rows["sys.default_constraints"] = [type(row)(**vars(row) | facts) for facts in of_the_customer]
    [table] = read(recorded).tables.values()
    types = [column.type for column in table.columns.values()]
    assert types == [
        "DECIMAL(9,2)",
        "NVARCHAR(MAX)",
        "NCHAR(10)",
        "TIME(3)",
        "TIMESTAMP",
        "INTEGER",
        "NVARCHAR(10)",
        "INTEGER",
    ]
    assert table.columns["F"].default == "GENERATED ALWAYS AS ([a]*(2))"
    assert table.columns["G"].default == "'it''s'"
    assert table.columns["H"].default == "BOUND zero"


def test_our_own_tables_are_not_read() -> None:
    recorded = Recorded(APIM)
    row = recorded.rows["sys.default_constraints"][0]
    recorded.rows["sys.default_constraints"] = [
        type(row)(**vars(row) | {"table_id": number, "table_name": name})
        for number, name in enumerate(("alembic_version_apim", "apim_schema_history", "mine"))
    ]
    assert list(read(recorded).tables) == ["MINE"]


def test_events_of_a_trigger_come_from_its_text_where_the_server_does_not_tell_them() -> None:
    recorded = Recorded(APIM)
    untold = {"is_insert": None, "is_update": None, "is_delete": None}
    first, second, third = recorded.rows["sys.triggers"]
    vars(first).update(untold)
    vars(second).update(untold | {"definition": "create trigger x on y after insert , UPDATE as select 1"})
    vars(third).update(untold | {"definition": None})
    found = read(recorded).triggers
    assert found[first.name] == APIM.triggers[first.name]
    assert found[second.name].events == ("INSERT", "UPDATE")
    assert found[third.name] == APIM.triggers[third.name]


def test_objects_of_the_customer_are_told() -> None:
    recorded = Recorded(APIM)
    row = type(recorded.rows["sys.triggers"][0])
    recorded.rows["sys.objects"] = [row(name="mine", kind="P "), row(name="numbers", kind="SO")]
    live = read(recorded)
    assert (dict(live.routines), dict(live.sequences)) == ({"MINE": "P"}, {"NUMBERS": ""})


def test_bytes_are_compared_as_they_are() -> None:
    text, binary = Column("X", "VARCHAR(2048)"), Column("X", "VARBINARY(MAX)")
    assert DIALECT.introspect.converted(binary, text) == "CONVERT(VARBINARY(MAX), X)"
    assert DIALECT.introspect.converted(text, Column("X", "VARCHAR(10)")) is None
    assert DIALECT.introspect.converted(binary, binary) is None
    assert DIALECT.introspect.converted(text, binary, True) == "CONVERT(NVARCHAR(MAX), X)"
    assert DIALECT.introspect.converted(text, binary) is None


def test_an_index_is_found_in_the_model_whatever_its_spelling() -> None:
    live = read(Recorded(APIM, str.lower))
    wanted = Index("IDX_IOAT_TSH_TS", ("TOKEN_SCOPE_HASH", "TOKEN_STATE"))
    assert live.tables["IDN_OAUTH2_ACCESS_TOKEN"].index("IDX_IOAT_TSH_TS") == wanted


def test_what_is_recorded_is_what_the_queries_find(catalog: Catalog) -> None:
    """Over views that can be asked: a key with options, an index with an included column, a default of its own."""
    table = number(NARROWED)
    catalog.add("types", user_type_id=167, name="varchar")
    catalog.database.exec_driver_sql("UPDATE sys.columns SET user_type_id = 167")
    default_object(catalog, table, 2)
    for at, kind, key in ((1, "CLUSTERED", 1), (2, "NONCLUSTERED", 0)):
        catalog.add("indexes", object_id=table, index_id=at, name=f"I{at}", type=at, type_desc=kind, is_primary_key=key,
                    is_hypothetical=0, data_space_id=1, fill_factor=80, ignore_dup_key=key)  # fmt: skip
        catalog.add("partitions", object_id=table, index_id=at, partition_number=1, data_compression_desc="ROW")
        catalog.add("index_columns", object_id=table, index_id=at, index_column_id=1, column_id=at, key_ordinal=1,
                    is_included_column=0)  # fmt: skip
    catalog.add("index_columns", object_id=table, index_id=2, index_column_id=2, column_id=3, key_ordinal=0,
                is_included_column=1)  # fmt: skip
    catalog.add("data_spaces", data_space_id=1, name="FIRST", type="FG", is_default=1)

    def ask(query: str) -> list[Any]:
        return list(catalog.exec_driver_sql(query.format(schema="N'dbo'")))

    columns = [row for row in ask(MODULE.COLUMNS) if row.table_name == NARROWED]
    assert [(row.name, row.type, row.bound) for row in columns][:3] == [
        ("API_UUID", "varchar", None), ("ENDPOINT_UUID", "varchar", "A_DEFAULT"), ("REVISION_UUID", "varchar", None),
    ]  # fmt: skip
    assert [(row.name, row.column_name, row.place, row.is_included) for row in ask(MODULE.INDEXES)] == [
        ("I1", "API_UUID", 1, 0), ("I2", "ENDPOINT_UUID", 1, 0), ("I2", "REVISION_UUID", 0, 1),
    ]  # fmt: skip
    assert [(row.name, row.kind, row.filled, row.compression, row.place) for row in ask(MODULE.STORAGE)] == [
        ("I1", "CLUSTERED", 80, "ROW", "FIRST"), ("I2", "NONCLUSTERED", 80, "ROW", "FIRST"),
    ]  # fmt: skip
