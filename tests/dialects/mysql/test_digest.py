"""A digest changes with every bit of every row, and with nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from apim_schema import registry
from apim_schema.errors import NotProven
from apim_schema.evidence import compared, spelled, unreadable
from apim_schema.hashed import Bucket
from apim_schema.schema import Table
from tests.dialects.mysql.conftest import Connect, Run, opened, runner
from tests.servers import Server, new_database, started

DIALECT = registry.load("mysql")
Buckets = dict[int, Bucket]


def table(connection: Connection) -> Table:
    return DIALECT.introspect.read(connection, None).tables["T"]


def buckets(connection: Connection, old: Table | None = None) -> Buckets:
    """The digest of T, of the columns of `old` in the form that they have there."""
    now = table(connection)
    old = old or now
    return DIALECT.digest.buckets(connection, None, old, compared(DIALECT, old, now))


def total(connection: Connection) -> tuple[int, int]:
    found = buckets(connection).values()
    return sum(bucket.rows for bucket in found), sum(bucket.total for bucket in found)


def differ(run: Run, connection: Connection, columns: str, one: str, other: str) -> bool:
    """Whether the rows that two VALUES lists make in a table differ."""
    found = []
    for values in (one, other):
        run("DROP TABLE IF EXISTS T", f"CREATE TABLE T ({columns})", f"INSERT INTO T VALUES {values}")
        found.append(total(connection))
    return found[0] != found[1]


PAIRS = [
    ("A TEXT, B TEXT", "('x', NULL)", "('x', '')"),
    ("A TEXT, B TEXT", "('x', NULL)", "(NULL, 'x')"),
    ("A INT, B INT, C INT", "(NULL, 5, -7)", "(-5, NULL, 7)"),
    ("A INT, B INT", "(1, 23)", "(12, 3)"),
    ("A VARBINARY(9), B VARBINARY(9)", "(X'00', X'')", "(X'', X'00')"),
    ("A VARBINARY(9), B VARCHAR(9)", "(X'FF2C', 'a')", "(X'FF', ',a')"),
    ("A BLOB, B BLOB", "(X'00', X'')", "(X'', X'00')"),
    ("A BLOB, B BLOB", "(NULL, X'00')", "(X'00', NULL)"),
    ("A FLOAT", "(1.2345678)", "(1.2345679)"),
    ("A DOUBLE", "(0.1)", "(0.10000000000000002)"),
    ("A BIT(9)", "(b'101')", "(b'1101')"),
    ("A DECIMAL(30,10)", "(12345678901234567890.0000000001)", "(12345678901234567890.0000000002)"),
    ("A DATETIME(6)", "('2020-01-01 00:00:00.000001')", "('2020-01-01 00:00:00.000002')"),
    ("A TIME", "('-10:00:00')", "('10:00:00')"),
    ("A JSON", "('[1, 2]')", "('[2, 1]')"),
    ("A ENUM('a', 'b')", "('a')", "('b')"),
    ("A SET('a', 'b')", "('a')", "('a,b')"),
    ("A GEOMETRY", "(ST_GeomFromText('POINT(1 2)'))", "(ST_GeomFromText('POINT(2 1)'))"),
]


@pytest.mark.parametrize(("columns", "one", "other"), PAIRS)
def test_rows_that_differ(connection: Connection, run: Run, columns: str, one: str, other: str) -> None:
    assert differ(run, connection, f"{columns}", one, other)


LOST = [
    ("VARCHAR(9) CHARSET greek", "AE", "D2"),
    ("CHAR(9) CHARSET hebrew NOT NULL", "41A1", "41FB"),
    ("TEXT CHARSET greek", "AE", "D2"),
    ("VARCHAR(9) CHARSET greek", "AE", "3F"),
    ("VARCHAR(9) CHARSET greek", "AE", "214145"),
]


@pytest.mark.parametrize(("column", "one", "other"), LOST)
def test_bytes_without_a_character_are_told_apart(
    connection: Connection, run: Run, column: str, one: str, other: str
) -> None:
    """In utf8mb4 they are all question marks; strict mode would not let them in."""
    run("SET SESSION sql_mode = ''")
    assert differ(run, connection, f"A {column}", f"(_binary X'{one}')", f"(_binary X'{other}')")


def test_bytes_without_a_character_that_a_conversion_loses_are_a_change(connection: Connection, run: Run) -> None:
    run("SET SESSION sql_mode = ''", "CREATE TABLE T (A VARCHAR(9), B TEXT) CHARSET greek")
    run("INSERT INTO T VALUES (_binary X'C1AE', _binary X'C1AE')")
    old, before = table(connection), buckets(connection)
    run("ALTER TABLE T MODIFY A VARCHAR(9) CHARACTER SET utf8mb4")
    assert buckets(connection, old) != before


def test_texts_in_any_character_set_are_the_same_in_another(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A VARCHAR(9), B TEXT, C CHAR(9)) CHARSET greek")
    run("INSERT INTO T VALUES ('\u03b1?', '\u03b2??', NULL), (NULL, NULL, ''), ('', '', 'x')")
    old, before = table(connection), buckets(connection)
    run("ALTER TABLE T CONVERT TO CHARACTER SET utf8mb4, MODIFY B LONGTEXT CHARACTER SET utf8mb4")
    assert buckets(connection, old) == before
    run("UPDATE T SET A = REPLACE(A, '?', '\u6f22')")
    assert buckets(connection, old) != before


@pytest.mark.parametrize("charset", ["latin1", "utf8mb4", "greek"])
def test_lengths_of_texts_are_compared_as_bytes(connection: Connection, run: Run, charset: str) -> None:
    """Most of them are no UTF-8: a server that takes them for text has one question mark for all of these."""
    columns = f"A VARCHAR(999) CHARSET {charset}, B VARCHAR(999), C VARCHAR(9) CHARSET latin1"
    moved = [f"(REPEAT('x', {first}), REPEAT('x', {400 - first}), 'y')" for first in (200, 201)]
    assert differ(run, connection, columns, *moved)


def test_rows_that_do_not_differ(connection: Connection, run: Run) -> None:
    assert not differ(run, connection, "A VARCHAR(9), B INT", "('x', 1), ('y', NULL)", "('y', NULL), ('x', 1)")


def test_what_an_upgrade_does_to_columns_is_no_change(connection: Connection, run: Run) -> None:
    run(
        "CREATE TABLE T (K VARCHAR(20) PRIMARY KEY, A VARCHAR(99), B VARCHAR(99), C BLOB, D VARCHAR(9)) CHARSET latin1",
        "INSERT INTO T VALUES ('\u00e9', 'caf\u00e9', '\u20ac', X'00FF', NULL), ('b', '', NULL, NULL, 'x')",
    )
    old, before = table(connection), buckets(connection)
    run(
        "ALTER TABLE T MODIFY A VARCHAR(99) CHARACTER SET utf8mb4",
        "ALTER TABLE T MODIFY A LONGBLOB, MODIFY B VARCHAR(300) CHARACTER SET latin1 COLLATE latin1_bin, "
        "MODIFY C LONGBLOB, ADD E INT DEFAULT 7, CONVERT TO CHARACTER SET utf8mb4",
    )
    assert buckets(connection, old) == before


@pytest.mark.parametrize("charset", ["utf8mb4", "latin1", "utf8mb3"])
def test_texts_that_become_bytes_are_compared_with_what_they_were(
    connection: Connection, run: Run, charset: str
) -> None:
    run(f"CREATE TABLE T (A VARCHAR(99) CHARSET {charset} NOT NULL, B VARCHAR(99) CHARSET {charset})")
    run("INSERT INTO T VALUES ('caf\u00e9', NULL), ('', 'x'), ('\u00fc', '')")
    old, before = table(connection), buckets(connection)
    for column in ("A", "B"):
        run(
            f"ALTER TABLE T MODIFY {column} VARCHAR(99) CHARACTER SET utf8mb4",
            f"ALTER TABLE T MODIFY {column} LONGBLOB",
        )
    assert unreadable(DIALECT, spelled(old, table(connection)), table(connection)) is None
    assert buckets(connection, old) == before
    run("UPDATE T SET A = X'FF' WHERE A = ''")
    assert buckets(connection, old) != before


def test_times_are_compared_in_utc(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A TIMESTAMP NULL)", "INSERT INTO T VALUES (FROM_UNIXTIME(1593604800))")
    assert connection.exec_driver_sql("SELECT CONCAT(A) FROM T").scalar_one() == "2020-07-01 12:00:00"


def test_buckets_lead_to_the_rows(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (K VARCHAR(20), N INT, V INT, PRIMARY KEY (K(5), N))")
    run("INSERT INTO T VALUES " + ", ".join(f"('k{number}', {number}, 0)" for number in range(500)))
    old, before = table(connection), buckets(connection)
    run("UPDATE T SET V = 1 WHERE N = 77")
    after = buckets(connection)
    (touched,) = [bucket for bucket in before if before[bucket] != after[bucket]]
    rows = DIALECT.digest.rows(connection, None, old, compared(DIALECT, old, old), [touched], ["K", "N"])
    assert ("k77", 77) in [row.name for row in rows]
    assert Bucket(len(rows), sum(row.hash * row.weight for row in rows)) == after[touched]


def test_tables_without_a_key(connection: Connection, run: Run) -> None:
    run("CREATE TABLE T (A INT)")
    assert buckets(connection) == {}
    run("INSERT INTO T VALUES (1), (1)")
    assert [bucket.rows for bucket in buckets(connection).values()] == [2]


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_a_row_that_cannot_be_hashed_is_no_proof(engine: str) -> None:
    """A text longer than max_allowed_packet is NULL to the server's functions."""
    with started(engine, "--max-allowed-packet=16384") as server, opened(server) as connection:
        run = runner(connection)
        run("CREATE TABLE T (A VARCHAR(9000), B VARCHAR(9000))", "INSERT INTO T VALUES (REPEAT('a', 9000), 'x')")
        assert total(connection)[0] == 1
        run("INSERT INTO T VALUES (REPEAT('a', 9000), REPEAT('b', 9000))")
        with pytest.raises(NotProven, match="T has rows that the server can't hash"):
            buckets(connection)


def test_another_database_is_read_by_its_name(both: Server, connect: Connect) -> None:
    with new_database(both) as url:
        other = url.rpartition("/")[2]
        connection = connect()
        connection.exec_driver_sql(f"CREATE TABLE {other}.T (A INT PRIMARY KEY)")
        connection.exec_driver_sql(f"INSERT INTO {other}.T VALUES (1)")
        found = DIALECT.introspect.read(connection, other).tables["T"]
        digest = DIALECT.digest.buckets(connection, other, found, compared(DIALECT, found, found))
        assert [bucket.rows for bucket in digest.values()] == [1]
        rows = DIALECT.digest.rows(connection, other, found, compared(DIALECT, found, found), list(digest), ["A"])
        assert [row.name for row in rows] == [(1,)]
        assert DIALECT.space.sizes(connection, other).keys() == {"T"}
