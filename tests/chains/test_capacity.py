"""What a type holds next to another, on each dialect: what is wider is kept, and what is not stops an upgrade."""

from __future__ import annotations

import pytest

from apim_schema import chain, flavours
from apim_schema.compare import compare
from apim_schema.schema import Column

WIDER = {
    "postgresql": [
        ("VARCHAR(9)", "VARCHAR(10)"), ("VARCHAR(9)", "VARCHAR"), ("VARCHAR(9)", "TEXT"), ("CHAR(1)", "VARCHAR(1)"),
        ("SMALLINT", "BIGINT"), ("NUMERIC(10,2)", "NUMERIC(12,4)"), ("NUMERIC(9)", "NUMERIC"),
        ("TIMESTAMP(3)", "TIMESTAMP"), ("REAL", "DOUBLE PRECISION"),
    ],
    "mysql": [
        ("VARCHAR(9)", "VARCHAR(10)"), ("VARCHAR(255)", "TEXT"), ("TEXT", "LONGTEXT"), ("INTEGER", "BIGINT"),
        ("INTEGER UNSIGNED", "BIGINT"), ("TINYINT(1)", "INTEGER"), ("BLOB", "MEDIUMBLOB"), ("VARBINARY(9)", "BLOB"),
        ("DATETIME", "DATETIME(6)"), ("DECIMAL(5,2)", "DECIMAL(6,2)"), ("FLOAT", "DOUBLE"),
    ],
    "oracle": [
        ("VARCHAR2(9)", "VARCHAR2(10)"), ("CHAR(1)", "VARCHAR2(1)"), ("NUMBER(1)", "NUMBER(19)"),
        ("NUMBER(19)", "INTEGER"), ("INTEGER", "NUMBER"), ("NUMBER(5,2)", "NUMBER(6,2)"), ("TIMESTAMP", "TIMESTAMP(9)"),
    ],
    "mssql": [
        ("VARCHAR(9)", "VARCHAR(10)"), ("VARCHAR(9)", "VARCHAR(MAX)"), ("VARCHAR(9)", "NVARCHAR(9)"),
        ("INTEGER", "BIGINT"), ("VARBINARY(9)", "VARBINARY(MAX)"), ("DECIMAL(5,2)", "DECIMAL(7,3)"),
        ("DATETIME", "DATETIME2(7)"), ("DATETIME2(3)", "DATETIME2(7)"),
    ],
}  # fmt: skip
OTHER = {
    "postgresql": [
        ("NUMERIC(10,2)", "NUMERIC(11,4)"), ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), ("INTEGER", "NUMERIC(9)"),
        ("INTEGER", "VARCHAR(20)"), ("VARCHAR(9)", "CHAR(9)"), ("INTEGER", "INTEGER[]"),
    ],
    "mysql": [
        ("INTEGER", "INTEGER UNSIGNED"), ("INTEGER", "BIGINT UNSIGNED"), ("BIGINT UNSIGNED", "BIGINT"),
        ("VARCHAR(60000)", "TEXT"), ("VARCHAR(255)", "TINYTEXT"), ("TIMESTAMP", "DATETIME"), ("TEXT", "BLOB"),
        ("VARCHAR(9)", "CHAR(9)"), ("DECIMAL(5,2)", "DECIMAL(5,3)"),
    ],
    "oracle": [
        ("NUMBER(5,2)", "NUMBER(5,3)"), ("VARCHAR2(9)", "CLOB"), ("VARCHAR2(9)", "CHAR(9)"), ("DATE", "TIMESTAMP"),
    ],
    "mssql": [
        ("DATETIME", "DATETIME2(2)"), ("NVARCHAR(9)", "VARCHAR(99)"), ("INTEGER", "DECIMAL(18,0)"),
        ("VARCHAR(MAX)", "VARCHAR(8000)"), ("VARCHAR(9)", "CHAR(9)"),
    ],
}  # fmt: skip


def pairs(of: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    return [(dialect, *pair) for dialect, found in of.items() for pair in found]


def told(dialect: str, wanted: str, found: str) -> str:
    """The class of a column that has another type than a release's."""
    release = chain.expected(dialect, "apim", chain.first(dialect, "apim"))
    table = release.tables["AM_SUBSCRIBER"]
    expected, live = (
        release.with_table(table.with_column(Column("X", flavours.types(dialect).normalise_type(type_))))
        for type_ in (wanted, found)
    )
    (difference,) = compare(expected, live)
    return difference.class_


def test_every_dialect_is_here() -> None:
    assert WIDER.keys() == OTHER.keys() == set(flavours.DIALECTS)


@pytest.mark.parametrize(("dialect", "narrow", "wide"), pairs(WIDER))
def test_a_wider_type_is_harmless_and_a_narrower_one_is_not(dialect: str, narrow: str, wide: str) -> None:
    assert told(dialect, narrow, wide) == "harmless"
    assert told(dialect, wide, narrow) == "breaking"


@pytest.mark.parametrize(("dialect", "wanted", "found"), pairs(OTHER))
def test_a_type_that_does_not_hold_all_is_breaking(dialect: str, wanted: str, found: str) -> None:
    assert told(dialect, wanted, found) == "breaking"
