"""A database as the install script makes it: what its catalog views hold is read from the statements."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace as Row

import pytest

from apim_schema import chain, compare, registry
from apim_schema.difference import VARIANT, Difference
from apim_schema.recognise import recognise
from apim_schema.schema import Schema
from tests.dialects.mssql.recorded import Recorded
from tests.vendor import make

RELEASES = (*chain.OLDER, *chain.releases("apim"))
INCLUDED = {
    "IDX_AT_AT": ("ACCESS_TOKEN",),
    "IDX_AT_RT": ("REFRESH_TOKEN",),
    "IDX_AC_AC_CKID": ("AUTHORIZATION_CODE", "CONSUMER_KEY_ID"),
}
"""The included columns of the vendor's script, the same in every release."""

INDEX = re.compile(
    r"CREATE (?P<unique>UNIQUE )?INDEX \[(?P<name>\w+)\] ON \[(?P<table>\w+)\] \((?P<key>[^)]+)\)"
    r"(?: INCLUDE \((?P<include>[^)]+)\))?"
)


def installed(script: list[str], schema: Schema) -> Recorded:
    """A server with this schema whose indexes are those of the script; every clause of theirs is understood."""
    recorded = Recorded(schema)
    keys = [row for row in recorded.rows["sys.index_columns"] if row.is_primary_key or row.is_unique_constraint]
    numbers = {row.table_name: row.table_id for row in recorded.rows["sys.default_constraints"]}
    made = [row for statement in script if " INDEX " in statement for row in rows(statement, numbers)]
    recorded.rows["sys.index_columns"] = [*keys, *made]
    return recorded


def rows(statement: str, numbers: dict[str, int]) -> Iterator[Row]:
    """What sys.indexes and sys.index_columns hold of an index: an included column has the key_ordinal 0."""
    found = INDEX.fullmatch(statement)
    assert found is not None, f"a clause that is not known: {statement}"
    key = list(enumerate(re.findall(r"\[(\w+)\]", found["key"]), start=1))
    for place, column in [*key, *((0, name) for name in re.findall(r"\[(\w+)\]", found["include"] or ""))]:
        yield Row(
            table_id=numbers[found["table"]],
            name=found["name"],
            kind="NONCLUSTERED",
            is_unique=bool(found["unique"]),
            is_primary_key=False,
            is_unique_constraint=False,
            is_disabled=False,
            filter=None,
            column_name=column,
            place=place,
            is_descending=False,
            is_included=place == 0,
        )


def read(script: list[str], release: str) -> Schema:
    recorded = installed(script, chain.expected("mssql", "apim", release))
    return registry.load("mssql").introspect.read(recorded.connection, "dbo")


@pytest.mark.parametrize("release", RELEASES)
def test_the_script_has_the_clauses_that_the_vendors_has(release: str) -> None:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for statement in make.script(make.catalog("mssql", "apim", release)):
        if " INCLUDE " in statement and (index := INDEX.fullmatch(statement)):
            found[index["name"]] = tuple(re.findall(r"\[(\w+)\]", index["include"]))
    assert found == INCLUDED


@pytest.mark.parametrize("release", RELEASES)
def test_an_installed_database_is_recognised_without_a_difference(release: str) -> None:
    live = read(make.script(make.catalog("mssql", "apim", release)), release)
    found = recognise("mssql", "apim", live)
    assert found is not None
    assert (found.release, found.differences) == (release, ())
    included = {index.name: index.include for table in live.tables.values() for index in table.indexes if index.include}
    assert included == INCLUDED


@pytest.mark.parametrize(
    ("clause", "told"), [("", "(AUTHZ_USER)"), (" INCLUDE ([SCOPE])", "(AUTHZ_USER) include (SCOPE)")]
)
def test_other_included_columns_or_none_are_a_variant(clause: str, told: str) -> None:
    script = [re.sub(r" INCLUDE \(.+\)$", clause, line) for line in make.script(make.catalog("mssql", "apim", "4.2.0"))]
    found = recognise("mssql", "apim", read(script, "4.2.0"))
    assert found is not None
    assert found.release == "4.2.0"
    assert {(d.kind, d.name.rpartition(".")[2], d.found) for d in found.differences} == {
        (VARIANT, name, told) for name in INCLUDED
    }


def test_included_columns_of_an_index_of_the_customers_are_no_obstacle() -> None:
    script = make.script(make.catalog("mssql", "apim", "4.2.0"))
    mine = ["CREATE INDEX [MINE] ON [AM_API] ([API_NAME]) INCLUDE ([API_TIER])"]
    live = read([*script, *mine], "4.2.0")
    assert list(compare.compare(chain.expected("mssql", "apim", "4.2.0"), live)) == [
        Difference(
            *("extra", "index", "AM_API.MINE", None, "(API_NAME) include (API_TIER)"),
            *("harmless", "the release has none"),
        )
    ]


def test_where_and_how_an_index_lies_makes_no_other_release() -> None:
    """Fill factors, compression, filegroups, CLUSTERED or not: the vendor's scripts do not say, and a DBA may."""
    recorded = installed(make.script(make.catalog("mssql", "apim", "4.2.0")), chain.expected("mssql", "apim", "4.2.0"))
    for row in recorded.rows["sys.index_columns"]:
        row.kind = {"CLUSTERED": "NONCLUSTERED", "NONCLUSTERED": "CLUSTERED"}[row.kind]
    for row in recorded.rows["sys.data_spaces"]:
        vars(row).update(filled=70, compression="PAGE", place="SECOND", is_default_place=False)
    found = recognise("mssql", "apim", registry.load("mssql").introspect.read(recorded.connection, "dbo"))
    assert found is not None
    assert (found.release, found.differences) == ("4.2.0", ())


def test_a_unique_index_with_included_columns_is_a_unique_key() -> None:
    expected = chain.expected("mssql", "apim", "4.2.0")
    table = expected.tables["IDN_OAUTH_CONSUMER_APPS"]
    script = make.script(make.catalog("mssql", "apim", "4.2.0"))
    [key] = table.unique
    columns = ", ".join(f"[{column}]" for column in key.columns)
    script.append(f"CREATE UNIQUE INDEX [U] ON [{table.name}] ({columns}) INCLUDE ([APP_NAME])")
    live = read(script, "4.2.0")
    without = replace(live.tables[table.name], unique=())
    assert compare.compare(expected, live.with_table(without)) == []


def test_a_fresh_schema_has_them() -> None:
    expected = chain.expected("mssql", "apim", "4.2.0")
    made = [statement.sql for statement in registry.load("mssql").ddl.create(expected, None)]
    assert {sql.partition(" ON ")[0].rpartition(" ")[2] for sql in made if " INCLUDE (" in sql} == INCLUDED.keys()
    assert "CREATE INDEX IDX_AT_AT ON IDN_OAUTH2_ACCESS_TOKEN (AUTHZ_USER) INCLUDE (ACCESS_TOKEN)" in made
