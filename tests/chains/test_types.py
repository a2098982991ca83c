"""One spelling for types and defaults: what a catalog, a revision and a live server say must come out the same."""

from __future__ import annotations

import pytest

from apim_schema import chain, flavours, types
from apim_schema.types import TypeIn
from tests.releases import HEAD

SAME_TYPES = {
    "mysql": [
        ("INTEGER", "INT", "INT(11)", "INTEGER(11)", "int(11)", "integer"),
        ("INTEGER UNSIGNED", "int(10) unsigned", "INT UNSIGNED"),
        ("SMALLINT", "smallint(6)"),
        ("BIGINT", "bigint(20)"),
        ("TINYINT(1)", "BOOLEAN", "BOOL", "tinyint(1)"),
        ("TINYINT", "tinyint(4)"),
        ("BLOB", "blob", "BLOB(1024)"),
        ("MEDIUMBLOB", "BLOB(70000)"),
        ("DATETIME", "datetime", "DATETIME(0)"),
        ("DATETIME(6)", "datetime(6)"),
        ("DECIMAL(10,0)", "NUMERIC", "decimal(10, 0)"),
        ("CHAR(1)", "CHAR", "character(1)"),
        ("VARCHAR(255)", "character varying(255)", "varchar(255)"),
        ("ENUM('a','B (c)')", "enum('a','B (c)')"),
    ],
    "postgresql": [
        ("INTEGER", "INT", "INT4", "SERIAL", "integer"),
        ("BIGINT", "bigint", "BIGSERIAL", "int8"),
        ("VARCHAR(255)", "character varying(255)"),
        ("VARCHAR", "character varying"),
        ("CHAR(1)", "CHAR", "character(1)"),
        ("BPCHAR", "bpchar"),
        ("TIMESTAMP", "timestamp without time zone", "TIMESTAMP(6)"),
        ("TIMESTAMP(0)", "timestamp(0) without time zone"),
        ("TIMESTAMP(3) WITH TIME ZONE", "timestamp(3) with time zone"),
        ("TIMESTAMP WITH TIME ZONE", "timestamptz"),
        ("NUMERIC(10,2)", "decimal(10, 2)"),
        ("TEXT[]", "text[]"),
        ("BOOLEAN", "bool"),
    ],
    "oracle": [
        ("INTEGER", "INT", "SMALLINT", "NUMBER(*,0)", "NUMBER(38,0)"),
        ("NUMBER",),
        ("NUMBER(10)", "NUMBER(10,0)", "NUMBER(10, 0)", "DECIMAL(10)"),
        ("NUMBER(10,2)", "NUMERIC(10,2)"),
        ("VARCHAR2(255)", "VARCHAR(255)", "varchar2(255 CHAR)", "VARCHAR2(255 BYTE)"),
        ("CHAR(1)", "CHAR", "CHAR(1 BYTE)"),
        ("TIMESTAMP", "TIMESTAMP(6)"),
        ("TIMESTAMP(3)",),
    ],
    "mssql": [
        ("INTEGER", "INT", "int"),
        ("VARBINARY(MAX)", "varbinary(max)"),
        ("VARBINARY(1)", "VARBINARY"),
        ("DATETIME2(7)", "DATETIME2"),
        ("DATETIME2(6)", "datetime2(6)"),
        ("DATETIME", "datetime"),
        ("VARCHAR(255)", "character varying(255)"),
        ("DECIMAL(18,0)", "DECIMAL", "dec(18, 0)"),
        ("TEXT", "text"),
    ],
}
SAME_DEFAULTS = {
    "mysql": [
        ("INTEGER", "-1234", "'-1234'", "-1234"),
        ("TINYINT(1)", "0", "FALSE", "false", "'0'"),
        ("TINYINT(1)", "1", "TRUE", "1"),
        ("CHAR(1)", "'0'", "0"),
        ("VARCHAR(255)", "'Current API'", "Current API", "'Current API'"),
        ("VARCHAR(255)", "'it''s'", "it's"),
        ("VARCHAR(36)", "(uuid())"),
        ("VARCHAR(255)", None, "NULL"),
        ("TIMESTAMP", "CURRENT_TIMESTAMP", "current_timestamp()", "CURRENT_TIMESTAMP(0)", "now()", "localtime"),
        ("DATETIME(6)", "CURRENT_TIMESTAMP(6)", "current_timestamp(6)"),
    ],
    "postgresql": [
        ("INTEGER", "-1", "'-1'::integer", "('-1'::integer)", "(-1)", "'-1'", "('-1'::integer)::integer"),
        ("VARCHAR(255)", "'OFF'", "'OFF'::character varying", "('OFF'::character varying)::text"),
        ("VARCHAR(255)", "'a::b (c'", "'a::b (c'::character varying(255)"),
        ("VARCHAR(255)", None, "NULL::character varying"),
        ("CHAR(1)", "'0'", "'0'::bpchar", "0"),
        ("BOOLEAN", "FALSE", "false", "'0'", "'f'::boolean"),
        ("BOOLEAN", "TRUE", "true", "'1'"),
        ("TIMESTAMP", "CURRENT_TIMESTAMP", "now()"),
        ("TIMESTAMP", "'2020-01-01 00:00:00'", "'2020-01-01 00:00:00'::timestamp without time zone"),
    ],
    "oracle": [
        ("INTEGER", "0", "0 ", "0\n", "'0'", "(0)"),
        ("NUMBER(1)", "1", "'1'"),
        ("CHAR(1)", "'0'", "0", "'0' "),
        ("VARCHAR2(255)", "'OFF'", "'OFF' \n"),
        ("VARCHAR2(255)", None, "NULL", "null "),
        ("BOOLEAN", "FALSE", "false", "0"),
        ("TIMESTAMP", "CURRENT_TIMESTAMP", "current_timestamp "),
    ],
    "mssql": [
        ("INTEGER", "0", "((0))", "'0'", "('0')"),
        ("INTEGER", "-1", "((-1))"),
        ("BIT", "1", "((1))", "'1'", "('true')"),
        ("VARCHAR(255)", "'Current API'", "('Current API')"),
        ("VARCHAR(255)", "'a) (b'", "('a) (b')"),
        ("VARCHAR(255)", None, "(NULL)"),
        ("CHAR(1)", "'0'", "((0))"),
        ("DATETIME", "CURRENT_TIMESTAMP", "GETDATE()", "(getdate())"),
        ("DATETIME2(7)", "SYSDATETIME()", "(sysdatetime())"),
        ("INTEGER", "(1)+(2)", "((1)+(2))"),
    ],
}
DISTINCT_TYPES = {
    "mysql": ("TINYINT", "TINYINT(1)", "INTEGER", "BIGINT", "VARCHAR(1)", "VARCHAR(2)", "BLOB", "LONGBLOB", "DATETIME"),
    "postgresql": (
        "TIMESTAMP",
        "TIMESTAMP(0)",
        "TIMESTAMPTZ",
        "CHAR(2)",
        "VARCHAR(2)",
        "VARCHAR",
        "TEXT",
        "INT",
        "INT8",
    ),
    "oracle": ("NUMBER", "INTEGER", "NUMBER(10)", "NUMBER(10,2)", "NUMBER(19)", "VARCHAR2(9)", "NVARCHAR2(9)", "DATE"),
    "mssql": (
        "DATETIME",
        "DATETIME2",
        "DATETIME2(6)",
        "VARCHAR(9)",
        "NVARCHAR(9)",
        "VARCHAR(MAX)",
        "BIT",
        "INT",
        "BIGINT",
    ),
}
PORTABLE: list[TypeIn] = [
    types.varchar(255),
    types.char(36),
    types.integer(),
    types.bigint(),
    types.flag(),
    types.blob(),
    types.blob("LONG"),
    types.timestamp(),
    types.datetime(),
]


@pytest.mark.parametrize(
    ("dialect", "spellings"), [(dialect, case) for dialect, cases in SAME_TYPES.items() for case in cases]
)
def test_types_that_mean_the_same(dialect: str, spellings: tuple[str, ...]) -> None:
    assert [flavours.types(dialect).normalise_type(spelling) for spelling in spellings] == [spellings[0]] * len(
        spellings
    )


@pytest.mark.parametrize("dialect", flavours.DIALECTS)
def test_types_that_differ_stay_apart(dialect: str) -> None:
    spellings = DISTINCT_TYPES[dialect]
    assert len({flavours.types(dialect).normalise_type(spelling) for spelling in spellings}) == len(spellings)


@pytest.mark.parametrize(
    ("dialect", "type_", "expected", "spellings"),
    [(dialect, *case[:2], case[2:]) for dialect, cases in SAME_DEFAULTS.items() for case in cases],
)
def test_defaults_that_mean_the_same(
    dialect: str, type_: str, expected: str | None, spellings: tuple[str | None, ...]
) -> None:
    found = [flavours.types(dialect).normalise_default(spelling, type_) for spelling in (expected, *spellings)]
    assert found == [expected] * len(found)


@pytest.mark.parametrize("dialect", flavours.DIALECTS)
def test_defaults_that_differ_stay_apart(dialect: str) -> None:
    normalise = flavours.types(dialect).normalise_default
    assert normalise("'0'", "VARCHAR(9)" if dialect != "oracle" else "VARCHAR2(9)") == "'0'"
    assert normalise("'off'", "VARCHAR(9)" if dialect != "oracle" else "VARCHAR2(9)") == "'off'"
    assert normalise("0", "INTEGER") != normalise("1", "INTEGER")
    assert normalise(None, "INTEGER") is None


@pytest.mark.parametrize("dialect", flavours.DIALECTS)
def test_what_a_revision_writes_is_normalised_already(dialect: str) -> None:
    written = [declared(dialect).sql for declared in PORTABLE]
    assert [flavours.types(dialect).normalise_type(sql) for sql in written] == written


@pytest.mark.parametrize("flavour", flavours.FLAVOURS)
@pytest.mark.parametrize("database", chain.DATABASES)
def test_normalising_twice_changes_nothing(flavour: str, database: str) -> None:
    normal = flavours.types(flavour)
    for table in chain.expected(flavour, database, HEAD).tables.values():
        for column in table.columns.values():
            assert normal.normalise_type(column.type) == column.type
            assert normal.normalise_default(column.default, column.type) == column.default


@pytest.mark.parametrize(
    ("default", "sequence"),
    [
        ("NEXTVAL('AM_BACKEND_SEQ')", "AM_BACKEND_SEQ"),
        ("nextval('am_backend_seq'::regclass)", "AM_BACKEND_SEQ"),
        ("nextval('wso2.am_backend_seq'::regclass)", "AM_BACKEND_SEQ"),
        ('nextval(\'"Wso2"."Am_Backend_Seq"\'::regclass)', "AM_BACKEND_SEQ"),
        ("nextval(('am_backend_seq'::text)::regclass)", "AM_BACKEND_SEQ"),
        ("now()", None),
        ("'nextval'", None),
        (None, None),
    ],
)
def test_postgresql_tells_the_sequence_of_a_default(default: str | None, sequence: str | None) -> None:
    assert flavours.types("postgresql").sequence_of(default) == sequence


@pytest.mark.parametrize("dialect", ["mysql", "oracle", "mssql"])
def test_no_other_default_draws_from_a_sequence(dialect: str) -> None:
    assert flavours.types(dialect).sequence_of("NEXTVAL('AM_BACKEND_SEQ')") is None
