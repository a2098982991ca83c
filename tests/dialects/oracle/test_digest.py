"""Digests: what is asked of the server, and what is made of its answers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from apim_schema import chain, registry
from apim_schema.errors import Refused
from apim_schema.evidence import compared
from apim_schema.hashed import Bucket, Compared, HashedRow
from apim_schema.schema import Column, Key, Schema, Table
from tests.dialects.oracle.connection import OracleError, Recorder, failure, no_crypto
from tests.dialects.oracle.modules import digest

DIALECT = registry.load("oracle")


class Lob:
    """A LOB locator of the driver."""

    def __init__(self, value: bytes | str) -> None:
        self.value = value
        self.type = SimpleNamespace(name="DB_TYPE_BLOB" if isinstance(value, bytes) else "DB_TYPE_CLOB")
        self.reads = 0

    def size(self) -> int:
        return len(self.value)

    def read(self, offset: int = 1, amount: int | None = None) -> bytes | str:
        self.reads += 1
        return self.value[offset - 1 :][:amount]


def compared_of(table: Table, now: Schema | None = None) -> list[Compared]:
    """The columns of a table as evidence compares them, with the schema as it is now."""
    return compared(DIALECT, table, now.tables[table.name] if now else table)


KEYS = {bucket: f"{bucket:03X}{2 * bucket:06X}{'F' * 55}" for bucket in range(9)}
"""The hashes of keys that fall into each of these buckets."""


def bucket(key: int, *rows: str) -> Bucket:
    """The bucket of rows that the client has hashed, each from the text of its hashes, all with one key."""
    return Bucket(len(rows), sum(number(row) for row in rows) * (2 * key + 2**24))


def table(*types: str, key: Sequence[str] = ("C0",)) -> Table:
    columns = {f"C{place}": Column(f"C{place}", type_) for place, type_ in enumerate(types)}
    return Table("T", columns, Key(tuple(key)) if key else None)


def test_buckets_are_summed_by_the_server() -> None:
    connection = Recorder(lambda sql: [(7, 2, "36893488147419103230"), (9, 1, "5")])
    found = digest.buckets(connection, "APIM", table("INTEGER"), compared_of(table("INTEGER")))
    assert found == {7: Bucket(2, 36893488147419103230), 9: Bucket(1, 5)}


def test_null_is_no_hash_and_every_column_has_its_own() -> None:
    connection = Recorder()
    wanted = table("INTEGER", "VARCHAR2(4000)")
    digest.buckets(connection, None, wanted, compared_of(wanted))
    assert connection.asked[-1].count("IS NULL THEN '-'") == 2
    assert " || " in connection.asked[-1]


@pytest.mark.parametrize("first", ["4.5.0", "4.6.0"])
def test_a_text_that_became_bytes_or_is_one_again_is_streamed_as_its_bytes(first: str) -> None:
    """The longest text that fits is more than a server gives back of its bytes as text."""
    old, new = (chain.expected("oracle", "apim", release) for release in ("4.5.0", "4.6.0"))
    before, text = old if first == "4.5.0" else new, "ü漢😀\\x41" * 512
    wanted, read = before.tables["AM_API_POLICY_MAPPING"], []
    for now, value in ((old, text), (new, Lob(text.encode()))):
        connection = Recorder()
        connection.driver_rows = [(KEYS[7], "AB", value), (KEYS[8], "CD", None)]
        found = digest.buckets(connection, "APIM", wanted, compared_of(wanted, now))
        read.append((connection.asked[-1], found))
    content = hashlib.sha256(text.encode()).hexdigest().upper()
    assert read[0] == read[1]
    assert read[0][0].endswith(", PARAMETERS FROM APIM.AM_API_POLICY_MAPPING")
    assert "STANDARD_HASH(PARAMETERS" not in read[0][0]
    assert read[0][1] == {7: bucket(7, f"AB{content}"), 8: bucket(8, "CD-")}


def test_lobs_are_hashed_by_the_server_where_it_may() -> None:
    connection = Recorder()
    digest.buckets(connection, None, table("INTEGER", "BLOB"), compared_of(table("INTEGER", "BLOB")))
    assert digest.method(connection) == "STANDARD_HASH SHA-256, LOBs by DBMS_CRYPTO"
    assert "DBMS_CRYPTO.HASH(C1, 4)" in next(sql for sql in connection.asked if "GROUP BY" in sql)
    assert "STANDARD_HASH(C1" not in "".join(connection.asked)


def test_lobs_are_streamed_where_it_may_not() -> None:
    connection = Recorder(no_crypto)
    connection.driver_rows = [(KEYS[3], "AB", Lob(b"\x00\xff")), (KEYS[3], "AB", None), (KEYS[4], "CD", Lob(b""))]
    found = digest.buckets(connection, None, table("INTEGER", "BLOB"), compared_of(table("INTEGER", "BLOB")))
    assert digest.method(connection) == "STANDARD_HASH SHA-256, LOBs streamed to the client"
    assert "GROUP BY" not in "".join(connection.asked)
    content = hashlib.sha256(b"\x00\xff").hexdigest().upper()
    assert found == {3: bucket(3, f"AB{content}", "AB-"), 4: bucket(4, "CD+")}


def number(row: str) -> int:
    return int(hashlib.sha256(row.encode()).hexdigest()[:16], 16)


def test_a_large_lob_is_read_in_pieces_and_a_text_whole() -> None:
    content = bytes(range(256)) * 4096 * 3
    blob, clob = Lob(content), Lob("Grüße 😀" * 9)
    assert digest.lob_value(blob) == hashlib.sha256(content).hexdigest().upper()
    assert digest.lob_value(clob) == hashlib.sha256(("Grüße 😀" * 9).encode()).hexdigest().upper()
    assert (blob.reads, clob.reads) == (3, 1)
    assert digest.lob_value("long") == hashlib.sha256(b"long").hexdigest().upper()
    assert [digest.lob_value(Lob("")), digest.lob_value(b""), digest.lob_value(None)] == ["+", "+", "-"]


def test_a_long_is_streamed_even_where_the_server_hashes() -> None:
    connection = Recorder()
    digest.buckets(connection, None, table("INTEGER", "LONG RAW"), compared_of(table("INTEGER", "LONG RAW")))
    assert "GROUP BY" not in "".join(connection.asked)
    assert "STANDARD_HASH(C1" not in "".join(connection.asked)


def test_expressions_stay_below_4000_bytes() -> None:
    wide = table(*["NUMBER"] * 1000)
    connection = Recorder()
    digest.buckets(connection, None, wide, compared_of(wide))
    depth = widest = operands = 0
    counts = {0: 1}
    for token in connection.asked[-1].replace("(", " ( ").replace(")", " ) ").split():
        if token == "(":
            depth += 1
            counts[depth] = 1
        elif token == ")":
            depth -= 1
        elif token == "||":
            counts[depth] += 1
            operands += 1
            widest = max(widest, counts[depth])
    assert operands > 900
    assert widest * 64 <= 4000


def test_a_type_that_cannot_be_compared_is_refused_by_name() -> None:
    with pytest.raises(Refused, match=r"T\.C1 is SDO_GEOMETRY"):
        digest.buckets(
            Recorder(), None, table("INTEGER", "SDO_GEOMETRY"), compared_of(table("INTEGER", "SDO_GEOMETRY"))
        )


def test_rows_are_read_by_the_bucket_of_the_old_primary_key() -> None:
    connection = Recorder(lambda sql: [(3, "77", 16777216, "a", 1)])
    wanted = table("CHAR(1)", "INTEGER", key=("C0", "C1"))
    found = digest.rows(connection, "APIM", wanted, compared_of(wanted), [3, 4], ["C0", "C1"])
    assert found == [HashedRow(3, 77, 16777216, ("a", 1))]
    select, _, where = connection.asked[-1].partition(" FROM APIM.T WHERE ")
    assert select.endswith(", C0, C1")
    assert where.endswith(" IN (3, 4)")
    connection.answer = lambda sql: ()
    digest.buckets(connection, "APIM", wanted, compared_of(wanted))
    key = where.removeprefix("TO_NUMBER(SUBSTR(").removesuffix(", 1, 3), 'XXX') IN (3, 4)")
    assert f"(SELECT {key} AS k, " in connection.asked[-1]
    assert connection.asked[-1].endswith(") GROUP BY TO_NUMBER(SUBSTR(k, 1, 3), 'XXX')")


def test_a_list_of_buckets_is_no_longer_than_oracle_takes_one() -> None:
    connection = Recorder()
    digest.rows(connection, None, table("INTEGER"), compared_of(table("INTEGER")), list(range(1001)), [])
    assert [len(part.split(")")[0].split(",")) for part in connection.asked[-1].split(" IN (")[1:]] == [1000, 1]


def test_rows_that_the_client_hashes_are_hashed_as_in_their_bucket() -> None:
    wanted = table("INTEGER", "BLOB", "VARCHAR2(9)")
    rows = [(KEYS[3], "AB", b"x"), (KEYS[4], "CD", None), (KEYS[5], "EF", b"y")]
    scan, look = Recorder(no_crypto), Recorder(no_crypto)
    scan.driver_rows = list(rows)
    look.driver_rows = [(key, rest, f"name {key[:3]}", lob) for key, rest, lob in rows]
    buckets = digest.buckets(scan, None, wanted, compared_of(wanted))
    found = digest.rows(look, None, wanted, compared_of(wanted), [3, 5], ["C2"])
    assert [(row.bucket, row.name) for row in found] == [(3, ("name 003",)), (5, ("name 005",))]
    assert [Bucket(1, row.hash * row.weight) for row in found] == [buckets[3], buckets[5]]
    assert ", C2, C1 FROM T WHERE " in look.asked[-1]


@pytest.mark.parametrize("crypto", [True, False])
def test_a_row_without_a_key_falls_into_the_bucket_of_all_of_it(crypto: bool) -> None:
    keyless = table("INTEGER", "BLOB", key=())
    connection = Recorder() if crypto else Recorder(no_crypto)
    connection.driver_rows = [(None, "AB", b"x")]
    found = digest.buckets(connection, None, keyless, compared_of(keyless))
    if crypto:
        assert connection.asked[-1].endswith(" AS r FROM T) GROUP BY TO_NUMBER(SUBSTR(r, 1, 3), 'XXX')")
    else:
        content = hashlib.sha256(f"AB{hashlib.sha256(b'x').hexdigest().upper()}".encode()).hexdigest()
        assert list(found) == [int(content[:3], 16)]
        assert "SELECT NULL, " in connection.asked[-1]


def test_a_boolean_is_not_hashed_by_itself_not_even_in_a_key() -> None:
    connection = Recorder()
    wanted = table("INTEGER", "BOOLEAN", key=("C0", "C1"))
    digest.buckets(connection, None, wanted, compared_of(wanted))
    digest.rows(connection, None, wanted, compared_of(wanted), [1], [])
    assert all("CASE WHEN C1 THEN 'T' ELSE 'F' END" in sql for sql in connection.asked)
    assert "STANDARD_HASH(C1" not in "".join(connection.asked)


@pytest.mark.parametrize("package", ["DBMS_CRYPTO", "DBMS_LOB"])
def test_lobs_are_streamed_where_one_of_the_packages_is_not_granted(package: str) -> None:
    """An empty LOB is told by DBMS_LOB, which the CIS benchmarks take from PUBLIC."""

    def answer(sql: str) -> Sequence[object]:
        if package in sql:
            raise failure(904)
        return ()

    connection = Recorder(answer)
    digest.buckets(connection, None, table("INTEGER", "BLOB"), compared_of(table("INTEGER", "BLOB")))
    assert digest.method(connection) == "STANDARD_HASH SHA-256, LOBs streamed to the client"


class NoText(Recorder):
    """A driver that can't hand a value over: it is no text in the database's character set."""

    def __init__(self) -> None:
        super().__init__(no_crypto)
        self.dialect = SimpleNamespace(loaded_dbapi=SimpleNamespace(Error=OracleError))

    def exec_driver_sql(self, sql: str, execution_options: object = None) -> Any:
        super().exec_driver_sql(sql)
        return (b"caf\xe9".decode() for _ in range(1) if " IN (" in sql)

    def cursor(self) -> Any:
        found = super().cursor()
        self.driver_rows = [(KEYS[1], "AB", Broken())]
        return found


class Broken:
    type = SimpleNamespace(name="DB_TYPE_CLOB")

    def read(self) -> str:
        return b"caf\xe9".decode()


def test_a_text_that_is_none_is_named_and_no_traceback() -> None:
    wanted = table("VARCHAR2(9)", "CLOB")
    with pytest.raises(Refused, match=r"T: a text in C1 is not valid in the database's character set \('utf-8'"):
        digest.buckets(NoText(), None, wanted, compared_of(wanted))
    with pytest.raises(Refused, match=r"T: a text in C0 is not valid"):
        digest.rows(NoText(), None, table("VARCHAR2(9)"), compared_of(table("VARCHAR2(9)")), [1], ["C0"])
