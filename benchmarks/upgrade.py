"""The whole command against the same statements piped into the database's own client, on databases made anew each time.

The client neither reads rows nor verifies anything; the tool's time begins with the start of Python.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from apim_schema import chain, script
from apim_schema.config import URL_VARIABLES
from benchmarks.database import DATABASE, START, database
from benchmarks.measure import Line, compared, interleaved, timed
from tests.servers import Server
from tests.servers.process import run

REPETITIONS = 3
COMMAND = (str(Path(sys.executable).with_name("apim-schema")), "upgrade", "head", "--database", DATABASE)


def measure(server: Server, rows: int) -> Iterator[Line]:
    text = script.render(server.dialect, DATABASE, START, chain.releases(DATABASE)[-1])
    for tokens, aim in ((0, "≤ 3"), (rows, "≤ 1.1 on a million rows")):
        seconds = interleaved(REPETITIONS, partial(_tool, server, tokens), partial(_client, server, tokens, text))
        what = f"upgrade, {tokens:,} rows" if tokens else "upgrade, empty tables"
        yield compared(server.name, what, "script in its client", seconds, aim)


def _tool(server: Server, tokens: int) -> float:
    with database(server, tokens) as url:
        return timed(partial(run, COMMAND, env={**os.environ, URL_VARIABLES[DATABASE]: url}))


def _client(server: Server, tokens: int, text: str) -> float:
    with database(server, tokens) as url:
        command, environment = server.client(url)
        return timed(partial(run, command, env=environment, input=text))
