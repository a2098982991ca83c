"""An upgrade for which the server vouches takes as long with many tokens as with few, since none of them is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pytest

from apim_schema.config import URL_VARIABLES
from apim_schema.live import opened
from apim_schema.target import target
from benchmarks.database import DATABASE, database
from benchmarks.measure import Line, compared, interleaved, timed
from benchmarks.upgrade import COMMAND
from tests.servers import Server, started
from tests.servers.process import run

REPETITIONS = 3
FEW = 50_000
VOUCHING: Mapping[str, Sequence[str]] = {
    "postgresql": (),
    "mysql": ("--log-bin=log", "--binlog-format=ROW", "--server-id=1"),
}
"""With what a server is started so that it can vouch for rows."""


def measure(server: Server, rows: int) -> Iterator[Line]:
    """On databases made anew each time; the tool's time begins with the start of Python."""
    with started(server.name, *VOUCHING[server.dialect]) as logged:
        with database(logged, 0) as url, opened(target(DATABASE, url)) as live:
            found = live.dialect.witness.find(live.connection, live.schema)
        if isinstance(found, str):
            pytest.skip(found)
        seconds = interleaved(REPETITIONS, partial(_upgraded, logged, rows), partial(_upgraded, logged, FEW))
    yield compared(server.name, f"upgrade by the engine's word, {rows:,} rows", f"{FEW:,} rows", seconds, "1.0")


def _upgraded(server: Server, tokens: int) -> float:
    with database(server, tokens) as url:
        command = (*COMMAND, "--evidence", "engine")
        return timed(partial(run, command, env={**os.environ, URL_VARIABLES[DATABASE]: url}))
