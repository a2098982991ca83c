"""`python -m benchmarks [NAME …]`: measures on throwaway servers and prints a table. Nothing is asserted of a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import click
import pytest
from rich.console import Console
from rich.table import Table

from benchmarks import engine, evidence, memory, upgrade, verify
from benchmarks.measure import Line
from tests.servers import engines, started

SUBJECTS = {
    "evidence": evidence.measure,
    "upgrade": upgrade.measure,
    "engine": engine.measure,
    "verify": verify.measure,
    "memory": memory.measure,
}
ENGINES = ("postgresql", "mysql", "mariadb")
ROWS = 300_000


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SUBJECTS)))
@click.option("--rows", type=click.IntRange(min=1), default=ROWS, show_default=True, help="Rows of the large table.")
def main(names: Sequence[str], rows: int) -> None:
    """Measure the tool on each engine that there is a server of; all of it, or what NAMES say."""
    told = Console(stderr=True)
    lines = [line for engine in ENGINES if engine in engines() for line in _measure(engine, names, rows, told)]
    Console().print(_table(lines))


def _measure(engine: str, names: Sequence[str], rows: int, told: Console) -> Iterator[Line]:
    with started(engine) as server:
        told.print(f"{engine} {server.version}")
        for name in names or SUBJECTS:
            try:
                for line in SUBJECTS[name](server, rows):
                    told.print(f"  {line.what}: {line.tool}")
                    yield line
            except pytest.skip.Exception as reason:
                told.print(f"  {name}: {reason}")


def _table(lines: Sequence[Line]) -> Table:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    table = Table("engine", "measured", "tool", "against", "ratio", "aim", caption=f"load average at the end {load}")
    for line in lines:
        ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
        table.add_row(line.engine, line.what, line.tool, line.against, ratio, line.aim)
    return table


if __name__ == "__main__":
    main()
