"""The table of facts holds what is asked of a server: a mistake of each kind is found."""

from __future__ import annotations

from types import SimpleNamespace as Row

import pytest

from tests.dialects.mssql import facts, held

RIGHT = (
    "SELECT t.name FROM sys.tables t WHERE t.is_ms_shipped = 0 AND EXISTS (SELECT 1 FROM sys.indexes t "
    "WHERE t.type_desc IN ('HEAP', N'CLUSTERED') AND OBJECTPROPERTY(t.object_id, 'ExecIsInsertTrigger') = 1)"
)


def test_what_is_right_is_left_alone() -> None:
    assert held.hold(RIGHT) == RIGHT


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("sys.tables", "sys.table", "no view sys.table"),
        ("t.name", "t.title", "no column sys.tables.title"),
        ("t.name", "t.type_desc", "no column sys.tables.type_desc"),
        ("t.type_desc", "t.is_published", "no column sys.indexes.is_published"),
        ("= 0", "= 2", "sys.tables.is_ms_shipped is never '2'"),
        ("'HEAP'", "'PILE'", "sys.indexes.type_desc is never 'PILE'"),
        ("CLUSTERED", "Clustered", "sys.indexes.type_desc is never 'Clustered'"),
        ("OBJECTPROPERTY", "OBJECTPROPERTYOF", "no function OBJECTPROPERTYOF"),
        ("ExecIsInsertTrigger", "IsInsertTrigger", "argument 2 of OBJECTPROPERTY is never 'IsInsertTrigger'"),
    ],
)
def test_what_is_wrong_is_named(right: str, wrong: str, said: str) -> None:
    assert right in RIGHT
    assert said in list(held.errors(RIGHT.replace(right, wrong, 1)))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "SELECT v.free FROM sys.database_files f CROSS APPLY sys.dm_os_volume_stats(DB_ID(), f.file_id) v",
            "no column sys.dm_os_volume_stats.free",
        ),
        ("SELECT HASHBYTES('SHA-256', A) FROM T", "argument 1 of HASHBYTES is never 'SHA-256'"),
        ("SELECT CONVERT(VARCHAR(50), HASHBYTES('SHA3', A), 2) FROM T", "argument 1 of HASHBYTES is never 'SHA3'"),
        ("SELECT CONVERT(VARCHAR(50), A, 999) FROM T", "argument 3 of CONVERT is never '999'"),
        ("SELECT A COLLATE Latin1_General_UTF9 FROM T", "no collation Latin1_General_UTF9"),
        ("IF @@ERRORS <> 0 SELECT 1", "no variable @@ERRORS"),
        ("SET XACT_ABORTS ON", "no setting XACT_ABORTS"),
        ("SET TRANSACTION ISOLATION LEVELS READ COMMITTED;", "no setting TRANSACTION ISOLATION LEVELS"),
        ("EXEC sp_renamed N'T.A', N'B', N'COLUMN'", "no procedure sp_renamed"),
        ("EXEC sp_rename N'T.A', N'B', N'COLUMNS'", "argument 3 of sp_rename is never 'COLUMNS'"),
        (
            "EXEC @taken = sp_getapplock N'x', 'Exclusive', 'Sessions', 0",
            "argument 3 of sp_getapplock is never 'Sessions'",
        ),
        ("EXEC (N'SELECT HASHBYTES(''SHA'' + ''9'', A), HASHBYTES(''X'', B)')", "argument 1 of HASHBYTES is never 'X'"),
    ],
)
def test_what_is_wrong_is_found_wherever_it_stands(sql: str, said: str) -> None:
    assert list(held.errors(sql)) == [said]


def test_recorded_rows_are_held_to_them_too() -> None:
    sql = "SELECT i.type_desc AS kind, i.is_unique AS is_unique FROM sys.indexes i"
    held.hold_rows(sql, [Row(kind="HEAP", is_unique=True)])
    with pytest.raises(AssertionError, match="kind is never 'PILE'"):
        held.hold_rows(sql, [Row(kind="PILE", is_unique=True)])
    with pytest.raises(AssertionError, match="is_unique is never 'yes'"):
        held.hold_rows(sql, [Row(kind="HEAP", is_unique="yes")])
    with pytest.raises(AttributeError):
        held.hold_rows(sql, [Row(kind="HEAP")])


def test_every_fact_has_its_page() -> None:
    told: list[facts.View | facts.Function] = [
        *facts.VIEWS.values(),
        *facts.FUNCTIONS.values(),
        *facts.PROCEDURES.values(),
    ]
    assert {about.page.split("/")[0] for about in told} == {"relational-databases", "t-sql"}
    assert len({about.page for about in told}) == len(told)
