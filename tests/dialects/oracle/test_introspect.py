"""Introspection of rows as the data dictionary has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apim_schema import chain, compare, difference, flavours
from apim_schema.schema import Column, ForeignKey, Schema, Trigger
from tests.dialects.oracle.connection import Recorder
from tests.dialects.oracle.modules import ddl, introspect
from tests.dialects.oracle.recorded import OWNER, RECORDS, REFERENCING, dictionary, record
from tests.dialects.oracle.simulated import view

ALL = [(flavour, database, release) for database in chain.DATABASES
       for flavour, release in chain.candidates("oracle", database)]  # fmt: skip


@pytest.mark.parametrize("release", ALL, ids="-".join)
def test_every_release_is_read_as_itself(release: tuple[str, str, str]) -> None:
    """An index that a release may do without is found as one it has, and is no difference."""
    wanted = chain.expected(*release)
    found = view(wanted)
    assert [d for d in compare.compare(wanted, found) if d.kind != difference.EXTRA] == []
    assert found.flavour == release[0]


def test_one_query_a_view_each_for_the_owner() -> None:
    rows = vars(dictionary(chain.expected("oracle", "shared", "4.2.0")))
    names = {query: name for name, query in introspect.QUERIES.items()}
    connection = Recorder(lambda sql: rows[names[sql]])
    found = introspect.read(connection, "apim")
    assert connection.asked == list(introspect.QUERIES.values())
    assert compare.compare(chain.expected("oracle", "shared", "4.2.0"), found) == []


def test_semantics_of_lengths_are_carried_and_not_compared() -> None:
    wanted = chain.expected("oracle", "apim", "4.2.0")
    for unit in ("BYTE", "CHAR"):
        found = view(wanted, unit)
        assert found.tables["AM_API"].columns["API_NAME"].unit == unit
        assert found.tables["AM_API"].columns["API_ID"].unit is None
        assert compare.compare(wanted, found) == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("NUMBER", 22, None, None, 0, None), "NUMBER"),
        (("NUMBER", 22, None, 0, 0, None), "INTEGER"),
        (("NUMBER", 22, 19, 0, 0, None), "NUMBER(19)"),
        (("NUMBER", 22, 10, 2, 0, None), "NUMBER(10,2)"),
        (("NUMBER", 22, 5, -2, 0, None), "NUMBER(5,-2)"),
        (("FLOAT", 22, 126, None, 0, None), "FLOAT(126)"),
        (("VARCHAR2", 1020, None, None, 255, "C"), "VARCHAR2(255)"),
        (("NVARCHAR2", 20, None, None, 10, "C"), "NVARCHAR2(10)"),
        (("CHAR", 1, None, None, 1, "B"), "CHAR(1)"),
        (("RAW", 16, None, None, 0, None), "RAW(16)"),
        (("TIMESTAMP(6)", 11, None, 6, 0, None), "TIMESTAMP"),
        (("TIMESTAMP(3)", 11, None, 3, 0, None), "TIMESTAMP(3)"),
        (("TIMESTAMP(6) WITH TIME ZONE", 13, None, 6, 0, None), "TIMESTAMP(6) WITH TIME ZONE"),
        (("BOOLEAN", 1, None, None, 0, None), "BOOLEAN"),
        (("LONG RAW", 0, None, None, 0, None), "LONG RAW"),
    ],
)
def test_types(row: tuple[object, ...], expected: str) -> None:
    made = with_row("columns", "REG_TAG", "C", *row, "Y", "NO", "NO")
    assert made.tables["REG_TAG"].columns["C"].type == expected


def test_a_virtual_column_equals_no_other() -> None:
    rows = dictionary(
        base(),
        columns=[record("columns", "REG_TAG", "C", "NUMBER", 22, None, None, 0, None, "Y", "YES", "NO")],
        defaults=[record("defaults", "REG_TAG", "C", '"REG_ID"+1')],
    )
    column = introspect.mapped(OWNER, rows).tables["REG_TAG"].columns["C"]
    assert column.default == 'GENERATED ALWAYS AS ("REG_ID"+1)'


def test_default_null_is_none() -> None:
    rows = dictionary(
        base(),
        columns=[record("columns", "REG_TAG", "C", "VARCHAR2", 9, None, None, 9, "B", "Y", "NO", "NO")],
        defaults=[record("defaults", "REG_TAG", "C", "NULL ")],
    )
    assert introspect.mapped(OWNER, rows).tables["REG_TAG"].columns["C"].default is None


@pytest.mark.parametrize(
    ("type_", "status", "visibility", "mark"),
    [
        ("NORMAL", "VALID", "VISIBLE", None),
        ("NORMAL", "N/A", "VISIBLE", None),
        ("NORMAL/REV", "VALID", "VISIBLE", "[normal/rev]"),
        ("BITMAP", "VALID", "VISIBLE", "[bitmap]"),
        ("NORMAL", "UNUSABLE", "VISIBLE", "[unusable]"),
        ("NORMAL", "VALID", "INVISIBLE", "[invisible]"),
    ],
)
def test_an_index_of_another_kind_equals_none_of_the_vendors(
    type_: str, status: str, visibility: str, mark: str | None
) -> None:
    rows = dictionary(
        base(),
        indexes=[record("indexes", "REG_TAG", "X", type_, "NONUNIQUE", status, visibility)],
        index_columns=[record("index_columns", "X", "REG_TAG_NAME", 1, "ASC")],
    )
    index = introspect.mapped(OWNER, rows).tables["REG_TAG"].index("X")
    assert index.columns == ("REG_TAG_NAME", *filter(None, [mark]))


def test_what_the_server_keeps_for_itself_is_left_out() -> None:
    rows = dictionary(
        base(),
        tables=[record("tables", name) for name in ("BIN$abc==$0", "APIM_SCHEMA_HISTORY", "APIM_SCHEMA_APIM_LOCK")],
        indexes=[record("indexes", "REG_TAG", "SYS_IL0000$$", "LOB", "UNIQUE", "VALID", "VISIBLE")],
        sequences=[record("sequences", "ISEQ$$_73", 1, 1, 20, "N")],
        triggers=[
            record(
                "triggers", "BIN$x==$0", "T", "BEFORE EACH ROW", "INSERT", "ENABLED", None, REFERENCING, "BEGIN END;"
            )
        ],
    )
    assert introspect.mapped(OWNER, rows) == view(base())


@pytest.mark.parametrize(
    ("condition", "referencing", "body", "when"),
    [
        (None, REFERENCING, "SELECT S.nextval INTO :NEW.REG_USER_ID\n FROM dual;", None),
        (None, "REFERENCING NEW AS N OLD AS OLD", "select APIM.S.NEXTVAL into :n.REG_USER_ID from dual;", None),
        ("NEW.reg_user_id IS  NULL ", REFERENCING, ":NEW.REG_USER_ID := S.NEXTVAL;", "NEW.REG_USER_ID IS NULL"),
        (
            '(n."REG_USER_ID" is null)',
            "REFERENCING NEW AS N OLD AS O",
            ":n.REG_USER_ID := S.NEXTVAL;",
            "NEW.REG_USER_ID IS NULL",
        ),
        (
            None,
            REFERENCING,
            'IF :NEW.REG_USER_ID IS NULL THEN :new.reg_user_id := "S".NEXTVAL; END IF;',
            "NEW.REG_USER_ID IS NULL",
        ),
    ],
)
def test_a_trigger_that_numbers_rows(condition: str | None, referencing: str, body: str, when: str | None) -> None:
    row = ("T", "REG_TAG", "BEFORE EACH ROW", "INSERT", "ENABLED", condition, referencing, f"begin {body} end;")
    found = with_row("triggers", *row)
    assert found.triggers["T"] == Trigger("T", "REG_TAG", "BEFORE", ("INSERT",), ("S", "REG_USER_ID"), when)
    assert found.tables["REG_TAG"].columns["REG_USER_ID"].generated == "S"


def test_a_trigger_that_does_not_work_equals_none() -> None:
    body = "BEGIN\n  SELECT S.NEXTVAL INTO :NEW.REG_ID FROM DUAL;\nEND;"
    off = with_row("triggers", "T", "REG_TAG", "BEFORE EACH ROW", "INSERT", "DISABLED", None, REFERENCING, body)
    assert off.triggers["T"].events == ("INSERT", "[disabled]")
    broken = introspect.mapped(OWNER, dictionary(base(), errors=[record("errors", "REG_TAG_TRIGGER")]))
    assert broken.triggers["REG_TAG_TRIGGER"].events == ("INSERT", "[does not compile]")


def test_a_disabled_key_and_a_key_into_another_schema_are_none_of_the_vendors() -> None:
    rows = dictionary(
        base(),
        constraints=[
            record("constraints", "REG_TAG", "U1", "U", None, None, None, "DISABLED", None),
            record("constraints", "REG_TAG", "F1", "R", "HR", "PK_EMPLOYEES", "CASCADE", "ENABLED", None),
        ],
        constraint_columns=[
            record("constraint_columns", "U1", "REG_TAG_NAME", 1),
            record("constraint_columns", "F1", "REG_ID", 1),
        ],
    )
    table = introspect.mapped(OWNER, rows).tables["REG_TAG"]
    assert ("REG_TAG_NAME", "[disabled]") in [key.columns for key in table.unique]
    assert ForeignKey(("REG_ID",), "HR.PK_EMPLOYEES", (), "CASCADE") in table.foreign_keys


def test_a_boolean_of_the_customers_does_not_make_it_23c() -> None:
    assert with_row("columns", "REG_TAG", "C", "BOOLEAN", 1, None, None, 0, None, "Y", "NO", "NO").flavour == "oracle"


def test_a_conversion_that_was_interrupted_is_read_in_the_place_of_its_column() -> None:
    text, blob = Column("C", "VARCHAR2(2048)", unit="CHAR"), Column("C" + ddl.SUCCESSOR, "BLOB", nullable=False)
    both, one = view(with_columns(text, blob)), view(with_columns(blob))
    assert both.tables["REG_TAG"].columns["C"] == text
    assert both.tables["REG_TAG"].columns["C"].successor == blob
    assert one.tables["REG_TAG"].columns["C"] == Column("C", "BLOB", nullable=False)
    assert blob.name not in {**both.tables["REG_TAG"].columns, **one.tables["REG_TAG"].columns}
    done = view(with_columns(Column("C", "BLOB"), blob))
    assert blob.name in done.tables["REG_TAG"].columns


def test_a_converted_value_is_read_under_its_present_name() -> None:
    text, blob = Column("C", "VARCHAR2(2048)"), Column("C", "BLOB")
    between = replace(blob, successor=Column("C" + ddl.SUCCESSOR, "BLOB"))
    begun = replace(text, successor=Column("C" + ddl.SUCCESSOR, "BLOB"))
    assert [introspect.converted(between, old) for old in (text, between)] == ["C_APIM_SCHEMA"] * 2
    both = ((blob, text), (text, blob))
    assert [introspect.converted(*pair, True) for pair in both] == ["C"] * 2
    unmoved = (*both, (text, text), (begun, begun), (blob, between))
    assert [introspect.converted(*pair) for pair in unmoved] == [None] * 5


def test_every_query_is_recorded() -> None:
    assert RECORDS.keys() == introspect.QUERIES.keys() == introspect.Dictionary.__annotations__.keys()


def base() -> Schema:
    return chain.expected("oracle", "shared", "4.2.0")


def with_row(query: str, *values: object) -> Schema:
    found: Schema = introspect.mapped(OWNER, dictionary(base(), "BYTE", **{query: [record(query, *values)]}))
    return found


def with_columns(*columns: Column) -> Schema:
    table = base().tables["REG_TAG"]
    return base().with_table(replace(table, columns={**table.columns, **{column.name: column for column in columns}}))


def test_flavours_are_the_vendors_three() -> None:
    assert flavours.of_dialect("oracle") == ("oracle", "oracle_23c", "oracle_rac", "oracle_multidc")


@pytest.mark.parametrize("flavour", ["oracle", "oracle_rac"])
def test_a_flavour_is_told_though_a_column_or_its_sequences_were_altered(flavour: str) -> None:
    schema = chain.expected(flavour, "apim", "4.2.0")
    other = chain.expected("oracle" if flavour == "oracle_rac" else "oracle_rac", "apim", "4.2.0")
    for table, column in introspect._of_rac():
        drifted = schema.with_table(schema.tables[table].with_column(other.tables[table].columns[column]))
        assert view(drifted).flavour == flavour
    assert view(replace(schema, sequences=other.sequences)).flavour == flavour


def test_sequences_have_the_vendors_words() -> None:
    words = [
        introspect._options(record("sequences", "S", *row))
        for row in ((1, 1, 20, "N"), (1, 77, 0, "N"), (2, 1001, 50, "N"), (3, 302, 20, "Y"), (-1, -1, 20, "N"))
    ]
    assert words == [
        "START WITH 1 INCREMENT BY 1",
        "START WITH 1 INCREMENT BY 1 NOCACHE",
        "START WITH 1 INCREMENT BY 2 CACHE 50",
        "START WITH 2 INCREMENT BY 3 CACHE 20 ORDER",
        "START WITH -1 INCREMENT BY -1",
    ]
