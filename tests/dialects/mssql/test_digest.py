"""The queries that hash rows: judged by the parser, and looked at where a word decides."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from apim_schema import chain, evidence, registry
from apim_schema.evidence import compared
from apim_schema.hashed import Bucket, Compared, HashedRow
from apim_schema.progress import Silent
from apim_schema.schema import Column, Key, Schema, Table
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


MAPPING = "AM_API_POLICY_MAPPING"


class Server(Recorded):
    """The recorded server; `rows` is the answer to a scan."""

    def __init__(self, rows: tuple[tuple[Any, ...], ...] = ()) -> None:
        super().__init__(chain.expected("mssql", "apim", "4.2.0"))
        about = ("SERVERPROPERTY", "ALTER ANY SECURITY POLICY", "sys.masked_columns", "sys.security_predicates")
        hidden = {view: self.rows[view] for view in about}
        self.rows = {**hidden, "": list(rows)}


def plain(table: Table) -> list[Compared]:
    return compared(DIALECT, table, table)


def scan(table: Table, compared: list[Compared]) -> str:
    server = Server()
    DIALECT.digest.buckets(server.connection, "dbo", table, compared)
    return server.asked[-1]


def test_queries_are_accepted(accepted: Accepted) -> None:
    tables = [EVERY_TYPE]
    for database in chain.DATABASES:
        for release in ("4.5.0", "4.7.0"):
            tables += chain.expected("mssql", database, release).tables.values()
    accepted([scan(table, plain(table)) for table in tables])
    server = Server()
    for table in tables:
        DIALECT.digest.rows(server.connection, "my schema", table, plain(table), [1, 4095], table.naming_columns)
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
    assert sql.startswith("SELECT (CONVERT(INT, SUBSTRING(r.hash, 1, 2)) & 4095), ")


def test_text_is_hashed_in_utf16_whatever_its_code_page() -> None:
    table = Table("T", {"P": Column("P", "VARCHAR(2048)")})
    assert "CONVERT(VARBINARY(MAX), CONVERT(NVARCHAR(MAX), P)) AS c0" in scan(table, plain(table))


def test_a_text_and_the_bytes_it_becomes_are_read_and_the_rest_of_the_row_is_hashed_by_the_server() -> None:
    before, now = (chain.expected("mssql", "apim", release).tables[MAPPING] for release in ("4.5.0", "4.6.0"))
    back = scan(now, compared(DIALECT, now, before))
    assert back.partition(" FROM ")[0].endswith(", CONVERT(NVARCHAR(MAX), PARAMETERS)")
    old, new = scan(before, plain(before)), scan(before, compared(DIALECT, before, now))
    assert ", CONVERT(NVARCHAR(MAX), PARAMETERS) FROM" in old
    assert ", CONVERT(VARBINARY(MAX), PARAMETERS) FROM" in new
    assert old.partition(", CONVERT(NVARCHAR(MAX), PARAMETERS) FROM")[0] == new.rpartition(", CONVERT(VARBINARY")[0]
    assert old.count("PARAMETERS") == 1
    assert f"HASHBYTES('SHA2_256', {'ISNULL('}" in old
    assert "DIRECTION" in old


def key(bucket: int) -> bytes:
    """The hash of a key that falls into a bucket."""
    return bucket.to_bytes(2, "big") + b"\1\2\3" + bytes(27)


def read(value: str | bytes | None, rest: bytes = b"rest", bucket: int = 7) -> dict[int, Bucket]:
    table = chain.expected("mssql", "apim", "4.5.0").tables[MAPPING]
    return DIALECT.digest.buckets(Server(((key(bucket), rest, value),)).connection, "dbo", table, plain(table))


@pytest.mark.parametrize("text", ["", "plain", "trailing  ", "Gr\u00fc\u00dfe", "\u65e5\u672c", "\U0001f600", "\0"])
def test_a_text_and_its_utf8_are_hashed_alike(text: str) -> None:
    assert read(text) == read(text.encode())


@pytest.mark.parametrize(
    "other", [None, b"", b"Gr\xfc\xdfe", "Gr\u00fc\u00dfe ".encode(), "GR\u00dc\u00dfE".encode(), b"\xff"]
)
def test_other_bytes_are_not(other: bytes | None) -> None:
    """The code page's bytes are among them, which a conversion without care would leave."""
    assert read("Gr\u00fc\u00dfe") != read(other)


def test_rows_that_are_read_count_as_often_as_they_stand_and_by_bucket() -> None:
    table = chain.expected("mssql", "apim", "4.5.0").tables[MAPPING]
    rows = tuple((key(bucket), rest, "a") for bucket, rest in ((1, b"r"), (2, b"r"), (1, b"r"), (1, b"s")))
    found = DIALECT.digest.buckets(Server(rows).connection, "dbo", table, plain(table))
    [(_, one)], [(_, other)] = read("a", b"r").items(), read("a", b"s").items()
    assert found == {1: Bucket(3, 2 * one.total + other.total), 2: Bucket(1, one.total)}
    assert one.total.bit_length() > 64


def test_a_snapshots_table_is_read_in_the_servers_spelling() -> None:
    """A snapshot's file holds names in upper case; in a case-sensitive database only the server's own find anything."""
    schema = Schema("mssql", {MAPPING: chain.expected("mssql", "apim", "4.5.0").tables[MAPPING]})
    live = DIALECT.introspect.read(Recorded(schema, str.lower).connection, "dbo")
    server = Server()
    collected = evidence.collect(DIALECT, server.connection, "dbo", live, Silent(), "rows", schema.tables)
    assert server.asked[-1].endswith("FROM dbo.am_api_policy_mapping")
    assert "CONVERT(NVARCHAR(MAX), parameters)" in server.asked[-1]
    named = collected.tables[MAPPING].naming_columns
    DIALECT.digest.rows(
        server.connection, "dbo", collected.tables[MAPPING], plain(collected.tables[MAPPING]), [1], named
    )
    assert ", api_policy_mapping_id, " in server.asked[-1]


def test_values_lose_nothing() -> None:
    sql = scan(EVERY_TYPE, plain(EVERY_TYPE))
    number = {type_: f"C{n}" for n, type_ in enumerate(TYPES)}
    for type_, style in (("FLOAT", 3), ("MONEY", 2), ("DATETIME", 121), ("DATETIMEOFFSET(7)", 121)):
        assert f"CONVERT(VARCHAR(50), {number[type_]}, {style})" in sql
    assert f"CONVERT(NVARCHAR(MAX), {number['UNIQUEIDENTIFIER']})" in sql


def test_a_rowversion_is_not_compared() -> None:
    assert TYPES[-1] == "TIMESTAMP"
    assert f"C{len(TYPES) - 1}" not in scan(EVERY_TYPE, plain(EVERY_TYPE))


def test_rows_are_found_by_the_bucket_of_the_old_primary_key() -> None:
    each = {f"C{number}": bytes([number]) for number in range(len(TYPES) - 1)}
    server = Server(rows=((3, -5, 3, 2**24, "a", 1, *each.values()),))
    found = DIALECT.digest.rows(server.connection, "dbo", EVERY_TYPE, plain(EVERY_TYPE), [3, 4], ["C1", "C9"])
    assert found == [HashedRow(3, (-5 << 128) + 3, 2**24, ("a", 1), each)]
    assert server.asked[-1].endswith(" WHERE (CONVERT(INT, SUBSTRING(r.k, 1, 2)) & 4095) IN (3, 4)")
    shown = ", ".join(("r.n0", "r.n1", *(f"r.h{number}" for number in range(len(each)))))
    assert f", {shown} FROM (SELECT v.k AS k, HASHBYTES(" in server.asked[-1]
    assert (
        ", HASHBYTES('SHA2_256', ISNULL(CONVERT(VARBINARY(MAX), CONVERT(VARCHAR(20), DATALENGTH(v.c1))"
        in server.asked[-1]
    )
    assert scan(EVERY_TYPE, plain(EVERY_TYPE)).startswith(
        "SELECT (CONVERT(INT, SUBSTRING(r.k, 1, 2)) & 4095), COUNT_BIG(*), "
    )


def test_rows_that_are_read_are_hashed_as_in_their_bucket() -> None:
    table = chain.expected("mssql", "apim", "4.5.0").tables[MAPPING]
    each = {name: name.encode() for name in table.columns if name != "PARAMETERS"}
    rows = tuple((key(n), name, *each.values(), b"rest", "a") for n, name in ((7, "name"), (8, "other")))
    [row] = DIALECT.digest.rows(Server(rows).connection, "dbo", table, plain(table), [7], table.naming_columns)
    assert (row.name, row.columns) == (("name",), {**each, "PARAMETERS": sha256(b"1:a").digest()})
    assert read("a") == {7: Bucket(1, row.hash * row.weight)}


def test_a_row_without_a_key_falls_into_the_bucket_of_all_of_it() -> None:
    table = replace(chain.expected("mssql", "apim", "4.5.0").tables[MAPPING], primary_key=None)
    found = [
        DIALECT.digest.buckets(Server(((None, b"r", text),)).connection, "dbo", table, plain(table)) for text in "ab"
    ]
    assert found[0].keys() != found[1].keys()
