"""The vendor-like databases that other tests start from: they are what the catalogs say, and every table has rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from apim_schema import catalog
from apim_schema.demo import rows
from tests.servers import Server, new_database
from tests.vendor import dump, make, outside
from tests.vendor.common import Catalog

RELEASES = ("4.0.0", "4.1.0", "4.2.0", "4.3.0", "4.4.0", "4.5.0", "4.6.0", "4.7.0")
every_release = pytest.mark.parametrize("release", RELEASES)
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


@every_release
def test_narrowed_for_utf8mb4(mysql: Server, release: str) -> None:
    with new_database(mysql, charset="utf8mb4") as url:
        document = make.create(url, "mysql", "apim", release, narrow=True)
        assert outside.differences(outside.plain(document), outside.catalog_of(url)) == []
        shortened = document != make.catalog("mysql", "apim", release)
        assert shortened == (release in ("4.2.0", "4.3.0", "4.4.0", "4.5.0", "4.6.0"))
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
