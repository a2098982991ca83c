"""Row evidence against the least that any evidence costs: one scan that hashes each row and adds up the hashes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from apim_schema import evidence
from apim_schema.evidence import Evidence
from apim_schema.judge import Rows, judge
from apim_schema.live import Live, opened
from apim_schema.progress import Silent
from apim_schema.schema import Table
from apim_schema.target import target
from benchmarks.database import DATABASE, TOKENS, database
from benchmarks.measure import Line, compared, interleaved, timed
from tests.servers import Server

REPETITIONS = 5

BARE = {
    "postgresql": "SELECT COUNT(*), SUM(hash_record_extended(t.*, 0)) FROM {table} t",
    "mysql": "SELECT COUNT(*), SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', {columns}), 256), 16), 16, 10) AS UNSIGNED)) "
    "FROM {table}",
}
"""With the same hash as the digest of the dialect, but without buckets, and blind to NULL on MySQL."""


def measure(server: Server, rows: int) -> Iterator[Line]:
    """Both on one connection, so that both run with the same settings."""
    with database(server, rows) as url, opened(target(DATABASE, url)) as live:
        table = live.model.tables[TOKENS]
        bare = BARE[server.dialect].format(table=table.name, columns=", ".join(table.columns))

        def query() -> None:
            live.connection.exec_driver_sql(bare).all()

        seconds = interleaved(REPETITIONS, lambda: timed(lambda: _collect(live, table)), lambda: timed(query))
        yield compared(server.name, f"row evidence, {rows:,} rows", "bare hash query", seconds, "≤ 1.3")
        yield _named(server, live, table)


def _named(server: Server, live: Live, table: Table) -> Line:
    """How long it takes to name the one row that has changed. Raises where it is not found, or more than that."""
    before = _collect(live, table)
    (key,) = table.key_columns
    (last,) = live.connection.exec_driver_sql(f"SELECT MAX({key}) FROM {table.name}").one()
    live.connection.exec_driver_sql(f"UPDATE {table.name} SET USER_TYPE = 'x' WHERE {key} = '{last}'")
    after, start = _collect(live, table), time.perf_counter()
    (found,) = judge(Rows(live.dialect, live.connection, live.schema, live.model), before, after).tables
    seconds = time.perf_counter() - start
    if [row.name for row in found.changed] != [(last,)]:
        raise RuntimeError(f"{last} has changed, but: {found}")
    return Line(server.name, f"one changed row among {before.all_rows:,}", f"named in {seconds:.2f} s")


def _collect(live: Live, table: Table) -> Evidence:
    alone = replace(live.model, tables={table.name: table})
    return evidence.collect(live.dialect, live.connection, live.schema, alone, Silent(), table.name)
