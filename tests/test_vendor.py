"""The vendor-like databases that other tests start from: they are what the catalogs say, and every table has rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from apim_schema import catalog, chain
from apim_schema.demo import rows
from tests.releases import FIRST, HEAD, RELEASES
from tests.servers import Server, new_database
from tests.vendor import dump, make, outside
from tests.vendor.common import Catalog

EVERY = [*chain.OLDER, *RELEASES]
every_release = pytest.mark.parametrize(
    "release", [pytest.param(one, marks=() if one in (FIRST, HEAD) else pytest.mark.costly) for one in EVERY]
)
both_databases = pytest.mark.parametrize("database", ["apim", "shared"])


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """An empty database as customers have it: latin1 on MySQL."""
    options = {"charset": "latin1"} if server.dialect == "mysql" else {}
    with new_database(server, **options) as url:
        yield url


def fill(url: str, document: Catalog, latin1: bool) -> int:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        return rows.fill(connection, catalog.parse(document), latin1=latin1)


def read(url: str, document: Catalog) -> dump.Dump:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return dump.dump(connection, dump.columns_of(document))


@every_release
@both_databases
def test_database_is_its_catalog_and_holds_rows(server: Server, url: str, database: str, release: str) -> None:
    document = make.create(url, server.dialect, database, release)
    assert outside.differences(outside.plain(document), outside.catalog_of(url)) == []

    assert fill(url, document, latin1=server.dialect in ("mysql", "mssql")) == rows.ROWS * len(document["tables"])
    first = read(url, document)
    assert {table for table, found in first.items() if len(found) != rows.ROWS} == set()
    assert read(url, document) == first


def test_differences_are_seen(postgresql: Server) -> None:
    with new_database(postgresql) as url:
        document = make.create(url, "postgresql", "shared", "4.2.0")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE um_role ALTER COLUMN um_role_name TYPE varchar(300)")
            connection.exec_driver_sql("DROP INDEX reg_path_ind_by_path_parent_id")
        found = outside.differences(outside.plain(document), outside.catalog_of(url))
    assert [line.split(":")[0] for line in found] == [
        "/tables/REG_PATH/indexes/REG_PATH_IND_BY_PATH_PARENT_ID",
        "/tables/UM_ROLE/columns/UM_ROLE_NAME/type",
    ]


def test_another_schema_than_public(postgresql: Server) -> None:
    with new_database(postgresql) as url:
        document = make.create(url, "postgresql", "apim", "4.2.0", schema="carbon")
        expected = outside.plain(document)
        assert outside.differences(expected, outside.catalog_of(url, "carbon")) == []
        assert outside.catalog_of(url)["tables"] == {}


def values_of(found: dump.Dump, columns: dict[str, list[str]], table: str, column: str) -> list[Any]:
    return [row[columns[table].index(column)] for row in found[table]]


@pytest.mark.parametrize("release", ["4.1.0", "4.2.0", "4.5.0", "4.7.0"])
def test_narrowed_for_utf8mb4(mysql: Server, release: str) -> None:
    with new_database(mysql, charset="utf8mb4") as url:
        document = make.create(url, "mysql", "apim", release, narrow=True)
        assert outside.differences(outside.plain(document), outside.catalog_of(url)) == []
        shortened = document != make.catalog("mysql", "apim", release)
        assert shortened == (release in ("4.2.0", "4.5.0"))
        assert fill(url, document, latin1=False) == rows.ROWS * len(document["tables"])


def test_values_hurt(postgresql: Server) -> None:
    with new_database(postgresql) as url:
        document = make.create(url, "postgresql", "apim", "4.5.0")
        fill(url, document, latin1=False)
        found = read(url, document)
    columns = dump.columns_of(document)
    parameters = values_of(found, columns, "AM_API_OPERATION_POLICY_MAPPING", "PARAMETERS")
    assert "\\x" in parameters
    assert any("漢" in text and '\\"' in text and "\\x41" in text for text in parameters)
    assert max(len(text) for text in parameters) == 2048
    values = {value for table in found.values() for row in table for value in row}
    assert {None, "", b"", bytes(range(256)), 2**31 - 1, -(2**31)} <= values
    assert all(len(text) <= 100 for text in values_of(found, columns, "AM_API_ENDPOINTS", "ENDPOINT_UUID"))


def test_dump_in_old_form(postgresql: Server) -> None:
    with new_database(postgresql) as url:
        document = make.create(url, "postgresql", "apim", "4.5.0")
        fill(url, document, latin1=False)
        before = read(url, document)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            change = "ALTER TABLE am_api_policy_mapping ALTER parameters TYPE bytea USING "
            connection.exec_driver_sql(change + "convert_to(parameters, 'UTF8')")
        after = read(url, document)
    assert after != before
    assert dump.old_form(after, before) == before


def test_bulk_adds_tokens(server: Server, url: str) -> None:
    document = make.create(url, server.dialect, "apim", "4.2.0")
    schema = catalog.parse(document)
    fill(url, document, latin1=server.dialect in ("mysql", "mssql"))
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        rows.bulk(connection, schema, "IDN_OAUTH2_ACCESS_TOKEN", 1234)
    assert len(read(url, document)["IDN_OAUTH2_ACCESS_TOKEN"]) == rows.ROWS + 1234


@pytest.mark.parametrize("flavour", ["oracle", "oracle_23c", "oracle_rac", "mssql"])
@both_databases
@pytest.mark.parametrize("release", ["4.3.0", HEAD])
def test_rows_fit_where_no_server_may_tell(flavour: str, database: str, release: str) -> None:
    """Lengths (bytes on Oracle, a code page on SQL Server), NULLs, and keys that differ from row to row."""
    document = make.catalog(flavour, database, release)
    assert sum(statement.startswith("CREATE TABLE") for statement in make.script(document)) == len(document["tables"])
    for table, made in rows.rows_of(catalog.parse(document), latin1=flavour == "mssql"):
        columns = document["tables"][table.name]["columns"]
        assert [key for key in keys_of(document["tables"][table.name]) if repeats(key, made)] == []
        assert [(name, row[name]) for row in made for name in row if not fits(row[name], columns[name], flavour)] == []


def keys_of(table: dict[str, Any]) -> list[list[str]]:
    unique = [key["columns"] for key in table.get("unique", ())]
    return [*unique, table["primary_key"]["columns"]] if table["primary_key"] else unique


def repeats(key: list[str], made: list[dict[str, Any]]) -> bool:
    """Whether two rows have the same key; a column that the server numbers makes each another."""
    given = [tuple(row[name] for name in key) for row in made if set(key) <= row.keys()]
    return len(set(given)) < len(given)


def fits(value: Any, facts: dict[str, Any], flavour: str) -> bool:
    if value is None or (value in ("", b"") and flavour != "mssql"):
        return bool(facts["nullable"])
    length = re.search(r"CHAR2?\((\d+)\)", facts["type"])
    if length is None:
        return True
    wide = facts["type"].startswith("NVARCHAR")
    encoded = value.encode("utf-8" if flavour != "mssql" else "utf-16-le" if wide else "cp1252")
    return len(encoded) <= int(length[1]) * (2 if wide else 1)
