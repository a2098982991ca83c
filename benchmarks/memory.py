"""The most memory that an upgrade takes which reads all rows: `python -m benchmarks.memory URL` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from apim_schema.environment import through_alembic
from apim_schema.target import target
from apim_schema.upgrade import Upgrade
from apim_schema.witness import FULL
from benchmarks.database import DATABASE, database
from benchmarks.measure import Line
from tests.servers import Server
from tests.servers.process import run

FEW = 10_000
"""Enough rows for every bucket of the digests to hold one."""


def measure(server: Server, rows: int) -> Iterator[Line]:
    few, many = (_peak(server, tokens) for tokens in (FEW, rows))
    against = f"{few / 1024:.0f} MiB, {FEW:,} rows"
    yield Line(server.name, f"memory, {rows:,} rows", f"{many / 1024:.0f} MiB", against, many / few, "1.0, < 200 MiB")


def _peak(server: Server, tokens: int) -> int:
    """KiB; of a process of its own, which has nothing else in its memory."""
    with database(server, tokens) as url:
        return int(run([sys.executable, "-m", __name__, url]).split()[-1])


def _print_peak(url: str) -> None:
    """From Linux's /proc: what getrusage says begins with the size of the process that started this one."""
    through_alembic(Upgrade(replace(target(DATABASE, url), evidence=FULL)))
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    print(fields["VmHWM"].split()[0])


if __name__ == "__main__":
    _print_peak(sys.argv[1])
