"""The queries that hash rows: judged by the parser, and looked at where a word decides."""

from __future__ import annotations

from typing import Any

import pytest

from apim_schema import chain, registry
from apim_schema.dialect import Bucket, Compared
from apim_schema.schema import Column, Key, Table
from tests.dialects.mssql.conftest import Accepted
from tests.dialects.mssql.recorded import Recorded

DIALECT = registry.load("mssql")
TYPES = (
    "CHAR(3)", "VARCHAR(9)", "NVARCHAR(MAX)", "TEXT", "NTEXT", "IMAGE", "BINARY(4)", "VARBINARY(MAX)", "BIT", "INTEGER",
    "BIGINT", "DECIMAL(9,2)", "FLOAT", "REAL", "MONEY", "DATE", "TIME(3)", "DATETIME", "SMALLDATETIME", "DATETIME2(7)",
    "DATETIMEOFFSET(7)", "UNIQUEIDENTIFIER", "XML", "SQL_VARIANT", "TIMESTAMP",
)  # fmt: skip
EVERY_TYPE = Table(
    "T", {f"C{n}": Column(f"C{n}", type_) for n, type_ in enumerate(TYPES)}, primary_key=Key(("C1", "C9"))
)


class Server(Recorded):
    """The recorded server; `utf8` says whether it knows UTF-8 collations, `rows` is the answer to a scan."""

    def __init__(self, utf8: bool = True, rows: tuple[tuple[Any, ...], ...] = ()) -> None:
        super().__init__(chain.expected("mssql", "apim", "4.2.0"))
        self.rows = {"CASE WHEN CONVERT(INT, COLLATIONPROPERTY": [(int(utf8),)], "": list(rows)}


def plain(table: Table) -> list[Compared]:
    return [Compared(name, DIALECT.names.sql(name)) for name in table.columns]


def scan(table: Table, compared: list[Compared], utf8: bool = True) -> str:
    server = Server(utf8)
    DIALECT.digest.buckets(server.connection, "dbo", table, compared)
    return server.asked[-1]


@pytest.mark.parametrize("utf8", [True, False])
def test_queries_are_accepted(utf8: bool, accepted: Accepted) -> None:
    tables = [EVERY_TYPE]
    for database in chain.DATABASES:
        tables += chain.expected("mssql", database, "4.7.0").tables.values()
    accepted([scan(table, plain(table), utf8) for table in tables])
    server = Server(utf8)
    for table in tables:
        DIALECT.digest.keys(server.connection, "my schema", table, [1, 65535], 20)
    DIALECT.digest.estimate(Server(utf8, rows=()).connection, None)
    accepted(server.asked)


def test_a_bucket_is_its_rows_and_both_sums() -> None:
    server = Server(rows=((7, 2, -5, 3), (9, 1, 1, 1)))
    found = DIALECT.digest.buckets(server.connection, "dbo", EVERY_TYPE, plain(EVERY_TYPE))
    assert found == {7: Bucket(2, (-5 << 128) + 3), 9: Bucket(1, (1 << 128) + 1)}


def test_every_column_has_its_length_before_it_and_null_is_no_length() -> None:
    table = Table("T", {name: Column(name, "INTEGER") for name in ("A", "B")})
    sql = scan(table, plain(table))
    for number in range(2):
        length = f"CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(20), DATALENGTH(v.c{number})) + ':')"
        assert f"ISNULL({length} + v.c{number}, CONVERT(VARBINARY(1), 'N'))" in sql
    assert "SELECT 0 AS bucket" in sql


def test_text_and_the_bytes_it_has_become_are_hashed_alike() -> None:
    """Before, the text is put into UTF-8 by the server; after, the bytes are UTF-8 already."""
    text, binary = Column("P", "VARCHAR(2048)"), Column("P", "VARBINARY(MAX)")
    table = Table("T", {"P": text})
    converted = DIALECT.introspect.converted(binary, text)
    assert converted is not None
    before, after = scan(table, plain(table)), scan(table, [Compared("P", converted)])
    utf8 = "CONVERT(VARCHAR(MAX), CONVERT(NVARCHAR(MAX), P) COLLATE Latin1_General_100_CI_AS_SC_UTF8)"
    assert f"CONVERT(VARBINARY(MAX), {utf8}) AS c0" in before
    assert before.replace(f"CONVERT(VARBINARY(MAX), {utf8})", converted) == after


def test_a_server_without_utf8_hashes_the_bytes_of_the_code_page() -> None:
    table = Table("T", {"P": Column("P", "VARCHAR(2048)")})
    assert "CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(MAX), P)) AS c0" in scan(table, plain(table), utf8=False)
    methods = {DIALECT.digest.method(Server(utf8).connection) for utf8 in (True, False)}
    assert methods == {"HASHBYTES SHA2_256, text as UTF-8", "HASHBYTES SHA2_256"}


def test_values_lose_nothing() -> None:
    sql = scan(EVERY_TYPE, plain(EVERY_TYPE))
    number = {type_: f"C{n}" for n, type_ in enumerate(TYPES)}
    for type_, style in (("FLOAT", 3), ("MONEY", 2), ("DATETIME", 121), ("DATETIMEOFFSET(7)", 121)):
        assert f"CONVERT(VARCHAR(50), {number[type_]}, {style})" in sql
    assert f"CONVERT(NVARCHAR(MAX), {number['UNIQUEIDENTIFIER']})" in sql


def test_a_rowversion_is_not_compared() -> None:
    assert TYPES[-1] == "TIMESTAMP"
    assert f"C{len(TYPES) - 1}" not in scan(EVERY_TYPE, plain(EVERY_TYPE))


def test_keys_are_found_by_the_bucket_of_the_old_primary_key() -> None:
    server = Server(rows=(("a", 1),))
    assert DIALECT.digest.keys(server.connection, "dbo", EVERY_TYPE, [3, 4], 20) == [("a", 1)]
    assert server.asked[-1].startswith("SELECT TOP (20) C1, C9 FROM dbo.T WHERE")
    assert server.asked[-1].endswith("IN (3, 4)")
    bucket = server.asked[-1].partition(" WHERE ")[2].removesuffix(" IN (3, 4)")
    assert f"SELECT {bucket} AS bucket" in scan(EVERY_TYPE, plain(EVERY_TYPE))


def test_a_table_without_a_key_has_none_to_show() -> None:
    assert DIALECT.digest.keys(Server().connection, "dbo", Table("T", {}), [0], 20) == []


def test_estimates_are_by_the_models_names() -> None:
    server = Server(rows=(("am_api", 12), ("x", None)))
    assert DIALECT.digest.estimate(server.connection, "dbo") == {"AM_API": 12, "X": 0}
