"""Bytes as text, without a collation for it: the expressions, carried out by a PostgreSQL server on rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from apim_schema import chain, preflight, registry
from apim_schema.changes import AlterColumn, BinaryToText, Change
from apim_schema.schema import Column, Schema, Table
from tests.dialects.mssql import held
from tests.dialects.oracle.test_utf8 import INVALID, VALID
from tests.servers import Server, new_database

DIALECT = registry.load("mssql")
CHANGE = BinaryToText("T", Column("C", "VARCHAR(2048)"))
LIVE = Schema("mssql", {"T": Table("T", {"C": Column("C", "VARBINARY(MAX)")})})
FUNCTIONS = """
CREATE FUNCTION byte_at(bytea, bigint) RETURNS integer LANGUAGE sql AS
    $$ SELECT CASE WHEN $2 BETWEEN 1 AND octet_length($1) THEN get_byte($1, $2::integer - 1) ELSE 0 END $$;
CREATE FUNCTION utf16(integer) RETURNS text LANGUAGE sql AS
    $$ SELECT lpad(to_hex($1), 4, '0') WHERE $1 BETWEEN 0 AND 65535 $$;
CREATE FUNCTION page(text) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE code integer := ('x' || $1)::bit(16)::integer; BEGIN
    RETURN CASE WHEN code < 128 THEN set_byte('0', 0, code) ELSE convert_to(chr(code), 'WIN1252') END;
EXCEPTION WHEN OTHERS THEN RETURN '?'; END $$;
CREATE FUNCTION to_page(text) RETURNS bytea LANGUAGE sql AS
    $$ SELECT COALESCE(string_agg(page(u[1]), ''), '') FROM regexp_matches($1, '.{4}', 'g') u WHERE $1 IS NOT NULL $$;
CREATE FUNCTION of_page(bytea) RETURNS text LANGUAGE sql AS $$
    SELECT COALESCE(string_agg(utf16(CASE WHEN b < 128 THEN b
        ELSE ascii(convert_from(set_byte('0', 0, b), 'WIN1252')) END), ''), '')
    FROM (SELECT get_byte($1, i) AS b FROM generate_series(0, octet_length($1) - 1) i) bytes $$;
CREATE FUNCTION nvarchar(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION nvarchar(bytea) RETURNS text LANGUAGE sql AS $$ SELECT of_page($1) $$;
CREATE FUNCTION varbinary(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;
CREATE OPERATOR + (LEFTARG = text, RIGHTARG = text, FUNCTION = textcat);
CREATE TABLE T (ID integer, C bytea, C_TEXT text)
"""
"""A text of two bytes a character is its hexadecimal digits here, and one of the code page, Windows-1252, its bytes."""
WORDS = (
    (r"SELECT TOP \((.+?)\) (ROW_NUMBER.+?ORDER BY place)\b", r"SELECT \2 LIMIT \1"),
    (r"CROSS JOIN \(VALUES [^V]+\) d5 \(d\)", ""),
    (r"CONVERT\(INT, SUBSTRING\((\S+), (p\.place(?: \+ \d)?), 1\)\)", r"byte_at(\1, \2)"),
    (r"(STRING_AGG\(c\.words, N'')\) WITHIN GROUP \((ORDER BY c\.place)\)", r"\1 \2)"),
    (r"CONVERT\(VARCHAR\(MAX\), ", "to_page("),
    (r"CONVERT\((NVARCHAR|VARBINARY)\(MAX\), ", r"\1("),
    *((r"\bNCHAR\(", "utf16("), (r"N''", "''"), (r"CROSS APPLY", "CROSS JOIN LATERAL")),
    *((r"\bISNULL\(", "COALESCE("), (r"\bDATALENGTH\(", "octet_length(")),
)


def translated(sql: str) -> str:
    """The SQL in PostgreSQL's words; fewer numbers, since it counts them all."""
    held.hold(sql)
    for word, by in WORDS:
        sql = re.sub(word, by, sql, flags=re.DOTALL)
    return sql


@pytest.fixture(scope="module")
def rows(postgresql: Server) -> Iterator[sa.Connection]:
    with new_database(postgresql) as url, sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        for statement in FUNCTIONS.strip().split(";\nCREATE"):
            connection.exec_driver_sql(statement if statement.startswith("CREATE") else f"CREATE{statement}")
        yield connection


def stored(rows: sa.Connection, *values: bytes | None) -> None:
    rows.exec_driver_sql("DELETE FROM T")
    rows.execute(sa.text("INSERT INTO T VALUES (:n, :v)"), [{"n": n, "v": v} for n, v in enumerate(values)])


def told(rows: sa.Connection, change: Change = CHANGE) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for hazard in preflight.hazards(change, LIVE, DIALECT, None):
        sql = translated(f"SELECT t.ID FROM T t WHERE {hazard.condition}")
        for (number,) in rows.exec_driver_sql(sql.replace("%", "%%")):
            found.setdefault(number, []).append(hazard.problem)
    return found


def converted(rows: sa.Connection, cuts: bool = False, length: int = 2048) -> list[str | None]:
    """What the first statement of the batch puts into the new column."""
    change = BinaryToText("T", Column("C", f"VARCHAR({length})"), cuts)
    update = DIALECT.ddl.statements(change, LIVE, None)[1].sql.partition(";\nIF EXISTS")[0]
    for word, by in (("UPDATE t SET t.", "UPDATE T t SET "), ("\nFROM T t WHERE", "\nWHERE")):
        assert word in update
        update = update.replace(word, by)
    rows.exec_driver_sql(translated(update).replace("%", "%%"))
    found = rows.exec_driver_sql("SELECT C_TEXT FROM T ORDER BY ID").scalars()
    return [None if digits is None else bytes.fromhex(digits).decode("utf-16-be") for digits in found]


def test_bytes_are_taken_for_the_characters_that_they_are(rows: sa.Connection) -> None:
    stored(rows, *(text.encode() for text in VALID), b"", None)
    assert converted(rows) == [*VALID, "", None]
    assert [n for n, said in told(rows).items() if "C is no text in UTF-8" in said] == []


def test_what_is_no_text_is_found_and_becomes_none(rows: sa.Connection) -> None:
    """But for what would be cut: there is no text of 4000 characters here."""
    *wrong, cut = INVALID
    stored(rows, *wrong, cut)
    assert [n for n, said in told(rows).items() if "C is no text in UTF-8" in said] == list(range(len(wrong)))
    assert converted(rows) == [None] * len(INVALID)
    assert converted(rows, cuts=True) == [*([None] * len(wrong)), "x" * 2048]


def test_what_the_code_page_has_not_and_what_is_too_long_is_found(rows: sa.Connection) -> None:
    """As long as it would be there: a character of two bytes in UTF-8 has one in it."""
    texts = ("gr\u00fcn \u20ac", "\u0101", "\U0001f600", "\u00e9" * 2048, "\u00e9" * 2049, "x" * 8193)
    stored(rows, *(text.encode() for text in texts))
    foreign, long = "C has characters that the database's code page has not", "C is longer than the 2048 characters"
    assert {n: [said.removesuffix(" it will have") for said in of] for n, of in told(rows).items()} == {
        1: [foreign], 2: [foreign], 4: [long], 5: [long],
    }  # fmt: skip
    shorter = AlterColumn("T", "C", "VARCHAR(1024)", narrows="VARCHAR(2048)")
    assert list(told(rows, shorter)) == [3, 4, 5]


def test_who_insists_keeps_what_fits_in_whole_characters(rows: sa.Connection) -> None:
    stored(rows, "\u00e9".encode() * 12, b"short", b"x" * 10 + b"\xff", b"\xffx")
    assert converted(rows, cuts=True, length=9) == ["\u00e9" * 9, "short", "x" * 9, None]


def test_the_batch_looks_whether_all_came_out_as_it_went_in() -> None:
    batch = DIALECT.ddl.statements(CHANGE, LIVE, None)[1].sql
    assert batch.count("STRING_AGG") == 2
    assert "<> CONVERT(VARBINARY(MAX), (" in batch
    assert "THROW 50000, N'T.C holds bytes that are no text in UTF-8" in batch


def test_a_text_is_cut_before_its_column_gets_shorter() -> None:
    live = chain.expected("mssql", "apim", "4.7.0")
    change = AlterColumn("AM_API_COMMENTS", "CREATED_BY", "VARCHAR(255)", narrows="VARCHAR(512)", cuts=True)
    cut, alter = (made.sql for made in DIALECT.ddl.statements(change, live, None))
    assert cut.startswith("UPDATE AM_API_COMMENTS SET CREATED_BY = LEFT(CREATED_BY, 255) WHERE DATALENGTH(CREATED_BY)")
    assert alter.startswith("ALTER TABLE AM_API_COMMENTS ALTER COLUMN CREATED_BY VARCHAR(255)")
