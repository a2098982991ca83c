"""A digest changes with every bit of every row, and with nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import NotSupportedError, ProgrammingError

from apim_schema import evidence, registry, sqltext
from apim_schema.hashed import Bucket, Compared, HashedRow
from apim_schema.schema import Key, Table
from tests.conformance.scanned import Row
from tests.conformance.test_false_results import TEXTS
from tests.dialects.postgresql.conftest import Run

DIALECT = registry.load("postgresql")
METHODS = pytest.mark.parametrize("since", [(14,), (99,)], ids=["records", "texts"])
"""As on this server, and as on one before PostgreSQL 14."""


@pytest.fixture(autouse=True)
def _method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "since" in request.fixturenames:
        monkeypatch.setattr(DIALECT.digest, "RECORD_SINCE", request.getfixturevalue("since"))


def described(connection: Connection, table: str = "T") -> Table:
    return DIALECT.introspect.read(connection, None).tables[table]


def buckets(
    connection: Connection, table: str = "T", old: Table | None = None, **expressions: str
) -> dict[int, Bucket]:
    """Of a table as it stands, or with `old`, of its columns as they were."""
    found = old or described(connection, table)
    compared = [Compared(name, expressions.get(name, DIALECT.names.sql(name))) for name in found.columns]
    return DIALECT.digest.buckets(connection, None, found, compared)


def hashed(connection: Connection, buckets: Sequence[int], *named: str) -> list[HashedRow]:
    table = described(connection)
    columns = evidence.compared(DIALECT, table, table)
    return DIALECT.digest.rows(connection, None, table, columns, buckets, named)


def digest(connection: Connection) -> tuple[int, int]:
    found = buckets(connection).values()
    return sum(bucket.rows for bucket in found), sum(bucket.total for bucket in found)


def differ(connection: Connection, run: Run, one: str, other: str, key: str = "") -> bool:
    """Whether two sets of rows of a table differ, by its columns a and b."""
    found = []
    for rows in (one, other):
        run("DROP TABLE IF EXISTS t", f"CREATE TABLE t (a TEXT, b TEXT{key})", f"INSERT INTO t VALUES {rows}")
        found.append(buckets(connection))
    return found[0] != found[1]


def distinct(connection: Connection) -> int:
    """How many hashes the rows have, with no key and as many with the first column as one."""
    bare = described(connection)
    compared = evidence.compared(DIALECT, bare, bare)
    first = next(iter(bare.columns))
    counts = set()
    for table in (bare, replace(bare, primary_key=Key((first,)))):
        found = DIALECT.digest.rows(connection, None, table, compared, range(512), ())
        counts.add(len({(row.bucket, row.hash, row.weight) for row in found}))
    [count] = counts
    return count


def values(rows: Sequence[Row]) -> str:
    return ", ".join(
        f"({', '.join('NULL' if value is None else sqltext.quoted(value) for value in row)})" for row in rows
    )


@pytest.mark.parametrize("since", [(99,)], ids=["texts"])
@pytest.mark.parametrize("name", TEXTS)
def test_rows_that_differ(connection: Connection, run: Run, name: str, since: int) -> None:
    """What every server is asked, by the method that the conformance suite has no server for."""
    one, other = TEXTS[name]
    assert differ(connection, run, values(one), values(other)) == (Counter(one) != Counter(other))


@METHODS
def test_values_exchanged_between_rows_of_one_bucket(
    connection: Connection, run: Run, since: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DIALECT.digest, "BUCKETS", 1)
    key = ", PRIMARY KEY (a)"
    assert differ(connection, run, "('a', '1'), ('b', '2')", "('a', '2'), ('b', '1')", key)
    assert differ(connection, run, "('a', NULL), ('b', '2')", "('a', '2'), ('b', NULL)", key)
    assert not differ(connection, run, "('a', '1'), ('b', '2')", "('b', '2'), ('a', '1')", key)


@METHODS
@pytest.mark.parametrize("type_", ["TEXT", "VARCHAR(9)", "SMALLINT", "INTEGER", "BIGINT"])
def test_a_row_that_is_its_key_alone(
    connection: Connection, run: Run, since: int, type_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a row is mixed with does not cancel it."""
    monkeypatch.setattr(DIALECT.digest, "BUCKETS", 1)
    run(f"CREATE TABLE t (a {type_} PRIMARY KEY)", "INSERT INTO t VALUES ('1')")
    before = digest(connection)
    run("UPDATE t SET a = '2'")
    assert 0 not in (before[1], digest(connection)[1])
    assert digest(connection) != before


VALUES = [
    ("BIGINT", "4294967301", "4"),
    ("BIGINT", "-1", "4294967295"),
    ("TIMESTAMP", "'2000-01-01'", "'2000-01-01 01:11:34.967297'"),
    ("TIMESTAMP", "'2000-01-01'", "'1999-12-31 23:59:59.999999'"),
    ("TIMESTAMP", "'infinity'", "'294276-12-31 23:59:59.999999'"),
    ("TIMESTAMP", "'-infinity'", "'infinity'"),
    ("NUMERIC", "1.0", "1.00"),
    ("DOUBLE PRECISION", "0.0", "'-0'"),
    ("DOUBLE PRECISION", "0.1", "0.1000000000000000055511151231257827"),
    ("CHAR(5)", "'a'", "'b'"),
    ("JSON", "'{\"a\": 1}'", "'{\"a\":1}'"),
    ("JSONB", "'{\"a\": 1}'", "'{\"a\": 1.0}'"),
    ("XML", "'<a/>'", "'<a></a>'"),
    ("POINT", "'(1,2)'", "'(2,1)'"),
    ("TIMESTAMPTZ", "'2000-01-01 00:00+00'", "'2000-01-01 00:00+01'"),
    ("INTERVAL", "'24 hours'", "'1 day'"),
    ("BIT(3)", "B'101'", "B'100'"),
    ("VARCHAR(5)[]", "'{a,b}'", "'{\"a,b\"}'"),
    ("BPCHAR", "'a '", "'a'"),
    ("BYTEA", "'\\x00'", "'\\x0000'"),
    ("BOOLEAN", "true", "false"),
    ("DATE", "'2000-01-01'", "'2000-01-02'"),
    ("UUID", "'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'"),
    ("SMALLINT", "0", "1"),
    ("MONEY", "1.00", "1.01"),
]
SAME = {("DOUBLE PRECISION", "0.1")}


@METHODS
@pytest.mark.parametrize(("type_", "one", "other"), VALUES)
def test_values_that_the_server_takes_for_equal(
    connection: Connection, run: Run, type_: str, one: str, other: str, since: int
) -> None:
    found = []
    for value in (one, other):
        run("DROP TABLE IF EXISTS t", f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {type_})")
        try:
            run(f"INSERT INTO t VALUES (1, {value})")
        except NotSupportedError:
            pytest.skip(f"a server that is built without {type_}")
        found.append(digest(connection))
    assert (found[0] == found[1]) == ((type_, one) in SAME)


@METHODS
def test_texts_that_a_collation_takes_for_equal(connection: Connection, run: Run, since: int) -> None:
    try:
        run("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    except NotSupportedError:
        pytest.skip("a server that is built without ICU")
    found = []
    for value in ("a", "A"):
        run("DROP TABLE IF EXISTS t", 'CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE "ci", y VARCHAR(9)[])')
        run(f"INSERT INTO t VALUES (1, '{value}')")
        found.append(digest(connection))
    assert found[0] != found[1]


@METHODS
@pytest.mark.parametrize("type_", ["BIGINT", "CHAR(4)", "DATE", "INTEGER", "SMALLINT", "TEXT", "UUID", "VARCHAR(40)"])
def test_keys_of_a_changed_row(connection: Connection, run: Run, type_: str, since: int) -> None:
    value = {"DATE": "'2000-01-01'::date + i", "UUID": "lpad(i::text, 32, '0')::uuid"}.get(type_, f"i::{type_}")
    run(
        f'CREATE TABLE t (id {type_}, "order" INTEGER, x TEXT, PRIMARY KEY (id, "order"))',
        f"INSERT INTO t SELECT {value}, i, 'x' || i FROM generate_series(1, 500) i",
    )
    before = buckets(connection)
    run("UPDATE t SET x = x || '!' WHERE \"order\" = 77")
    after = buckets(connection)
    touched = [bucket for bucket in before if before[bucket] != after[bucket]]
    assert len(touched) == 1
    rows = hashed(connection, touched, "ORDER")
    assert (77,) in [row.name for row in rows]
    assert Bucket(len(rows), sum(row.hash * row.weight for row in rows)) == after[touched[0]]


@METHODS
def test_a_table_without_a_primary_key(connection: Connection, run: Run, since: int) -> None:
    run("CREATE TABLE t (a INTEGER)", "INSERT INTO t SELECT i % 3 FROM generate_series(1, 9) i")
    found = buckets(connection)
    assert sorted(bucket.rows for bucket in found.values()) == [3, 3, 3]
    assert len(hashed(connection, list(found))) == 9
    run("CREATE TABLE bare ()", "INSERT INTO bare DEFAULT VALUES")
    assert [bucket.rows for bucket in buckets(connection, "BARE").values()] == [1]


@METHODS
def test_a_converted_column_has_the_digest_of_its_text(connection: Connection, run: Run, since: int) -> None:
    run(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR(100))",
        r"INSERT INTO t VALUES (1, 'naïve \x41 \\'), (2, ''), (3, NULL), (4, '日本')",
    )
    old, before = described(connection), buckets(connection)
    run("ALTER TABLE t ALTER x TYPE bytea USING convert_to(x, 'UTF8')")
    assert buckets(connection, old=old, X="convert_from(X, 'UTF8')") == before
    run("UPDATE t SET x = convert_to('日 本', 'UTF8') WHERE id = 4")
    assert buckets(connection, old=old, X="convert_from(X, 'UTF8')") != before


@METHODS
@pytest.mark.parametrize("type_", ["SMALLINT", "INTEGER"])
def test_a_number_that_gets_wider(connection: Connection, run: Run, since: int, type_: str) -> None:
    """The server's own hash takes 5 and 4294967300 for equal, and -6 and 4294967291."""
    run(f"CREATE TABLE t (id {type_} PRIMARY KEY, x {type_})", "INSERT INTO t VALUES (1, 5), (2, -6), (3, NULL)")
    old, before = described(connection), buckets(connection)
    run("ALTER TABLE t ALTER id TYPE BIGINT, ALTER x TYPE BIGINT")
    assert buckets(connection, old=old) == before
    for key, value in ((1, 4294967300), (2, 4294967291), (3, 4294967296)):
        run("SAVEPOINT before", f"UPDATE t SET x = {value} WHERE id = {key}")
        assert buckets(connection, old=old) != before
        run("ROLLBACK TO before", f"UPDATE t SET id = {value} WHERE id = {key}")
        assert buckets(connection, old=old) != before
        run("ROLLBACK TO before")


@METHODS
def test_numbers_in_columns_that_could_cancel(connection: Connection, run: Run, since: int) -> None:
    """Columns have seeds of their place, into which their upper halves go: no two numbers may make one of both."""
    near = sorted({sign * ((high << 32) + low) for high in range(4) for low in range(3) for sign in (1, -1)})
    of_each = ", ".join(f"unnest(ARRAY{near}) AS {column}" for column in ("id", "a", "b"))
    run("CREATE TABLE t (id BIGINT, a BIGINT, b BIGINT)", f"INSERT INTO t SELECT id, a, b FROM {of_each}")
    assert distinct(connection) == len(near) ** 3


@METHODS
def test_instants_that_are_the_same_in_floating_point(connection: Connection, run: Run, since: int) -> None:
    run("CREATE TABLE t (id INTEGER, x TIMESTAMP)")
    starts = (
        "'4714-11-24 BC'",
        "'0001-01-01'",
        "'2026-11-27'",
        "'2136-02-07 06:28:15'",
        "'9999-12-31'",
        "'294276-12-31'",
    )
    run(
        "INSERT INTO t SELECT 1, start + i * interval '1 microsecond' "
        f"FROM unnest(ARRAY[{', '.join(starts)}]::timestamp[]) start, generate_series(0, 4999) i"
    )
    assert distinct(connection) == len(starts) * 5000


def test_what_is_no_change(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(5))", "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, NULL)")
    before = buckets(connection)
    run("UPDATE t SET b = b", "ALTER TABLE t ALTER b TYPE VARCHAR(50)", "ALTER TABLE t ALTER b SET DEFAULT 'z'")
    assert buckets(connection) == before


def test_sums_do_not_overflow(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (a TEXT)", "INSERT INTO t SELECT 'equal' FROM generate_series(1, 1000)")
    total = digest(connection)[1]
    run("TRUNCATE t", "INSERT INTO t VALUES ('equal')")
    assert total == 1000 * digest(connection)[1]
    assert abs(total) > 2**63


def test_policies_hide_nothing(connection: Connection, run: Run) -> None:
    run("CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    run("CREATE ROLE apim_policy_test", "GRANT SELECT ON t TO apim_policy_test", "SET ROLE apim_policy_test")
    with pytest.raises(ProgrammingError, match="row-level security"):
        buckets(connection)


def test_method(connection: Connection) -> None:
    version: Any = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    assert ("records" if int(version) >= 140000 else "texts") in DIALECT.digest.method(connection)
