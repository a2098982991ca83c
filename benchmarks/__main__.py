"""`python -m benchmarks [NAME …]`: measures on throwaway servers and prints a table. Nothing is asserted of a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
import pytest
from rich.console import Console
from rich.table import Table

from benchmarks import engine, evidence, memory, results, upgrade, verify
from benchmarks.measure import Line
from tests.servers import Server, engines, started

SUBJECTS = {
    "evidence": evidence.measure,
    "upgrade": upgrade.measure,
    "engine": engine.measure,
    "verify": verify.measure,
    "memory": memory.measure,
}
ENGINES = ("postgresql", "mysql", "mariadb")
ROWS = (100_000, 1_000_000, 5_000_000)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SUBJECTS)))
@click.option("--rows", multiple=True, type=click.IntRange(min=1), default=ROWS, show_default=True, help="Of a table.")
@click.option("--engine", "only", multiple=True, type=click.Choice(ENGINES), default=ENGINES, help="Only these.")
@click.option("--save", is_flag=True, help="Write the results to benchmarks/results.")
def main(names: Sequence[str], rows: Sequence[int], only: Sequence[str], save: bool) -> None:
    """Measure the tool on each engine that there is a server of; all of it, or what NAMES say."""
    told, lines, servers = Console(stderr=True), [], []
    for name in (name for name in only if name in engines()):
        with started(name) as server:
            servers.append(f"{name} {server.version}")
            told.print(servers[-1])
            for line in _measured(server, names or tuple(SUBJECTS), rows, told):
                told.print("  " + "; ".join(filter(None, results.cells(line)[1:])))
                lines.append(line)
    Console().print(_table(lines))
    if save:
        results.write(lines, servers)


def _measured(server: Server, names: Sequence[str], rows: Sequence[int], told: Console) -> Iterator[Line]:
    for name in names:
        for number in rows if name != "verify" else rows[:1]:
            try:
                yield from SUBJECTS[name](server, number)
            except pytest.skip.Exception as reason:
                told.print(f"  {name}: {reason}")


def _table(lines: Sequence[Line]) -> Table:
    table = Table(*results.HEADERS, caption=results.machine())
    for line in lines:
        table.add_row(*results.cells(line))
    return table


if __name__ == "__main__":
    main()
