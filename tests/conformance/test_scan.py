"""Rows that several connections read in parts: each once, as one connection reads them, and ended when they must be."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from apim_schema import evidence, scan
from apim_schema.hashed import Bucket
from apim_schema.live import Live, opened
from apim_schema.progress import Silent
from apim_schema.target import target
from tests.conformance.site import Site
from tests.servers import Server, new_database

ROWS, PART, JOBS = 240, 20, 3

KEYS: Mapping[str, tuple[str, Any]] = {
    "NUMBERS": ("ID INTEGER NOT NULL PRIMARY KEY", lambda row: (row - ROWS // 2) ** 3),
    "LARGE_NUMBERS": ("ID BIGINT NOT NULL PRIMARY KEY", lambda row: 2**62 + row),
    "TEXTS": ("ID VARCHAR(40) NOT NULL PRIMARY KEY", lambda row: f"{row * 7919 % 65536:04x}-{'aBcDé'[row % 5]}{row}"),
    "ALIKE": ("ID VARCHAR(40) NOT NULL PRIMARY KEY", lambda row: f"the same beginning {row}"),
    "STRANGE": ("ID VARCHAR(40) NOT NULL PRIMARY KEY", lambda row: " !%~\\'"[row % 6] + "é" * (row % 3) + f"%s{row}"),
    "SOME_EMPTY": ("ID VARCHAR(40) NOT NULL PRIMARY KEY", lambda row: "a" * (row % 16) + "b" * (row // 16)),
    "FEW": ("TENANT INTEGER NOT NULL, ID INTEGER NOT NULL, PRIMARY KEY (TENANT, ID)", lambda row: (row % 2, row)),
    "KEYLESS": ("ID INTEGER", lambda row: row % 9),
    "BARE": ("ID INTEGER NOT NULL PRIMARY KEY", None),
}
"""Of each table the columns of the key, and the key of a row."""


@pytest.fixture(scope="module")
def url(server: Server) -> Iterator[str]:
    with new_database(server, **Site.usual(server)) as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for name, (columns, key) in KEYS.items():
                connection.exec_driver_sql(f"CREATE TABLE {name} ({columns}, V VARCHAR(400))")
                rows = [] if key is None else [_row(key(row), row) for row in range(ROWS)]
                for row in rows:
                    values = ", ".join(["%s"] * len(row))
                    connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({values})", row)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in KEYS:
                connection.exec_driver_sql(f"{'ANALYZE' if server.dialect == 'postgresql' else 'ANALYZE TABLE'} {name}")
        yield url


def _row(key: Any, number: int) -> tuple[Any, ...]:
    return (*(key if isinstance(key, tuple) else (key,)), f"value {number} {'x' * (200 + number % 100)}")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "PART_ROWS", PART)


@contextmanager
def live(url: str) -> Iterator[Live]:
    with opened(target("apim", url)) as found:
        yield found


def collected(found: Live, jobs: int) -> Mapping[str, Mapping[int, Bucket]]:
    asked = (found.dialect, found.connection, found.schema, found.model, Silent(), "rows")
    return evidence.collect(*asked, jobs=jobs).buckets


def test_each_row_is_in_one_part(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the key is: as many rows in the parts, and the sums of one scan of the whole."""
    with live(url) as found:
        module, tables = found.dialect.scan, found.model.tables
        parts = {
            name: module.parts(found.connection, found.schema, table, ROWS, PART) for name, table in tables.items()
        }
        read = collected(found, JOBS)
        monkeypatch.setattr(scan, "PART_ROWS", ROWS * 9)
        assert read == collected(found, 1)
    assert {name: sum(bucket.rows for bucket in buckets.values()) for name, buckets in read.items()} == {
        name: 0 if key is None else ROWS for name, (_, key) in KEYS.items()
    }
    divided = {name for name, found in parts.items() if len(found) > 1}
    assert not divided or {"NUMBERS", "LARGE_NUMBERS", "TEXTS", "ALIKE", "STRANGE", "SOME_EMPTY"} <= divided


def test_progress_moves_within_a_table(url: str) -> None:
    counts: list[int] = []

    class Counting(Silent):
        @contextmanager
        def rows(self, doing: str, total: int) -> Iterator[Any]:
            yield counts.append

    with live(url) as found:
        if not found.dialect.scan.parts(found.connection, found.schema, found.model.tables["TEXTS"], ROWS, PART):
            pytest.skip("each table is read whole here")
        asked = (found.dialect, found.connection, found.schema, found.model)
        evidence.collect(*asked, Counting(), "rows", {"TEXTS": found.model.tables["TEXTS"]}, JOBS)
    assert len(counts) > 4
    assert sum(counts) == ROWS


def test_all_connections_see_the_same_rows(server: Server, url: str) -> None:
    """What others commit once reading has begun is not in it, as it would not be in one query's."""
    if server.dialect != "postgresql":
        pytest.skip("connections here see what is committed when a query begins")
    with live(url) as found, found.dialect.scan.readers(found.connection, found.schema, JOBS) as readers:
        assert len(readers) == JOBS
        other = sa.create_engine(url, poolclass=sa.NullPool)
        with other.begin() as connection:
            connection.exec_driver_sql("DELETE FROM NUMBERS")
        try:
            for reader in readers:
                assert reader.scalar(sa.text("SELECT count(*) FROM NUMBERS")) == ROWS
        finally:
            with other.begin() as connection:
                rows = [_row(KEYS["NUMBERS"][1](row), row) for row in range(ROWS)]
                connection.exec_driver_sql("INSERT INTO NUMBERS VALUES (%s, %s)", rows)


def test_what_a_transaction_has_changed_it_reads_itself(server: Server, url: str) -> None:
    if server.dialect != "postgresql":
        pytest.skip("each statement is committed here")
    with live(url) as found:
        found.connection.exec_driver_sql("ALTER TABLE NUMBERS ADD W INTEGER DEFAULT 5")
        with found.dialect.scan.readers(found.connection, found.schema, JOBS) as readers:
            assert list(readers) == [found.connection]
        assert sum(bucket.rows for bucket in collected(found.anew(), JOBS)["NUMBERS"].values()) == ROWS
        found.connection.rollback()


SLEEP = {"postgresql": "SELECT pg_sleep(60)", "mysql": "SELECT SLEEP(60)"}
ASLEEP = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE state = 'active' AND query LIKE '%pg\\_sleep%' AND pid <> pg_backend_pid()",
    "mysql": "SELECT COUNT(*) FROM information_schema.processlist "
    "WHERE info LIKE '%SLEEP(60)%' AND id <> CONNECTION_ID()",
}


def test_an_interruption_ends_the_queries_of_the_server(server: Server, url: str) -> None:
    """Somebody presses Ctrl-C while all connections read: the server goes on with none of it."""
    if server.dialect not in SLEEP:
        pytest.skip("a query that lasts is not known here")
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with live(url) as found, engine.connect() as watcher:
        tables = [(table, ROWS) for table in found.model.tables.values()]
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background has it ignored
        press = threading.Thread(target=partial(_interrupt, watcher, server.dialect))
        with scan.opened(found.dialect.scan, found.connection, found.schema, JOBS) as readers:
            press.start()
            with pytest.raises(KeyboardInterrupt):
                list(readers.each(tables, lambda reader, piece: reader.exec_driver_sql(SLEEP[server.dialect]).all()))
            press.join()
            assert asleep(watcher, server.dialect) == 0
        found.connection.rollback()


def asleep(watcher: sa.Connection, dialect: str) -> int:
    return int(watcher.exec_driver_sql(ASLEEP[dialect], execution_options={"no_parameters": True}).scalar_one())


def _interrupt(watcher: sa.Connection, dialect: str) -> None:
    """As soon as all connections are at it."""
    until = time.monotonic() + 60
    while asleep(watcher, dialect) < JOBS and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)
