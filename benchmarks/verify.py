"""The verification of a schema: the newest release, which has the most tables, read and compared.

The database has no stamp, so that it is compared with every release to be recognised: that is the longest way.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from apim_schema import chain
from apim_schema.live import opened
from apim_schema.progress import Silent
from apim_schema.target import Target, target
from apim_schema.verify import verify
from benchmarks.database import DATABASE
from benchmarks.measure import Line, interleaved, timed
from tests.servers import Server, new_database
from tests.vendor import make

REPETITIONS = 5


def measure(server: Server, rows: int) -> Iterator[Line]:
    """Independent of `rows`: none is read."""
    with new_database(server) as url:
        made = make.create(url, server.dialect, DATABASE, chain.releases(DATABASE)[-1])
        (seconds,) = interleaved(REPETITIONS, partial(timed, partial(_verify, target(DATABASE, url))))
    what = f"verify of the schema, {len(made['tables'])} tables"
    yield Line(server.name, what, f"{seconds * 1000:.0f} ms", aim="< 2 s for 300 tables")


def _verify(wanted: Target) -> None:
    with opened(wanted) as live:
        verify(live, None, Silent())
