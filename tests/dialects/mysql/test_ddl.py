"""Each change from every state it may meet: untouched, half made by a run that was killed, made, and in the way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from apim_schema import registry
from apim_schema.changes import (
    AddColumn,
    AlterColumn,
    Change,
    CreateForeignKey,
    CreateIndex,
    CreateTable,
    CreateUnique,
    DropColumn,
    DropForeignKey,
    DropIndex,
    DropUnique,
    ReplaceForeignKey,
    ReplacePrimaryKey,
    TextToBinary,
)
from apim_schema.errors import Conflict
from apim_schema.schema import Column, ForeignKey, Index, Key, Schema, Table
from tests.dialects.mysql.conftest import Run, opened, runner
from tests.servers import Server

DIALECT = registry.load("mysql")


def read(connection: Connection) -> Schema:
    return DIALECT.introspect.read(connection, None)


def remaining(connection: Connection, *changes: Change) -> list[str]:
    return [statement.sql for statement in DIALECT.ddl.combined(changes, read(connection), None)]


def make(connection: Connection, *changes: Change) -> int:
    """Makes the changes, and returns how many statements that took; then nothing remains."""
    statements = remaining(connection, *changes)
    for number, sql in enumerate(statements, 1):
        DIALECT.session.execute(connection, sql)
        assert remaining(connection, *changes) == statements[number:]
    assert all(change.is_in(read(connection)) for change in changes)
    return len(statements)


def rows(connection: Connection, sql: str = "SELECT * FROM T ORDER BY 1") -> Sequence[object]:
    return [tuple(row) for row in connection.exec_driver_sql(sql)]


FILLED = AddColumn("T", Column("C", "VARCHAR(255)", nullable=False), fill="'Regular'")


def test_a_column_that_fills_the_rows_which_stand(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A INT PRIMARY KEY)", "INSERT INTO T VALUES (1), (2)")
    assert make(connection, FILLED) == 2
    assert rows(connection) == [(1, "Regular"), (2, "Regular")]
    with pytest.raises(DBAPIError, match="doesn't have a default value"):
        run("INSERT INTO T (A) VALUES (3)")


def test_a_column_that_is_there_under_its_filling_default(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A INT PRIMARY KEY, C VARCHAR(255) NOT NULL DEFAULT 'Regular')")
    (statement,) = remaining(connection, FILLED)
    assert "DROP DEFAULT" in statement
    assert make(connection, FILLED) == 1


def test_another_column_of_that_name_is_in_the_way(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A INT PRIMARY KEY, C VARCHAR(20) NOT NULL)")
    with pytest.raises(Conflict, match=r"found VARCHAR\(20\) not null, wanted VARCHAR\(255\) not null"):
        remaining(connection, FILLED)


BINARY = TextToBinary("T", "C", "LONGBLOB")
TEXT = "café ï \\x41 'quoted' €"


@pytest.mark.parametrize("charset", ["latin1", "utf8mb3", "utf8mb4", "ucs2", "latin2"])
@pytest.mark.parametrize("own", [True, False], ids=["column", "table"])
def test_text_becomes_its_utf8_bytes(connection: Connection, run: Run, charset: str, own: bool) -> None:
    text = TEXT.encode("iso8859-2", "ignore").decode("iso8859-2") if charset == "latin2" else TEXT
    of_column, of_table = (f"CHARACTER SET {charset}", "") if own else ("", f"CHARACTER SET {charset}")
    run(f"CREATE TABLE T (A INT PRIMARY KEY, C VARCHAR(1000) {of_column} NOT NULL COMMENT 'theirs') {of_table}")
    connection.exec_driver_sql("INSERT INTO T VALUES (1, %s), (2, '')", (text,))
    assert make(connection, BINARY) == (1 if charset in ("utf8mb3", "utf8mb4") else 2)
    assert rows(connection) == [(1, text.encode()), (2, b"")]
    assert read(connection).tables["T"].columns["C"] == Column("C", "LONGBLOB", nullable=False)
    assert read(connection).tables["T"].columns["C"].comment == "theirs"


def test_bytes_are_never_made_text(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A INT PRIMARY KEY, C LONGBLOB)")
    assert remaining(connection, BINARY) == []
    with pytest.raises(Conflict, match="found LONGBLOB"):
        remaining(connection, AlterColumn("T", "C", type="VARCHAR(2048)"))


def test_a_primary_key_that_a_foreign_key_leans_on(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE P (A INT PRIMARY KEY)",
        "CREATE TABLE T (A INT NOT NULL, B INT NOT NULL, C INT NOT NULL, PRIMARY KEY (A, B), FOREIGN KEY (A) "
        "REFERENCES P (A))",
        "INSERT INTO P VALUES (1)",
        "INSERT INTO T VALUES (1, 2, 3)",
    )
    assert make(connection, ReplacePrimaryKey("T", ("A", "C"))) == 1
    assert make(connection, ReplacePrimaryKey("T", ("C", "B"))) == 1
    assert rows(connection) == [(1, 2, 3)]
    assert [index.columns for index in read(connection).tables["T"].indexes] == [("A",)]


def test_a_unique_key_that_a_foreign_key_leans_on(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE P (A INT PRIMARY KEY)",
        "CREATE TABLE T (A INT, B INT, UNIQUE (A, B), FOREIGN KEY (A) REFERENCES P (A))",
    )
    assert make(connection, DropUnique("T", ("A", "B"))) == 1
    table = read(connection).tables["T"]
    assert (table.unique, [index.columns for index in table.indexes]) == ((), [("A",)])


PARENT = "CREATE TABLE P (A INT PRIMARY KEY)"
CASCADES = "FOREIGN KEY (A) REFERENCES P (A) ON DELETE CASCADE ON UPDATE CASCADE"
RESTRICTS = "FOREIGN KEY (A) REFERENCES P (A) ON UPDATE CASCADE"
GUARD = ReplaceForeignKey("T", ForeignKey(("A",), "P", ("A",), None, "CASCADE"))


@pytest.mark.parametrize(
    ("keys", "statements"),
    [([CASCADES], 2), ([CASCADES, RESTRICTS], 1), ([], 1), ([RESTRICTS], 0), ([CASCADES, CASCADES], 3)],
    ids=["untouched", "both", "neither", "made", "twice"],
)
def test_another_foreign_key(connection: Connection, run: Run, keys: list[str], statements: int) -> None:
    run(PARENT, f"CREATE TABLE T ({', '.join(('A INT', *keys))})")
    assert make(connection, GUARD) == statements
    assert read(connection).tables["T"].foreign_keys == (GUARD.key,)


LONG = CreateIndex("T", Index("I", ("A", "B")), short_charset=("latin1", "latin1_bin"))


@pytest.mark.parametrize(("charset", "collation"), [("utf8mb4", "latin1_bin"), ("latin1", None)])
def test_an_index_too_long_for_the_character_set(
    connection: Connection, run: Run, charset: str, collation: str | None
) -> None:
    run(
        f"CREATE TABLE T (A VARCHAR(2048) NOT NULL COMMENT 'theirs', B VARCHAR(255)) CHARACTER SET {charset}",
        "INSERT INTO T VALUES ('caf\u00e9', NULL)",
    )
    assert make(connection, LONG) == 1
    column = read(connection).tables["T"].columns["A"]
    assert (column.type, column.nullable, column.comment) == ("VARCHAR(2048)", False, "theirs")
    assert column.collation == collation
    assert rows(connection) == [("caf\u00e9", None)]


def test_a_character_set_that_is_the_tables_already(both: Server) -> None:
    """The server shows no character set of a column that has its table's."""
    with opened(both, charset="latin1", collation="latin1_bin") as connection:
        runner(connection)("CREATE TABLE T (A VARCHAR(255) NOT NULL)")
        change = AlterColumn("T", "A", type="VARCHAR(255)", charset="latin1", collation="latin1_bin")
        assert change.is_in(read(connection))


def test_an_index_of_that_name_is_in_the_way(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A VARCHAR(9), B VARCHAR(9), INDEX I (B))")
    with pytest.raises(Conflict, match=r"has an index of this name: found \(B\), wanted \(A, B\)"):
        remaining(connection, LONG)


NEW = CreateTable(
    Table(
        "T",
        {
            "ID": Column("ID", "INTEGER", nullable=False, generated=""),
            "P": Column("P", "VARCHAR(45)", nullable=False),
            "AT": Column("AT", "TIMESTAMP"),
        },
        Key(("ID",)),
        foreign_keys=(ForeignKey(("P",), "P", ("U",), "CASCADE"),),
        indexes=(Index("I", ("AT",)),),
    )
)


def test_a_table_that_points_to_one_in_another_character_set(connection: Connection, run: Run) -> None:
    """As in a database whose tables are converted one by one."""
    run("CREATE TABLE P (U VARCHAR(45) PRIMARY KEY) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    assert make(connection, NEW) == 1
    assert read(connection).tables["T"].columns["P"].collation == "utf8mb4_bin"


def test_a_table_that_lacks_an_index(connection: Connection, run: Run) -> None:
    run("CREATE TABLE P (U VARCHAR(45) PRIMARY KEY)")
    make(connection, NEW)
    run("ALTER TABLE T DROP INDEX I, ADD COLUMN THEIRS INT")
    assert make(connection, NEW) == 1


def test_another_table_of_that_name_is_in_the_way(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (ID INT PRIMARY KEY)")
    with pytest.raises(Conflict, match="missing"):
        remaining(connection, NEW)


def test_a_rebuild_is_shared(connection: Connection, run: Run) -> None:
    """What rides along with a rebuild costs nothing; what is made at once is not drawn into what is not."""
    run("CREATE TABLE T (A VARCHAR(300) NOT NULL, B VARCHAR(300) NOT NULL, C INT NOT NULL, PRIMARY KEY (A, B))")
    key = ReplacePrimaryKey("T", ("A", "C"))
    shorter = AlterColumn("T", "A", type="VARCHAR(100)", narrows="VARCHAR(300)")
    new, longer = AddColumn("T", Column("N", "INTEGER")), AlterColumn("T", "B", type="VARCHAR(400)")
    assert len(remaining(connection, key, shorter, new)) == 1
    assert len(remaining(connection, new, longer)) == 2
    assert make(connection, key, shorter, new, longer) == 1


def test_characters_that_the_new_set_has_not(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE T (A INT PRIMARY KEY, C VARCHAR(20)) CHARACTER SET utf8mb4",
        "INSERT INTO T VALUES (1, 'caf\u00e9 \u20ac'), (2, '\u0416'), (3, NULL), (4, '?'), (5, '\u4e2d')",
    )
    change = AlterColumn("T", "C", charset="latin1", collation="latin1_bin")
    (hazard,) = DIALECT.impact.hazards(change, read(connection))
    assert rows(connection, f"SELECT A FROM T t WHERE {hazard.condition} ORDER BY A") == [(2,), (5,)]
    before = rows(connection)
    with pytest.raises(DBAPIError, match="Incorrect string value"):
        make(connection, change)
    assert rows(connection) == before


def test_texts_of_two_collations_have_no_foreign_key(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE P (U VARCHAR(45) PRIMARY KEY) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "CREATE TABLE T (A VARCHAR(45)) CHARACTER SET latin1",
    )
    with pytest.raises(Conflict, match=r"A is in latin1_swedish_ci and P\.U is in utf8mb4_bin"):
        remaining(connection, CreateForeignKey("T", ForeignKey(("A",), "P", ("U",))))


def test_what_a_foreign_key_points_to_goes_after_it(connection: Connection, run: Run) -> None:
    """However many alterations of the table there are: they are one statement only as far as nothing stands between."""
    run(
        "CREATE TABLE P (A INT PRIMARY KEY, B INT, UNIQUE (B), C INT)",
        "CREATE TABLE T (B INT, FOREIGN KEY (B) REFERENCES P (B))",
    )
    key = ForeignKey(("B",), "P", ("B",))
    changes = (
        AlterColumn("P", "C", default="1"),
        DropForeignKey("T", key.columns, key.ref_table),
        DropUnique("P", ("B",)),
        DropColumn("P", "B"),
    )
    # the column goes at once, which the index does not
    assert [sql.split("`")[1] for sql in remaining(connection, *changes)] == ["P", "T", "P", "P"]
    assert make(connection, *changes) == 4


def test_an_index_that_a_foreign_key_leans_on(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE P (A INT PRIMARY KEY)",
        "CREATE TABLE T (A INT, B INT, INDEX I (A, B), FOREIGN KEY (A) REFERENCES P (A))",
    )
    assert make(connection, DropIndex("T", "I")) == 1
    assert [index.columns for index in read(connection).tables["T"].indexes] == [("A",)]


def test_a_unique_key_that_would_be_too_long(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A VARCHAR(1024)) CHARACTER SET utf8mb4")
    with pytest.raises(Conflict, match="over 3072 bytes in utf8mb4"):
        remaining(connection, CreateUnique("T", Key(("A",))))
