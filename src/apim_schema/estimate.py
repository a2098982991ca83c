"""How long statements and the evidence will take, from the sizes of the tables and how fast this server reads rows.

The rate is measured with evidence's own query over the first rows of the largest table, in which the server reads and
hashes them. What else is done with rows is a multiple of that. An estimate says minutes or hours; it is no promise, and
nothing depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from sqlalchemy import Connection

from apim_schema import evidence
from apim_schema.dialect import Dialect
from apim_schema.impact import IN_PLACE, METADATA, REBUILD, SCAN, Impact, Size, Work
from apim_schema.schema import Schema

PROBE_BYTES = 16 * 2**20
"""How much of a table is read to measure the rate: a second at most on a slow server."""

FACTORS: Mapping[Work, float] = {METADATA: 0, SCAN: 1, IN_PLACE: 3, REBUILD: 5}
"""How long a kind of work takes, in times that its rows are read and hashed: rather too long than too short.

Measured with 180,000 rows in 60 MB, a scan took 0.1 to 0.3 of that, an index 0.9 (PostgreSQL 16, MariaDB 10.11) to 5
times (MySQL 9.7), a rebuild 1.5 (PostgreSQL, MariaDB) to 5 times (MySQL).
"""


@dataclass(frozen=True)
class Rates:
    """How fast a server is: bytes a second, of tables with their indexes, whose rows it reads and hashes."""

    read: float


def measured(dialect: Dialect, connection: Connection, schema: str, live: Schema) -> Rates | None:
    """Measures the rate on the largest table; None where no table is known to have rows."""
    sizes = dialect.space.sizes(connection, schema)
    known = {name: size for name, size in sizes.items() if name in live.tables and size.rows and size.bytes}
    if not known:
        return None
    name = max(known, key=lambda name: known[name].bytes or 0)
    rows, size = known[name].rows or 1, known[name].bytes or 1
    table = live.tables[name]
    most = max(1, rows * PROBE_BYTES // size)
    begun = perf_counter()
    found = dialect.digest.buckets(connection, schema, table, evidence.compared(dialect, table, table), most)
    seconds = perf_counter() - begun
    return Rates(max(1, sum(bucket.rows for bucket in found.values())) * size / rows / seconds)


def estimate(impact: Impact, rates: Rates) -> float | None:
    """The seconds that a statement takes; None where the size of its table is not known."""
    if not impact.reads_rows:
        return 0
    return None if impact.bytes is None else FACTORS[impact.work] * impact.bytes / rates.read


def of_evidence(sizes: Iterable[Size], rates: Rates) -> float:
    """The seconds that it takes to read these tables once; an upgrade does so before and after."""
    return sum(size.bytes or 0 for size in sizes) / rates.read


def writers_wait(
    costs: Sequence[tuple[Impact, float]], transactional: bool, evidence: float, held: bool = False
) -> float:
    """The seconds for which somebody who writes may have to wait, from each statement's impact and seconds.

    Where DDL is transactional, locks are held until the commit, which comes once the rows are read again: `evidence`
    are the seconds of that. `held` says that all tables are locked before they are read for the first time.
    """
    if held and costs:
        return sum(seconds for _, seconds in costs) + 2 * evidence
    blocking = [place for place, (impact, _) in enumerate(costs) if impact.blocks_writers]
    if not blocking:
        return 0
    if transactional:
        return sum(seconds for _, seconds in costs[blocking[0] :]) + evidence
    return sum(costs[place][1] for place in blocking)
