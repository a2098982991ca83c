"""Row evidence against the least that any costs, one scan that adds up a hash of each row, and against other tools."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from apim_schema import evidence, snapshot
from apim_schema.evidence import Evidence
from apim_schema.judge import Rows, judge
from apim_schema.live import Live, opened
from apim_schema.progress import Silent
from apim_schema.schema import Table
from apim_schema.snapshot import Snapshot
from apim_schema.target import target
from benchmarks import peers
from benchmarks.database import DATABASE, TOKENS, database
from benchmarks.measure import Line, compared, interleaved, timed
from tests.servers import Server

REPETITIONS = 5
JOBS = 2

BARE = {
    "postgresql": "SELECT COUNT(*), SUM(hash_record_extended(t.*, 0)) FROM {table} t",
    "mysql": "SELECT COUNT(*), SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', {columns}), 256), 16), 16, 10) AS UNSIGNED)) "
    "FROM {table}",
}
"""With the same hash as the digest of the dialect, but without buckets, and blind to NULL on MySQL."""
ONE_PROCESSOR = {"postgresql": "SET max_parallel_workers_per_gather = 0", "mysql": "DO 0"}
"""The bare query takes one processor, as it does by itself on MySQL."""


def measure(server: Server, rows: int) -> Iterator[Line]:
    """All on one database; the bare query on the connection of the tool, so that both run with the same settings."""
    with database(server, rows) as url, opened(target(DATABASE, url)) as live:
        table = live.model.tables[TOKENS]
        bare = BARE[server.dialect].format(table=table.name, columns=", ".join(table.columns))
        live.connection.exec_driver_sql(ONE_PROCESSOR[server.dialect])

        def query() -> None:
            live.connection.exec_driver_sql(bare).all()

        several, alone, least = interleaved(
            REPETITIONS,
            lambda: timed(lambda: _collect(live, table, JOBS)),
            lambda: timed(lambda: _collect(live, table, 1)),
            lambda: timed(query),
        )
        against = "bare hash query"
        what = f"row evidence, {rows:,} rows"
        yield replace(compared(server.name, f"{what}, 1 job", against, [alone, least], "≤ 1.3"), rows=rows)
        aim = "≤ 0.75" if server.dialect == "postgresql" else "≤ 1.3"
        yield compared(server.name, f"{what}, {JOBS} jobs", against, [several, least], aim)
        yield _speed(server, live, table, rows, alone)
        yield _named(server, live, table)
        if server.dialect == "mysql":
            theirs = peers.pt_table_checksum(url, TOKENS)
            yield compared(server.name, f"{what}, {JOBS} jobs", peers.PERCONA, [several, theirs], "< 1")


def _speed(server: Server, live: Live, table: Table, rows: int, seconds: float) -> Line:
    size = live.dialect.space.sizes(live.connection, live.schema)[table.name].bytes or 0
    packed = snapshot.pack([Snapshot(DATABASE, server.dialect, "", None, "", _collect(live, table, JOBS))])
    speed = f"{rows / seconds:,.0f} rows/s, {size / seconds / 2**20:,.0f} MiB/s a core"
    return Line(server.name, f"snapshot of {rows:,} rows", f"{len(packed) / 1024:,.0f} KiB", speed, aim="< 5 MB")


def _named(server: Server, live: Live, table: Table) -> Line:
    """How long it takes to name the one row that has changed. Raises where it is not found, or more than that."""
    before = _collect(live, table, JOBS)
    (key,) = table.key_columns
    (last,) = live.connection.exec_driver_sql(f"SELECT MAX({key}) FROM {table.name}").one()
    live.connection.exec_driver_sql(f"UPDATE {table.name} SET USER_TYPE = 'x' WHERE {key} = '{last}'")
    after, start = _collect(live, table, JOBS), time.perf_counter()
    (found,) = judge(Rows(live.dialect, live.connection, live.schema, live.model), before, after).tables
    seconds = time.perf_counter() - start
    if [row.name for row in found.changed] != [(last,)]:
        raise RuntimeError(f"{last} has changed, but: {found}")
    return Line(server.name, f"one changed row among {before.all_rows:,}", f"named in {seconds:.2f} s")


def _collect(live: Live, table: Table, jobs: int) -> Evidence:
    alone = replace(live.model, tables={table.name: table})
    return evidence.collect(live.dialect, live.connection, live.schema, alone, Silent(), table.name, jobs=jobs)
